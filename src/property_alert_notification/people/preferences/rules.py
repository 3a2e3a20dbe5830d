"""Whether a message may leave: the user's wishes, applied. Pure."""

from dataclasses import dataclass

from property_alert_notification.base.vocabulary import Channel


@dataclass(frozen=True, slots=True)
class Preferences:
    """What one user wants to receive."""

    opted_in: frozenset[Channel]


@dataclass(frozen=True, slots=True)
class Send:
    """It may leave."""

    reason: str


@dataclass(frozen=True, slots=True)
class Suppress:
    """It must not leave."""

    reason: str


Decision = Send | Suppress


def decide(channel: Channel, wishes: Preferences | None) -> Decision:
    """Whether a message may leave on `channel`; `wishes` is None for a user who took everything back."""
    if wishes is None:
        return Suppress("the user's preferences were deleted, and with them the consent")
    if channel not in wishes.opted_in:
        return Suppress(f"the user does not want {channel}")
    return Send(f"the user wants {channel}")
