"""Every statement about notifications."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    bindparam,
    case,
    delete,
    func,
    insert,
    null,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.vocabulary import DeliveryState, NotificationStatus
from property_alert_notification.database import (
    BatchStatement,
    Connection,
    DueRows,
    as_rows,
    columns_of,
    models_from,
    table_of,
    time_type,
)
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.deliveries.states import ENDED
from property_alert_notification.notifications.models import WAITS_FOR_ITS_TIME, Notification, NotificationChange
from property_alert_notification.people.decisions import Rule

_notifications = table_of(Notification)
_changes = table_of(NotificationChange)
_deliveries = table_of(Delivery)
_IDS = columns_of(_notifications, "id")
_now = bindparam("now", type_=time_type())
_limit = bindparam("limit", type_=Integer)
_GET = BatchStatement(_IDS, lambda wanted: select(_notifications).where(_notifications.c.id.in_(select(wanted.c.id))))


async def get(connection: Connection, notification_id: UUID) -> Notification | None:
    """One notification, or None."""
    found = models_from(Notification, await _GET.fetch(connection, [(notification_id,)]))
    return found[0] if found else None


_one = _notifications.c.id == bindparam("notification", type_=_notifications.c.id.type)


# FOR NO KEY UPDATE: when a claimed delivery is settled, PostgreSQL checks the foreign key with a shared lock.
# Two transactions that hold this shared lock and then both request an exclusive lock deadlock.
_LOCK = select(_notifications).where(_one).with_for_update(key_share=True)


async def lock(connection: AsyncConnection, notification_id: UUID) -> Notification | None:
    """One notification, locked until the transaction ends, or None."""
    row = (await connection.execute(_LOCK, {"notification": notification_id})).mappings().one_or_none()
    return None if row is None else Notification(**row)


async def change(connection: AsyncConnection, notification_id: UUID, **values: Any) -> None:
    """Set these columns of one notification."""
    await connection.execute(update(_notifications).where(_one).values(**values), {"notification": notification_id})


_CANCEL_SCHEDULED = (
    update(_notifications)
    .where(_one, _notifications.c.status == NotificationStatus.SCHEDULED)
    .values(status=NotificationStatus.CANCELLED, addresses=None, look_up_at=None, parked=None)
)


async def cancel_scheduled(connection: AsyncConnection, notification_id: UUID) -> bool:
    """End a scheduled notification without reading it; returns whether it was scheduled."""
    return bool((await connection.execute(_CANCEL_SCHEDULED, {"notification": notification_id})).rowcount)


_CHANGES = BatchStatement(
    _IDS,
    lambda wanted: select(_changes).where(_changes.c.notification_id.in_(select(wanted.c.id))).order_by(_changes.c.id),
)


async def changes_of(connection: Connection, notification_id: UUID) -> list[NotificationChange]:
    """The changes of a notification after its acceptance, in order."""
    return models_from(NotificationChange, await _CHANGES.fetch(connection, [(notification_id,)]))


async def note_change(connection: AsyncConnection, made: NotificationChange) -> None:
    """Record a change, within the transaction that makes it."""
    await connection.execute(insert(_changes).values(made.model_dump()))


# The exact text of the index's condition: a parameter would not match it.
_scheduled = text(WAITS_FOR_ITS_TIME)
due = DueRows(Notification, "send_at", _scheduled)
"""Scheduled notifications that are due."""


_latest = bindparam("latest", type_=time_type())
_NEVER_DUE = [
    select(_notifications.c.id).where(_scheduled, ends).limit(_limit)
    for ends in (_notifications.c.send_at > _latest, _notifications.c.send_at.is_(None))
] + [select(_notifications.c.id).where(_notifications.c.look_up_at > _latest).limit(_limit)]


async def never_due(connection: AsyncConnection, *, latest: datetime, limit: int) -> list[UUID]:
    """Some scheduled notifications that never become due: their `send_at` is null or after the latest allowed time."""
    found = [await connection.execute(statement, {"latest": latest, "limit": limit}) for statement in _NEVER_DUE]
    return [id_ for some in found for id_ in some.scalars()]


_PLANNED = BatchStatement(
    columns_of(_notifications, "id", "status"),
    lambda planned: (
        update(_notifications)
        .where(_notifications.c.id == planned.c.id)
        .values(status=planned.c.status, addresses=None, look_up_at=None, parked=None)
    ),
)


async def mark_planned(connection: AsyncConnection, statuses: Iterable[tuple[UUID, NotificationStatus | None]]) -> None:
    """Record that these notifications are planned, with the status of those that have no open delivery."""
    await _PLANNED.run(connection, statuses)


_ENDED_BY_A_CHANGE = [Rule.LEGAL_WINDOW, Rule.QUIET_HOURS, Rule.CAP, Rule.USER_RULE]
"""What holds a delivery until its user's preferences or profile change, at the latest. A rule of the user holds it when
the rules cannot be read."""


def _whatever_the_index(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The column in a form that no index matches, so that the store uses the index of the user's notifications.

    An index of held or scheduled rows would read those of all users.
    """
    return func.coalesce(column, "")


