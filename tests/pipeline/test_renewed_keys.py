"""Listings whose keys an older version stored find their homes again, on each store."""

from typing import Any

from sqlalchemy import delete, select, update

from property_alert_notification.database import table_of
from property_alert_notification.homes.listings.keys.renew import KeyRenewal
from property_alert_notification.homes.listings.models import Listing
from property_alert_notification.homes.properties.identity import identifying
from property_alert_notification.homes.properties.models import PropertyKey
from property_alert_notification.homes.properties.queries import HOME, WITH_HOME
from tests.pipeline.feeds import PERIODS, Feeds, a_record

TOWN = {"City": "Seattle", "StateOrProvince": "WA", "PostalCode": "98125"}
SHORT = TOWN | {"UnparsedAddress": "123 SR-9"}
LONG = TOWN | {"UnparsedAddress": "123 State Route 9"}
EAST = TOWN | {"UnparsedAddress": "5 Elm St, East Tower"}
WEST = TOWN | {"UnparsedAddress": "5 Elm St, West Tower"}


async def _read_as(feeds: Feeds, key: str, address: dict[str, Any]) -> None:
    """Let the store be as if an older version had read the newest record of a listing so, which says `address`."""
    stored = identifying(address).rpartition("\x1e")[2]
    async with feeds.database.transaction() as connection:
        its, keys = table_of(Listing), table_of(PropertyKey)
        await connection.execute(update(its).where(its.c.listing_key == key).values(identity=stored))
        if address == SHORT:
            of = select(its.c.id).where(its.c.listing_key == key)
            await connection.execute(delete(keys).where(keys.c.listing_id.in_(of)))


async def _homes(feeds: Feeds) -> dict[str, Any]:
    """The home of each listing."""
    its = table_of(Listing).c.listing_key
    async with feeds.database.reading() as connection:
        rows = await connection.execute(select(its, HOME).select_from(WITH_HOME))
        return {row[0]: row[1] for row in rows}


async def test_homes_are_found_again_by_the_keys_of_this_version(feeds: Feeds) -> None:
    # The older version took a and b for two homes, and c and d for one.
    await feeds.take(a_record(0, key="a", **LONG), a_record(0, key="b", **TOWN, UnparsedAddress="9 Oak St"))
    await feeds.take(a_record(0, key="c", **EAST), a_record(0, key="d", **EAST), a_record(0, key="e", **TOWN))
    # The row of e is damaged: it is a home of its own, and the others are found all the same.
    damaged = LONG | {"Longitude": "west", "Latitude": "north"}
    for key, address in (("a", LONG), ("b", SHORT), ("c", EAST), ("d", WEST), ("e", damaged)):
        await _read_as(feeds, key, address)
    renewal = KeyRenewal(feeds.database, feeds.clock, periods=PERIODS)

    assert [await renewal.renew_some() for _ in range(3)] == [5, 0, 0]

    homes = await _homes(feeds)
    assert homes["a"] == homes["b"]
    assert len(set(homes.values())) == 4
    # What follows is of these homes.
    await feeds.take(
        a_record(60, key="b", ListPrice=480_000, **SHORT), a_record(60, key="d", ListPrice=470_000, **WEST)
    )
    assert await _homes(feeds) == homes
    assert await KeyRenewal(feeds.database, feeds.clock, periods=PERIODS).renew_some() == 0


async def test_the_next_record_of_a_listing_renews_its_keys(feeds: Feeds) -> None:
    await feeds.take(a_record(0, key="a", **LONG), a_record(0, key="b", **TOWN, UnparsedAddress="9 Oak St"))
    await _read_as(feeds, "b", SHORT)

    await feeds.take(a_record(60, key="b", ListPrice=480_000, **SHORT))

    homes = await _homes(feeds)
    assert homes["a"] == homes["b"]
