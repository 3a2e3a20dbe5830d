"""The table of messages that people sent to our numbers."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from property_alert_notification.database import time_type


class InboundReply(SQLModel, table=True):
    """One message of a person."""

    __tablename__ = "inbound_replies"
    # A message that the provider reports twice is stored once.
    __table_args__ = (UniqueConstraint("key"), Index("ix_inbound_replies_sender", "sender"))

    id: UUID = Field(primary_key=True)
    """UUIDv7: the newest message has the greatest id."""
    key: str = Field(max_length=32)
    """A hash of the provider and its id of the message."""
    channel: str = Field(max_length=16)
    provider: str = Field(max_length=64)
    sender: str = Field(max_length=320)
    """The address of the sender as it is stored with deliveries."""
    text: str = Field(sa_type=Text)
    """Cut."""
    word: str = Field(max_length=8)
    """A `Word`."""
    is_refusal: bool
    """It looks like a refusal in other words, and stopped nothing."""
    received_at: datetime = Field(sa_type=time_type())
