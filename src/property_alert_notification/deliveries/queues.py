"""Every statement about queues: the due deliveries of each, longest due first, and which of them are published."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    and_,
    bindparam,
    func,
    literal,
    select,
    text,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.vocabulary import Channel, DeliveryState
from property_alert_notification.broker.base import QUEUES, Queue
from property_alert_notification.database import (
    BatchStatement,
    Connection,
    among,
    columns_of,
    table_of,
    time_type,
)
from property_alert_notification.deliveries.models import IS_ON_HOLD, Delivery
from property_alert_notification.deliveries.states import Event, movable_by

_deliveries = table_of(Delivery)

_channel = bindparam("queue_channel", type_=_deliveries.c.channel.type)
_urgent = bindparam("queue_urgent", type_=Boolean)
_now = bindparam("now", type_=time_type())
_limit = bindparam("limit", type_=Integer)


def is_claimable() -> ColumnElement[bool]:
    """The delivery waits, and is due at the parameter `now`."""
    # As a plain truth value the state leads to no index. Otherwise PostgreSQL reads the whole index of open deliveries
    # while its statistics say that none is open: in a burst after a quiet time.
    waits = _deliveries.c.state.in_(movable_by(Event.CLAIMED)).is_(True)
    return and_(_deliveries.c.due_at <= _now, waits)


def _waits_in(channel: ColumnElement[str], urgent: ColumnElement[bool]) -> ColumnElement[bool]:
    """The delivery may be claimed, and this is its queue: what the index of due deliveries leads to."""
    return and_(_deliveries.c.channel == channel, _deliveries.c.urgent == urgent, is_claimable())


_first_in_queue = select(_deliveries.c.id).where(_waits_in(_channel, _urgent)).order_by(_deliveries.c.due_at)
_first_of_each_urgency = [
    select(_deliveries.c.id, _deliveries.c.due_at)
    .where(_waits_in(_channel, literal(urgent, Boolean)))
    .order_by(_deliveries.c.due_at)
    .limit(_limit)
    .subquery()
    for urgent in (True, False)
]

# Two ranges of one index; sorting by (urgent, due_at) instead would walk over everything that is due later.
_DUE = BatchStatement({}, lambda _: union_all(*[select(queue.c.id) for queue in _first_of_each_urgency]).limit(_limit))
_OLDEST_DUE = union_all(*[select(queue.c.due_at) for queue in _first_of_each_urgency])


async def due(connection: Connection, channel: Channel, *, now: datetime, limit: int) -> Sequence[UUID]:
    """Up to `limit` deliveries of a channel that may be claimed, urgent ones first, then by time."""
    return [row[0] for row in await _DUE.fetch(connection, queue_channel=channel, now=now, limit=limit)]


async def oldest_due(connection: AsyncConnection, channel: Channel, *, now: datetime) -> datetime | None:
    """When the longest waiting delivery of a channel became due; None if none is due."""
    values = {"queue_channel": channel, "now": now, "limit": 1}
    return min((await connection.execute(_OLDEST_DUE, values)).scalars(), default=None)


_AHEAD = 1_000
"""How many deliveries are searched for one that should be due and is not."""

_soonest_due_later = [
    select(_deliveries.c.due_at, _deliveries.c.state)
    .where(
        _deliveries.c.channel == _channel,
        _deliveries.c.urgent == literal(urgent, Boolean),
        _deliveries.c.due_at > _now,
    )
    .order_by(_deliveries.c.due_at)
    .limit(_AHEAD)
    .subquery()
    for urgent in (True, False)
]
_LATEST_QUEUED = union_all(
    *[select(func.max(queue.c.due_at)).where(queue.c.state == DeliveryState.QUEUED) for queue in _soonest_due_later]
)


async def latest_ahead(connection: AsyncConnection, channel: Channel, *, now: datetime) -> datetime | None:
    """The time at which the clock queued a delivery of a channel, if that is later than `now`.

    A queued delivery was due when it was accepted. So a later time means that the clock was set back; deliveries
    accepted before are not sent until it has caught up. None means that the clock was not set back.
    """
    found = await connection.execute(_LATEST_QUEUED, {"queue_channel": channel, "now": now})
    return max((due_at for due_at in found.scalars() if due_at is not None), default=None)


_not_urgent = select(_deliveries.c.id).where(_waits_in(_channel, literal(False, Boolean))).limit(_limit)
_COUNT_WAITING = select(func.count()).select_from(_not_urgent.subquery())


async def count_waiting(connection: AsyncConnection, channel: Channel, *, now: datetime, limit: int) -> int:
    """How many deliveries of a channel that are not urgent are due and unsent; counts no further than `limit`."""
    values = {"queue_channel": channel, "now": now, "limit": limit}
    return (await connection.execute(_COUNT_WAITING, values)).scalar_one()


_ALL_DUE = union_all(*[select(queue.c.id) for queue in _first_of_each_urgency]).subquery()
_COUNT_DUE = select(func.count()).select_from(select(_ALL_DUE.c.id).limit(_limit).subquery())


async def count_due(connection: AsyncConnection, channel: Channel, *, now: datetime, limit: int) -> int:
    """How many deliveries of a channel may be claimed now, urgent or not; counts no further than `limit`."""
    values = {"queue_channel": channel, "now": now, "limit": limit}
    return (await connection.execute(_COUNT_DUE, values)).scalar_one()


_COUNT_ON_HOLD = select(func.count()).select_from(
    select(_deliveries.c.id).where(text(IS_ON_HOLD)).limit(_limit).subquery()
)


async def count_on_hold(connection: AsyncConnection, *, limit: int) -> int:
    """How many deliveries wait for approval; counts no further than `limit`."""
    return (await connection.execute(_COUNT_ON_HOLD, {"limit": limit})).scalar_one()


def _with_something_unpublished(queues: FromClause) -> Select[tuple[str, bool]]:
    waits_unpublished = (_waits_in(queues.c.channel, queues.c.urgent), _deliveries.c.published_at.is_(None))
    first = select(_deliveries.c.id).where(*waits_unpublished).limit(1)
    return select(queues.c.channel, queues.c.urgent).where(first.scalar_subquery().is_not(None))


_BUSY = BatchStatement(columns_of(_deliveries, "channel", "urgent"), _with_something_unpublished)


async def busy(connection: Connection, queues: Iterable[Queue], *, now: datetime) -> list[Queue]:
    """Those of the queues with a due delivery that is not published."""
    found = await _BUSY.fetch(connection, [(queue.channel, queue.urgent) for queue in queues], now=now)
    return [Queue(Channel(channel), bool(urgent)) for channel, urgent in found]


_TAKE_DUE = (
    update(_deliveries)
    .where(among(_deliveries.c.id, _first_in_queue.where(_deliveries.c.published_at.is_(None)).limit(_limit)))
    .values(published_at=_now)
    .returning(_deliveries.c.id)
)


async def take_due(connection: AsyncConnection, queue: Queue, *, now: datetime, limit: int) -> Sequence[UUID]:
    """Mark up to `limit` due deliveries of a queue as published and return them, each to one caller only."""
    values = {"queue_channel": queue.channel, "queue_urgent": queue.urgent, "now": now, "limit": limit}
    return [delivery for (delivery,) in await connection.execute(_TAKE_DUE, values)]


_UNMARK = BatchStatement(
    columns_of(_deliveries, "id"),
    lambda wanted: update(_deliveries).where(_deliveries.c.id.in_(select(wanted.c.id))).values(published_at=None),
)


async def unmark(connection: AsyncConnection, deliveries: Collection[UUID]) -> None:
    """Remove the mark from deliveries whose messages the broker did not confirm."""
    await _UNMARK.run(connection, [(delivery,) for delivery in deliveries])


_FRONT = 50
"""Deliveries at the front of a queue that show whether messages are missing."""

# Deliveries are published and claimed longest due first. So the front shows whether any message is missing, and a long
# backlog costs nothing.
_fronts = [
    select(_deliveries.c.published_at)
    .where(_waits_in(literal(queue.channel, _deliveries.c.channel.type), literal(queue.urgent, Boolean)))
    .order_by(_deliveries.c.due_at)
    .limit(_FRONT)
    .subquery()
    for queue in QUEUES
]
_OLDEST_PUBLISHED = BatchStatement(
    {}, lambda _: select(*[select(func.min(front.c.published_at)).scalar_subquery() for front in _fronts])
)


async def oldest_published(connection: Connection, *, now: datetime) -> dict[Queue, datetime]:
    """For each queue, the earliest publishing time at its front; queues without a published delivery are left out."""
    (found,) = await _OLDEST_PUBLISHED.fetch(connection, now=now)
    return {queue: published_at for queue, published_at in zip(QUEUES, found, strict=True) if published_at is not None}


_lost = select(_deliveries.c.id).where(
    _deliveries.c.id.in_(_first_in_queue.limit(_limit)),
    _deliveries.c.published_at < bindparam("published_before", type_=time_type()),
)
# Counted by what comes back: SQLite's driver counts no rows of a statement that begins with WITH.
_UNMARK_LOST = (
    update(_deliveries).where(among(_deliveries.c.id, _lost)).values(published_at=None).returning(_deliveries.c.id)
)


async def unmark_lost(
    connection: AsyncConnection, queue: Queue, *, now: datetime, published_before: datetime, limit: int
) -> int:
    """Remove the mark from deliveries published before a time, among the `limit` longest due; returns how many."""
    values = {
        "queue_channel": queue.channel,
        "queue_urgent": queue.urgent,
        "now": now,
        "published_before": published_before,
        "limit": limit,
    }
    return len((await connection.execute(_UNMARK_LOST, values)).all())
