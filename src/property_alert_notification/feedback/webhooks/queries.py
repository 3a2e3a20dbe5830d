"""Every statement about endpoints and their logs, except those that send."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, and_, bindparam, delete, func, insert, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or_update
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.api.access.visibility import Visibility
from property_alert_notification.base.clock import first_id_of
from property_alert_notification.database import BatchStatement, as_rows, columns_of, table_of, time_type
from property_alert_notification.events.models import (
    ALL,
    EndpointState,
    WebhookAttempt,
    WebhookDelivery,
    WebhookDeliveryState,
    WebhookEndpoint,
    WebhookEvent,
)

_endpoints = table_of(WebhookEndpoint)
_events = table_of(WebhookEvent)
_deliveries = table_of(WebhookDelivery)
_attempts = table_of(WebhookAttempt)
_exists = _endpoints.c.state != EndpointState.DELETED.value

LOOKED_AT = 2_000
"""Rows of a log that one page looks at, when only some states are wanted."""


def _seen_by(visible: Visibility) -> list[ColumnElement[bool]]:
    conditions = [_exists]
    if visible.caller is not None:
        conditions.append(_endpoints.c.caller == visible.caller)
    if visible.test is not None:
        conditions.append(_endpoints.c.test == visible.test)
    return conditions


async def add(connection: AsyncConnection, endpoint: WebhookEndpoint) -> None:
    """Insert an endpoint. From the commit on events are recorded for it."""
    await connection.execute(insert(_endpoints).values(**endpoint.model_dump()))


async def count(connection: AsyncConnection, *, caller: str | None = None) -> int:
    """How many endpoints there are, or how many this caller has."""
    its = _exists if caller is None else and_(_exists, _endpoints.c.caller == caller)
    return int((await connection.execute(select(func.count()).select_from(_endpoints).where(its))).scalar_one())


async def visible_to(connection: AsyncConnection, visible: Visibility) -> list[WebhookEndpoint]:
    """The endpoints that a caller may see, the newest first."""
    found = await connection.execute(select(_endpoints).where(*_seen_by(visible)).order_by(_endpoints.c.id.desc()))
    return [WebhookEndpoint(**row) for row in found.mappings()]


async def find(
    connection: AsyncConnection, id_: UUID, visible: Visibility, *, lock: bool = False
) -> WebhookEndpoint | None:
    """One endpoint; None if there is none with this id that the caller may see."""
    wanted = select(_endpoints).where(_endpoints.c.id == id_, *_seen_by(visible))
    row = (await connection.execute(wanted.with_for_update() if lock else wanted)).mappings().one_or_none()
    return None if row is None else WebhookEndpoint(**row)


async def change(connection: AsyncConnection, id_: UUID, values: Mapping[str, Any]) -> None:
    """Set these columns of an endpoint."""
    await connection.execute(update(_endpoints).where(_endpoints.c.id == id_).values(**values))


async def add_event(connection: AsyncConnection, event: WebhookEvent, endpoint: UUID) -> None:
    """Record an event for one endpoint, whatever its filter is."""
    await connection.execute(insert(_events).values(**event.model_dump()))
    row = WebhookDelivery(
        endpoint_id=endpoint,
        event_id=event.id,
        state=WebhookDeliveryState.PENDING,
        due_at=event.at,
        queued_at=event.at,
    )
    await connection.execute(insert(_deliveries).values(**row.model_dump()))


async def log_of(
    connection: AsyncConnection, endpoint: UUID, *, state: str | None, below: UUID | None, limit: int
) -> tuple[Sequence[Any], UUID | None]:
    """A page of the log of an endpoint, the newest first, and the event below which the next one begins."""
    most = limit if state is None else LOOKED_AT
    wanted = select(_deliveries).where(_deliveries.c.endpoint_id == endpoint)
    if below is not None:
        wanted = wanted.where(_deliveries.c.event_id < below)
    found = (await connection.execute(wanted.order_by(_deliveries.c.event_id.desc()).limit(most + 1))).all()
    looked_at = found[:most]
    chosen = [row for row in looked_at if state in (None, row.state)]
    if len(chosen) > limit:
        return chosen[:limit], chosen[limit - 1].event_id
    return chosen, looked_at[-1].event_id if len(found) > most else None


_EVENTS = BatchStatement(
    columns_of(_events, "id"), lambda wanted: select(_events).where(_events.c.id.in_(select(wanted.c.id)))
)
_FAILED = BatchStatement(
    columns_of(_attempts, "endpoint_id", "event_id"),
    lambda wanted: (
        select(_attempts)
        .join(wanted, and_(_attempts.c.endpoint_id == wanted.c.endpoint_id, _attempts.c.event_id == wanted.c.event_id))
        .order_by(_attempts.c.event_id, _attempts.c.fence)
    ),
)


async def events(connection: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, Any]:
    """Events by id."""
    return {row.id: row for row in await _EVENTS.run(connection, as_rows(ids))}


async def failed_attempts(connection: AsyncConnection, endpoint: UUID, ids: Collection[UUID]) -> dict[UUID, list[Any]]:
    """The failed attempts to send these events to an endpoint, in order."""
    found: dict[UUID, list[Any]] = {}
    for row in await _FAILED.run(connection, [(endpoint, id_) for id_ in ids]):
        found.setdefault(row.event_id, []).append(row)
    return found


def _wanted_by(endpoint: WebhookEndpoint) -> list[ColumnElement[bool]]:
    """What an endpoint gets, as when events are recorded."""
    conditions: list[ColumnElement[bool]] = [_events.c.test == endpoint.test]
    if endpoint.events != ALL:
        conditions.append(_events.c.type.in_(endpoint.events.split()))
    if endpoint.caller is not None:
        conditions.append(or_(_events.c.caller == endpoint.caller, _events.c.user_id.is_not(None)))
    return conditions


async def events_to_replay(
    connection: AsyncConnection,
    endpoint: WebhookEndpoint,
    *,
    since: datetime,
    until: datetime,
    only_failed: bool,
    after: UUID | None,
    limit: int,
) -> Sequence[UUID]:
    """The ids of events of a period that an endpoint gets again, the oldest first; all are after the event `after`."""
    its = and_(_deliveries.c.endpoint_id == endpoint.id, _deliveries.c.event_id == _events.c.id)
    open_ = _deliveries.c.state.in_([WebhookDeliveryState.PENDING.value, WebhookDeliveryState.SENDING.value])
    is_done = or_(open_, _deliveries.c.state == WebhookDeliveryState.SUCCEEDED.value) if only_failed else open_
    wanted = (
        select(_events.c.id)
        .where(_events.c.id > after if after is not None else _events.c.id >= first_id_of(since))
        .where(_events.c.at >= since, _events.c.at < until)
        .where(*_wanted_by(endpoint), ~select(_deliveries.c.event_id).where(its, is_done).correlate(_events).exists())
        .order_by(_events.c.id)
        .limit(limit)
    )
    return (await connection.execute(wanted)).scalars().all()


_QUEUED = ("endpoint_id", "event_id", "state", "due_at", "queued_at", "fence", "attempts")
_now = bindparam("now", type_=time_type())
_QUEUE = BatchStatement(
    columns_of(_deliveries, "endpoint_id", "event_id"),
    lambda wanted: (
        adding := insert_or_update(_deliveries).from_select(
            _QUEUED,
            select(
                *wanted.c,
                literal(WebhookDeliveryState.PENDING.value),
                _now,
                _now,
                literal(0, Integer),
                literal(0, Integer),
            ).where(wanted.c.event_id.is_not(None)),
        )
    ).on_conflict_do_update(
        index_elements=["endpoint_id", "event_id"],
        set_={name: adding.excluded[name] for name in ("state", "due_at", "queued_at", "attempts")},
    ),
)


async def queue_again(connection: AsyncConnection, endpoint: UUID, ids: Collection[UUID], *, now: datetime) -> None:
    """Make these events due for an endpoint; they are retried from now on as if they were new."""
    await _QUEUE.run(connection, [(endpoint, id_) for id_ in sorted(ids)], now=now)


_OF_EVENTS = columns_of(_deliveries, "event_id")
_every_endpoint = select(_endpoints.c.id)
_REMOVE_DELIVERIES = BatchStatement(
    _OF_EVENTS,
    lambda old: delete(_deliveries).where(
        _deliveries.c.endpoint_id.in_(_every_endpoint), _deliveries.c.event_id.in_(select(old.c.event_id))
    ),
)
_REMOVE_ATTEMPTS = BatchStatement(
    _OF_EVENTS,
    lambda old: delete(_attempts).where(
        _attempts.c.endpoint_id.in_(_every_endpoint), _attempts.c.event_id.in_(select(old.c.event_id))
    ),
)
_REMOVE_EVENTS = BatchStatement(_OF_EVENTS, lambda old: delete(_events).where(_events.c.id.in_(select(old.c.event_id))))


async def remove_old(connection: AsyncConnection, *, until: datetime, limit: int) -> int:
    """Delete up to `limit` events that happened before `until`, with their deliveries and attempts; returns how many.

    Endpoints that were deleted, or have been paused since then, are ended.
    """
    await _end_endpoints(connection, until=until)
    old = select(_events.c.id).where(_events.c.id < first_id_of(until)).order_by(_events.c.id).limit(limit)
    ids = (await connection.execute(old)).scalars().all()
    if ids:
        for statement in (_REMOVE_ATTEMPTS, _REMOVE_DELIVERIES, _REMOVE_EVENTS):
            await statement.run(connection, as_rows(ids))
    return len(ids)


async def _end_endpoints(connection: AsyncConnection, *, until: datetime) -> None:
    forgotten = and_(_endpoints.c.state == EndpointState.PAUSED.value, _endpoints.c.changed_at < until)
    values = {"state": EndpointState.DISABLED.value, "state_reason": "forgotten"}
    await connection.execute(update(_endpoints).where(forgotten).values(**values))
    # A value, not an EXISTS: for that PostgreSQL reads all deliveries, to compare them with all endpoints.
    one_of_its = select(_deliveries.c.event_id).where(_deliveries.c.endpoint_id == _endpoints.c.id).limit(1)
    has_none = one_of_its.scalar_subquery().is_(None)
    await connection.execute(delete(_endpoints).where(_endpoints.c.state == EndpointState.DELETED.value, has_none))
