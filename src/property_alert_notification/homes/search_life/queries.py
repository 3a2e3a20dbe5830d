"""Every statement about the first alerts and the checks of saved searches."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, bindparam, or_, select, text, update

# Its words for conflicts are SQLite's too.
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import (
    BatchStatement,
    Database,
    DueRows,
    as_rows,
    columns_of,
    table_of,
    time_type,
)
from property_alert_notification.homes.alerts.models import MatchLogEntry
from property_alert_notification.homes.listings.models import Listing, ListingPosition, ListingVersion
from property_alert_notification.homes.saved_searches.market.queries import is_on_market
from property_alert_notification.homes.saved_searches.models import HAS_FIRST_ALERT, IS_CHECKED, SavedSearch

_searches, _listings, _versions = table_of(SavedSearch), table_of(Listing), table_of(ListingVersion)
_log, _positions = table_of(MatchLogEntry), table_of(ListingPosition)

due = DueRows(SavedSearch, "first_alert_at", text(HAS_FIRST_ALERT))
"""Searches whose first alert is due."""

_QUERIES = BatchStatement(
    columns_of(_searches, "id"),
    lambda wanted: (
        select(_searches.c.number, _searches.c.expression)
        .join(wanted, wanted.c.id == _searches.c.id)
        .where(_searches.c.active.is_(True))
    ),
)


async def queries_of(connection: AsyncConnection, searches: Collection[UUID]) -> dict[int, str]:
    """The stored queries of those of these searches that are active, by their numbers."""
    return {row[0]: row[1] for row in await _QUERIES.run(connection, as_rows(searches))}


AT_ONCE = 1_000
"""Listings of one statement."""

_PAGE = (
    select(_listings.c.id, _versions.c.record)
    .join(
        _versions,
        (_versions.c.listing_id == _listings.c.id) & (_versions.c.modified_at == _listings.c.modified_at),
    )
    .where(is_on_market, _listings.c.id > bindparam("after", type_=_listings.c.id.type))
    .order_by(_listings.c.id)
    .limit(AT_ONCE)
)


async def records_on_market(database: Database) -> AsyncIterator[Sequence[str]]:
    """The newest records of all listings on the market, some at a time, each part in a transaction of its own."""
    after = UUID(int=0)
    while True:
        async with database.reading() as connection:
            rows = (await connection.execute(_PAGE, {"after": after})).all()
        if rows:
            yield [row.record for row in rows]
        if len(rows) < AT_ONCE:
            return
        after = rows[-1].id


_DONE = BatchStatement(
    columns_of(_searches, "id"),
    lambda done: update(_searches).where(_searches.c.id.in_(select(done.c.id))).values(first_alert_at=None),
)


async def end_first_alerts(connection: AsyncConnection, searches: Collection[UUID]) -> None:
    """Record that the first alerts of these searches were made."""
    if searches:
        await _DONE.run(connection, as_rows(sorted(searches)))


checks = DueRows(SavedSearch, "check_at", text(IS_CHECKED))
"""Searches that are to be looked at."""


async def stop_checks(connection: AsyncConnection, search: UUID) -> None:
    """Look at a search no more."""
    await connection.execute(update(_searches).where(_searches.c.id == search).values(check_at=None))


async def check_again(connection: AsyncConnection, search: UUID, *, at: datetime) -> None:
    """Look at a search again at this time."""
    await connection.execute(update(_searches).where(_searches.c.id == search).values(check_at=at))


SEEN = "match_log_read"
"""The name of the number up to which the match log was read."""

LOG_AT_ONCE = 500
"""Entries of the match log of one transaction."""

_SEEN = select(_positions.c.last).where(_positions.c.name == SEEN).with_for_update()
_LOG = (
    select(_log.c.sequence, _log.c.matches, _log.c.made_at)
    .where(_log.c.sequence > bindparam("after", type_=BigInteger))
    .order_by(_log.c.sequence)
    .limit(LOG_AT_ONCE)
)


async def unread_log(connection: AsyncConnection) -> list[tuple[int, str, datetime]]:
    """The next entries of the match log: their numbers, what matched, and when. No other process reads them now."""
    new = insert(_positions).values(name=SEEN, last=0).on_conflict_do_nothing()
    await connection.execute(new)
    after = (await connection.execute(_SEEN)).scalar_one()
    return [tuple(row) for row in await connection.execute(_LOG, {"after": after})]


_MATCHED = BatchStatement(
    columns_of(_searches, "number", "matched_at"),
    lambda new: (
        update(_searches)
        .where(
            _searches.c.number == new.c.number,
            or_(
                _searches.c.matched_at.is_(None),
                _searches.c.matched_at < bindparam("before", type_=time_type()),
            ),
        )
        .values(matched_at=new.c.matched_at)
    ),
)


async def note_matches(
    connection: AsyncConnection, matched: Mapping[int, datetime], *, before: datetime, read_to: int
) -> None:
    """Record when searches matched last, for those that have a time before `before`, and how far the log was read."""
    if matched:
        await _MATCHED.run(connection, sorted(matched.items()), before=before)
    await connection.execute(update(_positions).where(_positions.c.name == SEEN).values(last=read_to))
