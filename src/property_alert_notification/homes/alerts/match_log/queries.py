"""Every statement that writes or reads the match log."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, Column, ColumnElement, Integer, Select, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import BatchStatement, columns_of, insert_rows, table_of
from property_alert_notification.homes.alerts.models import MatchLogEntry
from property_alert_notification.homes.alerts.shards.queries import least_position
from property_alert_notification.homes.alerts.shards.shard import Shard

_log = table_of(MatchLogEntry)
_COLUMNS = ("sequence", "listing_id", "property_id", "matches", "made_at", "shard")
_ADD = BatchStatement(columns_of(_log, *_COLUMNS), lambda new: insert_rows(_log, new))


async def add(
    connection: AsyncConnection, entries: Iterable[tuple[int, UUID, UUID, str, datetime]], *, shard: int
) -> None:
    """Log the matches of changes that a shard found: the change, its listing and home, the entry, and the time."""
    if rows := [(*one, shard) for one in entries]:
        await _ADD.run(connection, rows)


_IS_BETWEEN = (_log.c.sequence > bindparam("after", type_=BigInteger)) & (
    _log.c.sequence <= bindparam("until", type_=BigInteger)
)


def _next(columns: Iterable[Column[Any]], *conditions: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """The entries about the next changes."""
    its = select(_log.c.sequence).where(_IS_BETWEEN, *conditions).order_by(_log.c.sequence)
    some = its.limit(bindparam("limit", type_=Integer)).subquery()
    return (
        select(*columns)
        # A change has an entry for each shard: all of the last one are read, or the next call would miss some.
        .where(_IS_BETWEEN, *conditions, _log.c.sequence <= select(func.max(some.c.sequence)).scalar_subquery())
        .order_by(_log.c.sequence)
    )


class LogEntry(NamedTuple):
    """What a change of a listing matched, by one shard."""

    sequence: int
    matches: str
    """As `entries` writes it."""
    made_at: datetime


_OF_ALL = _next([_log.c.sequence, _log.c.matches, _log.c.made_at])


async def entries_after(connection: AsyncConnection, after: int, *, limit: int) -> list[LogEntry]:
    """The entries about the next `limit` changes, or more. Fewer entries than `limit` are the last ones.

    Only changes that all shards have matched: a slower shard adds entries below the newest ones.
    """
    values = {"after": after, "until": await least_position(connection), "limit": limit}
    return [LogEntry(*row) for row in await connection.execute(_OF_ALL, values)]


# Of earlier shards there may be people of this one among others.
_MAY_BE_OURS = or_(
    _log.c.shard == bindparam("shard", type_=Integer), _log.c.shard < bindparam("first_shard", type_=Integer)
)
_OF_SHARD = _next([_log.c.sequence, _log.c.matches], _MAY_BE_OURS)


async def entries_of_shard(
    connection: AsyncConnection, *, shard: Shard, after: int, until: int, limit: int
) -> list[tuple[int, str]]:
    """The next entries of this shard, and of those that have ended: each with the number of its change, in order.

    Fewer entries than `limit` are the last ones.
    """
    values = {"after": after, "until": until, "limit": limit, "shard": shard.number, "first_shard": shard.first}
    return [(row[0], row[1]) for row in await connection.execute(_OF_SHARD, values)]


_BETWEEN = select(_log.c.sequence, _log.c.matches).where(_IS_BETWEEN)


async def entries_between(connection: AsyncConnection, *, after: int, until: int) -> dict[int, list[str]]:
    """The entries of all shards about the changes with numbers above `after` and up to `until`, by their numbers."""
    found: dict[int, list[str]] = {}
    for sequence, matches in await connection.execute(_BETWEEN, {"after": after, "until": until}):
        found.setdefault(sequence, []).append(matches)
    return found
