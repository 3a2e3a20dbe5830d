"""Listings of one home on each store: what changes of the home is one fact, whoever says it and in whatever order."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings, strategies
from sqlalchemy import select

from property_alert_notification.database import table_of
from property_alert_notification.homes.listings import queries as listings
from property_alert_notification.homes.listings.history import decode_facts
from property_alert_notification.homes.listings.models import Listing, ListingChange
from property_alert_notification.homes.properties import queries
from property_alert_notification.homes.properties.models import Property, PropertyKey
from tests.fuzz.budget import budget
from tests.pipeline.feeds import START, Feeds, Record, a_record

DAY = 86_400
HOME = {"UnparsedAddress": "11515 Pinehurst Way NE", "City": "Seattle", "StateOrProvince": "WA", "PostalCode": "98125"}
SAME_HOME = HOME | {"UnparsedAddress": "11515 PINEHURST WY N.E., Seattle, WA 98125", "SourceSystemName": "Other"}
PARCEL = {"ParcelNumber": "641410-0192", "CountyOrParish": "King", "StateOrProvince": "WA"}


async def _homes(feeds: Feeds) -> list[set[str]]:
    """The keys of the listings of each home."""
    found: dict[Any, set[str]] = {}
    async with feeds.database.reading() as connection:
        ids = list((await connection.execute(select(table_of(Listing).c.id))).scalars())
        for member in await queries.listings(connection, ids):
            found.setdefault(member.property_id, set()).add(member.listing_key)
    return sorted(found.values(), key=sorted)


async def _facts(feeds: Feeds) -> list[tuple[str, str, Any, Any]]:
    """The facts of all homes in the order of the feeds' clocks, each with the listing that says so."""
    changes, its = table_of(ListingChange), table_of(Listing)
    valid = (
        select(its.c.listing_key, changes.c.modified_at, changes.c.facts)
        .join(its, its.c.id == changes.c.listing_id)
        .where(changes.c.superseded_at.is_(None))
        .order_by(changes.c.modified_at, its.c.listing_key, changes.c.facts)
    )
    async with feeds.database.reading() as connection:
        rows = (await connection.execute(valid)).all()
    return [
        (key, fact.change_type.value, fact.before, fact.after) for key, _, facts in rows for fact in decode_facts(facts)
    ]


async def test_a_home_that_two_sources_list_is_new_once(feeds: Feeds) -> None:
    await feeds.take(a_record(0, key="a", **HOME))
    await feeds.take(a_record(60, key="b", **SAME_HOME))
    await feeds.take(a_record(120, key="a", ListPrice=480_000, **HOME))
    # The other source says the same later, and says the old price again in between.
    await feeds.take(a_record(150, key="b", PhotosCount=7, **SAME_HOME))
    await feeds.take(a_record(240, key="b", ListPrice=480_000, **SAME_HOME))

    assert await _homes(feeds) == [{"a", "b"}]
    assert await _facts(feeds) == [
        ("a", "New Listing", None, "Active"),
        ("a", "Price Change", 500_000, 480_000),
    ]


OTHERS: list[tuple[str, Record, Record]] = [
    ("another unit", HOME | {"UnitNumber": "4B"}, HOME | {"UnitNumber": "4D"}),
    ("no unit", HOME | {"UnitNumber": "4B"}, HOME),
    ("another county", PARCEL, PARCEL | {"CountyOrParish": "Pierce"}),
    ("no more than a place", {"Latitude": 47.7, "Longitude": -122.3}, {"Latitude": 47.7, "Longitude": -122.3}),
    ("to let", HOME | {"PropertyType": "Residential"}, HOME | {"PropertyType": "Residential Lease"}),
]


@pytest.mark.parametrize("feeds", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("one", "other"), [case[1:] for case in OTHERS], ids=[case[0] for case in OTHERS])
async def test_two_homes_are_two(feeds: Feeds, one: Record, other: Record) -> None:
    await feeds.take(a_record(0, key="a", **one), a_record(0, key="b", **other))

    assert await _homes(feeds) == [{"a"}, {"b"}]
    assert [kind for _, kind, _, _ in await _facts(feeds)] == ["New Listing"] * 2


