"""Every statement about alerts that wait for approval."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CTE,
    BigInteger,
    FromClause,
    Integer,
    Select,
    String,
    TextClause,
    Update,
    bindparam,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.api.paging import LAST_ID
from property_alert_notification.base.clock import first_id_from
from property_alert_notification.base.reasons import Reason
from property_alert_notification.base.vocabulary import Approval, DeliveryState
from property_alert_notification.database import (
    BatchStatement,
    as_rows,
    columns_of,
    insert_rows,
    repaired,
    rows_of,
    table_of,
    time_type,
    true_of_many,
)
from property_alert_notification.deliveries.models import IS_ON_HOLD, Delivery
from property_alert_notification.deliveries.queries import REASON, reason_values
from property_alert_notification.deliveries.states import Event, after, movable_by
from property_alert_notification.homes.alerts.models import ApprovalSearch
from property_alert_notification.homes.saved_searches.models import SavedSearch
from property_alert_notification.notifications.lists import NO_ID
from property_alert_notification.notifications.models import Notification
from property_alert_notification.notifications.plan import approval_of

_deliveries, _notifications = table_of(Delivery), table_of(Notification)
_approvals, _searches = table_of(ApprovalSearch), table_of(SavedSearch)
_now = bindparam("now", type_=time_type())
_holder = bindparam("holder", type_=_deliveries.c.held_by.type)
_limit = bindparam("limit", type_=Integer)
_PAIR = ("notification_id", "search_number")

_ADD_SEARCHES = BatchStatement(
    columns_of(_approvals, *_PAIR),
    lambda new: insert_rows(_approvals, new),
)


async def add_searches(connection: AsyncConnection, pairs: Iterable[tuple[UUID, int]]) -> None:
    """Store by which searches notifications wait for approval: each notification with the number of a search."""
    if rows := list(pairs):
        await _ADD_SEARCHES.run(connection, rows)


_WAITING = (
    select(_deliveries.c.notification_id)
    .where(
        _deliveries.c.held_by == _holder,
        _deliveries.c.state.in_(movable_by(Event.APPROVED)),
        _deliveries.c.notification_id < bindparam("before", type_=_deliveries.c.notification_id.type),
    )
    .distinct()
    .order_by(_deliveries.c.notification_id.desc())
    .limit(_limit)
)
_WAITING_OF_SEARCH = _WAITING.where(
    select(_approvals.c.search_number)
    .where(
        _approvals.c.notification_id == _deliveries.c.notification_id,
        _approvals.c.search_number == bindparam("search", type_=BigInteger),
    )
    .exists()
)


async def page(
    connection: AsyncConnection, user_id: int, *, search: int | None, before: UUID | None, limit: int
) -> list[UUID]:
    """Up to `limit` alerts to a user that wait for approval, the newest first; `search` is the number of a search."""
    values = {"holder": approval_of(user_id), "before": before or LAST_ID, "limit": limit}
    if search is None:
        found = await connection.execute(_WAITING, values)
    else:
        found = await connection.execute(_WAITING_OF_SEARCH, values | {"search": search})
    return list(found.scalars())


def _oldest_of(found: FromClause, *conditions: TextClause) -> Select[Any]:
    its = found.c.notification_id
    after, from_, before = [bindparam(name, type_=its.type) for name in ("after", "from_id", "before")]
    in_range = (its > after, its >= from_, its < before)
    return select(its).where(*conditions, *in_range).distinct().order_by(its).limit(_limit)


def _of_users(users: FromClause) -> CTE:
    waits = true_of_many(_deliveries.c.state.in_(movable_by(Event.APPROVED)))
    found = select(_deliveries.c.notification_id).where(_deliveries.c.held_by.in_(select(users.c.held_by)), waits)
    # They are found before they are sorted. Otherwise PostgreSQL reads all deliveries in the order of the list.
    return found.cte("waiting").prefix_with("MATERIALIZED", dialect="postgresql")


# In the words of its index, which is in the order of the list.
_OLDEST = _oldest_of(_deliveries, text(IS_ON_HOLD))
_OLDEST_OF_USERS = BatchStatement(columns_of(_deliveries, "held_by"), lambda users: _oldest_of(_of_users(users)))


async def oldest(
    connection: AsyncConnection,
    users: Collection[int],
    *,
    made: tuple[datetime | None, datetime | None],
    after: UUID | None,
    limit: int,
) -> list[UUID]:
    """Up to `limit` alerts to these users that wait for approval, the oldest first; without `users` to any user.

    `made` is the first moment at which they were accepted, and the first one that is too late.
    """
    begin, end = made
    values = {
        "after": after or NO_ID,
        "from_id": NO_ID if begin is None else first_id_from(begin),
        "before": LAST_ID if end is None else first_id_from(end),
        "limit": limit,
    }
    if not users:
        return list((await connection.execute(_OLDEST, values)).scalars())
    holders = as_rows([approval_of(user_id) for user_id in sorted(set(users))])
    return list((await _OLDEST_OF_USERS.run(connection, holders, **values)).scalars())


_THESE = select(_notifications).where(_notifications.c.id.in_(bindparam("ids", expanding=True)))


async def notifications_of(connection: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, Notification]:
    """These notifications, by their ids. An unreadable value of one is replaced, so that it hides no other."""
    rows = await rows_of(connection, _THESE, {"ids": sorted(ids)})
    return {row["id"]: repaired(Notification(**row)) for row in rows}


_KEYS = BatchStatement(
    columns_of(_approvals, "notification_id"),
    lambda wanted: (
        select(_approvals.c.notification_id, _searches.c.id)
        .join(wanted, wanted.c.notification_id == _approvals.c.notification_id)
        .join(_searches, _searches.c.number == _approvals.c.search_number)
        .order_by(_searches.c.id)
    ),
)


async def keys_of(connection: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """The SavedSearchKeys of the searches by which these notifications wait; deleted ones are left out."""
    found: dict[UUID, list[UUID]] = {id_: [] for id_ in ids}
    for notification, key in await _KEYS.run(connection, as_rows(sorted(ids))):
        found[notification].append(key)
    return found


_LOCK = BatchStatement(
    columns_of(_deliveries, "notification_id"),
    lambda wanted: (
        select(_deliveries.c.id, _deliveries.c.notification_id, _deliveries.c.held_by)
        .where(
            _deliveries.c.notification_id.in_(select(wanted.c.notification_id)),
            true_of_many(_deliveries.c.state.in_(movable_by(Event.APPROVED))),
        )
        # In one order everywhere, or two transactions deadlock.
        .order_by(_deliveries.c.id)
        .with_for_update()
    ),
)


async def lock(connection: AsyncConnection, user_id: int | None, notifications: Collection[UUID]) -> dict[UUID, UUID]:
    """Lock the deliveries of these notifications that wait for approval; returns each with its notification.

    With a `user_id` those to other users are left out.
    """
    rows = await _LOCK.run(connection, as_rows(sorted(notifications)))
    return {
        id_: notification for id_, notification, holder in rows if user_id is None or holder == approval_of(user_id)
    }


def _end_hold(event: Event) -> BatchStatement:
    def build(wanted: FromClause) -> Update:
        return (
            update(_deliveries)
            .where(_deliveries.c.id.in_(select(wanted.c.id)), true_of_many(_deliveries.c.state.in_(movable_by(event))))
            .values(
                state=after(DeliveryState.ON_HOLD, event),
                **REASON,
                held_by=None,
                due_at=bindparam("due_at", type_=time_type()),
                changed_at=_now,
            )
        )

    return BatchStatement(columns_of(_deliveries, "id"), build)


_APPROVE, _REJECT = _end_hold(Event.APPROVED), _end_hold(Event.REJECTED)
_NOTE = BatchStatement(
    columns_of(_notifications, "id"),
    lambda wanted: (
        update(_notifications)
        .where(_notifications.c.id.in_(select(wanted.c.id)))
        .values(approval=bindparam("approval", type_=String()), moved_at=_now)
    ),
)


async def approve(connection: AsyncConnection, deliveries: Collection[UUID], *, reason: Reason, now: datetime) -> None:
    """Make these locked deliveries due: a worker decides about them like about any other."""
    await _APPROVE.run(connection, as_rows(sorted(deliveries)), **reason_values(reason), due_at=now, now=now)


async def reject(connection: AsyncConnection, deliveries: Collection[UUID], *, reason: Reason, now: datetime) -> None:
    """End these locked deliveries: they are not sent."""
    await _REJECT.run(connection, as_rows(sorted(deliveries)), **reason_values(reason), due_at=None, now=now)


async def note(
    connection: AsyncConnection, notifications: Collection[UUID], approval: Approval, *, now: datetime
) -> None:
    """Store what was decided about notifications, whose age counts from now."""
    await _NOTE.run(connection, as_rows(sorted(notifications)), approval=approval.value, now=now)
