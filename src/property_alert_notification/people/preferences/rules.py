"""The preferences of one user. Pure."""

from collections.abc import Mapping
from datetime import datetime, time
from types import MappingProxyType
from typing import Any, NamedTuple

from property_alert_notification.base.vocabulary import Channel, Frequency


class QuietHours(NamedTuple):
    """Local hours without messages: from `start` on these days until `end`, on the next day if it is earlier."""

    days: frozenset[int]
    """0 is Monday."""
    start: time
    end: time


class Cap(NamedTuple):
    """The maximum number of promotional messages of a channel; None means no maximum."""

    day: int | None = None
    week: int | None = None


class DigestTimes(NamedTuple):
    """The local times at which digests are made."""

    at: time = time(8)
    weekday: int = 0
    """The weekday of weekly digests; 0 is Monday."""
    day: int = 1
    """The day of monthly digests; 31 means the last day of every month."""


_NONE: Mapping[Any, Any] = MappingProxyType({})


class PersonalRules(NamedTuple):
    """The preferences of a user besides the channel switches; None and empty mean that the field is not set."""

    language: str | None = None
    """A BCP 47 tag."""
    time_zone: str | None = None
    """An IANA name."""
    quiet_hours: tuple[QuietHours, ...] = ()
    caps: Mapping[Channel, Cap] = _NONE
    frequencies: Mapping[str, Mapping[Channel, Frequency]] = _NONE
    """By category and channel."""
    digest: DigestTimes | None = None
    unconfirmed: Mapping[str, Mapping[Channel, datetime]] = _NONE
    """By category and channel the opt-ins that the user has not confirmed, each with the time until which the user can.
    After it nothing is sent either, until the user opts in anew."""


NO_RULES = PersonalRules()

UNREADABLE = PersonalRules()
"""The rules of a user whose row is damaged, compared by identity. No message is sent until the preferences are set
anew."""


class Preferences(NamedTuple):
    """The preferences of one user."""

    opted_in: frozenset[Channel]
    rules: PersonalRules = NO_RULES
    is_default: bool = False
    """The user has never had preferences, and these of the settings apply: the user has not opted in."""

    def changed(self, switches: Mapping[Channel, bool]) -> "Preferences":
        """These preferences with some channels switched on or off."""
        off = {channel for channel, wanted in switches.items() if not wanted}
        return self._replace(opted_in=(self.opted_in | switches.keys()) - off)

    @property
    def switches(self) -> dict[Channel, bool]:
        """Whether each channel is switched on."""
        return {channel: channel in self.opted_in for channel in Channel}


def is_unreadable(preferences: Preferences | None) -> bool:
    """Whether the rules of these preferences cannot be read in the store."""
    return preferences is not None and preferences.rules is UNREADABLE
