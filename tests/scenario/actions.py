"""What people, callers, operators and the User service do in the scenario, and what goes wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Profile = Mapping[str, str | None]
"""What the User service knows of a user."""


@dataclass(frozen=True)
class Prefer:
    """A user says all of their preferences; None withdraws all consent."""

    user: int
    preferences: Mapping[str, Any] | None


@dataclass(frozen=True)
class Merge:
    """A user changes some of their preferences (RFC 7396)."""

    user: int
    patch: Mapping[str, Any]


@dataclass(frozen=True)
class Submit:
    """A caller submits a notification."""

    key: str
    user: int
    category: str
    urgent: bool = False
    send_at: datetime | None = None
    send_at_local: datetime | None = None
    expires_at: datetime | None = None
    channels: tuple[str, ...] | None = None
    given: tuple[str, ...] = ("email", "sms")
    """The channels of which the caller gives the address; the User service is asked for the others."""

    @property
    def asked_for(self) -> tuple[str, ...]:
        """The channels that it may go to."""
        return self.channels or ("email", "sms")

    @property
    def is_looked_up(self) -> bool:
        """Whether an address is to be looked up."""
        return any(channel not in self.given for channel in self.asked_for)


@dataclass(frozen=True)
class Repeat:
    """A caller has a notification sent again and again."""

    key: str
    user: int
    category: str
    rrule: str
    start: datetime
    """A local time."""
    zone: str | None
    """None is that of the user, wherever they move."""


@dataclass(frozen=True)
class Cancel:
    """A caller cancels what was submitted, if it can be."""

    key: str


@dataclass(frozen=True)
class Define:
    """An operator defines a category; None takes that back."""

    name: str
    definition: Mapping[str, Any] | None


@dataclass(frozen=True)
class Learn:
    """The User service changes the profile of a user, or with None deletes the user. It pushes nothing."""

    user: int
    profile: Profile | None


@dataclass(frozen=True)
class Push:
    """The same, and the User service pushes it."""

    user: int
    profile: Profile | None


@dataclass(frozen=True)
class Trouble:
    """The User service is `down`, answers `nonsense` or is `slow`; None ends that."""

    kind: str | None


@dataclass(frozen=True)
class Stop:
    """Every worker is away until a later moment."""

    until: datetime


@dataclass(frozen=True)
class Kill:
    """A worker is killed right before its nth statement of this moment, if it runs so many."""

    statement: int


Action = Prefer | Merge | Submit | Cancel | Define | Learn | Push | Trouble | Stop | Kill | Repeat

ORDER = (Stop, Kill, Trouble, Learn, Define, Prefer, Merge, Push, Submit, Repeat, Cancel)
"""Of what happens at the same moment."""
