"""The reasons of states and outcomes: codes, their parameters and their sentences.

A reason is stored as a code and, where its sentence needs them, parameters as JSON. The sentence is made here, when
it is shown. Statements, counters and filters compare codes, never sentences. docs/reasons.md is written from
this module.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from property_alert_notification.base import reasons_in_spanish as spanish
from property_alert_notification.base.languages import shown_language


class ReasonCode(StrEnum):
    """The reason codes of the API. A released code never changes its meaning."""

    SUPPRESSED_COMPLAINT = "suppressed_complaint"
    SUPPRESSED_STOP = "suppressed_stop"
    SUPPRESSED_HARD_BOUNCE = "suppressed_hard_bounce"
    SUPPRESSED_MANUAL = "suppressed_manual"
    SUPPRESSED_IMPORTED = "suppressed_imported"
    SUPPRESSED_SOFT_BOUNCE = "suppressed_soft_bounce"
    SUPPRESSED_UNSUBSCRIBE = "suppressed_unsubscribe"
    USER_OPTED_IN = "user_opted_in"
    USER_OPTED_OUT = "user_opted_out"
    NO_PREFERENCES = "no_preferences"
    PREFERENCES_UNREADABLE = "preferences_unreadable"
    CATEGORY_REQUIRED = "category_required"
    CATEGORY_WANTED = "category_wanted"
    CATEGORY_REFUSED = "category_refused"
    CATEGORY_NOT_ASKED_FOR = "category_not_asked_for"
    OPT_IN_UNCONFIRMED = "opt_in_unconfirmed"
    CHANNEL_NOT_USED = "channel_not_used"
    NO_ADDRESS = "no_address"
    NO_SUCH_USER = "no_such_user"
    USER_SERVICE_AWAY = "user_service_away"
    COLLECTED = "collected"
    COLLECTED_FOR_SEARCH = "collected_for_search"
    OVER_CAP = "over_cap"
    IN_DIGEST = "in_digest"
    WINDOW_BROKEN = "window_broken"
    LISTING_GONE = "listing_gone"
    PRICE_CHANGED_SINCE = "price_changed_since"
    NEWER_ALERT = "newer_alert"
    OPEN_HOUSE_OVER = "open_house_over"
    NO_LONGER_MATCHES = "no_longer_matches"
    NO_LONGER_ASKED_FOR = "no_longer_asked_for"
    CHANGED_BACK = "changed_back"
    HOME_DISCARDED = "home_discarded"
    SEARCH_PAUSED = "search_paused"
    SEARCH_SAVED_LATER = "search_saved_later"
    SEARCH_CHANGED = "search_changed"
    WAITS_FOR_APPROVAL = "waits_for_approval"
    APPROVED = "approved"
    REJECTED = "rejected"
    COUNTED_ONLY = "counted_only"
    EXPIRED = "expired"
    TOO_OLD = "too_old"
    CANCELLED = "cancelled"
    USER_ERASED = "user_erased"
    QUIET_HOURS = "quiet_hours"
    LEGAL_WINDOW = "legal_window"
    NO_ALLOWED_MOMENT = "no_allowed_moment"

    PAUSED = "paused"
    RESUMED = "resumed"
    NO_PROVIDER = "no_provider"
    WORKER_STOPPED = "worker_stopped"
    LEASE_LOST = "lease_lost"
    STORE_AWAY = "store_away"

    SENT = "sent"
    SENT_CUT = "sent_cut"
    SENT_BEFORE = "sent_before"
    CONFIRMED = "confirmed"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    REFUSED = "refused"
    NOT_SENT = "not_sent"
    THROTTLED = "throttled"
    PROVIDER_DOWN = "provider_down"
    ATTEMPTS_USED_UP = "attempts_used_up"

    UNKNOWN_REPEATED = "unknown_repeated"
    UNKNOWN_RESENT = "unknown_resent"
    UNKNOWN_AWAITS_REPORT = "unknown_awaits_report"
    UNKNOWN_GIVEN_UP = "unknown_given_up"
    UNKNOWN_TOO_OLD = "unknown_too_old"
    WORKER_LOST = "worker_lost"
    WORKER_LOST_RESENT = "worker_lost_resent"
    WORKER_LOST_AWAITS_REPORT = "worker_lost_awaits_report"
    WORKER_LOST_GIVEN_UP = "worker_lost_given_up"
    WORKERS_LOST = "workers_lost"

    WORKER_BROKE = "worker_broke"
    ROW_BROKEN = "row_broken"
    ROW_BROKEN_MAYBE_SENT = "row_broken_maybe_sent"
    ROW_BROKEN_SENT = "row_broken_sent"
    ROW_UNREADABLE = "row_unreadable"
    ID_UNREADABLE = "id_unreadable"
    REPLAYED = "replayed"
    DISCARDED = "discarded"
    NOT_DECIDED = "not_decided"
    ALREADY_TOLD = "already_told"

    COUNT_REACHED = "count_reached"
    UNTIL_REACHED = "until_reached"
    NO_OCCURRENCE = "no_occurrence"
    OTHER = "other"


_LOST = "its worker stopped before it reported the outcome"
_BROKEN_ROW = "its row in the store cannot be processed ({what})"

SENTENCES: dict[ReasonCode, str] = {
    ReasonCode.SUPPRESSED_COMPLAINT: "the suppression list stops it: the user reported a message as unwanted",
    ReasonCode.SUPPRESSED_STOP: "the suppression list stops it: the user opted out by an SMS such as STOP",
    ReasonCode.SUPPRESSED_HARD_BOUNCE: "the suppression list stops it: there is no such address",
    ReasonCode.SUPPRESSED_MANUAL: "the suppression list stops it: an operator or a caller added the entry",
    ReasonCode.SUPPRESSED_IMPORTED: "the suppression list stops it: the entry was imported",
    ReasonCode.SUPPRESSED_SOFT_BOUNCE: "the suppression list stops it: the address took no message for a while",
    ReasonCode.SUPPRESSED_UNSUBSCRIBE: "the suppression list stops it: the user unsubscribed",
    ReasonCode.USER_OPTED_IN: "the user wants {channel}",
    ReasonCode.USER_OPTED_OUT: "the user does not want {channel}",
    ReasonCode.NO_PREFERENCES: (
        "the user has no preferences: none were set, or they were deleted, which withdraws all consent"
    ),
    ReasonCode.PREFERENCES_UNREADABLE: (
        "the stored quiet hours and frequencies of the user are unreadable; set the user's preferences anew"
    ),
    ReasonCode.CATEGORY_REQUIRED: "{category} is required: it is sent to every user with {channel} switched on",
    ReasonCode.CATEGORY_WANTED: "the user wants {category} by {channel}",
    ReasonCode.CATEGORY_REFUSED: "the user does not want {category} by {channel}",
    ReasonCode.CATEGORY_NOT_ASKED_FOR: "{category} is off by default on {channel}, and the user has set no frequency",
    ReasonCode.OPT_IN_UNCONFIRMED: "the user has not confirmed to want {category} by {channel}",
    ReasonCode.CHANNEL_NOT_USED: "{channel} is not used here ({setting}=none)",
    ReasonCode.NO_ADDRESS: "the User service has no address of the user for {channel}",
    ReasonCode.NO_SUCH_USER: "the User service has no such user",
    ReasonCode.USER_SERVICE_AWAY: "it waits for the User service, which has not returned the user's addresses yet",
    ReasonCode.COLLECTED: "the user gets it {frequency} by {channel}: its digest is made at {closes_at}",
    ReasonCode.COLLECTED_FOR_SEARCH: "the saved search does not alert at once: its digest is made at {closes_at}",
    ReasonCode.OVER_CAP: "the user's cap of {channel} per {period} is reached",
    ReasonCode.IN_DIGEST: "it is part of the digest {digest}",
    ReasonCode.WINDOW_BROKEN: (
        "the row of the digest that had collected it cannot be worked on ({what}), so it is decided about again"
    ),
    ReasonCode.LISTING_GONE: "the home left the market, or may not be shown any more",
    ReasonCode.PRICE_CHANGED_SINCE: "the price of the home has changed since, and a newer alert tells it",
    ReasonCode.NEWER_ALERT: "a newer alert about the same home was sent instead of it, or before it",
    ReasonCode.OPEN_HOUSE_OVER: "the open house is over, or was moved or cancelled since",
    ReasonCode.NO_LONGER_MATCHES: "the home does not match the searches any more that it was to be sent for",
    ReasonCode.NO_LONGER_ASKED_FOR: "the search was edited, and no longer has this kind of change, or this channel",
    ReasonCode.CHANGED_BACK: "the home has the price again that it had before, or is available again",
    ReasonCode.HOME_DISCARDED: "the user discarded the home",
    ReasonCode.SEARCH_PAUSED: "the search was paused or deleted before",
    ReasonCode.SEARCH_SAVED_LATER: "the search was saved later",
    ReasonCode.SEARCH_CHANGED: "the search was edited or resumed after this message about it was made",
    ReasonCode.WAITS_FOR_APPROVAL: "it waits for approval, as its saved search asks for",
    ReasonCode.APPROVED: "it was approved, and is due at once",
    ReasonCode.REJECTED: "it was rejected",
    ReasonCode.COUNTED_ONLY: "the first alert names only some homes, and counts this one with the others",
    ReasonCode.EXPIRED: "it expired before it could be sent",
    ReasonCode.TOO_OLD: "it could not be sent within its time to live",
    ReasonCode.CANCELLED: "{by} cancelled it",
    ReasonCode.USER_ERASED: "its user was erased",
    ReasonCode.QUIET_HOURS: "it is held by the user's quiet hours until {until} (time zone: {zone})",
    ReasonCode.LEGAL_WINDOW: "it is held by law until {until} (place: {place}; time zone: {zone})",
    ReasonCode.NO_ALLOWED_MOMENT: (
        "the user's quiet hours and the law allow no moment in the next eight days "
        "(place: {place}; time zone: {zone}); the rules are evaluated again at {until}, or when the user's "
        "preferences or profile change"
    ),
    ReasonCode.PAUSED: "sending of {pause} is paused",
    ReasonCode.RESUMED: "sending of {pause} was resumed",
    ReasonCode.NO_PROVIDER: "it waits for a provider: the breaker is open",
    ReasonCode.WORKER_STOPPED: "its worker was stopped before it submitted it to a provider",
    ReasonCode.LEASE_LOST: "its worker lost the lease before it submitted it to a provider",
    ReasonCode.STORE_AWAY: "the store did not answer when the worker rechecked the delivery before sending",
    ReasonCode.SENT: "the provider took it",
    ReasonCode.SENT_CUT: "the provider took it; its text was {cut}",
    ReasonCode.SENT_BEFORE: "the provider took it at an earlier attempt, which the worker reported late",
    ReasonCode.CONFIRMED: "the provider reports that it took it",
    ReasonCode.DELIVERED: "the provider reports that it arrived",
    ReasonCode.BOUNCED: "the provider reports that it did not arrive ({detail})",
    ReasonCode.REFUSED: "{detail}",
    ReasonCode.NOT_SENT: "{detail}",
    ReasonCode.THROTTLED: "{detail}",
    ReasonCode.PROVIDER_DOWN: "{detail}",
    ReasonCode.ATTEMPTS_USED_UP: "gave up after {attempts} attempts: {because}",
    ReasonCode.UNKNOWN_REPEATED: "{detail}; it is sent again, and the provider recognises it",
    ReasonCode.UNKNOWN_RESENT: "{detail}; it is sent once more",
    ReasonCode.UNKNOWN_AWAITS_REPORT: "{detail}; it waits for a report of the provider and is not sent again",
    ReasonCode.UNKNOWN_GIVEN_UP: "{detail}; it was sent {times}, and it is unknown whether it arrived",
    ReasonCode.UNKNOWN_TOO_OLD: "it is unknown whether it arrived, and it is not sent again",
    ReasonCode.WORKER_LOST: _LOST,
    ReasonCode.WORKER_LOST_RESENT: f"{_LOST}; it is sent again",
    ReasonCode.WORKER_LOST_AWAITS_REPORT: f"{_LOST}; it waits for a report of the provider and is not sent again",
    ReasonCode.WORKER_LOST_GIVEN_UP: f"{_LOST}; it is unknown whether it arrived",
    ReasonCode.WORKERS_LOST: f"{_LOST}, for the {{workers}}th time",
    ReasonCode.WORKER_BROKE: "the worker broke on it ({error})",
    ReasonCode.ROW_BROKEN: _BROKEN_ROW,
    ReasonCode.ROW_BROKEN_MAYBE_SENT: f"{_BROKEN_ROW}; it may have been sent",
    ReasonCode.ROW_BROKEN_SENT: f"{_BROKEN_ROW}; the provider took it, so a replay does not send it again",
    ReasonCode.ROW_UNREADABLE: "its row in the store cannot be read",
    ReasonCode.ID_UNREADABLE: "its id in the store cannot be read",
    ReasonCode.REPLAYED: "an operator replayed it",
    ReasonCode.DISCARDED: "an operator discarded it: {because}",
    ReasonCode.ALREADY_TOLD: "the user was told the same by another alert",
    ReasonCode.NOT_DECIDED: "it expired before it was decided about: {because}",
    ReasonCode.COUNT_REACHED: "all {count} occurrences of its rule have passed",
    ReasonCode.UNTIL_REACHED: "the time in UNTIL of its rule has passed",
    ReasonCode.NO_OCCURRENCE: "its rule has no further occurrence before the year 2201",
    ReasonCode.OTHER: "{text}",
}
"""The parameters are in braces. `channel` and `setting` follow from the delivery and are not stored."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason, with the parameters that its sentence needs."""

    code: ReasonCode
    parameters: Mapping[str, Any] | None = None

    @property
    def stored(self) -> str | None:
        """The stored form of the parameters: JSON in ASCII, which any store accepts."""
        return None if self.parameters is None else json.dumps(self.parameters, separators=(",", ":"))

    @classmethod
    def read(cls, code: Any, parameters: Any) -> Self:
        """Read the reason from two columns with any content. A code of a newer version becomes `other`."""
        known = code_of(code)
        if known is ReasonCode.OTHER and code != ReasonCode.OTHER:
            return cls(ReasonCode.OTHER, {"text": code})
        try:
            reason = cls(known, None if parameters is None else dict(json.loads(parameters)))
            _fill(reason, "", "en")
        except (LookupError, TypeError, ValueError, RecursionError):
            return cls(ReasonCode.ROW_UNREADABLE)
        return reason

    def sentence(self, channel: str = "", language: str | None = None) -> str:
        """The sentence of this reason, without control characters; `channel` is that of the delivery.

        `language` is a BCP 47 tag. What a provider or an operator said is in the words in which they said it.
        """
        words = _fill(self, channel, shown_language(language))
        return words if words.isprintable() else "".join(sign if sign.isprintable() else "?" for sign in words)

    def behind(self, code: ReasonCode, **parameters: Any) -> "Reason":
        """A reason with this code whose parameter `because` is this reason."""
        return Reason(code, {**parameters, "because": [self.code, self.parameters]})


