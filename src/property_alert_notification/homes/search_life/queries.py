"""Every statement about the first alerts of saved searches."""

from collections.abc import AsyncIterator, Collection, Sequence
from uuid import UUID

from sqlalchemy import bindparam, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import BatchStatement, Database, DueRows, as_rows, columns_of, table_of
from property_alert_notification.homes.listings.models import Listing, ListingVersion
from property_alert_notification.homes.saved_searches.market.queries import is_on_market
from property_alert_notification.homes.saved_searches.models import HAS_FIRST_ALERT, SavedSearch

_searches, _listings, _versions = table_of(SavedSearch), table_of(Listing), table_of(ListingVersion)

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
