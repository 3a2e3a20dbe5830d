"""A profile: the data of one user in the User service. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple


class Profile(NamedTuple):
    """The data of one user; None means unknown."""

    user_id: int
    email: str | None = None
    phone_number: str | None = None
    """In E.164 form."""
    name: str | None = None
    language: str | None = None
    """A BCP 47 tag."""
    time_zone: str | None = None
    """An IANA name."""
    country: str | None = None
    """ISO 3166-1 alpha-2."""


FIELDS = Profile._fields
"""The names of its fields, in their order."""


UNKNOWN_FOR = timedelta(seconds=60)
"""How long an unknown user is not requested again, at most."""


@dataclass(frozen=True, slots=True)
class Entry:
    """The entry of one user in the directory."""

    profile: Profile | None
    """None: the User service does not know the user."""
    known_at: datetime
    """When the profile was requested or pushed."""
    pushed: bool = False
    """True if the User service pushed the profile; false if this service requested it."""
    etag: str | None = None
    """With which the User service is asked whether it changed."""

    def is_fresh(self, ttl: timedelta, now: datetime) -> bool:
        """Whether the entry is young enough to be used without a new request.

        An unknown user may have been created meanwhile, and is requested again after a minute.
        """
        return self.is_younger(ttl if self.profile is not None or self.pushed else min(ttl, UNKNOWN_FOR), now)

    def is_younger(self, age: timedelta, now: datetime) -> bool:
        """Whether the entry is younger than this."""
        return now - self.known_at < age


def has_moved(before: Entry | None, after: Entry) -> bool:
    """Whether the user may be somewhere else than was known before, so that other hours count."""
    return _place_of(before) != _place_of(after)


def _place_of(entry: Entry | None) -> tuple[str | None, ...]:
    profile = None if entry is None else entry.profile
    return (None, None, None) if profile is None else (profile.time_zone, profile.country, profile.phone_number)