@pytest.mark.parametrize("gone", ["Withdrawn", "Expired", "Canceled", "Closed", "Delete"])
async def test_offered_again_by_another_agent_it_is_the_same_offer(feeds: Feeds, gone: str) -> None:
    await feeds.take(a_record(0, key="a", **HOME), a_record(DAY, key="a", StandardStatus=gone, **HOME))
    await feeds.take(a_record(98 * DAY, key="b", ListPrice=520_000, **SAME_HOME))

    assert (await _facts(feeds))[2:] == [
        ("b", "Back On Market", gone, "Active"),
        ("b", "Price Change", 500_000, 520_000),
    ]


async def test_offered_again_after_fourteen_weeks_it_is_new(feeds: Feeds) -> None:
    await feeds.take(a_record(0, key="a", **HOME), a_record(DAY, key="a", StandardStatus="Expired", **HOME))
    await feeds.take(a_record(99 * DAY + 1, key="b", ListPrice=520_000, **SAME_HOME))
    # And so is the same listing.
    await feeds.take(a_record(100 * DAY, key="b", StandardStatus="Withdrawn", ListPrice=520_000, **SAME_HOME))
    await feeds.take(a_record(300 * DAY, key="b", ListPrice=510_000, **SAME_HOME))

    assert await _homes(feeds) == [{"a", "b"}]
    assert [fact[:2] for fact in await _facts(feeds)] == [
        ("a", "New Listing"), ("a", "Expired"), ("b", "New Listing"), ("b", "Withdrawn"), ("b", "New Listing"),
    ]  # fmt: skip


async def test_a_home_is_on_the_market_as_long_as_an_agent_offers_it(feeds: Feeds) -> None:
    await feeds.take(a_record(0, key="a", **HOME), a_record(100, key="b", **SAME_HOME))
    await feeds.take(a_record(200, key="a", StandardStatus="Expired", **HOME))
    assert len(await _facts(feeds)) == 1

    await feeds.take(a_record(300, key="b", StandardStatus="Closed", **SAME_HOME))
    assert (await _facts(feeds))[1:] == [("b", "Closed", "Active", "Closed")]


async def test_a_record_that_joins_two_homes_makes_them_one(feeds: Feeds) -> None:
    await feeds.take(a_record(0, key="a", **PARCEL), a_record(60, key="b", ListPrice=480_000, **HOME))
    assert await _homes(feeds) == [{"a"}, {"b"}]
    async with feeds.database.reading() as connection:
        before = [member.property_id for key in "ab" for member in await _members(connection, key)]

    await feeds.take(a_record(120, key="c", ListPrice=480_000, SourceSystemName="Other", **(HOME | PARCEL)))

    assert await _homes(feeds) == [{"a", "b", "c"}]
    assert await _facts(feeds) == [("a", "New Listing", None, "Active"), ("b", "Price Change", 500_000, 480_000)]
    async with feeds.database.reading() as connection:
        # What was stored under the ids before is found by each of them.
        same = await queries.same_property(connection, before)
    assert same == {id_: set(before) for id_ in before}


async def _members(connection: Any, key: str) -> Sequence[queries.Member]:
    return await queries.listings(connection, [one.id for one in await listings.find(connection, key)])


async def test_a_record_that_speaks_for_two_homes_joins_none(feeds: Feeds) -> None:
    upi = {"UniversalParcelId": "urn:reso:upi:2.0:US:53033:R22231"}
    other = {"UniversalParcelId": "urn:reso:upi:2.0:US:53033:R22232"}
    await feeds.take(a_record(0, key="a", **HOME | upi), a_record(0, key="b", **HOME | other))
    await feeds.take(a_record(0, key="c", **SAME_HOME))

    assert await _homes(feeds) == [{"a"}, {"b"}, {"c"}]


async def test_a_corrected_address_moves_a_listing_to_its_home(feeds: Feeds) -> None:
    await feeds.take(a_record(0, key="a", **HOME), a_record(0, key="b", **SAME_HOME))
    await feeds.take(a_record(60, key="b", **SAME_HOME | {"UnparsedAddress": "11517 Pinehurst Way NE"}))
    assert await _homes(feeds) == [{"a"}, {"b"}]

    await feeds.take(a_record(120, key="b", **SAME_HOME))
    assert await _homes(feeds) == [{"a", "b"}]
    # A record without an address, such as a deletion, does not make it another home.
    await feeds.take(a_record(180, key="b", StandardStatus="Delete", **SAME_HOME))
    assert await _homes(feeds) == [{"a", "b"}]


