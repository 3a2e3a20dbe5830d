"""The requests and answers about webhooks."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from property_alert_notification.api.fields import Line
from property_alert_notification.api.known_fields import Answered, Strict
from property_alert_notification.api.paging import PageCursor
from property_alert_notification.base.times import Moment
from property_alert_notification.events.event_types import EventType
from property_alert_notification.events.models import EndpointState, WebhookDeliveryState

WANTED = [type_ for type_ in EventType if type_ is not EventType.WEBHOOK_TEST]
"""The types that a filter may have."""

_URL = Annotated[Line, Field(min_length=1, max_length=2_000)]
_Description = Annotated[Line, Field(min_length=1, max_length=200)]
_Types = Annotated[list[EventType], Field(min_length=1, max_length=len(WANTED))]


class _Fields(Strict):
    """The fields that a caller chooses."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    description: _Description | None = None
    """A note for people."""

    @model_validator(mode="after")
    def _has_a_possible_filter(self) -> Self:
        wanted = getattr(self, "events", None)
        if wanted is not None and EventType.WEBHOOK_TEST in wanted:
            raise ValueError("events: webhook.test is sent by the call `test` only")
        return self


class EndpointCreate(_Fields):
    """A URL that gets events."""

    model_config = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "url": "https://listings.example.com/webhooks/alerts",
                    "events": ["notification.delivered", "notification.failed", "recipient.opted_out"],
                }
            ]
        },
    )

    url: _URL
    """Begins with https://, and leads to a public address; with `ENVIRONMENT=local` also http:// and this machine."""
    events: _Types | None = None
    """The types of events that it gets. Default: all, also those of later versions."""


class EndpointPatch(_Fields):
    """The fields to change; the others stay."""

    model_config = ConfigDict(use_attribute_docstrings=True, json_schema_extra={"examples": [{"enabled": True}]})

    url: _URL | None = None
    """The new URL."""
    events: _Types | None = None
    """The new filter; null means all types."""
    enabled: bool | None = None
    """False: it gets no events, and none are recorded for it. True: it gets events again, also those that still wait;
    a pause ends."""


class RotateRequest(Strict):
    """How long both secrets sign."""

    model_config = ConfigDict(use_attribute_docstrings=True, json_schema_extra={"examples": [{"overlap_hours": 24}]})

    overlap_hours: Annotated[float, Field(ge=0, le=168)] = 24
    """Hours for which events also have a signature by the previous secret."""


class ReplayRequest(Strict):
    """Which events are sent again."""

    model_config = ConfigDict(
        use_attribute_docstrings=True, json_schema_extra={"examples": [{"since": "2026-11-22T00:00:00Z"}]}
    )

    since: Moment
    """The time of the oldest event to send again."""
    until: Moment | None = None
    """The time before which the newest event happened. Default: now."""
    only_failed: bool = False
    """Only events that this endpoint did not take."""
    after: UUID | None = None
    """Only events after this one: the `next_after` of the call before."""
    limit: Annotated[int, Field(ge=1, le=10_000)] = 10_000
    """The maximum number of events, the oldest first."""


class ReplayResult(BaseModel):
    """The result of a replay."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    replayed: int
    """How many events are sent again."""
    next_after: UUID | None
    """The `after` of the next call if more events are left; null if none is."""


class EndpointPublic(Answered):
    """An endpoint. Its secret is shown when it is created or rotated, and never again."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    id: UUID
    url: str
    description: str | None
    events: list[str] | None
    """The types that it gets; null means all."""
    state: EndpointState
    """`enabled`; `paused` by this service because it failed for days; `disabled` by a caller, by its answer 410, or
    because it stayed paused."""
    state_reason: str | None
    """`failing`, `gone`, `caller` or `forgotten`; null if it is enabled."""
    caller: str | None
    """It gets the events of notifications of this caller; null: of every caller."""
    test: bool
    """It was created with a test key, and gets the events of test notifications only."""
    failures: int
    """How many calls in a row failed."""
    failing_since: datetime | None
    last_error: str | None
    """How the last failed call failed: `status`, `redirect`, `gone`, `no_answer`, `unreachable`, `dns`,
    `address_refused` or `secret_unreadable`."""
    blocked_until: datetime | None
    """After several failures in a row no event is sent before this time."""
    previous_secret_until: datetime | None
    """Until when events also have a signature by the previous secret."""
    created_at: datetime
    changed_at: datetime


class EndpointWithSecret(EndpointPublic):
    """An endpoint with its secret, which is shown this once."""

    secret: str
    """By this secret, in the form of Standard Webhooks, the receiver verifies signatures."""


class EndpointPage(BaseModel):
    """All endpoints that the caller may see, the newest first: there are at most a hundred."""

    items: list[EndpointPublic]


class TestEvent(BaseModel):
    """The event that was recorded."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    event_id: UUID
    webhook_id: str
    """Its header `webhook-id`."""


class AttemptPublic(BaseModel):
    """One failed attempt."""

    at: datetime
    status: int | None
    error: str
    milliseconds: int


class WebhookDeliveryPublic(BaseModel):
    """An event on its way to an endpoint."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    event_id: UUID
    webhook_id: str
    """The header `webhook-id` of every attempt."""
    type: str
    at: datetime
    """When the event happened."""
    notification_id: UUID | None
    state: WebhookDeliveryState
    """`pending`, `sending`, `succeeded` or `failed`."""
    attempts: int
    next_attempt_at: datetime | None
    last_attempt_at: datetime | None
    last_status: int | None
    """The HTTP status of the last answer; null if there was none."""
    last_error: str | None
    last_milliseconds: int | None
    failed_attempts: list[AttemptPublic]
    """The attempts that failed, in order."""


class WebhookDeliveryPage(BaseModel):
    """A page of the log of an endpoint, the newest event first."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    items: list[WebhookDeliveryPublic]
    next: str | None
    """The `cursor` of the next page; null if this is the last page."""


class WebhookDeliveryQuery(Strict):
    """The filters of the log, and the requested page."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    state: WebhookDeliveryState | None = None
    """Only deliveries in this state. Each page looks at 2,000 events at most, and may be empty although more follow."""
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    """The maximum number of deliveries on the page."""
    cursor: PageCursor | None = None
    """The `next` of the previous page, requested with the same filters. Default: the first page."""
