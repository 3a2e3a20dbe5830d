"""The table of the development mailbox."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Text
from sqlmodel import Field, SQLModel

from property_alert_notification.database import time_type


class MailboxMessage(SQLModel, table=True):
    """One message that a mailbox provider took instead of sending it."""

    __tablename__ = "mailbox_messages"

    id: UUID = Field(primary_key=True)
    """UUIDv7: the newest message has the greatest id."""
    delivery_id: UUID
    channel: str = Field(max_length=16)
    sender: str = Field(max_length=320)
    address: str = Field(max_length=320)
    subject: str = Field(sa_type=Text)
    text: str = Field(sa_type=Text)
    html: str | None = Field(default=None, sa_type=Text)
    raw: str | None = Field(default=None, sa_type=Text)
    """An email exactly as it would go over the wire."""
    captured_at: datetime = Field(sa_type=time_type())
