"""Every statement about what is quarantined."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    Update,
    bindparam,
    func,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import BatchStatement, columns_of, table_of, time_type
from property_alert_notification.deliveries.models import Attempt, Delivery
from property_alert_notification.deliveries.states import Event, after, movable_by
from property_alert_notification.notifications.models import Notification
from property_alert_notification.vocabulary import DeliveryState

_deliveries = table_of(Delivery)
_attempts = table_of(Attempt)
_notifications = table_of(Notification)


@dataclass(frozen=True, slots=True)
class Case:
    """A delivery that an operator decides over, without its address and what it says."""

    id: UUID
    notification_id: UUID
    user_id: int
    category: str
    reference: str | None
    channel: str
    urgent: bool
    test: bool
    state: str
    reason: str | None
    attempts: int
    """Made since it was last replayed, or at all."""
    changed_at: datetime


_OF_NOTIFICATION = ("user_id", "category", "reference")
_made: ColumnElement[int] = (
    select(func.count())
    .select_from(_attempts)
    .where(
        _attempts.c.delivery_id == _deliveries.c.id,
        or_(_deliveries.c.replayed_at.is_(None), _attempts.c.started_at >= _deliveries.c.replayed_at),
    )
    .correlate(_deliveries)
    .scalar_subquery()
)


def _shown(name: str) -> ColumnElement[Any]:
    if name == "attempts":
        return _made
    return (_notifications if name in _OF_NOTIFICATION else _deliveries).c[name]


_CASE: Select[Any] = select(*[_shown(field.name) for field in fields(Case)]).join_from(
    _deliveries, _notifications, _notifications.c.id == _deliveries.c.notification_id
)


async def newest(
    connection: AsyncConnection, *, before: UUID | None, limit: int, test: bool | None = None
) -> list[Case]:
    """Up to `limit` quarantined deliveries, the newest first; with `before` only those below that id.

    `test` narrows them to tests, or to what is live.
    """
    # The state in the words of the index.
    page = _CASE.where(text("state = 'quarantined'")).order_by(_deliveries.c.id.desc()).limit(limit)
    if before is not None:
        page = page.where(_deliveries.c.id < before)
    if test is not None:
        page = page.where(_deliveries.c.test == test)
    return [Case(*row) for row in await connection.execute(page)]


async def find(connection: AsyncConnection, delivery_id: UUID) -> Case | None:
    """One delivery, in whatever state it is; or None."""
    row = (await connection.execute(_CASE.where(_deliveries.c.id == delivery_id))).one_or_none()
    return None if row is None else Case(*row)


def _decide(event: Event) -> Update:
    return (
        update(_deliveries)
        .where(
            _deliveries.c.id == bindparam("delivery", type_=_deliveries.c.id.type),
            _deliveries.c.state.in_(movable_by(event)),
        )
        .values(
            state=after(DeliveryState.QUARANTINED, event),
            changed_at=bindparam("now", type_=time_type()),
        )
    )


_REPLAY = _decide(Event.REPLAYED).values(
    reason=bindparam("why"),
    due_at=bindparam("now", type_=time_type()),
    replayed_at=bindparam("now", type_=time_type()),
    rung_at=None,
    attempts=0,
)
_DISCARD = _decide(Event.DISCARDED).values(reason=literal("an operator discarded it: ") + _deliveries.c.reason)


_SOME = (
    select(_deliveries.c.id, _deliveries.c.notification_id, _deliveries.c.channel)
    .where(text("state = 'quarantined'"), _deliveries.c.id > bindparam("after", type_=_deliveries.c.id.type))
    .order_by(_deliveries.c.id)
    .limit(bindparam("limit", type_=Integer))
)


class Stuck(NamedTuple):
    """A quarantined delivery, for whoever asks whether it is still of use."""

    id: UUID
    notification_id: UUID
    channel: str


async def some(connection: AsyncConnection, *, after: UUID, limit: int) -> list[Stuck]:
    """Up to `limit` quarantined deliveries above an id, the oldest first."""
    return [Stuck(*row) for row in await connection.execute(_SOME, {"after": after, "limit": limit})]


_EXPIRE = BatchStatement(
    columns_of(_deliveries, "id"),
    lambda late: (
        update(_deliveries)
        .where(_deliveries.c.id.in_(select(late.c.id)), _deliveries.c.state == DeliveryState.QUARANTINED)
        .values(
            state=after(DeliveryState.QUARANTINED, Event.TOO_LATE),
            reason=bindparam("why", type_=String) + _deliveries.c.reason,
            changed_at=bindparam("now", type_=time_type()),
        )
        .returning(_deliveries.c.id)
    ),
)


async def expire(connection: AsyncConnection, late: Collection[UUID], *, now: datetime) -> set[UUID]:
    """End those of these that are still quarantined, since they are of no use any more; returns which those were."""
    ended = await _EXPIRE.run(connection, [(id_,) for id_ in late], why="nobody decided over it in time: ", now=now)
    return set(ended.scalars())


async def replay(connection: AsyncConnection, delivery_id: UUID, *, reason: str, now: datetime) -> bool:
    """Make it due again, with its attempts counted anew; returns False when it is not quarantined."""
    values = {"delivery": delivery_id, "why": reason, "now": now}
    return bool((await connection.execute(_REPLAY, values)).rowcount)


async def discard(connection: AsyncConnection, delivery_id: UUID, *, now: datetime) -> bool:
    """End it as failed; returns False when it is not quarantined."""
    return bool((await connection.execute(_DISCARD, {"delivery": delivery_id, "now": now})).rowcount)
