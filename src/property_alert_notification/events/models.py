"""The tables of webhook endpoints, of events, and of the delivery of each event to each endpoint."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, SmallInteger, Text, false
from sqlmodel import Field, SQLModel

from property_alert_notification.database import partial_index, time_type

ALL = "*"
"""As the filter of an endpoint: it wants events of every type."""

HAS_USER = "user_id IS NOT NULL"
"""The condition of the index of events about users."""

IS_DUE = "due_at IS NOT NULL"
"""The condition of the index of webhook deliveries that are open."""


class EndpointState(StrEnum):
    """The states of an endpoint."""

    ENABLED = "enabled"
    """It gets events."""
    PAUSED = "paused"
    """It failed for days. It gets no events; they are recorded, so that they can be replayed to it."""
    DISABLED = "disabled"
    """Its owner switched it off, or it answered 410. Nothing is recorded for it."""
    DELETED = "deleted"
    """It is shown nowhere. Its rows are deleted a few at a time, and then its own."""


LISTENING = (EndpointState.ENABLED, EndpointState.PAUSED)
"""Events are recorded for endpoints in these states."""


class WebhookDeliveryState(StrEnum):
    """The states of the delivery of an event to an endpoint."""

    PENDING = "pending"
    """It is sent or retried at `due_at`."""
    SENDING = "sending"
    """A worker has claimed it; `due_at` is the end of its lease."""
    SUCCEEDED = "succeeded"
    """The endpoint answered with a 2xx."""
    FAILED = "failed"
    """It is not retried any more; it can be replayed."""


class WebhookEndpoint(SQLModel, table=True):
    """A URL of a caller that gets events."""

    __tablename__ = "webhook_endpoints"

    id: UUID = Field(primary_key=True)
    url: str = Field(sa_type=Text)
    description: str | None = Field(default=None, max_length=255)
    events: str = Field(sa_type=Text)
    """The types that it wants, each between two spaces, or `*` for all of them."""
    state: str = Field(max_length=16)
    """An EndpointState."""
    state_reason: str | None = Field(default=None, max_length=32)
    """Why it is paused or disabled: `failing`, `gone`, `caller`, `forgotten`."""
    caller: str | None = Field(default=None, max_length=100)
    """It gets the events of notifications of this caller only; None: of every caller."""
    test: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Created with a test key: it gets the events of test notifications, and no others."""
    secret: str = Field(sa_type=Text)
    """The secret by which its events are signed, encrypted."""
    previous_secret: str | None = Field(default=None, sa_type=Text)
    """The secret before the last rotation, encrypted."""
    previous_until: datetime | None = Field(default=None, sa_type=time_type())
    """Until when events are signed by the previous secret too."""
    created_at: datetime = Field(sa_type=time_type())
    changed_at: datetime = Field(sa_type=time_type())
    failures: int = 0
    """How many calls in a row failed."""
    failing_since: datetime | None = Field(default=None, sa_type=time_type())
    """When the first of them failed; None if the last call succeeded."""
    blocked_until: datetime | None = Field(default=None, sa_type=time_type())
    """It failed repeatedly: no call begins before this time."""
    last_error: str | None = Field(default=None, max_length=32)
    """How the last failed call failed."""


class WebhookEvent(SQLModel, table=True):
    """Something that happened and that an endpoint wanted to know. It holds no address and no text of a message."""

    __tablename__ = "webhook_events"
    __table_args__ = (
        # The only events that name a user: the others name a notification.
        partial_index("ix_webhook_events_user", "user_id", where=HAS_USER),
    )

    id: UUID = Field(primary_key=True)
    """It contains the millisecond of `at`, so events are in the order of their time."""
    type: str = Field(max_length=40)
    """An EventType."""
    at: datetime = Field(sa_type=time_type())
    test: bool
    caller: str | None = Field(default=None, max_length=100)
    """Who submitted the notification."""
    notification_id: UUID | None = None
    channel: str | None = Field(default=None, max_length=16)
    reason_code: str | None = Field(default=None, max_length=32)
    user_id: int | None = Field(default=None, sa_type=BigInteger)
    """The user of an event `recipient.…`. The user of a notification is read when its event is sent."""
    category: str | None = Field(default=None, max_length=64)
    """The category of an event `recipient.…`; None if it is about all of them."""


class WebhookDelivery(SQLModel, table=True):
    """One event on its way to one endpoint, with its last attempt."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        # Ended ones have no due_at: the index holds open ones only, so its cost does not grow with history.
        partial_index("ix_webhook_deliveries_due", "endpoint_id", "due_at", where=IS_DUE),
    )

    endpoint_id: UUID = Field(primary_key=True, foreign_key="webhook_endpoints.id")
    event_id: UUID = Field(primary_key=True)
    """A WebhookEvent. The log of an endpoint is read in the order of this key, and deleted in it."""
    state: str = Field(max_length=16)
    """A WebhookDeliveryState."""
    due_at: datetime | None = Field(default=None, sa_type=time_type())
    """When a worker processes it next; None once it has ended."""
    queued_at: datetime = Field(sa_type=time_type())
    """When it was recorded or last replayed: from then on it is retried for a day."""
    fence: int = 0
    """Counts claims. Only the worker that holds the current one may settle it."""
    attempts: int = Field(default=0, sa_type=SmallInteger)
    last_attempt_at: datetime | None = Field(default=None, sa_type=time_type())
    last_status: int | None = Field(default=None, sa_type=SmallInteger)
    """The HTTP status of the last answer."""
    last_error: str | None = Field(default=None, max_length=32)
    """How the last attempt failed; None if it succeeded."""
    last_milliseconds: int | None = None
    """How long the last attempt took."""


class WebhookAttempt(SQLModel, table=True):
    """A failed attempt of a webhook delivery. One that succeeded is stored in the row of its delivery only."""

    __tablename__ = "webhook_attempts"

    endpoint_id: UUID = Field(primary_key=True)
    event_id: UUID = Field(primary_key=True)
    fence: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    """The fence of the claim under which it was made."""
    at: datetime = Field(sa_type=time_type())
    status: int | None = Field(default=None, sa_type=SmallInteger)
    """The HTTP status of the answer; None if there was none."""
    error: str = Field(max_length=32)
    milliseconds: int
    """How long it took."""
