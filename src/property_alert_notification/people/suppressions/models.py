"""The table of the suppression list."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from property_alert_notification.database import time_type


class StoredSuppression(SQLModel, table=True):
    """One entry. It holds no address and no id of a user."""

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
    """The only channel it stops; empty stops every channel."""
    reason_code: str = Field(max_length=16)
    """A `SuppressionReason`."""
    scope: str = Field(max_length=16)
    category: str = Field(max_length=64)
    """The only category it stops; empty stops every category of the scope."""
    note: str | None = Field(default=None, sa_type=Text)
    """What whoever added it wrote down; no personal data."""
    added_by: str = Field(max_length=160)
    """`cli:` and the user of the machine, a caller with the kind and the beginning of their key, or a provider."""
    created_at: datetime = Field(sa_type=time_type())
    expires_at: datetime | None = Field(default=None, sa_type=time_type())
