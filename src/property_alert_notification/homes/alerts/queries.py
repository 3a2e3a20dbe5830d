"""Every statement about alerts, each on a batch."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Column, Integer, bindparam, delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import BatchStatement, as_rows, columns_of, insert_rows, table_of
from property_alert_notification.homes.alerts.drops import queries as drops
from property_alert_notification.homes.alerts.models import Alert, MatchLogEntry, Told
from property_alert_notification.homes.saved_searches.models import SavedSearch

_told, _log = table_of(Told), table_of(MatchLogEntry)
_alerts, _searches = table_of(Alert), table_of(SavedSearch)

EXPRESSIONS = BatchStatement(
    columns_of(_searches, "number"),
    lambda wanted: select(_searches.c.number, _searches.c.expression, _searches.c.version).join(
        wanted, wanted.c.number == _searches.c.number
    ),
)


async def expressions_of(connection: AsyncConnection, searches: Collection[int]) -> dict[int, tuple[str, int]]:
    """The compiled queries of these searches, each with its version, by the numbers of the searches."""
    if not searches:
        return {}
    return {row[0]: (row[1], row[2]) for row in await EXPRESSIONS.run(connection, as_rows(sorted(searches)))}


def removing_old(key: Sequence[Column[Any]], at: Column[Any]) -> Any:
    """Delete the oldest rows of a table, up to `limit` of those of which `at` is less than `until`.

    `key` is its primary key, whose first column is returned.
    """
    until, limit = bindparam("until", type_=at.type), bindparam("limit", type_=Integer)
    old = select(*key).where(at < until).order_by(at).limit(limit).with_for_update(skip_locked=True)
    these = old.cte("old")
    # For several columns alone SQLite would read the whole table.
    is_old = key[0].in_(select(these.c[0])), tuple_(*key).in_(select(*these.c))
    return delete(at.table).where(*is_old).returning(key[0])


_REMOVE_LOG = removing_old([_log.c.sequence, _log.c.shard], _log.c.made_at)
_REMOVE_TOLD = removing_old([_told.c.listing_id, _told.c.fact, _told.c.shard], _told.c.changed_at)


async def remove_old(connection: AsyncConnection, *, until: datetime, limit: int) -> int:
    """Delete up to `limit` entries of the log, and of the ledger, that are older; returns the greater number."""
    values = {"until": until, "limit": limit}
    logged, told = [
        (await connection.execute(statement, values)).scalars().all() for statement in (_REMOVE_LOG, _REMOVE_TOLD)
    ]
    await drops.remove(connection, set(logged))
    return max(len(logged), len(told))


class NewAlert(NamedTuple):
    """An alert to be stored."""

    notification_id: UUID
    person: int
    listing_id: UUID
    sequence: int
    details: str
    facts: str | None
    """The keys of the facts that it tells, joined; None for a home that a first alert does not name."""
    senders: str
    """The numbers of the searches by which it is sent, joined."""
    left_out: str | None = None
    """Why a first alert does not name the home."""


_ADD_ALERTS = BatchStatement(
    columns_of(_alerts, *NewAlert._fields),
    lambda new: insert_rows(_alerts, new),
)


async def add_alerts(connection: AsyncConnection, alerts: Sequence[NewAlert]) -> None:
    """Store what notifications tell."""
    if alerts:
        await _ADD_ALERTS.run(connection, alerts)
