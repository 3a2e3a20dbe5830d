"""Every statement that claims and settles webhook deliveries, each on a batch."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    SmallInteger,
    Update,
    bindparam,
    case,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import (
    BatchStatement,
    Connection,
    among,
    as_rows,
    columns_of,
    models_from,
    table_of,
    time_type,
)
from property_alert_notification.events.models import (
    IS_DUE,
    EndpointState,
    WebhookAttempt,
    WebhookDelivery,
    WebhookDeliveryState,
    WebhookEndpoint,
    WebhookEvent,
)
from property_alert_notification.feedback.webhooks.sending.payload import Event
from property_alert_notification.feedback.webhooks.sending.verdict import EndpointChange
from property_alert_notification.notifications.models import Notification

_endpoints = table_of(WebhookEndpoint)
_events = table_of(WebhookEvent)
_deliveries = table_of(WebhookDelivery)
_attempts = table_of(WebhookAttempt)
_notifications = table_of(Notification)
_now = bindparam("now", type_=time_type())
_endpoint = bindparam("endpoint", type_=_endpoints.c.id.type)

_may_be_called = (
    _endpoints.c.state == EndpointState.ENABLED.value,
    or_(_endpoints.c.blocked_until.is_(None), _endpoints.c.blocked_until <= _now),
)
_its_due = (_deliveries.c.endpoint_id == _endpoints.c.id, text(f"webhook_deliveries.{IS_DUE}"))
_HAS_DUE = select(_endpoints.c.id).where(
    *_may_be_called,
    select(_deliveries.c.event_id).where(*_its_due, _deliveries.c.due_at <= _now).correlate(_endpoints).exists(),
)
ANY_DUE = _HAS_DUE.exists()
"""Whether an event is due for an endpoint that may be called, as a condition with the parameter `now`."""

_DUE_ENDPOINTS = BatchStatement({}, lambda _: _HAS_DUE)


async def endpoints_with_due(connection: Connection, *, now: datetime) -> list[UUID]:
    """The endpoints that may be called and for which events are due."""
    return [row[0] for row in await _DUE_ENDPOINTS.fetch(connection, (), now=now)]


class WebhookClaim(NamedTuple):
    """The right to send one event to one endpoint until the lease ends."""

    event_id: UUID
    fence: int
    attempts: int
    """Attempts made, this one included."""
    queued_at: datetime


_ENDPOINT = BatchStatement({}, lambda _: select(_endpoints).where(_endpoints.c.id == _endpoint, *_may_be_called))


async def endpoint_to_call(connection: Connection, endpoint: UUID, *, now: datetime) -> WebhookEndpoint | None:
    """An endpoint; None if it must not be called now."""
    found = models_from(WebhookEndpoint, await _ENDPOINT.fetch(connection, (), endpoint=endpoint, now=now))
    return found[0] if found else None


_chosen = (
    select(_deliveries.c.event_id)
    .where(_deliveries.c.endpoint_id == _endpoint, text(IS_DUE), _deliveries.c.due_at <= _now)
    .order_by(_deliveries.c.due_at)
    .limit(bindparam("most", type_=Integer))
)
_CLAIM = (
    update(_deliveries)
    .where(_deliveries.c.endpoint_id == _endpoint, among(_deliveries.c.event_id, _chosen))
    .values(
        state=WebhookDeliveryState.SENDING.value,
        due_at=bindparam("leased_until", type_=time_type()),
        fence=_deliveries.c.fence + 1,
        attempts=_deliveries.c.attempts + 1,
    )
    .returning(*(_deliveries.c[name] for name in WebhookClaim._fields))
)


async def claim(
    connection: AsyncConnection, endpoint: UUID, *, most: int, now: datetime, leased_until: datetime
) -> list[WebhookClaim]:
    """Claim due events of an endpoint, also those whose worker has lost its lease."""
    values = {"endpoint": endpoint, "most": most, "now": now, "leased_until": leased_until}
    return [WebhookClaim(*row) for row in await connection.execute(_CLAIM, values)]


_EVENTS = BatchStatement(
    columns_of(_events, "id"),
    lambda wanted: (
        select(
            *(_events.c[name] for name in Event._fields[:7]),
            func.coalesce(_events.c.user_id, _notifications.c.user_id),
            func.coalesce(_events.c.category, _notifications.c.category),
            _notifications.c.reference,
        )
        .outerjoin(_notifications, _notifications.c.id == _events.c.notification_id)
        .where(_events.c.id.in_(select(wanted.c.id)))
    ),
)


async def events(connection: Connection, ids: Collection[UUID]) -> dict[UUID, Event]:
    """Events by id; those that were deleted are left out."""
    return {row[0]: Event(*row) for row in await _EVENTS.fetch(connection, as_rows(ids))}


class WebhookSettlement(NamedTuple):
    """The result of a claim."""

    endpoint_id: UUID
    event_id: UUID
    fence: int
    state: str
    due_at: datetime | None
    last_attempt_at: datetime
    last_status: int | None
    last_error: str | None
    last_milliseconds: int
    uncalled: int = 0
    """1 if the endpoint was not called: the claim uses up no attempt."""


def _settle_these(settled: FromClause) -> Update:
    called = settled.c.uncalled == 0
    return (
        update(_deliveries)
        .where(
            _deliveries.c.endpoint_id == settled.c.endpoint_id,
            _deliveries.c.event_id == settled.c.event_id,
            _deliveries.c.fence == settled.c.fence,
            _deliveries.c.state == WebhookDeliveryState.SENDING.value,
        )
        .values(
            state=settled.c.state,
            due_at=settled.c.due_at,
            attempts=_deliveries.c.attempts - settled.c.uncalled,
            **{
                name: case((called, settled.c[name]), else_=_deliveries.c[name])
                for name in ("last_attempt_at", "last_status", "last_error", "last_milliseconds")
            },
        )
    )


_SETTLE = BatchStatement(
    columns_of(_deliveries, *WebhookSettlement._fields[:-1]) | {"uncalled": SmallInteger()}, _settle_these
)


def _is_kept(called: FromClause) -> ColumnElement[bool]:
    """Whether a delivery was not deleted while its endpoint was called."""
    its = (_deliveries.c.endpoint_id == called.c.endpoint_id, _deliveries.c.event_id == called.c.event_id)
    return select(_deliveries.c.event_id).where(*its).exists()


_FAILED_ATTEMPT = ("endpoint_id", "event_id", "fence", "at", "status", "error", "milliseconds")
_ADD_ATTEMPTS = BatchStatement(
    columns_of(_attempts, *_FAILED_ATTEMPT),
    lambda new: (
        insert(_attempts)
        .from_select(_FAILED_ATTEMPT, select(*new.c).where(new.c.error.is_not(None), _is_kept(new)))
        .on_conflict_do_nothing()
    ),
)


async def settle(connection: AsyncConnection, settlements: Sequence[WebhookSettlement]) -> None:
    """Store results of claims that are still the newest, and log failed attempts."""
    # Always in the same order, or two processes wait for each other.
    ordered = sorted(settlements, key=lambda one: (one.endpoint_id, one.event_id))
    await _SETTLE.run(connection, ordered)
    failed = [
        (
            one.endpoint_id,
            one.event_id,
            one.fence,
            one.last_attempt_at,
            one.last_status,
            one.last_error,
            one.last_milliseconds,
        )
        for one in ordered
        if one.last_error is not None and not one.uncalled
    ]
    if failed:
        await _ADD_ATTEMPTS.run(connection, failed)


_CHANGE = (
    update(_endpoints)
    # What its owner changed in the meantime stays.
    .where(_endpoints.c.id == _endpoint, _endpoints.c.state == EndpointState.ENABLED.value)
    .values(
        {name: bindparam(f"new_{name}", type_=_endpoints.c[name].type) for name in EndpointChange._fields}
        | {"changed_at": case((bindparam("new_state") == EndpointState.ENABLED, _endpoints.c.changed_at), else_=_now)}
    )
    .returning(_endpoints.c.id)
)


async def change_endpoint(
    connection: AsyncConnection, endpoint: UUID, change: EndpointChange, *, now: datetime
) -> bool:
    """Store the health of an endpoint that is enabled; returns whether it is."""
    values = {f"new_{name}": value for name, value in change._asdict().items()}
    return bool((await connection.execute(_CHANGE, {"endpoint": endpoint, "now": now, **values})).all())
