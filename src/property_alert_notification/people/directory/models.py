"""The profiles that the directory holds."""

from datetime import datetime

from sqlalchemy import BigInteger, Text
from sqlmodel import Field, SQLModel

from property_alert_notification.database import partial_index, time_type

WAS_ASKED = "NOT pushed"
"""The condition of a partial index; a query repeats it for the index to be of use."""

HAS_PHONE_NUMBER = "phone_number IS NOT NULL"
"""The condition of the index of phone numbers; a comparison of `phone_number` implies it."""


class StoredProfile(SQLModel, table=True):
    """The last profile that the User service gave of one user."""

    __tablename__ = "profiles"
    __table_args__ = (
        partial_index("ix_profiles_asked", "known_at", where=WAS_ASKED),
        partial_index("ix_profiles_phone_number", "phone_number", where=HAS_PHONE_NUMBER),
    )

    user_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    email: str | None = Field(default=None, sa_type=Text)
    phone_number: str | None = Field(default=None, sa_type=Text)
    name: str | None = Field(default=None, sa_type=Text)
    language: str | None = Field(default=None, sa_type=Text)
    time_zone: str | None = Field(default=None, sa_type=Text)
    country: str | None = Field(default=None, sa_type=Text)
    missing: bool
    """The User service does not know the user; the row has no other field."""
    pushed: bool
    """True if the User service pushed the profile; false if this service requested it."""
    etag: str | None = Field(default=None, sa_type=Text)
    """With which the User service is asked whether it changed."""
    known_at: datetime = Field(sa_type=time_type())
    """When the profile was requested or pushed. An older answer never replaces a newer one."""
