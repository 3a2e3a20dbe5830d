"""Records of feeds on each store: whatever the order in which they come, a listing ends in the same state and facts."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings, strategies
from sqlalchemy import select

from property_alert_notification.database import table_of
from property_alert_notification.homes.listings import queries
from property_alert_notification.homes.listings.models import Listing, ListingChange, ListingVersion
from property_alert_notification.homes.properties.models import Property
from tests.fuzz.budget import budget
from tests.pipeline.feeds import QUIET, START, Feeds, Record, a_record


def _facts(facts: Sequence[Any]) -> list[tuple[str, Any, Any]]:
    return [(fact.ChangeType.value, fact.PreviousValue, fact.NewValue) for fact in facts]


async def test_the_first_change_is_told_at_once_and_further_ones_as_one(feeds: Feeds) -> None:
    assert await feeds.take(a_record()) == [True]
    assert _facts((await feeds.state())[1]) == [("New Listing", None, "Active")]

    await feeds.take(a_record(5, ListPrice=490_000), a_record(9, ListPrice=480_000, PhotosCount=3))
    await feeds.quiet_times.end_due()
    assert len(await feeds.told()) == 1

    feeds.clock.time += QUIET
    assert await feeds.quiet_times.end_due() == 1
    record, facts = await feeds.state()
    assert '"ListPrice":480000' in record
    assert _facts(facts)[1:] == [("Price Change", 500_000, 480_000)]
    assert [change.sequence for change in await feeds.told()] == [1, 2]


async def test_a_change_and_back_within_the_quiet_time_is_none(feeds: Feeds) -> None:
    await feeds.take(a_record(), a_record(5, ListPrice=490_000), a_record(9))
    feeds.clock.time += QUIET

    assert await feeds.quiet_times.end_due() == 0
    assert len(await feeds.told()) == 1


async def test_a_repeated_record_changes_nothing(feeds: Feeds) -> None:
    records = [a_record(), a_record(60, ListPrice=490_000)]
    assert await feeds.take(*records, records[0]) == [True, True, False]
    before = await feeds.state(), await feeds.told()

    assert await feeds.take(*records) == [False, False]

    assert (await feeds.state(), await feeds.told()) == before


async def test_an_older_fact_is_not_told_after_a_newer_one(feeds: Feeds) -> None:
    await feeds.take(a_record(0), a_record(200, ListPrice=450_000))
    assert await feeds.take(a_record(100, StandardStatus="Pending")) == [True]

    _, facts = await feeds.state()
    assert [kind for kind, _, _ in _facts(facts)] == ["New Listing", "Pending", "Back On Market", "Price Change"]
    # The second one was another change, as is known now. The price that was told is the newest all the same.
    assert [(change.sequence, change.superseded_at is None) for change in await feeds.told()] == [(1, True), (2, False)]


async def test_numbers_are_in_the_order_of_commits(feeds: Feeds) -> None:
    """A reader that goes on after the highest number it saw misses none, however many write at once."""
    seen: list[int] = []

    async def write(writer: int) -> None:
        for turn in range(4):
            await feeds.take(*(a_record(turn * 60, key=f"{writer}-{one}", ListPrice=turn + 1) for one in range(3)))

    async def follow() -> None:
        while len(seen) < 96:
            seen.extend(n for change in await feeds.told() if (n := change.sequence or 0) > (seen[-1] if seen else 0))

    await asyncio.gather(follow(), *(write(writer) for writer in range(8)))

    assert seen == list(range(1, 97))


async def test_writers_of_the_same_listings_do_not_deadlock(feeds: Feeds) -> None:
    keys = [str(one) for one in range(20)]

    async def write(turn: int) -> None:
        order = keys[turn:] + keys[:turn] if turn % 2 else keys[::-1]
        await feeds.take(*(a_record(turn * 60, key=key, ListPrice=turn + 1) for key in order))

    await asyncio.gather(*(write(turn) for turn in range(8)))

    for key in keys:
        assert '"ListPrice":8' in (await feeds.state(key))[0]
        assert len((await feeds.state(key))[1]) == 8


async def test_a_listing_that_left_the_market_long_ago_is_deleted(feeds: Feeds) -> None:
    await feeds.take(a_record(0, key="old", StandardStatus="Closed"), a_record(0, key="on"))
    await feeds.take(a_record(900, key="new", StandardStatus="Closed"))

    async with feeds.database.transaction() as connection:
        assert await queries.remove_old(connection, until=START + QUIET, limit=10) == 1

    async with feeds.database.reading() as connection:
        left = [key for key in ("old", "on", "new") if await queries.find(connection, key)]
        versions = (await connection.execute(select(table_of(ListingVersion).c.listing_id))).all()
        changes = (await connection.execute(select(table_of(ListingChange).c.listing_id))).all()
    assert (left, len(versions), len(changes)) == (["on", "new"], 2, 2)


async def test_a_damaged_row_does_not_hold_up_the_others(feeds: Feeds) -> None:
    for key in ("1", "2"):
        await feeds.take(a_record(key=key), a_record(5, key=key, ListPrice=490_000))
    listings, homes = table_of(Listing), table_of(Property)
    first = select(listings.c.property_id).where(listings.c.listing_key == "1")
    async with feeds.database.transaction() as connection:
        await connection.execute(homes.update().where(homes.c.id.in_(first)).values(progress="{}"))
    feeds.clock.time += QUIET

    assert await feeds.quiet_times.end_due() == 1

    assert len((await feeds.state("2"))[1]) == 2
    assert await feeds.quiet_times.end_due() == 0


_statuses = strategies.sampled_from(["Active", "Pending", "Withdrawn", "Coming Soon", "Delete", "Incomplete"])
_houses = strategies.sampled_from([None, [], [{"OpenHouseKey": "1", "OpenHouseDate": "2026-12-01"}]])
_records = strategies.builds(
    lambda at, status, price, houses: a_record(at, StandardStatus=status, ListPrice=price, OpenHouse=houses),
    # Often the same time, which contradicts, and often within a quiet time.
    strategies.sampled_from([0, 0, 10, 20, 29, 30, 31, 45, 60, 75, 90, 300, 310]),
    _statuses,
    strategies.sampled_from([400_000, 500_000]),
    _houses,
)
_cases = strategies.lists(_records, min_size=2, max_size=7).flatmap(
    lambda records: strategies.tuples(
        strategies.just(records),
        strategies.permutations(records + records[:2]),
        strategies.lists(strategies.booleans(), min_size=9, max_size=9),
    )
)


@pytest.mark.parametrize("feeds", ["sqlite"], indirect=True)
async def test_the_same_records_in_any_order_end_in_the_same_state_and_facts(feeds: Feeds) -> None:
    """Once together in the order of the feed's clock; then in any order, some twice, with ends of quiet times between.

    Real time passes between them as it likes: a quiet time may end before a record of it comes.
    """
    loop = asyncio.get_running_loop()

    @settings(budget(share=3))
    @given(_cases)
    def check(case: tuple[list[Record], list[Record], list[bool]]) -> None:
        asyncio.run_coroutine_threadsafe(_compare(feeds, *case), loop).result()

    await asyncio.to_thread(check)


async def _compare(feeds: Feeds, records: list[Record], shuffled: list[Record], pauses: list[bool]) -> None:
    await feeds.forget()
    await feeds.take(*records)
    await feeds.end_quiet_times()
    expected = await feeds.state()

    await feeds.forget()
    for record, pause in zip(shuffled, pauses, strict=False):
        await feeds.take(record)
        if pause:
            await feeds.end_quiet_times()
    await feeds.end_quiet_times()

    assert await feeds.state() == expected
