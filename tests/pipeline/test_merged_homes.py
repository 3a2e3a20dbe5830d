"""Alerts about homes that turned out to be one, or several, on each store: what was told of either is known of both."""

from uuid import UUID

import pytest
from sqlalchemy import select

from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.reasons import Reason
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.database import table_of
from property_alert_notification.digests.rules import Reworded
from property_alert_notification.homes.alerts.batches import Batches
from property_alert_notification.homes.alerts.before_sending.freshness import (
    NEWER_ALERT,
    PRICE_CHANGED_SINCE,
    SEARCH_PAUSED,
)
from property_alert_notification.homes.alerts.before_sending.refresh.scripts import ALREADY_TOLD, refreshed
from property_alert_notification.homes.alerts.changes.queries import last_number
from property_alert_notification.homes.alerts.explain.queries import alerts_about
from property_alert_notification.homes.alerts.ledger.queries import told_of
from property_alert_notification.homes.alerts.models import Told
from property_alert_notification.homes.alerts.shards.shard import WHOLE
from property_alert_notification.homes.alerts.tell import Teller
from property_alert_notification.homes.criteria.expression import OneOf
from property_alert_notification.homes.listings import queries as listings
from property_alert_notification.homes.listings.models import Listing
from property_alert_notification.homes.properties import queries as properties
from property_alert_notification.homes.saved_searches.words import ScheduleType
from property_alert_notification.matcher import create_searches
from property_alert_notification.notifications.models import Notification
from tests.pipeline.homes import Homes, a_home
from tests.pipeline.test_alert_digests import digest_is_near
from tests.pipeline.test_alerts import alerts
from tests.pipeline.test_overtaken_alerts import deliver
from tests.pipeline.world import World

PARCEL = {"ParcelNumber": "641410-0192", "CountyOrParish": "King", "StateOrProvince": "WA"}


async def _homes(homes: Homes) -> set[UUID]:
    """The ids of all homes."""
    async with homes.database.reading() as connection:
        ids = list((await connection.execute(select(table_of(Listing).c.id))).scalars())
        return {one.property_id for one in await properties.listings(connection, ids)}


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

    [home] = await _homes(homes)
    async with homes.database.reading() as connection:
        [listing] = await listings.find(connection, "a")
        known = await told_of(connection, {(listing.id, fact) for fact in facts})
        assert {key: people.tolist() for key, people in known.of_homes.items()} == {(home, fact): [1] for fact in facts}
        assert len({one.notification_id for one in await alerts_about(connection, home, 1)}) == 4


async def test_a_newer_alert_is_found_after_the_homes_were_merged(world: World, homes: Homes) -> None:
    await world.a_user(1)
    await homes.profile(1)
    await homes.search(1)
    await homes.list(a_home(key="a", **PARCEL), a_home(key="b"))
    await homes.match()
    await homes.list(a_home(60, key="b", ListPrice=470_000, **PARCEL))
    await homes.match()
    table = table_of(Notification)
    async with homes.database.reading() as connection:
        of_b = table.c.title == "New listing: b Pinehurst Way NE"
        id_ = (await connection.execute(select(table.c.id).where(of_b))).scalar_one()

    assert await homes.run(refreshed([id_], Channel.EMAIL, homes.clock.now())) == {id_: PRICE_CHANGED_SINCE}


@pytest.mark.parametrize("price", [500_000, 480_000])
async def test_what_was_told_of_a_home_is_not_told_again_by_an_alert_that_waited_while_it_was_merged(
    world: World, homes: Homes, price: int
) -> None:
    await world.a_user(1)
    await homes.profile(1)
    north, south = [await homes.search(1, OneOf("PostalCode", (code,))) for code in ("98125", "98108")]
    await homes.list(a_home(key="a", PostalCode="98125", **PARCEL))
    await homes.match()
    [first] = await _alerts(homes)
    await homes.list(a_home(60, key="b", PostalCode="98108", ListPrice=price))
    await homes.match()
    [second] = await _alerts(homes) - {first}
    for one in (first, second):
        await deliver(homes, one, "sending")
    assert await _sent(homes, first, second) == [True, True]
    await homes.list(a_home(90, key="b", PostalCode="98108", ListPrice=price, **PARCEL))
    await homes.match()

    # One of two that are sent together has not told it: if it does not hold any more, the other one does.
    assert await _sent(homes, first, second) == [NEWER_ALERT, True]
    await homes.change_search(north, None)
    assert await _sent(homes, first, second) == [SEARCH_PAUSED, True]
    await homes.resume_search(north, OneOf("PostalCode", ("98125",)))
    await homes.change_search(south, None)
    assert await _sent(homes, first, second) == [True, SEARCH_PAUSED]
    await homes.resume_search(south, OneOf("PostalCode", ("98108",)))

    await deliver(homes, first, "sent")
    # At another price it is news.
    assert (await _now(homes, second) == ALREADY_TOLD) is (price == 500_000)


async def _sent(homes: Homes, *alerts: UUID) -> list[bool | Reason]:
    """Of alerts that are sent together by email whether they are, or why not."""
    found = await homes.run(refreshed(sorted(alerts), Channel.EMAIL, homes.clock.now()))
    return [its if isinstance(its := found[one], Reason) else True for one in alerts]


