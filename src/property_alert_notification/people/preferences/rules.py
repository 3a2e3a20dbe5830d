"""What one user wants to receive. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import time
from types import MappingProxyType

from property_alert_notification.base.vocabulary import Channel, Frequency


@dataclass(frozen=True, slots=True)
class QuietHours:
    """When a user does not want to be disturbed: from `start` on these days until `end`, of the next day if earlier."""

    days: frozenset[int]
    """0 is Monday."""
    start: time
    end: time


@dataclass(frozen=True, slots=True)
class Cap:
    """How many promotional messages of a channel a user wants at most; None is any number."""

    day: int | None = None
    week: int | None = None


@dataclass(frozen=True, slots=True)
class DigestTimes:
    """When a user wants digests, in local time."""

    at: time = time(8)
    weekday: int = 0
    """Of weekly ones; 0 is Monday."""
    day: int = 1
    """Of monthly ones; 31 is the last day of every month."""


@dataclass(frozen=True, slots=True)
class PersonalRules:
    """What a user says beyond the switches of channels; None and nothing are what the user never said."""

    language: str | None = None
    """A BCP 47 tag."""
    time_zone: str | None = None
    """An IANA name."""
    quiet_hours: tuple[QuietHours, ...] = ()
    caps: Mapping[Channel, Cap] = field(default_factory=lambda: MappingProxyType({}))
    frequencies: Mapping[str, Mapping[Channel, Frequency]] = field(default_factory=lambda: MappingProxyType({}))
    """By category and channel."""
    digest: DigestTimes | None = None


NO_RULES = PersonalRules()

UNREADABLE = PersonalRules()
"""What a user said whose row in the store is damaged, compared by identity: nothing is sent until it is said anew."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """What one user wants to receive."""

    opted_in: frozenset[Channel]
    rules: PersonalRules = NO_RULES

    def changed(self, switches: Mapping[Channel, bool]) -> "Preferences":
        """The same with some channels switched on or off."""
        off = {channel for channel, wanted in switches.items() if not wanted}
        return replace(self, opted_in=(self.opted_in | switches.keys()) - off)

    @property
    def switches(self) -> dict[Channel, bool]:
        """Whether the user wants each channel."""
        return {channel: channel in self.opted_in for channel in Channel}