def cancelled_by(by: str | None) -> Reason:
    """The reason of a delivery that this actor cancelled; None means the caller."""
    is_caller = by is None or by.startswith(THE_CALLER)
    return Reason(ReasonCode.CANCELLED, {"by": THE_CALLER if is_caller else by})


THE_CALLER = "its caller"


def code_of(stored: Any) -> ReasonCode:
    """Read the code from a column with any content. A code of a newer version becomes `other`."""
    if isinstance(stored, str) and stored.isidentifier():
        return ReasonCode(stored) if stored in _CODES else ReasonCode.OTHER
    return ReasonCode.ROW_UNREADABLE


_CODES = frozenset[str](ReasonCode)


def _fill(reason: Reason, channel: str, language: str) -> str:
    is_spanish = language == "es"
    template = spanish.SENTENCES[reason.code] if is_spanish else SENTENCES[reason.code]
    if "{" not in template:
        return template
    # A notification that ends without deliveries has a reason, too.
    shown = spanish.WORDS.get(channel, channel or "ningún canal") if is_spanish else channel or "any channel"
    known = {"channel": shown, "setting": f"{channel.upper()}_PROVIDER"}
    given = {name: _shown(name, value, language) for name, value in (reason.parameters or {}).items()}
    return template.format_map(known | given)


def _shown(name: str, value: Any, language: str) -> str:
    """A parameter as it is shown."""
    if name == "because":
        code, parameters = value
        return _fill(Reason(ReasonCode(code), parameters), "", language)
    if language == "es":
        return spanish.times(value) if name == "times" else spanish.parameter(str(value))
    if name == "times":
        return "once" if value == 1 else f"{value} times"
    return str(value)
