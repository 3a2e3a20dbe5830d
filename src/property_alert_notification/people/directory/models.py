"""The profiles that the directory holds."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, Text, text
from sqlmodel import Field, SQLModel

from property_alert_notification.database import time_type

WAS_ASKED = "NOT pushed"
"""The condition of a partial index; a query repeats it for the index to be of use."""


class StoredProfile(SQLModel, table=True):
    """What the User service said last about one user."""

    __tablename__ = "profiles"
    __table_args__ = (
        Index("ix_profiles_asked", "known_at", sqlite_where=text(WAS_ASKED), postgresql_where=text(WAS_ASKED)),
    )

    user_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    email: str | None = Field(default=None, sa_type=Text)
    phone_number: str | None = Field(default=None, sa_type=Text)
    name: str | None = Field(default=None, sa_type=Text)
    language: str | None = Field(default=None, sa_type=Text)
    time_zone: str | None = Field(default=None, sa_type=Text)
    country: str | None = Field(default=None, sa_type=Text)
    missing: bool
    """The User service does not know the user; the row keeps nothing but that."""
    pushed: bool
    """The User service pushed it; otherwise it was asked."""
    etag: str | None = Field(default=None, sa_type=Text)
    """With which the User service is asked whether it changed."""
    known_at: datetime = Field(sa_type=time_type())
    """It was so at this time: when the User service was asked, or pushed it. An older answer replaces no newer one."""
