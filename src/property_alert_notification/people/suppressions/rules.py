"""The entries of the suppression list, and the messages that they stop. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.vocabulary import CategoryKind, Channel
from property_alert_notification.people.categories.rules import Category
from property_alert_notification.people.decisions import Rule, Suppress


class SuppressionReason(StrEnum):
    """The reasons of entries, the gravest first."""

    COMPLAINT = "complaint"
    """The user reported a message as unwanted."""
    STOP = "stop"
    """The user answered an SMS with a word such as STOP, or the provider refuses the number as opted out."""
    HARD_BOUNCE = "hard_bounce"
    """The address does not exist."""
    MANUAL = "manual"
    """An operator or a caller added the entry."""
    IMPORTED = "imported"
    """The entry was imported from another system's list."""
    SOFT_BOUNCE = "soft_bounce"
    """The address repeatedly refused messages for now; such an entry expires."""
    UNSUBSCRIBE = "unsubscribe"
    """The user unsubscribed by the link of an email or by the preference page."""
    ERASED = "erased"
    """The user was erased: default preferences do not apply to them any more. Preferences that are set later do."""


class SuppressionScope(StrEnum):
    """Which messages an entry stops."""

    ALL = "all"
    """Every message, also of required categories."""
    PROMOTIONAL = "promotional"
    """Messages of promotional categories."""


class Suppression(NamedTuple):
    """One entry of the list, as decisions need it."""

    channel: Channel | None
    """The only channel it stops; None stops every channel."""
    reason: SuppressionReason
    scope: SuppressionScope = SuppressionScope.ALL
    category: str | None = None
    """The only category it stops; None stops every category of the scope."""
    expires_at: datetime | None = None
    """When the entry expires; None means never."""

    def stops(self, channel: Channel, category: Category, now: datetime) -> bool:
        """Whether a message of this category on this channel must not be sent `now`."""
        return (
            self.reason is not SuppressionReason.ERASED
            and self.channel in (None, channel)
            and self.category in (None, category.name)
            and (self.scope is SuppressionScope.ALL or category.kind is CategoryKind.PROMOTIONAL)
            and (self.expires_at is None or now < self.expires_at)
        )


UNREADABLE = Suppression(None, SuppressionReason.MANUAL)
"""Replaces a damaged entry: it stops all messages to its subject until it is released."""

SuppressionsOf = Mapping[str | None, tuple[Suppression, ...]]
"""The entries about one person: those about their addresses, by address, and those about the user, under None."""


def default_scope(reason: SuppressionReason) -> SuppressionScope:
    """The default scope of an entry with this reason: unsubscribing does not stop transactional messages."""
    return SuppressionScope.PROMOTIONAL if reason is SuppressionReason.UNSUBSCRIBE else SuppressionScope.ALL


def is_erased(suppressions: SuppressionsOf) -> bool:
    """Whether the user was erased."""
    return any(entry.reason is SuppressionReason.ERASED for entry in suppressions.get(None, ()))


_REASONS = list(SuppressionReason)
_DECISIONS: dict[SuppressionReason, Suppress] = {
    reason: Suppress(Reason(ReasonCode(f"suppressed_{reason}")), Rule.SUPPRESSION)
    for reason in SuppressionReason
    if reason is not SuppressionReason.ERASED
}


def suppressed(
    suppressions: SuppressionsOf, address: str | None, channel: Channel, category: Category, now: datetime
) -> Suppress | None:
    """The gravest reason why a message to a user at this address must not be sent; None if no entry stops it."""
    entries = (*suppressions.get(None, ()), *(suppressions.get(address, ()) if address is not None else ()))
    return _gravest(entry.reason for entry in entries if entry.stops(channel, category, now))


def _gravest(reasons: Iterable[SuppressionReason]) -> Suppress | None:
    found = min(reasons, key=_REASONS.index, default=None)
    return None if found is None else _DECISIONS[found]
