"""The first alert of a search that asked for all that match when it is saved."""

from datetime import timedelta

from sqlalchemy import select, update

from property_alert_notification.database import table_of
from property_alert_notification.homes.matching.index import SearchIndex
from property_alert_notification.homes.saved_searches.models import SavedSearch
from property_alert_notification.homes.search_life import queries
from property_alert_notification.homes.search_life.first_alerts import FirstAlerts
from property_alert_notification.notifications.models import Notification
from tests.pipeline.homes import Homes, a_home, up_to
from tests.pipeline.test_alerts import alerts
from tests.pipeline.test_refused_homes import discard
from tests.pipeline.world import World

_SEARCHES = table_of(SavedSearch)


async def set_columns(homes: Homes, number: int, **values: object) -> None:
    async with homes.database.transaction() as connection:
        await connection.execute(update(_SEARCHES).where(_SEARCHES.c.number == number).values(**values))


def maker(homes: Homes) -> FirstAlerts:
    return FirstAlerts(homes.database, homes.planner, create_index=SearchIndex, wake=lambda: None)


async def a_first_alert(homes: Homes, number: int) -> None:
    """The search asked for one when it was saved."""
    await set_columns(homes, number, first_alert_at=homes.clock.now())


async def test_a_first_alert_has_all_that_match_now_and_is_made_once(world: World, homes: Homes) -> None:
    for user in (1, 2, 3, 4, 5):
        await world.a_user(user)
    await homes.profile(2, language="es")
    await homes.list(
        *(a_home(key=str(number), ListPrice=400_000 + number) for number in range(1, 23)),
        a_home(key="dear", ListPrice=900_000),
        a_home(key="hidden", InternetEntireListingDisplayYN=False),
        a_home(key="sold", StandardStatus="Closed"),
    )
    many = await homes.search(1, up_to(500_000))
    none = await homes.search(2, up_to(1))
    paused, damaged, unversioned, unasked = [await homes.search(user, up_to(500_000)) for user in (3, 4, 4, 5)]
    for number in (many, none, paused, damaged, unversioned):
        await a_first_alert(homes, number)
    await set_columns(homes, paused, active=False)
    await set_columns(homes, damaged, expression='["nonsense"]')
    await set_columns(homes, unversioned, version=7)
    first_alerts = maker(homes)

    made = [await first_alerts.make_due() for _ in range(2)]

    assert made == [5, 0]
    table = table_of(Notification)
    async with homes.database.reading() as connection:
        found = await connection.execute(
            select(table.c.user_id, table.c.title, table.c.message).order_by(table.c.user_id)
        )
        [(first, title, message), (second, spanish, _)] = found.all()
        waiting = await queries.due.ids(homes.database, now=homes.clock.now(), limit=10)
    assert (first, title) == (1, "22 homes match your search “Near work”")
    assert message.count("Pinehurst Way NE, $400,0") == 20
    assert "and 2 more" in message
    assert (second, spanish) == (2, "Todavía no hay viviendas para su búsqueda «Near work»")
    assert (waiting, unasked) == ([], 5)


async def test_a_home_is_in_the_first_alert_or_in_one_of_its_own(world: World, homes: Homes) -> None:
    await world.a_user(1)
    waiting = timedelta(minutes=5)
    await homes.list(a_home(key="matches"), a_home(key="dear", ListPrice=900_000), a_home(key="cut"))
    await homes.list(a_home(key="waits", ListPrice=900_000), quiet=waiting)
    await homes.list(a_home(60, key="waits", ListPrice=400_000), quiet=waiting)
    await a_first_alert(homes, await homes.search(1, up_to(500_000)))
    await homes.list(a_home(key="new"), a_home(60, key="dear", ListPrice=450_000), a_home(60, key="cut", ListPrice=9))

    await maker(homes).make_due()
    await homes.match()

    assert {title for _, title in await alerts(homes)} == {
        "2 homes match your search “Near work”",
        "New listing: new Pinehurst Way NE",
        "Now matches your search: dear Pinehurst Way NE",
        "New price: cut Pinehurst Way NE",
    }


async def test_a_first_alert_counts_homes_and_leaves_out_those_that_its_user_discarded(
    world: World, homes: Homes
) -> None:
    await world.a_user(1)
    same = {"UniversalPropertyId": "US-53033-N-6414100192-R-N"}
    await homes.list(
        a_home(key="a", **same), a_home(key="b", SourceSystemName="another agent", **same), a_home(key="discarded")
    )
    await a_first_alert(homes, await homes.search(1, up_to(500_000)))
    await discard(homes, 1, "discarded")

    await maker(homes).make_due()

    assert await alerts(homes) == [(1, "1 home matches your search “Near work”")]


async def test_a_first_alert_waits_for_the_preferences_of_its_user(world: World, homes: Homes) -> None:
    await homes.list(a_home())
    number = await homes.search(1, up_to(500_000))
    await a_first_alert(homes, number)

    made = [await maker(homes).make_due() for _ in range(2)]

    assert (made, await alerts(homes)) == ([1, 0], [])
    await world.a_user(1)
    await a_first_alert(homes, number)
    await maker(homes).make_due()
    assert await alerts(homes) == [(1, "1 home matches your search “Near work”")]


async def test_a_search_that_is_edited_meanwhile_has_the_first_alert_of_its_new_version(
    world: World, homes: Homes
) -> None:
    await world.a_user(1)
    await homes.list(a_home())
    number = await homes.search(1, up_to(500_000))
    await a_first_alert(homes, number)
    first_alerts, ids = maker(homes), await queries.due.ids(homes.database, now=homes.clock.now(), limit=10)
    compared = await first_alerts._find(ids)
    await homes.change_search(number, up_to(1))

    await first_alerts._make(ids, compared)
    assert await alerts(homes) == []
    await first_alerts.make_due()

    assert await alerts(homes) == [(1, "No home matches your search “Near work” yet")]


async def test_a_search_that_is_resumed_meanwhile_has_its_first_alert(world: World, homes: Homes) -> None:
    await world.a_user(1)
    number = await homes.search(1, up_to(500_000))
    await a_first_alert(homes, number)
    await set_columns(homes, number, active=False)
    first_alerts, ids = maker(homes), await queries.due.ids(homes.database, now=homes.clock.now(), limit=10)
    compared = await first_alerts._find(ids)
    await set_columns(homes, number, active=True)

    await first_alerts._make(ids, compared)
    assert await alerts(homes) == []
    await first_alerts.make_due()

    assert await alerts(homes) == [(1, "No home matches your search “Near work” yet")]
