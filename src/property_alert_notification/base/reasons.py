"""The reasons of states and outcomes: codes, their parameters and their sentences.

A reason is stored as a code and, where its sentence needs them, parameters as JSON. The sentence is made here, when
it is shown. Statements, counters and filters compare codes, never sentences.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, Self
from uuid import UUID

from property_alert_notification.base import reasons_in_english as english
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

    @property
    def digest_id(self) -> UUID | None:
        """The id of the digest that this reason names; None if it is another reason, or cannot be read."""
        if self.code is not ReasonCode.IN_DIGEST:
            return None
        try:
            return UUID((self.parameters or {})["digest"])
        except (LookupError, TypeError, ValueError, AttributeError):
            return None

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


class _Words(Protocol):
    """The module of a language."""

    SENTENCES: Mapping[str, str]
    EARLIER_SENTENCES: Mapping[str, str]
    NO_CHANNEL: str

    def parameter(self, text: str, /) -> str: ...
    def times(self, count: Any, /) -> str: ...


_WORDS: Mapping[str, _Words] = {"en": english, "es": spanish}


def _fill(reason: Reason, channel: str, language: str) -> str:
    words = _WORDS[language]
    template = words.SENTENCES[reason.code]
    if "{" not in template:
        return template
    known = {
        "channel": words.parameter(channel) if channel else words.NO_CHANNEL,
        "setting": f"{channel.upper()}_PROVIDER",
    }
    given = {name: _shown(name, value, language) for name, value in (reason.parameters or {}).items()}
    try:
        return template.format_map(known | given)
    except KeyError:
        if reason.code not in words.EARLIER_SENTENCES:
            raise
        return words.EARLIER_SENTENCES[reason.code].format_map(known | given)


def _shown(name: str, value: Any, language: str) -> str:
    """A parameter as it is shown."""
    if name == "because":
        code, parameters = value
        return _fill(Reason(ReasonCode(code), parameters), "", language)
    return _WORDS[language].times(value) if name == "times" else _WORDS[language].parameter(str(value))
