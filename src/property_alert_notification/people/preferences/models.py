"""What each user wants to receive."""

from datetime import datetime

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from property_alert_notification.database import time_type


class PreferenceBase(SQLModel):
    """The wishes of one user. No row means that the user never said anything."""

    user_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    email_enabled: bool
    sms_enabled: bool
    updated_at: datetime = Field(sa_type=time_type())
    withdrawn_at: datetime | None = Field(default=None, sa_type=time_type())
    """When they were deleted: consent withdrawn, which default preferences must not undo."""


class Preference(PreferenceBase, table=True):
    """What a user wants to receive."""

    __tablename__ = "preferences"


class PreferenceForTests(PreferenceBase, table=True):
    """What a test key says of a user. It counts for tests only, where it takes the place of the user's preferences."""

    __tablename__ = "test_preferences"
