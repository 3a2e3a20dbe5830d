"""Whether a message may leave: by the preferences of its user. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from property_alert_notification.base.reasons import Reason, ReasonCode
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

    reason: Reason


@dataclass(frozen=True, slots=True)
class Suppress:
    """It must not leave."""

    reason: Reason


Decision = Send | Suppress


def decide(channel: Channel, preferences: Preferences | None) -> Decision:
    """Whether a message may leave on `channel`; `preferences` is None for a user who took everything back."""
    if preferences is None:
        return Suppress(Reason(ReasonCode.NO_PREFERENCES))
    if channel not in preferences.opted_in:
        return Suppress(Reason(ReasonCode.USER_OPTED_OUT))
    return Send(Reason(ReasonCode.USER_OPTED_IN))