async def _alerts(homes: Homes) -> set[UUID]:
    """The notifications of all alerts."""
    async with homes.database.reading() as connection:
        return set((await connection.execute(select(table_of(Notification).c.id))).scalars())


async def _now(homes: Homes, alert: UUID) -> Reworded | Reason:
    """What an alert tells now by email, or why it must not be sent."""
    return (await homes.run(refreshed([alert], Channel.EMAIL, homes.clock.now())))[alert]


async def test_of_homes_that_were_merged_the_newest_word_of_a_user_counts(world: World, homes: Homes) -> None:
    for user in (1, 2):
        await world.a_user(user)
        await homes.profile(user)
        await homes.search(user)
    await homes.list(a_home(key="a", **PARCEL), a_home(key="b"))
    await homes.match()
    await homes.discard(1, "a")
    await homes.discard(1, "b", "Favorite")
    await homes.discard(2, "b", "Favorite")
    await homes.discard(2, "a")
    await homes.list(a_home(60, key="b", ListPrice=470_000, **PARCEL))
    await homes.match()

    assert [user for user, title in await alerts(homes) if title.startswith("New price")] == [1]
    table = table_of(Notification)
    async with homes.database.reading() as connection:
        its = (table.c.user_id == 1) & table.c.title.startswith("New price")
        id_ = (await connection.execute(select(table.c.id).where(its))).scalar_one()
    assert isinstance((await homes.run(refreshed([id_], Channel.EMAIL, homes.clock.now())))[id_], Reworded)


async def test_what_a_listing_told_goes_along_with_it_after_a_corrected_address_split_its_home(
    world: World, homes: Homes
) -> None:
    await world.a_user(1)
    await homes.search(1)
    await homes.search(1, schedule=ScheduleType.DAILY)
    same = {"UniversalPropertyId": "US-53033-N-6414100192-R-N"}
    await homes.list(a_home(key="a", **same), a_home(key="b", **same))
    await homes.list(a_home(60, key="b", ListPrice=470_000, **same))
    await homes.match()
    told = await alerts(homes)
    assert [title for _, title in told] == ["New listing: a Pinehurst Way NE", "New price: b Pinehurst Way NE"]
    async with homes.database.reading() as connection:
        facts = set((await connection.execute(select(table_of(Told).c.fact))).scalars())

    await homes.list(a_home(120, key="b", ListPrice=470_000, UniversalPropertyId="US-53033-N-7000192-R-N"))
    await digest_is_near(homes)

    # What it is was told of neither home; its new price was.
    assert (await alerts(homes))[len(told) :] == [(1, "New listing: b Pinehurst Way NE")]
    async with homes.database.reading() as connection:
        a, b = [(await listings.find(connection, key))[0].id for key in "ab"]
        known = await told_of(connection, {(listing, fact) for listing in (a, b) for fact in facts})
    assert known.homes[a] != known.homes[b]
    by_fact = sorted((fact.partition("/")[0], home == known.homes[b]) for home, fact in known.of_homes)
    assert by_fact == [("New Listing", False), ("New Listing", True), ("Price Change", True)]


async def test_homes_that_are_merged_and_split_while_changes_are_matched_are_told_of_as_they_are_then(
    world: World, homes: Homes
) -> None:
    await world.a_user(1)
    await homes.search(1)
    same = {"UniversalPropertyId": "US-53033-N-6414100192-R-N"}
    await homes.list(a_home(key="a", **same), a_home(key="b", **same), a_home(key="c"), a_home(key="d"))
    await homes.match()
    told = len(await alerts(homes))
    async with homes.database.reading() as connection:
        begin = await last_number(connection)
    now = {"b": 470_000, "c": 460_000, "d": 460_000}
    before = {"b": same, "c": {}, "d": {}}
    await homes.list(*(a_home(60, key=key, ListPrice=now[key], **before[key]) for key in now))
    matching = Batches(homes.database, homes.clock, Metrics(), create_searches)
    await matching.follow(begin)
    batch = await matching.next(begin, matching_is_quick)
    assert batch is not None

    others = {"b": {"UniversalPropertyId": "US-53033-N-7000192-R-N"}, "c": PARCEL, "d": PARCEL}
    await homes.list(*(a_home(120, key=key, ListPrice=now[key], **others[key]) for key in now))
    async with homes.database.transaction() as connection:
        await Teller(homes.planner, WHOLE).tell(connection, batch.changes)

    new = sorted(title for _, title in (await alerts(homes))[told:])
    assert new in [[f"New price: {key} Pinehurst Way NE" for key in keys] for keys in ("bc", "bd")]
    async with homes.database.reading() as connection:
        a, b = [(await listings.find(connection, key))[0].id for key in "ab"]
        facts = {(id_, news.key) for one in batch.changes for news in one.change.news for id_ in (a, b)}
        known = await told_of(connection, facts)
    assert {home for home, _ in known.of_homes} == {known.homes[b]}
    assert known.homes[a] != known.homes[b]


async def matching_is_quick() -> None:
    """No lease has to be renewed meanwhile."""
