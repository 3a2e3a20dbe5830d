"""The table of erasures."""

from datetime import datetime

from sqlalchemy import BigInteger, Text
from sqlmodel import Field, SQLModel

from property_alert_notification.database import partial_index, time_type

IS_IN_PROGRESS = "due_at IS NOT NULL"
"""The condition of a partial index. A query must contain exactly this text to use the index."""

IS_FINISHED = "finished_at IS NOT NULL"
"""The condition of another one."""


class Erasure(SQLModel, table=True):
    """The erasure of one user, or an address that it found: what comes late about them is recognised by the hash."""

    __tablename__ = "erasures"
    __table_args__ = (
        partial_index("ix_erasures_due", "due_at", where=IS_IN_PROGRESS),
        partial_index("ix_erasures_finished", "finished_at", where=IS_FINISHED),
    )

    subject: str = Field(primary_key=True, max_length=32)
    """The keyed hash of the user's id, or of an address."""
    about: str = Field(max_length=8)
    """`user` or `address`."""
    user_id: int | None = Field(default=None, sa_type=BigInteger)
    """The user while the erasure is in progress."""
    requested_by: str = Field(max_length=160)
    """The caller or operator, as in the audit record."""
    requested_at: datetime = Field(sa_type=time_type())
    due_at: datetime | None = Field(default=None, sa_type=time_type())
    """When a worker continues it; None if nothing is left to do."""
    finished_at: datetime | None = Field(default=None, sa_type=time_type())
    counted: str = Field(default="{}", sa_type=Text)
    """How many rows of each table were erased, as JSON."""
