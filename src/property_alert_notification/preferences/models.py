"""What each user wants to receive."""

from datetime import datetime

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from property_alert_notification.database import time_type


class Preference(SQLModel, table=True):
    """The wishes of one user. No row means that the user never said anything."""

    __tablename__ = "preferences"

    user_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    email_enabled: bool
    sms_enabled: bool
    updated_at: datetime = Field(sa_type=time_type())
    withdrawn_at: datetime | None = Field(default=None, sa_type=time_type())
    """When they were deleted: consent withdrawn, which default preferences must not undo."""
