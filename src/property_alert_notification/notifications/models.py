"""One message to one user, as another service asked for it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, Text, false, text
from sqlmodel import Field, SQLModel

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.database import time_type

WAITS_FOR_ITS_TIME = "status = 'scheduled' AND look_up_at IS NULL"
"""It is planned at its `send_at`, with the addresses of its row: the condition in the words of an index."""

LOOK_UP_INDEXES = (
    ("ix_notifications_look_up", "look_up_at", "look_up_at IS NOT NULL"),
    ("ix_notifications_look_up_user", "user_id", "look_up_at IS NOT NULL"),
    ("ix_notifications_parked", "look_up_at", "parked"),
)


class Notification(SQLModel, table=True):
    """A notification as accepted. Its deliveries say what became of it."""

    __tablename__ = "notifications"
    __table_args__ = (
        # Lists are walked newest first: an id carries its time, so each of these is in the order of a page.
        Index("ix_notifications_user", "user_id", "id"),
        Index("ix_notifications_category", "category", "id"),
        Index(
            "ix_notifications_reference",
            "reference",
            "id",
            sqlite_where=text("reference IS NOT NULL"),
            postgresql_where=text("reference IS NOT NULL"),
        ),
        Index(
            "ix_notifications_status",
            "status",
            "id",
            sqlite_where=text("status IS NOT NULL"),
            postgresql_where=text("status IS NOT NULL"),
        ),
        # What a key without `admin` may list: its own.
        Index(
            "ix_notifications_caller",
            "caller",
            "id",
            sqlite_where=text("caller IS NOT NULL"),
            postgresql_where=text("caller IS NOT NULL"),
        ),
        # Tests are few among what is live.
        Index("ix_notifications_test", "id", sqlite_where=text("test"), postgresql_where=text("test")),
        Index(
            "ix_notifications_scheduled",
            "send_at",
            sqlite_where=text(WAITS_FOR_ITS_TIME),
            postgresql_where=text(WAITS_FOR_ITS_TIME),
        ),
        # Those whose addresses are not known yet are few, and have indexes of their own.
        *[
            Index(name, column, sqlite_where=text(condition), postgresql_where=text(condition))
            for name, column, condition in LOOK_UP_INDEXES
        ],
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
    """The only channels the caller asked for, separated by spaces; None is all of them."""
    accepted_at: datetime = Field(sa_type=time_type())
    expires_at: datetime | None = Field(default=None, sa_type=time_type())
    """After this it is of no use, and not sent."""
    caller: str | None = Field(default=None, max_length=100)
    """Who submitted it: the name of their API key; None when no key was needed."""
    test: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Submitted with a test key: never reaches a real provider."""
    status: str | None = Field(default=None, max_length=16)
    """A NotificationStatus where a list cannot find it by the deliveries: `scheduled`, or an end that is neither
    `sent` nor `delivered`. None everywhere else, so that the usual journey never writes this row again."""
    send_at: datetime | None = Field(default=None, sa_type=time_type())
    """The caller's wish: not before this. With a `send_at_local` it is its moment in the zone that was known last."""
    send_at_local: str | None = Field(default=None, max_length=16)
    """The caller's wish by the user's clock, `2026-12-01T09:00`: the moment is found anew until it is planned."""
    addresses: str | None = Field(default=None, sa_type=Text)
    """By channel, as JSON. Kept until the plan is made; then they are in the deliveries."""
    look_up: str | None = Field(default=None, max_length=255)
    """The channels whose addresses the directory gives, separated by spaces; None when the caller gave them all."""
    look_up_at: datetime | None = Field(default=None, sa_type=time_type())
    """When they are looked up next; None when they are known, or nobody needs them any more."""
    parked: bool | None = None
    """The User service cannot be asked now: it is looked up as soon as that is well, at the latest at `look_up_at`."""
    away_since: datetime | None = Field(default=None, sa_type=time_type())
    """When the User service first did not say where its user is reached."""
    moved_at: datetime | None = Field(default=None, sa_type=time_type())
    """When a change last made it due at once: its age counts from there. None when its `send_at` counts."""
    cancelled_at: datetime | None = Field(default=None, sa_type=time_type())
    """When it was cancelled; what was not submitted to a provider by then is not sent."""
    cancelled_by: str | None = Field(default=None, max_length=180)
    """The author of the cancellation, as the timeline names them; None when cancelled before this was recorded."""

    @property
    def is_local(self) -> bool:
        """Whether it is for a time of its user's clock."""
        return self.send_at_local is not None

    @property
    def asked_for(self) -> list[Channel] | None:
        """The only channels the caller asked for; None is all of them."""
        return None if self.channels is None else [Channel(word) for word in self.channels.split()]

    @property
    def looked_up(self) -> list[Channel]:
        """The channels whose addresses the directory gives."""
        return [] if self.look_up is None else [Channel(word) for word in self.look_up.split()]


class NotificationChange(SQLModel, table=True):
    """One change of a notification after it was accepted: its author and the changed fields, without their values."""

    __tablename__ = "notification_changes"

    id: UUID = Field(primary_key=True)
    notification_id: UUID = Field(foreign_key="notifications.id", ondelete="CASCADE", index=True)
    at: datetime = Field(sa_type=time_type())
    changed_by: str = Field(max_length=180)
    """As the timeline names them."""
    fields: str = Field(max_length=255)
    """The names of the fields, separated by spaces."""
