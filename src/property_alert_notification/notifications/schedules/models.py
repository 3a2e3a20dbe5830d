"""Schedules, and the notifications that they brought."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.database import time_type


class ScheduleState(StrEnum):
    """Whether a schedule brings notifications."""

    ACTIVE = "active"
    """It has a next occurrence."""
    PAUSED = "paused"
    """Its caller paused it; what falls into the pause is left out."""
    ENDED = "ended"
    """It has no further occurrence; the reason says why."""
    QUARANTINED = "quarantined"
    """Its row broke a worker; the reason says how. A change or a resume makes it active again."""


IS_ACTIVE = "state = 'active'"
IS_NOT_ACTIVE = "state <> 'active'"
IS_ENDED = "state = 'ended'"
"""The conditions of partial indexes; a query must say them in these very words for the index to be of use."""


class Schedule(SQLModel, table=True):
    """A notification that is sent again and again."""

    __tablename__ = "schedules"
    __table_args__ = (
        Index("ix_schedules_due", "next_at", sqlite_where=text(IS_ACTIVE), postgresql_where=text(IS_ACTIVE)),
        # Lists are walked newest first, as those of notifications are.
        Index("ix_schedules_user", "user_id", "id"),
        Index(
            "ix_schedules_caller",
            "caller",
            "id",
            sqlite_where=text("caller IS NOT NULL"),
            postgresql_where=text("caller IS NOT NULL"),
        ),
        Index(
            "ix_schedules_state", "state", "id", sqlite_where=text(IS_NOT_ACTIVE), postgresql_where=text(IS_NOT_ACTIVE)
        ),
        Index("ix_schedules_ended", "changed_at", sqlite_where=text(IS_ENDED), postgresql_where=text(IS_ENDED)),
        Index("ix_schedules_test", "id", sqlite_where=text("test"), postgresql_where=text("test")),
    )

    id: UUID = Field(primary_key=True)
    """UUIDv7: carries the millisecond at which it was created."""
    user_id: int = Field(sa_type=BigInteger)
    category: str = Field(max_length=64)
    reference: str | None = Field(default=None, max_length=255)
    title: str = Field(sa_type=Text)
    message: str = Field(sa_type=Text)
    urgent: bool
    channels: str | None = Field(default=None, max_length=255)
    """The only channels the caller asked for, separated by spaces; None is all of them."""
    addresses: str = Field(sa_type=Text)
    """By channel, as JSON."""
    look_up: str | None = Field(default=None, max_length=255)
    """The channels whose addresses are looked up each time, separated by spaces; None when the caller gave all."""
    caller: str | None = Field(default=None, max_length=100)
    """The name of the API key that created it; None when no key was asked for."""
    test: bool
    """Created with a test key: never reaches a real provider."""
    rrule: str = Field(sa_type=Text)
    """As the caller gave it."""
    start: str = Field(max_length=16)
    """Local, such as `2026-12-01T09:00`."""
    time_zone: str | None = Field(default=None, max_length=64)
    """An IANA name; None is that of the user."""
    used_zone: str = Field(max_length=64)
    """The zone of `next_at`: also counts for a user whose own is not known any more."""
    state: str = Field(max_length=16)
    reason_code: str | None = Field(default=None, max_length=32)
    """Why it ended or was quarantined, as a ReasonCode."""
    reason_parameters: str | None = Field(default=None, sa_type=Text)
    next_at: datetime | None = Field(default=None, sa_type=time_type())
    """When a worker looks at it: its next occurrence, or earlier. None unless it is active."""
    passed_at: datetime = Field(sa_type=time_type())
    """Only later instants count."""
    passed_local: str | None = Field(default=None, max_length=16)
    """Only later local times count."""
    final: str | None = Field(default=None, max_length=16)
    """The local time of the last occurrence that COUNT allows."""
    occurred: int
    """How many notifications it has brought."""
    changed_at: datetime = Field(sa_type=time_type())

    @property
    def asked_for(self) -> list[Channel] | None:
        """The only channels the caller asked for; None is all of them."""
        return None if self.channels is None else [Channel(word) for word in self.channels.split()]


class Occurrence(SQLModel, table=True):
    """One occurrence of a schedule that became a notification. It is kept as long as the notification."""

    __tablename__ = "schedule_occurrences"
    # In the order of a list: the newest notifications of a schedule.
    __table_args__ = (
        UniqueConstraint("schedule_id", "local"),
        Index("ix_schedule_occurrences_listed", "schedule_id", "notification_id"),
    )

    notification_id: UUID = Field(primary_key=True, foreign_key="notifications.id", ondelete="CASCADE")
    schedule_id: UUID
    """May be that of a schedule that was deleted."""
    local: str = Field(max_length=16)
    """The local time at which it came: no worker can bring it twice."""
