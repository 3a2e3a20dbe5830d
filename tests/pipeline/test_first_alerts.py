"""The first alert of a search that asked for all that match when it is saved."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.database import table_of
from property_alert_notification.homes.alerts.before_sending.freshness import LISTING_GONE, NO_LONGER_MATCHES
from property_alert_notification.homes.alerts.before_sending.refresh.scripts import record_named, refresh
from property_alert_notification.homes.alerts.explain.answers import ExplainedAlert
from property_alert_notification.homes.alerts.explain.explain import explained_alerts, explained_change
from property_alert_notification.homes.alerts.explain.look_up import look_up
from property_alert_notification.homes.listings import queries as listings
from property_alert_notification.homes.matching.index import SearchIndex
from property_alert_notification.homes.saved_searches.models import SavedSearch
from property_alert_notification.homes.saved_searches.words import ScheduleType
from property_alert_notification.homes.search_life import queries
from property_alert_notification.homes.search_life.first_alerts import FirstAlerts
from property_alert_notification.notifications.models import Notification
from tests.pipeline.homes import Homes, a_home, up_to
from tests.pipeline.test_alert_digests import digest_is_near
from tests.pipeline.test_alerts import alerts
from tests.pipeline.test_search_checks import unsent_because
from tests.pipeline.world import World, only

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

    await homes.change_search(none, up_to(2))
    assert await unsent_because(homes) == {1: None, 2: None}
    await homes.change_search(none, None)
    assert await unsent_because(homes) == {1: None, 2: "search_paused"}


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
    await homes.discard(1, "discarded")

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


async def a_message(homes: Homes, title: str) -> str:
    table = table_of(Notification)
    async with homes.database.reading() as connection:
        return str((await connection.execute(select(table.c.message).where(table.c.title == title))).scalar_one())


async def first_alert_now(homes: Homes) -> Any:
    """What the only first alert tells now; it is recorded which homes it names, as when it is sent."""
    table = table_of(Notification)
    async with homes.database.reading() as connection:
        [id_] = (await connection.execute(select(table.c.id).where(table.c.title.contains("your search")))).scalars()
    now, moved = await homes.run(refresh([id_], Channel.EMAIL, homes.clock.now()))
    if moved:
        await homes.run(only(record_named(moved)))
    return now[id_]


async def explained(homes: Homes, key: str) -> list[ExplainedAlert]:
    async with homes.database.reading() as connection:
        [listing] = await listings.find(connection, key)
        return explained_alerts((await look_up(connection, 1, listing)).alerts)


async def test_a_first_alert_names_and_counts_what_matches_when_it_is_sent(world: World, homes: Homes) -> None:
    await world.a_user(1)
    keys = [str(number) for number in range(1, 23)]
    await homes.list(*(a_home(key=key, ListPrice=400_000) for key in keys))
    await a_first_alert(homes, await homes.search(1, up_to(500_000)))
    await maker(homes).make_due()
    assert (await first_alert_now(homes)).title == "22 homes match your search “Near work”"

    await homes.list(
        a_home(60, key="1", StandardStatus="Closed", ListPrice=400_000),
        a_home(60, key="2", ListPrice=700_000),
        a_home(60, key="3", ListPrice=400_000, InternetEntireListingDisplayYN=False),
        a_home(60, key="4", ListPrice=390_000),
        a_home(60, key="22", ListPrice=700_000),
        *(a_home(60, key=key, ListPrice=400_000, UnparsedAddress="20 Pinehurst Way NE") for key in ("20", "21")),
    )
    now = await first_alert_now(homes)

    assert now.title == "17 homes match your search “Near work”"
    named = [line for line in now.message.splitlines() if line.startswith("- ")]
    assert len(named) == 17
    assert "- 4 Pinehurst Way NE, $390,000" in named
    assert [line for line in now.lines if line.startswith("- ")] == named
    alerts_of = {key: await explained(homes, key) for key in ("1", "2", "3", "4", "19", "20", "21", "22")}
    assert {key: [(one.first_alert, one.left_out) for one in its] for key, its in alerts_of.items()} == {
        "1": [(True, "listing_gone")],
        "2": [(True, "no_longer_matches")],
        "3": [(True, "listing_gone")],
        "4": [(True, None)],
        "19": [(True, None)],
        "20": [(True, None)],
        "21": [(True, None)],
        "22": [(True, "no_longer_matches")],
    }
    await homes.list(
        *(a_home(120, key=key, StandardStatus="Closed", ListPrice=400_000) for key in keys if key not in ("2", "22"))
    )
    assert await first_alert_now(homes) in (LISTING_GONE, NO_LONGER_MATCHES)


async def test_what_a_first_alert_told_is_told_by_no_digest_and_by_no_alert(world: World, homes: Homes) -> None:
    await world.a_user(1)
    await homes.search(1, up_to(500_000), name="Each day", schedule=ScheduleType.DAILY)
    await homes.list(a_home(key="told", ListPrice=450_000))
    await homes.list(a_home(60, key="told", ListPrice=440_000))
    await homes.match()
    # The matcher comes to this change only after the first alert.
    await homes.search(1, up_to(500_000), name="At once")
    await homes.list(a_home(key="behind", ListPrice=450_000))
    await a_first_alert(homes, await homes.search(1, up_to(500_000)))
    await homes.list(a_home(key="new", ListPrice=450_000), a_home(120, key="told", ListPrice=430_000))
    await maker(homes).make_due()
    assert [title for _, title in await alerts(homes)] == ["2 homes match your search “Near work”"]

    await digest_is_near(homes)

    titles = {title for _, title in await alerts(homes)}
    assert titles == {
        "2 homes match your search “Near work”",
        "New listing: new Pinehurst Way NE",
        "New price: told Pinehurst Way NE",
    }
    assert "from $440,000 to $430,000" in await a_message(homes, "New price: told Pinehurst Way NE")
    async with homes.database.reading() as connection:
        [listing] = await listings.find(connection, "behind")
        its = await look_up(connection, 1, listing)
    [change] = [explained_change(one, its) for one in its.changes]
    assert [one.outcome.value for one in change.searches] == ["on_its_way", "on_its_way", "no_active_search"]
