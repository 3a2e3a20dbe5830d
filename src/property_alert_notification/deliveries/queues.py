"""Every statement about lanes: what waits in each, longest due first, and for which of it a doorbell was rung."""

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
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.vocabulary import Channel, DeliveryState
from property_alert_notification.broker.base import LANES, Lane
from property_alert_notification.database import (
    BatchStatement,
    Connection,
    among,
    columns_of,
    table_of,
    time_type,
)
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.deliveries.states import WAITING

_deliveries = table_of(Delivery)

_channel = bindparam("lane_channel", type_=_deliveries.c.channel.type)
_urgent = bindparam("lane_urgent", type_=Boolean)
_now = bindparam("now", type_=time_type())
_limit = bindparam("limit", type_=Integer)


def is_claimable() -> ColumnElement[bool]:
    """The delivery waits, and is due at the parameter `now`."""
    return and_(_deliveries.c.due_at <= _now, _deliveries.c.state.in_(WAITING))


def _waits_in(channel: ColumnElement[str], urgent: ColumnElement[bool]) -> ColumnElement[bool]:
    """The delivery may be claimed, and this is its lane: what the index of due deliveries leads to."""
    return and_(_deliveries.c.channel == channel, _deliveries.c.urgent == urgent, is_claimable())


_first_in_lane = select(_deliveries.c.id).where(_waits_in(_channel, _urgent)).order_by(_deliveries.c.due_at)
_first_of_each_urgency = [
    select(_deliveries.c.id, _deliveries.c.due_at)
    .where(_waits_in(_channel, literal(urgent, Boolean)))
    .order_by(_deliveries.c.due_at)
    .limit(_limit)
    .subquery()
    for urgent in (True, False)
]

# Two ranges of one index; sorting by (urgent, due_at) instead would walk over everything that is due later.
_DUE = union_all(*[select(lane.c.id) for lane in _first_of_each_urgency]).limit(_limit)
_OLDEST_DUE = union_all(*[select(lane.c.due_at) for lane in _first_of_each_urgency])


async def due(connection: AsyncConnection, channel: Channel, *, now: datetime, limit: int) -> Sequence[UUID]:
    """Up to `limit` deliveries of a channel that may be claimed, urgent ones first, then by time."""
    values = {"lane_channel": channel, "now": now, "limit": limit}
    return [delivery for (delivery,) in await connection.execute(_DUE, values)]


async def oldest_due(connection: AsyncConnection, channel: Channel, *, now: datetime) -> datetime | None:
    """Since when the longest waiting delivery of a channel has been due; None when nothing is."""
    values = {"lane_channel": channel, "now": now, "limit": 1}
    return min((await connection.execute(_OLDEST_DUE, values)).scalars(), default=None)


_AHEAD = 1_000
"""Deliveries that are looked at for one that should be due and is not."""

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
    *[select(func.max(lane.c.due_at)).where(lane.c.state == DeliveryState.QUEUED) for lane in _soonest_due_later]
)


async def latest_ahead(connection: AsyncConnection, channel: Channel, *, now: datetime) -> datetime | None:
    """When the clock stood, when it put a delivery of a channel into the queue, if that is later than `now`.

    What is queued was due when it was accepted. So the clock has been set back, and what was accepted before that is
    not sent until it has caught up. None is as it should be.
    """
    found = await connection.execute(_LATEST_QUEUED, {"lane_channel": channel, "now": now})
    return max((due_at for due_at in found.scalars() if due_at is not None), default=None)


_not_urgent = select(_deliveries.c.id).where(_waits_in(_channel, literal(False, Boolean))).limit(_limit)
_COUNT_WAITING = select(func.count()).select_from(_not_urgent.subquery())


async def count_waiting(connection: AsyncConnection, channel: Channel, *, now: datetime, limit: int) -> int:
    """How many deliveries of a channel that are not urgent are due and unsent; counts no further than `limit`."""
    values = {"lane_channel": channel, "now": now, "limit": limit}
    return (await connection.execute(_COUNT_WAITING, values)).scalar_one()


_ALL_DUE = union_all(*[select(lane.c.id) for lane in _first_of_each_urgency]).subquery()
_COUNT_DUE = select(func.count()).select_from(select(_ALL_DUE.c.id).limit(_limit).subquery())


