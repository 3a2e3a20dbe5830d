"""Alerts about homes that turned out to be one, on each store: what was told of either is known of both."""

from uuid import UUID

from sqlalchemy import select

from property_alert_notification.database import table_of
from property_alert_notification.homes.alerts.explain.queries import alerts_about, told_to
from property_alert_notification.homes.alerts.ledger.queries import told_of
from property_alert_notification.homes.alerts.models import Told
from property_alert_notification.homes.listings.models import Listing
from property_alert_notification.homes.properties import queries as properties
from tests.pipeline.homes import Homes, a_home
from tests.pipeline.world import World

PARCEL = {"ParcelNumber": "641410-0192", "CountyOrParish": "King", "StateOrProvince": "WA"}


async def _home(homes: Homes) -> UUID:
    """The id of the only home."""
    async with homes.database.reading() as connection:
        ids = list((await connection.execute(select(table_of(Listing).c.id))).scalars())
        [home] = {one.property_id for one in await properties.listings(connection, ids)}
    return home


async def test_what_was_told_of_a_home_is_known_after_it_was_merged(world: World, homes: Homes) -> None:
    await world.a_user(1)
    await homes.profile(1)
    await homes.search(1)
    await homes.list(a_home(key="a", **PARCEL), a_home(key="b"))
    await homes.list(a_home(30, key="b", ListPrice=490_000))
    await homes.match()
    async with homes.database.reading() as connection:
        told = table_of(Told)
        facts = set((await connection.execute(select(told.c.fact))).scalars())

    await homes.list(a_home(60, key="b", ListPrice=470_000, **PARCEL))
    await homes.match()

    home = await _home(homes)
    async with homes.database.reading() as connection:
        known = await told_of(connection, {(home, fact) for fact in facts})
        assert {(home, fact): people.tolist() for (home, fact), people in known.items()} == {
            (home, fact): [1] for fact in facts
        }
        assert await told_to(connection, home, 1) >= facts
        assert len({one.notification_id for one in await alerts_about(connection, home, 1)}) == 4
