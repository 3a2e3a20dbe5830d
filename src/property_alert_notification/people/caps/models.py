"""The tables of caps: the messages that count, and one row for each user, which a worker locks while it counts."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from property_alert_notification.database import time_type


class CapCounter(SQLModel, table=True):
    """One user with a cap on a channel. Workers lock the row while they count."""

    __tablename__ = "cap_counters"
    __table_args__ = (Index("ix_cap_counters_counted_at", "counted_at"),)

    user_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    test: bool = Field(primary_key=True)
    channel: str = Field(primary_key=True, max_length=16)
    counted_at: datetime = Field(sa_type=time_type())
    """The day in UTC on which a message was last counted. It changes once a day at most, for the sake of its index."""


class CapUse(SQLModel, table=True):
    """One message that counts on a day, or a digest that is reserved for a later day. Unsent messages do not count."""

    __tablename__ = "cap_uses"
    __table_args__ = (
        Index("ix_cap_uses_user", "user_id", "test", "channel", "day"),
        Index("ix_cap_uses_day", "day"),
    )

    delivery_id: UUID = Field(primary_key=True)
    user_id: int = Field(sa_type=BigInteger)
    test: bool
    channel: str = Field(max_length=16)
    day: str = Field(max_length=10)
    """The day in the user's time zone, such as `2026-11-29`."""
