"""The statements that show, count and delete digest windows."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Integer, Text, bindparam, delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import BatchStatement, Connection, among, columns_of, table_of, time_type
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.deliveries.windows.keys import held_by
from property_alert_notification.deliveries.windows.models import IS_DUE, IS_OPEN
from property_alert_notification.deliveries.windows.scripts import windows

_deliveries = table_of(Delivery)

MOST_LISTED = 100
"""How many items of a digest are listed; all are counted."""

_OF_DIGEST = BatchStatement(
    columns_of(windows, "digest_id"),
    lambda wanted: select(windows.c.id, windows.c.category, windows.c.closes_at, windows.c["items"]).where(
        windows.c.digest_id.in_(select(wanted.c.digest_id))
    ),
)
_NOTIFICATIONS = BatchStatement(
    {"holder": Text()},
    lambda wanted: (
        select(_deliveries.c.notification_id)
        .where(_deliveries.c.held_by.in_(select(wanted.c.holder)))
        .order_by(_deliveries.c.id)
        .limit(bindparam("limit", type_=Integer))
    ),
)


class Contents(NamedTuple):
    """The items of a digest."""

    category: str
    """The category of its items."""
    closes_at: datetime
    """When its window closed."""
    items: int
    notifications: list[UUID]
    """The first items, at most `MOST_LISTED`."""


async def contents_of(connection: Connection, digest: UUID) -> Contents | None:
    """Read the items of a digest; None if its window was deleted."""
    found = await _OF_DIGEST.fetch(connection, [(digest,)])
    if not found:
        return None
    window, category, closes_at, items = found[0]
    rows = await _NOTIFICATIONS.fetch(connection, [(held_by(window),)], limit=MOST_LISTED)
    return Contents(category, closes_at, items, [row[0] for row in rows])


MOST_COUNTED = 10_000
"""The maximum of the count of open windows."""

_OPEN = select(func.count()).select_from(select(windows.c.id).where(text(IS_OPEN)).limit(MOST_COUNTED).subquery())
_is_due = (text(IS_DUE), windows.c.due_at <= bindparam("now", type_=time_type()))
ANY_DUE = select(windows.c.id).where(*_is_due).exists()
"""Whether a worker has to look at a window; `now` is a parameter."""
_DUE_SINCE = select(windows.c.due_at).where(*_is_due)


async def count_open(connection: AsyncConnection) -> int:
    """How many windows are open, counted up to `MOST_COUNTED`."""
    return int((await connection.execute(_OPEN)).scalar_one())


async def due_since(connection: AsyncConnection, *, now: datetime) -> datetime | None:
    """When the oldest due window became due; None if none is due."""
    first = _DUE_SINCE.order_by(windows.c.due_at).limit(1)
    return (await connection.execute(first, {"now": now})).scalar_one_or_none()


_CATEGORIES_OF_OPEN = select(windows.c.category).where(text(IS_OPEN)).distinct()


async def categories_of_open(connection: AsyncConnection) -> list[str]:
    """The categories of which something is collected."""
    return list((await connection.execute(_CATEGORIES_OF_OPEN)).scalars())


# A worker that processes a window may still have the old category: the statement waits for its lock, and makes the
# window due again afterwards.
_RECHECK_CATEGORY = (
    update(windows)
    .where(
        among(
            windows.c.id,
            select(windows.c.id)
            .where(
                text(IS_OPEN),
                windows.c.category == bindparam("of_category", type_=Text),
                windows.c.id > bindparam("after", type_=windows.c.id.type),
            )
            .order_by(windows.c.id)
            .limit(bindparam("limit", type_=Integer)),
            wait=True,
        )
    )
    .values(due_at=bindparam("now", type_=time_type()))
    .returning(windows.c.id)
)


async def recheck_category(
    connection: AsyncConnection, category: str, *, after: UUID, now: datetime, limit: int
) -> list[UUID]:
    """Decide again about all that the next `limit` open windows of a category hold; returns them."""
    values = {"of_category": category, "after": after, "now": now, "limit": limit}
    return list((await connection.execute(_RECHECK_CATEGORY, values)).scalars())


_REMOVE_OLD = (
    delete(windows)
    .where(
        among(
            windows.c.id,
            select(windows.c.id)
            .where(
                windows.c.closes_at < bindparam("until", type_=time_type()),
                windows.c.closed_at.is_not(None),
                windows.c.due_at.is_(None),
            )
            .order_by(windows.c.closes_at)
            .limit(bindparam("limit", type_=Integer)),
        )
    )
    .returning(windows.c.id)
)


async def remove_old(connection: AsyncConnection, *, until: datetime, limit: int) -> int:
    """Delete up to `limit` windows that closed before `until` and of which nothing is left to do; returns how many."""
    # SQLite's driver reports no row count for a DELETE that begins with WITH.
    return len((await connection.execute(_REMOVE_OLD, {"until": until, "limit": limit})).all())


_NEVER_DUE = (
    select(windows.c.id)
    .where(text(IS_DUE), windows.c.due_at > bindparam("latest", type_=time_type()))
    .limit(bindparam("limit", type_=Integer))
)


async def never_due(connection: AsyncConnection, *, latest: datetime, limit: int) -> list[UUID]:
    """Some windows that no worker would ever look at, because of their `due_at`."""
    return list((await connection.execute(_NEVER_DUE, {"latest": latest, "limit": limit})).scalars())
