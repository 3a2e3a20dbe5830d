"""A profile: what the User service knows of one user."""

from dataclasses import dataclass


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
