"""Every statement about schedules and their occurrences."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, bindparam, delete, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.api.paging import LAST_ID
from property_alert_notification.base.reasons import Reason
from property_alert_notification.database import (
    BatchStatement,
    Connection,
    DueRows,
    among,
    as_rows,
    columns_of,
    insert_rows,
    rows_of,
    rows_with_id,
    table_of,
    time_type,
    true_of_many,
)
from property_alert_notification.notifications.schedules.advance import Advance
from property_alert_notification.notifications.schedules.damage import ScheduleSummary, repaired_schedule
from property_alert_notification.notifications.schedules.models import (
    IS_ACTIVE,
    IS_ENDED,
    IS_NOT_ACTIVE,
    Occurrence,
    Schedule,
)
from property_alert_notification.notifications.schedules.states import ScheduleState

_schedules = table_of(Schedule)
_occurrences = table_of(Occurrence)
_IDS = columns_of(_schedules, "id")
_now = bindparam("now", type_=time_type())
_limit = bindparam("limit", type_=Integer)
_one = _schedules.c.id == bindparam("schedule", type_=_schedules.c.id.type)


async def add(connection: AsyncConnection, schedule: Schedule) -> None:
    """Insert a schedule."""
    await connection.execute(insert(_schedules).values(schedule.model_dump()))


_GET = select(_schedules).where(_one)


async def get(connection: AsyncConnection, schedule_id: UUID) -> Schedule | None:
    """One schedule for showing, or None; of a damaged one as much as can be read."""
    for row in await rows_of(connection, _GET, {"schedule": schedule_id}):
        return repaired_schedule(Schedule(**{**row, "id": schedule_id}))
    return None


_LOCK = _GET.with_for_update()


async def lock(connection: AsyncConnection, schedule_id: UUID) -> Schedule | None:
    """Returns one schedule, or None, locked until the transaction ends: no other transaction changes or advances it.

    Of a damaged one it returns as much as can be read, which says so: it must not be written.
    """
    for row in await rows_of(connection, _LOCK, {"schedule": schedule_id}):
        return repaired_schedule(Schedule(**{**row, "id": schedule_id}))
    return None


async def change(connection: AsyncConnection, schedule_id: UUID, **values: Any) -> None:
    """Set these columns of one schedule."""
    await connection.execute(update(_schedules).where(_one).values(**values), {"schedule": schedule_id})


async def remove(connection: AsyncConnection, schedule_id: UUID) -> None:
    """Delete one schedule; its notifications stay."""
    await connection.execute(delete(_schedules).where(_one), {"schedule": schedule_id})


due = DueRows(Schedule, "next_at", text(IS_ACTIVE))
"""Schedules that are due."""


_ADVANCED = ("state", "reason_code", "reason_parameters", "used_zone", "next_at", "passed_at", "passed_local")
_ADVANCE = BatchStatement(
    columns_of(_schedules, "id", *_ADVANCED) | {"created": Integer()},
    lambda new: (
        update(_schedules)
        .where(_schedules.c.id == new.c.id)
        .values(
            {name: new.c[name] for name in _ADVANCED}
            | {"occurred": _schedules.c.occurred + new.c.created, "changed_at": _now}
        )
    ),
)


async def advance(connection: AsyncConnection, advances: Iterable[Advance], *, now: datetime) -> None:
    """Store the advanced columns of these schedules."""
    await _ADVANCE.run(connection, advances, now=now)


_NEW_OCCURRENCE = ("notification_id", "schedule_id", "local")
_ADD_OCCURRENCES = BatchStatement(
    columns_of(_occurrences, *_NEW_OCCURRENCE),
    lambda new: insert_rows(_occurrences, new),
)


async def add_occurrences(connection: AsyncConnection, new: Iterable[tuple[UUID, UUID, str]]) -> None:
    """Insert occurrences: notification, schedule, local time. Fails when a schedule had one at that time before."""
    await _ADD_OCCURRENCES.run(connection, new)


_SCHEDULE_OF = BatchStatement(
    columns_of(_occurrences, "notification_id"),
    lambda wanted: select(_occurrences.c.schedule_id).where(
        _occurrences.c.notification_id.in_(select(wanted.c.notification_id))
    ),
)


async def schedule_of(connection: Connection, notification_id: UUID) -> UUID | None:
    """The schedule that created a notification, or None."""
    for (schedule_id,) in await _SCHEDULE_OF.fetch(connection, [(notification_id,)]):
        return schedule_id if isinstance(schedule_id, UUID) else None
    return None


async def quarantine(connection: AsyncConnection, schedule_id: UUID, *, reason: Reason, now: datetime) -> bool:
    """Quarantine a schedule without reading its values; returns whether it was active."""
    statement = (
        update(_schedules)
        .where(_one, text(IS_ACTIVE))
        .values(
            state=ScheduleState.QUARANTINED,
            next_at=None,
            reason_code=reason.code,
            reason_parameters=reason.stored,
            changed_at=now,
        )
    )
    return bool((await connection.execute(statement, {"schedule": schedule_id})).rowcount)


_NEVER_DUE = [
    select(_schedules.c.id).where(text(IS_ACTIVE), ends).limit(_limit)
    for ends in (_schedules.c.next_at > bindparam("latest", type_=time_type()), _schedules.c.next_at.is_(None))
]


async def never_due(connection: AsyncConnection, *, latest: datetime, limit: int) -> list[UUID]:
    """Some active schedules that would never be due because their `next_at` is null or invalid."""
    found = [await connection.execute(statement, {"latest": latest, "limit": limit}) for statement in _NEVER_DUE]
    return [id_ for some in found for id_ in some.scalars()]


_RECHECK = BatchStatement(
    columns_of(_schedules, "user_id"),
    lambda users: (
        update(_schedules)
        .where(
            _schedules.c.user_id.in_(select(users.c.user_id)),
            true_of_many(_schedules.c.time_zone.is_(None), text(IS_ACTIVE)),
        )
        .values(next_at=_now)
    ),
)


async def recheck(connection: AsyncConnection, users: Collection[int], *, now: datetime) -> None:
    """Make the schedules that follow the zones of these users due, so that a worker reads the zones again."""
    await _RECHECK.run(connection, as_rows(users), now=now)


_ENDED_LONG_AGO = (
    select(_schedules.c.id)
    .where(text(IS_ENDED), _schedules.c.changed_at < bindparam("until", type_=time_type()))
    .order_by(_schedules.c.changed_at)
    .limit(_limit)
)
_REMOVE_ENDED = delete(_schedules).where(among(_schedules.c.id, _ENDED_LONG_AGO)).returning(_schedules.c.id)


async def remove_ended(connection: AsyncConnection, *, until: datetime, limit: int) -> int:
    """Delete up to `limit` schedules that ended before `until`; returns how many."""
    return len((await connection.execute(_REMOVE_ENDED, {"until": until, "limit": limit})).all())


@dataclass(frozen=True, slots=True)
class ScheduleFilters:
    """The filters of a list; None filters nothing."""

    user_id: int | None = None
    state: ScheduleState | None = None
    caller: str | None = None
    test: bool | None = None


async def listed(
    connection: AsyncConnection, filters: ScheduleFilters, *, before: UUID | None, limit: int
) -> list[ScheduleSummary]:
    """Up to `limit` schedules, newest first; with `before` only those below that id."""
    columns = _schedules.c
    wanted = select(*(columns[field.name] for field in fields(ScheduleSummary))).order_by(columns.id.desc())
    for name in ("user_id", "caller"):
        if (value := getattr(filters, name)) is not None:
            wanted = wanted.where(columns[name] == value)
    if filters.state is not None:
        wanted = (
            wanted.where(text(IS_ACTIVE))
            if filters.state is ScheduleState.ACTIVE
            else wanted.where(text(IS_NOT_ACTIVE), columns.state == filters.state.value)
        )
    if filters.test is not None:
        wanted = wanted.where(text("test") if filters.test else text("NOT test"))
    below = wanted.where(columns.id < (before or LAST_ID))
    return [repaired_schedule(ScheduleSummary(**row)) for row in await rows_with_id(connection, below, limit)]
