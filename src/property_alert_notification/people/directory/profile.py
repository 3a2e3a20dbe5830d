"""A profile: what the User service knows of one user. Pure."""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Profile:
    """What is known of a user; None is unknown."""

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


FIELDS = tuple(field.name for field in fields(Profile))
"""The names of its fields, in their order."""


UNKNOWN_FOR = timedelta(seconds=60)
"""How long a user whom the User service did not know is not asked for again, at most."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the directory holds of one user."""

    profile: Profile | None
    """None: the User service does not know the user."""
    known_at: datetime
    """It was so at this time: when the User service was asked, or pushed it."""
    pushed: bool = False
    """The User service pushed it; otherwise it was asked."""
    etag: str | None = None
    """With which the User service is asked whether it changed."""

    def is_fresh(self, ttl: timedelta, now: datetime) -> bool:
        """Whether the User service need not be asked again.

        Whom it did not know when it was asked may be new, and is asked for again soon.
        """
        return self.is_younger(ttl if self.profile is not None or self.pushed else min(ttl, UNKNOWN_FOR), now)

    def is_younger(self, age: timedelta, now: datetime) -> bool:
        """Whether it was so less than this time ago."""
        return now - self.known_at < age
