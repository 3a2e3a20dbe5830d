"""What each user wants to receive."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import BigInteger, Text
from sqlmodel import Field, SQLModel

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.database import time_type


class PreferenceBase(SQLModel):
    """The preferences of one user. No row means that the user never had any."""

    user_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    channels: str = Field(default="", sa_type=Text, sa_column_kwargs={"server_default": ""})
    """The channels that the user wants, separated by spaces."""
    rules: str | None = Field(default=None, sa_type=Text)
    """What else the user said, as JSON; None when that is nothing."""
    updated_at: datetime = Field(sa_type=time_type())
    withdrawn_at: datetime | None = Field(default=None, sa_type=time_type())
    """When they were deleted: consent withdrawn, which default preferences must not undo."""


class Preference(PreferenceBase, table=True):
    """What a user wants to receive."""

    __tablename__ = "preferences"


class PreferenceForTests(PreferenceBase, table=True):
    """What a test key says of a user. It counts for tests only, where it takes the place of the user's preferences."""

    __tablename__ = "test_preferences"


def words_of(channels: Iterable[Channel]) -> str:
    """Channels as the store keeps them."""
    return " ".join(sorted(channels))
