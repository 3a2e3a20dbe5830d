"""The table of the suppression list."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from property_alert_notification.database import time_type


class StoredSuppression(SQLModel, table=True):
    """One entry, without an address and without a user id."""

    __tablename__ = "suppressions"
    # There is one entry for each subject, channel, reason and category, however often it is reported.
    __table_args__ = (
        UniqueConstraint("subject", "channel", "reason_code", "category"),
        Index("ix_suppressions_expires_at", "expires_at"),
    )

    id: UUID = Field(primary_key=True)
    subject: str = Field(max_length=32)
    """The keyed hash of an address or of a user's id."""
    about: str = Field(max_length=8)
    """`address` or `user`."""
    channel: str = Field(max_length=16)
    """The channel that it stops; empty means every channel."""
    reason_code: str = Field(max_length=16)
    """A `SuppressionReason`."""
    scope: str = Field(max_length=16)
    category: str = Field(max_length=64)
    """The category that it stops; empty means every category of the scope."""
    note: str | None = Field(default=None, sa_type=Text)
    """A note of its author, without personal data."""
    added_by: str = Field(max_length=160)
    """`cli:` and the user of the machine, a caller with the kind and the first characters of the key, or a provider."""
    created_at: datetime = Field(sa_type=time_type())
    expires_at: datetime | None = Field(default=None, sa_type=time_type())
