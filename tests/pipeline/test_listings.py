"""Records of feeds on each store: whatever the order in which they come, a listing ends in the same state and facts."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies
from sqlalchemy import delete, select

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.settings import Settings
from property_alert_notification.database import Database, table_of
from property_alert_notification.homes.listings import queries
from property_alert_notification.homes.listings.answers import facts_of
from property_alert_notification.homes.listings.intake import ListingIntake, received
from property_alert_notification.homes.listings.models import Listing, ListingChange, ListingPosition, ListingVersion
from property_alert_notification.homes.listings.quiet_times import QuietTimes
from property_alert_notification.homes.reso.record import Feed, read
from tests.fuzz.budget import budget

FEED = Feed(None, "USD")
START = datetime(2026, 11, 1, 9, tzinfo=UTC)
QUIET = timedelta(seconds=30)
Record = dict[str, Any]


class SetClock(Clock):
    """Shows the time that it is set to."""

    time = START

    def now(self) -> datetime:
        return self.time


class Feeds:
    """A store that takes records, at times that the test sets."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = SetClock()
        self.quiet_times = QuietTimes(database, self.clock, Metrics(), quiet=QUIET)

    async def take(self, *records: Record) -> list[bool]:
        batch = [received(read(record, FEED, self.clock.now())) for record in records]
        async with self.database.transaction() as connection:
            return await ListingIntake(connection, self.clock, QUIET).take(batch)

    async def end_quiet_times(self) -> None:
        """Let time pass until nothing waits."""
        async with self.database.reading() as connection:
            waits = select(table_of(Listing).c.id).where(table_of(Listing).c.due_at.is_not(None))
            while (await connection.execute(waits)).first():
                self.clock.time += QUIET
                await self.quiet_times.end_due()

    async def state(self, key: str = "1") -> tuple[str, list[Any]]:
        """The newest record, and the history, the oldest fact first."""
        async with self.database.reading() as connection:
            [listing] = await queries.find(connection, key)
            record = await queries.record_of(connection, listing)
            found = await queries.history_page(connection, listing.id, below=None, limit=1_000)
        return record, facts_of(found[::-1])

    async def told(self) -> list[ListingChange]:
        """The numbered changes, as a reader in the order of their numbers sees them."""
        changes = table_of(ListingChange)
        numbered = select(changes).where(changes.c.sequence.is_not(None)).order_by(changes.c.sequence)
        async with self.database.reading() as connection:
            return [ListingChange(**row) for row in (await connection.execute(numbered)).mappings()]

    async def forget(self) -> None:
        """Delete all."""
        self.clock.time = START
        async with self.database.transaction() as connection:
            for model in (ListingChange, ListingVersion, Listing, ListingPosition):
                await connection.execute(delete(table_of(model)))


@pytest.fixture(params=["sqlite", "postgresql"])
async def feeds(
    request: pytest.FixtureRequest, tmp_path: Path, migrated_sqlite: Callable[[Path], str]
) -> AsyncIterator[Feeds]:
    if request.param == "sqlite":
        url = migrated_sqlite(tmp_path / "listings.db")
    else:
        url = request.getfixturevalue("migrated_postgres_url")
    database = Database(Settings(database_url=url).database_url, wait=30)
    yield Feeds(database)
    await database.close()


def a_record(seconds: float = 0, *, key: str = "1", **fields: Any) -> Record:
    at = (START + timedelta(seconds=seconds)).isoformat()
    usual = {"ListingKey": key, "ModificationTimestamp": at, "StandardStatus": "Active", "ListPrice": 500_000}
    return usual | fields


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
    listings = table_of(Listing)
    async with feeds.database.transaction() as connection:
        await connection.execute(listings.update().where(listings.c.listing_key == "1").values(progress="{}"))
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
