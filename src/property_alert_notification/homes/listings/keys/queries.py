"""The statements that find listings whose keys have an older form."""

from sqlalchemy import Integer, String, bindparam, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import table_of
from property_alert_notification.homes.listings import queries as listings
from property_alert_notification.homes.listings.models import Listing, ListingPosition
from property_alert_notification.homes.listings.queries import Known
from property_alert_notification.homes.properties.identity import FORM, MARK

_listings, _positions = table_of(Listing), table_of(ListingPosition)

_KEYS = "property_keys"
"""The name under which the form is stored that the keys of all listings have."""

_OUTDATED = (
    select(*[_listings.c[name] for name in Known._fields])
    .where(
        tuple_(_listings.c.listing_key, _listings.c.source)
        > tuple_(bindparam("key", type_=String), bindparam("source", type_=String)),
        _listings.c.identity != "",
        func.substr(_listings.c.identity, 1, len(MARK)) != MARK,
    )
    # The order in which records lock them.
    .order_by(_listings.c.listing_key, _listings.c.source)
    .limit(bindparam("limit", type_=Integer))
    .with_for_update()
)


async def are_current(connection: AsyncConnection) -> bool:
    """Whether the keys of all listings have the form of this version."""
    found = await connection.execute(select(_positions.c.last).where(_positions.c.name == _KEYS))
    return int(found.scalar_one_or_none() or 0) >= FORM


async def note_current(connection: AsyncConnection) -> None:
    """Store that the keys of all listings have the form of this version."""
    before = await listings.take_numbers(connection, 0, name=_KEYS) - 1
    await listings.take_numbers(connection, max(FORM - before, 0), name=_KEYS)


async def lock_outdated(connection: AsyncConnection, *, after: tuple[str, str], limit: int) -> list[Known]:
    """Lock listings whose keys have an older form, by their keys and sources."""
    key, source = after
    return [Known(*row) for row in await connection.execute(_OUTDATED, {"key": key, "source": source, "limit": limit})]
