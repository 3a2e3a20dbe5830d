"""The table of messages that people sent to our numbers."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from property_alert_notification.database import time_type

_WAITS = "is_refusal AND handled_at IS NULL"


class InboundReply(SQLModel, table=True):
    """One message of a person."""

    __tablename__ = "inbound_replies"
    # A message that the provider reports twice is stored once.
    __table_args__ = (
        UniqueConstraint("key"),
        Index("ix_inbound_replies_sender", "sender"),
        Index("ix_inbound_replies_waiting", "id", sqlite_where=text(_WAITS), postgresql_where=text(_WAITS)),
    )

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
    handled_at: datetime | None = Field(default=None, sa_type=time_type())
    """When an operator marked it as handled."""
    handled_by: str | None = Field(default=None, max_length=160)
    """That operator: `cli:` and the user of the machine, or a caller with the kind and the first characters of the
    key."""
