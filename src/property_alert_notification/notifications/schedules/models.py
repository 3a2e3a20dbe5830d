"""The tables of schedules and of their occurrences."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.database import partial_index, time_type

IS_ACTIVE = "state = 'active'"
IS_NOT_ACTIVE = "state <> 'active'"
IS_ENDED = "state = 'ended'"
"""The conditions of partial indexes. A query must repeat their exact text to use the index."""


class Schedule(SQLModel, table=True):
    """A recurring notification."""

    __tablename__ = "schedules"
    __table_args__ = (
        partial_index("ix_schedules_due", "next_at", where=IS_ACTIVE),
        # Lists are read newest first, as those of notifications.
        Index("ix_schedules_user", "user_id", "id"),
        partial_index("ix_schedules_caller", "caller", "id", where="caller IS NOT NULL"),
        partial_index("ix_schedules_state", "state", "id", where=IS_NOT_ACTIVE),
        partial_index("ix_schedules_ended", "changed_at", where=IS_ENDED),
        partial_index("ix_schedules_test", "id", where="test"),
    )

    id: UUID = Field(primary_key=True)
    """UUIDv7: contains the millisecond of its creation."""
    user_id: int = Field(sa_type=BigInteger)
    category: str = Field(max_length=64)
    reference: str | None = Field(default=None, max_length=255)
    title: str = Field(sa_type=Text)
    message: str = Field(sa_type=Text)
    urgent: bool
    channels: str | None = Field(default=None, max_length=255)
    """The channels that the caller requested, separated by spaces; None means all."""
    addresses: str = Field(sa_type=Text)
    """The addresses by channel, as JSON."""
    look_up: str | None = Field(default=None, max_length=255)
    """The channels whose addresses are looked up at each occurrence, separated by spaces; None if the caller gave
    all."""
    caller: str | None = Field(default=None, max_length=100)
    """The name of the API key that created it; None if no key was required."""
    test: bool
    """Created with a test key: its notifications never reach a real provider."""
    rrule: str = Field(sa_type=Text)
    """The rule as the caller wrote it."""
    start: str = Field(max_length=16)
    """A local time, such as `2026-12-01T09:00`."""
    time_zone: str | None = Field(default=None, max_length=64)
    """An IANA name; None means the zone of the user."""
    used_zone: str = Field(max_length=64)
    """The zone of `next_at`. It applies if the zone of the user becomes unknown."""
    state: str = Field(max_length=16)
    reason_code: str | None = Field(default=None, max_length=32)
    """The ReasonCode of its end or its quarantine."""
    reason_parameters: str | None = Field(default=None, sa_type=Text)
    next_at: datetime | None = Field(default=None, sa_type=time_type())
    """When a worker processes it: at its next occurrence, or earlier. None unless it is active."""
    passed_at: datetime = Field(sa_type=time_type())
    """Only occurrences after this instant count."""
    passed_local: str | None = Field(default=None, max_length=16)
    """Only occurrences after this local time count."""
    final: str | None = Field(default=None, max_length=16)
    """The local time of the last occurrence that COUNT allows."""
    occurred: int
    """How many notifications it has created."""
    changed_at: datetime = Field(sa_type=time_type())

    @property
    def requested_channels(self) -> list[Channel] | None:
        """The channels that the caller requested; None means all."""
        return None if self.channels is None else [Channel(word) for word in self.channels.split()]


class Occurrence(SQLModel, table=True):
    """One occurrence of a schedule that became a notification. The row is kept as long as the notification."""

    __tablename__ = "schedule_occurrences"
    # In the order of a list: the newest notifications of a schedule first.
    __table_args__ = (
        UniqueConstraint("schedule_id", "local"),
        Index("ix_schedule_occurrences_listed", "schedule_id", "notification_id"),
    )

    notification_id: UUID = Field(primary_key=True, foreign_key="notifications.id", ondelete="CASCADE")
    schedule_id: UUID
    """The schedule may have been deleted."""
    local: str = Field(max_length=16)
    """The local time of the occurrence. The unique key keeps workers from creating its notification twice."""
