"""Whether a message may leave: the user's wishes, applied. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from property_alert_notification.base.vocabulary import Channel


@dataclass(frozen=True, slots=True)
class Preferences:
    """What one user wants to receive."""

    opted_in: frozenset[Channel]

    def changed(self, switches: Mapping[Channel, bool]) -> "Preferences":
        """The same with some channels switched on or off."""
        off = {channel for channel, wanted in switches.items() if not wanted}
        return Preferences((self.opted_in | switches.keys()) - off)

    @property
    def switches(self) -> dict[Channel, bool]:
        """Whether the user wants each channel."""
        return {channel: channel in self.opted_in for channel in Channel}


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