_END_HOLD = BatchStatement(
    columns_of(_notifications, "user_id"),
    lambda users: (
        update(_deliveries)
        .where(
            _deliveries.c.notification_id.in_(
                select(_notifications.c.id).where(_notifications.c.user_id.in_(select(users.c.user_id)))
            ),
            _whatever_the_index(_deliveries.c.state) == DeliveryState.HELD,
            _whatever_the_index(_deliveries.c.held_by).in_(_ENDED_BY_A_CHANGE),
        )
        .values(due_at=_now, published_at=None, held_by=None)
    ),
)


async def end_hold(connection: AsyncConnection, users: Collection[int], *, now: datetime) -> None:
    """Make the deliveries of these users due that quiet hours, legal windows or caps hold."""
    if users:
        await _END_HOLD.run(connection, as_rows(users), now=now)


_AT_LOCAL_TIMES = BatchStatement(
    columns_of(_notifications, "user_id"),
    lambda users: (
        select(_notifications)
        .where(
            _notifications.c.user_id.in_(select(users.c.user_id)),
            _whatever_the_index(_notifications.c.status) == NotificationStatus.SCHEDULED,
            _notifications.c.send_at_local.is_not(None),
        )
        .with_for_update(key_share=True, of=_notifications)
    ),
)


async def at_local_times(connection: AsyncConnection, users: Collection[int]) -> list[Notification]:
    """Lock the scheduled notifications of these users that have a `send_at_local`."""
    if not users:
        return []
    found = await _AT_LOCAL_TIMES.run(connection, as_rows(users))
    return [Notification(**row) for row in found.mappings()]


_MOVE = BatchStatement(
    columns_of(_notifications, "id", "send_at"),
    lambda moved: (
        update(_notifications)
        .where(_notifications.c.id == moved.c.id)
        .values(
            send_at=moved.c.send_at,
            look_up_at=case((_notifications.c.look_up_at.is_not(None), moved.c.send_at), else_=null()),
            parked=None,
        )
    ),
)


async def move(connection: AsyncConnection, moments: Mapping[UUID, datetime]) -> None:
    """Set another `send_at` for these notifications."""
    if moments:
        await _MOVE.run(connection, moments.items())


_OLDEST = (
    select(_notifications.c.id)
    .where(
        _notifications.c.id > bindparam("after", type_=_notifications.c.id.type),
        _notifications.c.id < bindparam("before", type_=_notifications.c.id.type),
    )
    .order_by(_notifications.c.id)
    .limit(_limit)
)


async def oldest(connection: AsyncConnection, *, after: UUID, before: UUID, limit: int) -> Sequence[UUID]:
    """Up to `limit` ids between two, oldest first."""
    found = await connection.execute(_OLDEST, {"after": after, "before": before, "limit": limit})
    return found.scalars().all()


_until = bindparam("until", type_=time_type())


_ENDED_BEFORE = BatchStatement(
    _IDS,
    lambda wanted: (
        select(_notifications.c.id)
        .where(
            _notifications.c.id.in_(select(wanted.c.id)),
            _notifications.c.status.is_distinct_from(NotificationStatus.SCHEDULED),
            or_(_notifications.c.cancelled_at.is_(None), _notifications.c.cancelled_at < _until),
            ~select(_deliveries.c.id)
            .where(
                _deliveries.c.notification_id == _notifications.c.id,
                or_(_deliveries.c.state.not_in(ENDED), _deliveries.c.changed_at >= _until),
            )
            .exists(),
        )
        .with_for_update(skip_locked=True, of=_notifications)
    ),
)


async def lock_ended(
    connection: AsyncConnection, notifications: Collection[UUID], *, until: datetime
) -> Sequence[UUID]:
    """Those of these that ended, and last changed before `until`; locked, without what others have locked."""
    return (await _ENDED_BEFORE.run(connection, as_rows(notifications), until=until)).scalars().all()


_REMOVE = BatchStatement(
    _IDS, lambda wanted: delete(_notifications).where(_notifications.c.id.in_(select(wanted.c.id)))
)


async def remove(connection: AsyncConnection, notifications: Collection[UUID]) -> None:
    """Delete these with all they have."""
    if notifications:
        await _REMOVE.run(connection, as_rows(notifications))
