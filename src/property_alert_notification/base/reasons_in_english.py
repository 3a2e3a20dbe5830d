"""The sentences of reasons in English, by their codes. Pure."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

_LOST = "its worker stopped before it reported the outcome"
_BROKEN_ROW = "its row in the store cannot be processed ({what})"

SENTENCES: Mapping[str, str] = MappingProxyType({
    "suppressed_complaint": "the suppression list stops it: the user reported a message as unwanted",
    "suppressed_stop": "the suppression list stops it: the user opted out by an SMS such as STOP",
    "suppressed_hard_bounce": "the suppression list stops it: there is no such address",
    "suppressed_manual": "the suppression list stops it: an operator or a caller added the entry",
    "suppressed_imported": "the suppression list stops it: the entry was imported",
    "suppressed_soft_bounce": "the suppression list stops it: the address took no message for a while",
    "suppressed_unsubscribe": "the suppression list stops it: the user unsubscribed",
    "user_opted_in": "the user wants {channel}",
    "user_opted_out": "the user does not want {channel}",
    "no_preferences": (
        "the user has no preferences: none were set, or they were deleted, which withdraws all consent"
    ),
    "preferences_unreadable": (
        "the stored quiet hours and frequencies of the user are unreadable; set the user's preferences anew"
    ),
    "category_required": "{category} is required: it is sent to every user with {channel} switched on",
    "category_wanted": "the user wants {category} by {channel}",
    "category_refused": "the user does not want {category} by {channel}",
    "category_not_asked_for": "{category} is off by default on {channel}, and the user has set no frequency",
    "opt_in_unconfirmed": "the user has not confirmed to want {category} by {channel}",
    "channel_not_used": "{channel} is not used here ({setting}=none)",
    "no_address": "the User service has no address of the user for {channel}",
    "no_such_user": "the User service has no such user",
    "user_service_away": "it waits for the User service, which has not returned the user's addresses yet",
    "collected": "the user gets it {frequency} by {channel}: its digest is made at {closes_at}",
    "collected_for_search": "the saved search does not alert at once: its digest is made at {closes_at}",
    "over_cap": "the user's cap of {channel} per {period} is reached: {counted} of {most} sent, or about to be",
    "in_digest": "it is part of the digest {digest}",
    "window_broken": (
        "the row of the digest that had collected it cannot be worked on ({what}), so it is decided about again"
    ),
    "listing_gone": "the home left the market, or may not be shown any more",
    "price_changed_since": "the price of the home has changed since, and a newer alert tells it",
    "newer_alert": "a newer alert about the same home was sent instead of it, or before it",
    "open_house_over": "the open house is over, or was moved or cancelled since",
    "no_longer_matches": "the home does not match the searches any more that it was to be sent for",
    "no_longer_asked_for": "the search was edited, and no longer has this kind of change, or this channel",
    "changed_back": "the home has the price again that it had before, or is available again",
    "home_discarded": "the user discarded the home",
    "search_paused": "the search was paused or deleted before",
    "search_saved_later": "the search was saved later",
    "search_changed": "the search was edited or resumed after this message about it was made",
    "waits_for_approval": "it waits for approval, as its saved search asks for",
    "approved": "it was approved, and is due at once",
    "rejected": "it was rejected",
    "counted_only": "the first alert names only some homes, and counts this one with the others",
    "expired": "it expired before it could be sent",
    "too_old": "it could not be sent within its time to live",
    "cancelled": "{by} cancelled it",
    "user_erased": "its user was erased",
    "quiet_hours": "it is held by the user's quiet hours until {until} (time zone: {zone})",
    "legal_window": "it is held by law until {until} (place: {place}; time zone: {zone})",
    "no_allowed_moment": (
        "the user's quiet hours and the law allow no moment in the next eight days "
        "(place: {place}; time zone: {zone}); the rules are evaluated again at {until}, or when the user's "
        "preferences or profile change"
    ),
    "paused": "sending of {pause} is paused",
    "resumed": "sending of {pause} was resumed",
    "no_provider": "it waits for a provider: the breaker is open",
    "worker_stopped": "its worker was stopped before it submitted it to a provider",
    "lease_lost": "its worker lost the lease before it submitted it to a provider",
    "store_away": "the store did not answer when the worker rechecked the delivery before sending",
    "sent": "the provider took it",
    "sent_cut": "the provider took it; its text was {cut}",
    "sent_before": "the provider took it at an earlier attempt, which the worker reported late",
    "confirmed": "the provider reports that it took it",
    "delivered": "the provider reports that it arrived",
    "bounced": "the provider reports that it did not arrive ({detail})",
    "refused": "{detail}",
    "not_sent": "{detail}",
    "throttled": "{detail}",
    "provider_down": "{detail}",
    "attempts_used_up": "gave up after {attempts} attempts: {because}",
    "unknown_repeated": "{detail}; it is sent again, and the provider recognises it",
    "unknown_resent": "{detail}; it is sent once more",
    "unknown_awaits_report": "{detail}; it waits for a report of the provider and is not sent again",
    "unknown_given_up": "{detail}; it was sent {times}, and it is unknown whether it arrived",
    "unknown_too_old": "it is unknown whether it arrived, and it is not sent again",
    "worker_lost": _LOST,
    "worker_lost_resent": f"{_LOST}; it is sent again",
    "worker_lost_awaits_report": f"{_LOST}; it waits for a report of the provider and is not sent again",
    "worker_lost_given_up": f"{_LOST}; it is unknown whether it arrived",
    "workers_lost": f"{_LOST}, for the {{workers}}th time",
    "worker_broke": "the worker broke on it ({error})",
    "row_broken": _BROKEN_ROW,
    "row_broken_maybe_sent": f"{_BROKEN_ROW}; it may have been sent",
    "row_broken_sent": f"{_BROKEN_ROW}; the provider took it, so a replay does not send it again",
    "row_unreadable": "its row in the store cannot be read",
    "id_unreadable": "its id in the store cannot be read",
    "replayed": "an operator replayed it",
    "discarded": "an operator discarded it: {because}",
    "already_told": "the user was told the same by another alert",
    "not_decided": "it expired before it was decided about: {because}",
    "count_reached": "all {count} occurrences of its rule have passed",
    "until_reached": "the time in UNTIL of its rule has passed",
    "no_occurrence": "its rule has no further occurrence before the year 2201",
    "other": "{text}",
})  # fmt: skip
"""The parameters are in braces. `channel` and `setting` follow from the delivery and are not stored."""

EARLIER_SENTENCES: Mapping[str, str] = MappingProxyType({
    "over_cap": "the user's cap of {channel} per {period} is reached",
})  # fmt: skip
"""Those of rows that an earlier version stored with fewer parameters."""

NO_CHANNEL = "any channel"
"""Of a notification that ends without deliveries: it has a reason, too."""


def parameter(text: str) -> str:
    """A parameter as it is shown."""
    return text


def times(count: Any) -> str:
    """How often."""
    return "once" if count == 1 else f"{count} times"
