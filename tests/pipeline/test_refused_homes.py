"""Homes that a user discarded, and searches that cannot be read: neither stops the alerts of others."""

from sqlalchemy import update

from property_alert_notification.database import table_of
from property_alert_notification.homes.saved_searches.models import SavedSearchVersion
from tests.pipeline.homes import Homes, a_home, a_matcher, up_to
from tests.pipeline.test_alerts import alerts
from tests.pipeline.world import World


async def test_nobody_hears_of_a_home_that_they_discarded(world: World, homes: Homes) -> None:
    for user in (1, 2):
        await world.a_user(user)
        await homes.search(user, up_to(600_000))
    same = {"UniversalPropertyId": "US-53033-N-6414100192-R-N", "UnparsedAddress": "1 Pinehurst Way NE"}
    await homes.list(a_home(**same), a_home(key="2"))
    await homes.match()
    await homes.discard(1, "1")
    await homes.list(a_home(60, ListPrice=470_000, **same), a_home(60, key="2", ListPrice=470_000))
    await homes.list(a_home(90, key="3", ListPrice=450_000, SourceSystemName="another agent", **same))
    await homes.match()

    told = sorted(one for one in await alerts(homes) if not one[1].startswith("New listing"))
    assert told == [
        (1, "New price: 2 Pinehurst Way NE"),
        (2, "New price: 1 Pinehurst Way NE"),
        (2, "New price: 1 Pinehurst Way NE"),
        (2, "New price: 2 Pinehurst Way NE"),
    ]


async def test_a_search_that_cannot_be_read_does_not_stop_the_others(world: World, homes: Homes) -> None:
    for user in (1, 2):
        await world.a_user(user)
    damaged = await homes.search(1, up_to(600_000))
    await homes.search(2, up_to(600_000))
    versions = table_of(SavedSearchVersion)
    async with homes.database.transaction() as connection:
        its = versions.c.search_number == damaged
        await connection.execute(update(versions).where(its).values(expression='["nonsense"]'))
    await homes.list(a_home())
    await homes.match()

    assert [user for user, _ in await alerts(homes)] == [2]
    another = a_matcher(homes.database, homes.planner)
    await another.turn()  # it follows, and reads all searches
    await homes.list(a_home(key="2"))
    await homes.match()
    assert [user for user, _ in await alerts(homes)] == [2, 2]
