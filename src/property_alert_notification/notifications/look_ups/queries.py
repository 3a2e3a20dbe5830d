"""Every statement about notifications that wait for addresses."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Integer, bindparam, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import (
    BatchStatement,
    DueRows,
    among,
    as_rows,
    columns_of,
    is_in_batch,
    table_of,
    time_type,
    true_of_many,
)
from property_alert_notification.notifications.models import Notification

_notifications = table_of(Notification)
_now = bindparam("now", type_=time_type())
_limit = bindparam("limit", type_=Integer)

# The exact text of the indexes' conditions: a parameter would not match a partial index.
_waits, _parked, _scheduled = text("look_up_at IS NOT NULL"), text("parked"), text("status = 'scheduled'")
_time_has_come = or_(_notifications.c.send_at.is_(None), _notifications.c.send_at <= _now)

due = DueRows(Notification, "look_up_at", _scheduled)
"""Notifications whose lookup of addresses is due."""

_OF_USERS = BatchStatement(
    columns_of(_notifications, "user_id"),
    lambda users: (
        update(_notifications)
        .where(
            is_in_batch(users, _notifications.c.user_id, _notifications.c.id, _waits),
            true_of_many(_scheduled, or_(_time_has_come, _notifications.c.send_at_local.is_not(None))),
        )
        .values(look_up_at=_now, parked=None)
    ),
)


async def look_up_now(connection: AsyncConnection, users: Collection[int], *, now: datetime) -> None:
    """Make the lookups for these users due, because their profiles changed."""
    await _OF_USERS.run(connection, as_rows(sorted(users)), now=now)


class Postponed(NamedTuple):
    """When the next lookup for a notification is due, and the reason of the wait."""

    id: UUID
    look_up_at: datetime
    parked: bool | None
    away_since: datetime | None


_COLUMNS = Postponed._fields
_POSTPONE = BatchStatement(
    columns_of(_notifications, *_COLUMNS),
    lambda new: (
        update(_notifications)
        .where(_notifications.c.id == new.c.id)
        .values({name: new.c[name] for name in _COLUMNS[1:]})
    ),
)


async def postpone(connection: AsyncConnection, these: Iterable[Postponed]) -> None:
    """Store when the next lookup for these notifications is due."""
    await _POSTPONE.run(connection, list(these))


_ANY_PARKED = select(select(_notifications.c.id).where(_parked).exists())


async def is_any_parked(connection: AsyncConnection) -> bool:
    """Whether a notification is parked until the User service recovers."""
    return bool((await connection.execute(_ANY_PARKED)).scalar_one())


_RELEASE = (
    update(_notifications)
    .where(
        among(
            _notifications.c.id,
            select(_notifications.c.id).where(_parked, _scheduled).order_by(_notifications.c.look_up_at).limit(_limit),
        )
    )
    .values(look_up_at=_now, parked=None)
)


async def release(connection: AsyncConnection, *, now: datetime, limit: int) -> None:
    """Make up to `limit` parked notifications due."""
    await connection.execute(_RELEASE, {"now": now, "limit": limit})


_COUNT_WAITING = select(func.count()).select_from(
    select(_notifications.c.id).where(_waits, _scheduled, _time_has_come).limit(_limit).subquery()
)


async def count_waiting(connection: AsyncConnection, *, now: datetime, limit: int) -> int:
    """How many notifications wait for addresses although their time has come, counted up to `limit`."""
    return int((await connection.execute(_COUNT_WAITING, {"now": now, "limit": limit})).scalar_one())
