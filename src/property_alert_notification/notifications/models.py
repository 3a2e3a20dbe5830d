"""One thing to tell one user, as another service asked for it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field, SQLModel

from property_alert_notification.database import time_type


class Notification(SQLModel, table=True):
    """A notification as accepted. What became of it is told by its deliveries."""

    __tablename__ = "notifications"
    __table_args__ = (Index("ix_notifications_user", "user_id", "id"),)

    id: UUID = Field(primary_key=True)
    """UUIDv7: carries the millisecond at which it was accepted."""
    user_id: int = Field(sa_type=BigInteger)
    category: str = Field(max_length=64)
    reference: str | None = Field(default=None, max_length=255)
    """The caller's own id."""
    title: str = Field(sa_type=Text)
    message: str = Field(sa_type=Text)
    urgent: bool
    channels: str | None = Field(default=None, max_length=255)
    """The only channels the caller asked for, separated by spaces; None is all of them."""
    accepted_at: datetime = Field(sa_type=time_type())
    expires_at: datetime | None = Field(default=None, sa_type=time_type())
    """After this it is of no use, and not sent."""