async def test_sources_that_write_at_the_same_time_find_each_other(feeds: Feeds) -> None:
    addresses = [HOME | {"UnparsedAddress": f"{number} Pinehurst Way NE"} for number in range(1, 9)]

    async def write(source: int) -> None:
        order = addresses[source:] + addresses[:source] if source % 2 else addresses[::-1]
        for turn in range(2):
            at = source + turn * 100
            await feeds.take(
                *(
                    a_record(
                        at,
                        key=f"{one['UnparsedAddress']} {source}",
                        ListPrice=turn + 1,
                        SourceSystemName=str(source),
                        **one,
                    )
                    for one in order
                )
            )

    await asyncio.gather(*(write(source) for source in range(4)))

    assert [len(home) for home in await _homes(feeds)] == [4] * 8
    assert sum(kind == "New Listing" for _, kind, _, _ in await _facts(feeds)) == 8


async def test_a_home_is_forgotten_with_its_last_listing(feeds: Feeds) -> None:
    await feeds.take(a_record(0, key="a", StandardStatus="Closed", **HOME), a_record(900, key="b", **SAME_HOME))
    async with feeds.database.transaction() as connection:
        assert await listings.remove_old(connection, until=START + timedelta(seconds=60), limit=10) == 1
    assert await _homes(feeds) == [{"b"}]

    await feeds.take(a_record(1_000, key="b", StandardStatus="Closed", **SAME_HOME))
    async with feeds.database.transaction() as connection:
        assert await listings.remove_old(connection, until=START + timedelta(days=1), limit=10) == 1
    async with feeds.database.reading() as connection:
        for model in (Property, PropertyKey):
            assert (await connection.execute(select(table_of(model)))).all() == []


async def _heard(feeds: Feeds) -> list[tuple[str, Any, Any]]:
    """The facts that have a number, in the order of their numbers."""
    return [
        (fact.change_type.value, fact.before, fact.after)
        for change in await feeds.told()
        for fact in decode_facts(change.facts)
    ]


async def test_a_late_record_of_another_agent_is_heard_of_if_it_still_holds(feeds: Feeds) -> None:
    await feeds.take(a_record(0, key="a", **HOME), a_record(0, key="b", **SAME_HOME))
    await feeds.take(a_record(300, key="a", ListPrice=480_000, **HOME))
    await feeds.take(a_record(200, key="b", StandardStatus="Pending", **SAME_HOME))
    # This price did not hold long.
    await feeds.take(a_record(250, key="b", StandardStatus="Pending", ListPrice=450_000, **SAME_HOME))

    assert await _heard(feeds) == [
        ("New Listing", None, "Active"),
        ("Price Change", 500_000, 480_000),
        ("Pending", "Active", "Pending"),
    ]
    assert [fact[1:] for fact in await _facts(feeds)] == [
        ("New Listing", None, "Active"),
        ("Pending", "Active", "Pending"),
        ("Price Change", 500_000, 450_000),
        ("Price Change", 450_000, 480_000),
    ]
    # Read again, it is the same.
    await feeds.take(a_record(200, key="b", StandardStatus="Pending", **SAME_HOME))
    assert len(await _heard(feeds)) == 3


async def test_what_follows_a_late_record_leads_from_what_was_heard(feeds: Feeds) -> None:
    await feeds.take(a_record(0, key="a", **HOME), a_record(0, key="b", **SAME_HOME))
    await feeds.take(a_record(300, key="a", ListPrice=480_000, **HOME))
    await feeds.take(a_record(200, key="b", StandardStatus="Pending", **SAME_HOME), a_record(400, key="b", **SAME_HOME))
    await feeds.end_quiet_times()

    assert [kind for kind, _, _ in await _heard(feeds)] == ["New Listing", "Price Change"]
    # The price while it was pending is told again to those who did not hear it then.
    facts = ["New Listing", "Pending", "Price Change", "Back On Market", "Price Change"]
    assert [fact[1] for fact in await _facts(feeds)] == facts


