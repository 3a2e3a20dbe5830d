"""The tables of notifications and of their changes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, Text, false
from sqlmodel import Field, SQLModel

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.database import partial_index, time_type

WAITS_FOR_ITS_TIME = "status = 'scheduled' AND look_up_at IS NULL"
"""The condition of the index of notifications that are planned at their `send_at` with the addresses of their row."""

EXPIRES_UNDECIDED = "approval = 'waiting' AND expires_at IS NOT NULL AND status IS NULL"
"""The condition of the index of notifications with an `expires_at` that are planned and wait for approval."""


class Notification(SQLModel, table=True):
    """A notification as accepted. Its deliveries have the results."""

    __tablename__ = "notifications"
    __table_args__ = (
        # Lists are read newest first. An id contains its time, so each of these indexes is in the order of a page.
        Index("ix_notifications_user", "user_id", "id"),
        Index("ix_notifications_category", "category", "id"),
        partial_index("ix_notifications_reference", "reference", "id", where="reference IS NOT NULL"),
        partial_index("ix_notifications_status", "status", "id", where="status IS NOT NULL"),
        # A key without `admin` lists its own notifications.
        partial_index("ix_notifications_caller", "caller", "id", where="caller IS NOT NULL"),
        # Test notifications are few among live ones.
        partial_index("ix_notifications_test", "id", where="test"),
        partial_index("ix_notifications_scheduled", "send_at", where=WAITS_FOR_ITS_TIME),
        # Notifications that wait for addresses are few, and have indexes of their own.
        partial_index("ix_notifications_look_up", "look_up_at", where="look_up_at IS NOT NULL"),
        partial_index("ix_notifications_look_up_user", "user_id", where="look_up_at IS NOT NULL"),
        # Alerts have none, unless a caller changed them.
        partial_index("ix_notifications_undecided", "expires_at", where=EXPIRES_UNDECIDED),
        partial_index("ix_notifications_parked", "look_up_at", where="parked"),
    )

    id: UUID = Field(primary_key=True)
    """UUIDv7: contains the millisecond at which it was accepted, as `accepted_at` does."""
    user_id: int = Field(sa_type=BigInteger)
    category: str = Field(max_length=64)
    reference: str | None = Field(default=None, max_length=255)
    """The caller's own id."""
    title: str = Field(sa_type=Text)
    message: str = Field(sa_type=Text)
    urgent: bool
    channels: str | None = Field(default=None, max_length=255)
    """The channels that the caller requested, separated by spaces; None means all."""
    accepted_at: datetime = Field(sa_type=time_type())
    expires_at: datetime | None = Field(default=None, sa_type=time_type())
    """It is not sent after this."""
    caller: str | None = Field(default=None, max_length=100)
    """The name of the API key that submitted it; None if no key was required."""
    test: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Submitted with a test key: never reaches a real provider."""
    status: str | None = Field(default=None, max_length=16)
    """The NotificationStatus if lists cannot find it by the deliveries: `scheduled`, or an end other than `sent` and
    `delivered`. None otherwise, so that a usual notification is never updated."""
    send_at: datetime | None = Field(default=None, sa_type=time_type())
    """The earliest time of sending. With a `send_at_local` it is its moment in the last known zone of the user."""
    send_at_local: str | None = Field(default=None, max_length=16)
    """The requested local time of the user, `2026-12-01T09:00`. `send_at` is computed anew from it until the plan is
    made."""
    addresses: str | None = Field(default=None, sa_type=Text)
    """The addresses by channel, as JSON, until the plan is made; then the deliveries have them."""
    look_up: str | None = Field(default=None, max_length=255)
    """The channels whose addresses are looked up, separated by spaces; None if the caller gave all addresses."""
    look_up_at: datetime | None = Field(default=None, sa_type=time_type())
    """When the next lookup is due; None if no lookup is needed any more."""
    parked: bool | None = None
    """The breaker of the User service is open: the lookup is due when it recovers, at the latest at `look_up_at`."""
    away_since: datetime | None = Field(default=None, sa_type=time_type())
    """When a request for the profile of its user first failed."""
    moved_at: datetime | None = Field(default=None, sa_type=time_type())
    """When a change last made it due at once, from which its age counts. None if its age counts from `send_at`."""
    digest_at: datetime | None = Field(default=None, sa_type=time_type())
    """When the digest is made that it is for, if a saved search does not alert at once. None for others."""
    approval: str | None = Field(default=None, max_length=16)
    """An Approval; None if it needs none."""
    cancelled_at: datetime | None = Field(default=None, sa_type=time_type())
    """When it was cancelled. Deliveries that were not submitted to a provider by then are not sent."""
    cancelled_by: str | None = Field(default=None, max_length=180)
    """The author of the cancellation, as in the timeline; None if an older version cancelled it."""

    @property
    def is_local(self) -> bool:
        """Whether it has a `send_at_local`."""
        return self.send_at_local is not None

    @property
    def requested_channels(self) -> list[Channel] | None:
        """The channels that the caller requested; None means all."""
        return None if self.channels is None else [Channel(word) for word in self.channels.split()]

    @property
    def looked_up(self) -> list[Channel]:
        """The channels whose addresses are looked up."""
        return [] if self.look_up is None else [Channel(word) for word in self.look_up.split()]


class NotificationChange(SQLModel, table=True):
    """One change of a notification after its acceptance: the author and the names of the changed fields."""

    __tablename__ = "notification_changes"

    id: UUID = Field(primary_key=True)
    notification_id: UUID = Field(foreign_key="notifications.id", ondelete="CASCADE", index=True)
    at: datetime = Field(sa_type=time_type())
    changed_by: str = Field(max_length=180)
    """The author, as in the timeline."""
    fields: str = Field(max_length=255)
    """The names of the fields, separated by spaces."""
