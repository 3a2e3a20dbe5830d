"""The table of digest windows."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, Integer, false
from sqlmodel import Field, SQLModel

from property_alert_notification.database import partial_index, time_type

IS_OPEN, IS_DUE, HAS_DIGEST = "closed_at IS NULL", "due_at IS NOT NULL", "digest_id IS NOT NULL"
"""The conditions of partial indexes. A query must repeat their exact text to use the index."""


class DigestWindow(SQLModel, table=True):
    """A window collects the deliveries of one user, channel and category. It is closed once, and makes one digest.

    `held_by` of the collected deliveries has its id.
    """

    __tablename__ = "digest_windows"
    __table_args__ = (
        partial_index("ix_digest_windows_due", "due_at", where=IS_DUE),
        # Open windows of a user, and all of them for export and erasure.
        Index("ix_digest_windows_of_user", "user_id", "closed_at"),
        partial_index("ix_digest_windows_digest", "digest_id", where=HAS_DIGEST),
        Index("ix_digest_windows_closes_at", "closes_at"),
        partial_index("ix_digest_windows_category", "category", "id", where=IS_OPEN),
    )

    id: UUID = Field(primary_key=True)
    """Computed from the five following columns."""
    user_id: int = Field(sa_type=BigInteger)
    test: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    channel: str = Field(max_length=16)
    category: str = Field(max_length=64)
    closes_at: datetime = Field(sa_type=time_type())
    """When the digest is made."""
    due_at: datetime | None = Field(default=None, sa_type=time_type())
    """When a worker processes it next: to close it, to reevaluate its items or, after it has closed, to check whether
    its digest has ended. None if nothing is left to do."""
    closed_at: datetime | None = Field(default=None, sa_type=time_type())
    digest_id: UUID | None = None
    """The digest, a notification; None while the window is open, and if it was empty."""
    items: int = Field(default=0, sa_type=Integer, sa_column_kwargs={"server_default": "0"})
    """How many deliveries the digest carries."""