async def count_due(connection: AsyncConnection, channel: Channel, *, now: datetime, limit: int) -> int:
    """How many deliveries of a channel may be claimed now, urgent or not; counts no further than `limit`."""
    values = {"lane_channel": channel, "now": now, "limit": limit}
    return (await connection.execute(_COUNT_DUE, values)).scalar_one()


def _with_something_unrung(lanes: FromClause) -> Select[tuple[str, bool]]:
    waits_unrung = (_waits_in(lanes.c.channel, lanes.c.urgent), _deliveries.c.published_at.is_(None))
    first = select(_deliveries.c.id).where(*waits_unrung).limit(1)
    return select(lanes.c.channel, lanes.c.urgent).where(first.scalar_subquery().is_not(None))


_BUSY = BatchStatement(columns_of(_deliveries, "channel", "urgent"), _with_something_unrung)


async def busy(connection: Connection, lanes: Iterable[Lane], *, now: datetime) -> list[Lane]:
    """Those of the lanes in which something is due that nobody has rung for."""
    found = await _BUSY.fetch(connection, [(lane.channel, lane.urgent) for lane in lanes], now=now)
    return [Lane(Channel(channel), bool(urgent)) for channel, urgent in found]


_TAKE_DUE = (
    update(_deliveries)
    .where(among(_deliveries.c.id, _first_in_lane.where(_deliveries.c.published_at.is_(None)).limit(_limit)))
    .values(published_at=_now)
    .returning(_deliveries.c.id)
)


async def take_due(connection: AsyncConnection, lane: Lane, *, now: datetime, limit: int) -> Sequence[UUID]:
    """Mark up to `limit` due deliveries of a lane as rung and return them, each to one caller only."""
    values = {"lane_channel": lane.channel, "lane_urgent": lane.urgent, "now": now, "limit": limit}
    return [delivery for (delivery,) in await connection.execute(_TAKE_DUE, values)]


_UNRING = BatchStatement(
    columns_of(_deliveries, "id"),
    lambda wanted: update(_deliveries).where(_deliveries.c.id.in_(select(wanted.c.id))).values(published_at=None),
)


async def unring(connection: AsyncConnection, deliveries: Collection[UUID]) -> None:
    """Take back the mark of doorbells that the broker did not confirm."""
    await _UNRING.run(connection, [(delivery,) for delivery in deliveries])


_FRONT = 50
"""Deliveries at the front of a lane that tell whether doorbells are missing there."""

# Doorbells are rung, and answered, longest due first. So what waits at the front tells of all, and a backlog costs
# nothing.
_fronts = [
    select(_deliveries.c.published_at)
    .where(_waits_in(literal(lane.channel, _deliveries.c.channel.type), literal(lane.urgent, Boolean)))
    .order_by(_deliveries.c.due_at)
    .limit(_FRONT)
    .subquery()
    for lane in LANES
]
_OLDEST_RINGS = BatchStatement(
    {}, lambda _: select(*[select(func.min(front.c.published_at)).scalar_subquery() for front in _fronts])
)


async def oldest_rings(connection: Connection, *, now: datetime) -> dict[Lane, datetime]:
    """When the oldest of the doorbells was rung that nobody answered, at the front of each lane that has one there."""
    (found,) = await _OLDEST_RINGS.fetch(connection, now=now)
    return {lane: published_at for lane, published_at in zip(LANES, found, strict=True) if published_at is not None}


_lost = select(_deliveries.c.id).where(
    _deliveries.c.id.in_(_first_in_lane.limit(_limit)),
    _deliveries.c.published_at < bindparam("rung_before", type_=time_type()),
)
# Counted by what comes back: SQLite's driver counts no rows of a statement that begins with WITH.
_FORGET_LOST_BELLS = (
    update(_deliveries).where(among(_deliveries.c.id, _lost)).values(published_at=None).returning(_deliveries.c.id)
)


async def forget_lost_bells(
    connection: AsyncConnection, lane: Lane, *, now: datetime, rung_before: datetime, limit: int
) -> int:
    """Unmark deliveries that were rung for before a time, among the `limit` longest due; returns how many."""
    values = {
        "lane_channel": lane.channel,
        "lane_urgent": lane.urgent,
        "now": now,
        "rung_before": rung_before,
        "limit": limit,
    }
    return len((await connection.execute(_FORGET_LOST_BELLS, values)).all())