async def test_the_sale_by_another_agent_is_heard_of_though_its_end_was_known_first(feeds: Feeds) -> None:
    await feeds.take(a_record(300, key="b", StandardStatus="Closed", ListPrice=600_000, **SAME_HOME))
    await feeds.take(a_record(0, key="a", StandardStatus="Closed", **HOME))
    # It was offered, so that its end is news, and no other price of a home that was sold before.
    await feeds.take(a_record(200, key="b", StandardStatus="Pending", ListPrice=600_000, **SAME_HOME))

    assert (await _heard(feeds))[-1] == ("Closed", "Pending", "Closed")


async def test_the_record_that_counts_of_two_of_a_time_is_heard_of(feeds: Feeds) -> None:
    records = [a_record(100, key="a", ListPrice=price, **HOME) for price in (450_000, 470_000)]
    for first, second in (records, records[::-1]):
        await feeds.forget()
        await feeds.take(a_record(0, key="a", **HOME))
        await feeds.take(first)
        await feeds.take(second)
        assert (await _heard(feeds))[-1][2] == (await _facts(feeds))[-1][3]


async def test_what_waits_after_a_late_record_is_not_heard_of_twice(feeds: Feeds) -> None:
    await feeds.take(a_record(0, key="a", **HOME))
    await feeds.take(a_record(31, key="a", ListPrice=450_000, **HOME))
    # The quiet time after it has the other price, which waits there.
    await feeds.take(a_record(10, key="a", ListPrice=470_000, **HOME))
    await feeds.end_quiet_times()

    assert await _heard(feeds) == [("New Listing", None, "Active"), ("Price Change", 500_000, 450_000)]
    assert [fact[3] for fact in await _facts(feeds)] == ["Active", 470_000, 450_000]


_statuses = strategies.sampled_from(["Active", "Active", "Pending", "Withdrawn", "Closed", "Delete"])
_records = strategies.builds(
    lambda key, at, status, price: a_record(
        at, key=key, SourceSystemName=key, StandardStatus=status, ListPrice=price, **HOME
    ),
    strategies.sampled_from("abc"),
    # Often the same time, which contradicts, often within a quiet time, and sometimes after fourteen weeks.
    strategies.sampled_from([0, 0, 10, 20, 30, 31, 45, 60, 300, 310, 99 * DAY, 101 * DAY]),
    _statuses,
    strategies.sampled_from([400_000, 500_000]),
)
# A deletion has no address: in the place of the only record that has one, of the same time, it names no home.
_cases = strategies.lists(
    _records, min_size=2, max_size=8, unique_by=lambda one: (one["ListingKey"], one["ModificationTimestamp"])
).flatmap(
    lambda records: strategies.tuples(
        strategies.just(records),
        strategies.permutations(records + records[:2]),
        strategies.lists(strategies.booleans(), min_size=10, max_size=10),
    )
)


async def test_listings_of_one_home_in_any_order_end_in_the_same_facts(feeds: Feeds) -> None:
    loop = asyncio.get_running_loop()

    @settings(budget())
    @given(_cases)
    def check(case: tuple[list[Record], list[Record], list[bool]]) -> None:
        asyncio.run_coroutine_threadsafe(_compare(feeds, *case), loop).result()

    await asyncio.to_thread(check)


async def _compare(feeds: Feeds, records: list[Record], shuffled: list[Record], pauses: list[bool]) -> None:
    await feeds.forget()
    await feeds.take(*records)
    await feeds.end_quiet_times()
    expected = await _facts(feeds), await _homes(feeds)
    assert _skipped(await _heard(feeds)) == []

    await feeds.forget()
    for record, pause in zip(shuffled, pauses, strict=False):
        await feeds.take(record)
        if pause:
            await feeds.end_quiet_times()
    await feeds.end_quiet_times()

    assert (await _facts(feeds), await _homes(feeds)) == expected
    # Whoever heard the numbers knows what holds now, and knew what held before each of them.
    heard = await _heard(feeds)
    assert _last_status(heard) == _last_status([fact[1:] for fact in expected[0]])
    assert _skipped(heard) == []


def _skipped(facts: Sequence[tuple[str, Any, Any]]) -> list[tuple[Any, Any]]:
    """The changes of status that begin with another status than the one that was heard of last."""
    steps = [(before, after) for _, before, after in facts if isinstance(after, str)]
    return [step for (_, last), step in pairwise(steps) if step[0] not in (None, last)]


def _last_status(facts: Sequence[tuple[str, Any, Any]]) -> Any:
    return next((after for _, _, after in reversed(facts) if isinstance(after, str)), None)
