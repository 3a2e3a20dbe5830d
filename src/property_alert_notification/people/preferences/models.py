"""The tables of preferences."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import BigInteger, Text
from sqlmodel import Field, SQLModel

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.database import time_type


class PreferenceBase(SQLModel):
    """The preferences of one user. A user without a row has never had preferences."""

    user_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    channels: str = Field(default="", sa_type=Text, sa_column_kwargs={"server_default": ""})
    """The channels that are switched on, separated by spaces."""
    rules: str | None = Field(default=None, sa_type=Text)
    """The other preferences as JSON; None if there are none."""
    updated_at: datetime = Field(sa_type=time_type())
    withdrawn_at: datetime | None = Field(default=None, sa_type=time_type())
    """When the preferences were deleted. That withdraws consent, which default preferences must not undo."""


class Preference(PreferenceBase, table=True):
    """The preferences of one user, set with live keys."""

    __tablename__ = "preferences"


class PreferenceForTests(PreferenceBase, table=True):
    """The preferences of one user, set with test keys. They replace the live ones for test notifications."""

    __tablename__ = "test_preferences"


def words_of(channels: Iterable[Channel]) -> str:
    """The stored form of a set of channels."""
    return " ".join(sorted(channels))
