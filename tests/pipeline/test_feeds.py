"""Replication of a feed on each store, from the small RESO server over real HTTP."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import make_url, select
from sqlalchemy.exc import IntegrityError

from property_alert_notification.base.errors import StoreUnavailable
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.settings import Settings
from property_alert_notification.database import Database, table_of
from property_alert_notification.homes.feeds import queries
from property_alert_notification.homes.feeds.entity_events import Event
from property_alert_notification.homes.feeds.lease import LEASE, kept
from property_alert_notification.homes.feeds.models import FeedEvent, FeedPosition
from property_alert_notification.homes.feeds.replicate import IDLE, STANDBY, FeedReplicator
from property_alert_notification.homes.feeds.rounds import LOOKS
from property_alert_notification.homes.feeds.settings import FeedSettings
from property_alert_notification.homes.feeds.status import statuses
from property_alert_notification.homes.listings import queries as listing_queries
from property_alert_notification.homes.listings.intake import ListingIntake
from property_alert_notification.homes.listings.models import Listing
from property_alert_notification.homes.listings.received import Received, received
from property_alert_notification.homes.listings.settings import ListingSettings
from property_alert_notification.homes.reso.record import Feed, read
from property_alert_notification.reso_server.api import CLIENT_ID, CLIENT_SECRET, ResoServer, create_reso_server
from property_alert_notification.reso_server.market import Market
from tests.pipeline.feeds import a_record
from tests.services.clock import SameDay
from tests.services.serving import serving

START = datetime(2026, 11, 1, 9, tzinfo=UTC)


class ShiftedClock(SameDay):
    """The clock of all tests, which a test moves ahead."""

    ahead = timedelta()

    def now(self) -> datetime:
        return super().now() + self.ahead

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead.total_seconds()


class Replica:
    """A feed, its server and the store that follows it."""

    def __init__(self, database: Database, server: ResoServer, url: str) -> None:
        self.database = database
        self.server = server
        self.market = server.market
        self.clock = ShiftedClock()
        self._url = url
        self.metrics = Metrics()
        self.workers: list[FeedReplicator] = []

    def worker(self, **settings: Any) -> FeedReplicator:
        usual: dict[str, Any] = {
            "url": f"{self._url}/odata",
            "token_endpoint": f"{self._url}/oauth2/token",
            "client_id": CLIENT_ID,
            "client_secret": SecretStr(CLIENT_SECRET),
            "page_size": 2,
        }
        feed = FeedSettings.model_construct(**(FeedSettings.model_construct().model_dump() | usual | settings))
        made = FeedReplicator("mls", feed, ListingSettings(), self.database, self.clock, self.metrics, takes_all=True)
        self.workers.append(made)
        return made

    async def poll(self, worker: FeedReplicator) -> None:
        """Let the time between two polls pass, and replicate until nothing is left."""
        self.clock.ahead += timedelta(minutes=15)
        while await worker.turn() == 0.0:
            pass

    async def pass_seconds(self, worker: FeedReplicator, seconds: int) -> None:
        """Let time pass, too little for another poll."""
        for _ in range(seconds):
            self.clock.ahead += timedelta(seconds=1)
            await worker.turn()

    def put(self, key: str, minutes: float = 0, **fields: Any) -> int:
        at = (START + timedelta(minutes=minutes)).isoformat()
        usual = {"ListingKey": key, "ModificationTimestamp": at, "StandardStatus": "Active", "ListPrice": 500_000}
        return self.market.put(usual | fields)

    def put_each(self, count: int, *, apart: float = 0) -> None:
        """Put records with the keys 0, 1 and so on, with times that are as many minutes apart."""
        for number in range(count):
            self.put(str(number), minutes=number * apart)

    def put_open_house(self, key: str, listing_key: str, **fields: Any) -> int:
        at = self.clock.now().isoformat()
        usual = {"OpenHouseKey": key, "ListingKey": listing_key, "ModificationTimestamp": at}
        return self.market.put_open_house(usual | {"OpenHouseDate": "2026-12-06"} | fields)

    async def open_houses(self) -> dict[str, list[str]]:
        """The status of each open house of each listing, by the newest record."""
        found: dict[str, list[str]] = {}
        async with self.database.reading() as connection:
            for key in await self.statuses():
                [listing] = await listing_queries.find(connection, key)
                record = json.loads(await listing_queries.record_of(connection, listing))
                found[key] = [one["OpenHouseStatus"] for one in record.get("OpenHouse", ())]
        return found

    async def statuses(self) -> dict[str, str]:
        listings = table_of(Listing)
        async with self.database.reading() as connection:
            found = await connection.execute(select(listings.c.listing_key, listings.c.status))
        return {one.listing_key: one.status for one in found}

    async def position(self) -> FeedPosition:
        async with self.database.reading() as connection:
            return (await queries.positions(connection))[0]

    async def events(self) -> list[FeedEvent]:
        async with self.database.reading() as connection:
            found = await connection.execute(select(table_of(FeedEvent)))
        return [FeedEvent(**row) for row in found.mappings()]

    async def push(self, *events: Event, source: str = "mls") -> None:
        async with self.database.transaction() as connection:
            await queries.add_events(connection, source, events, now=self.clock.now())


@pytest.fixture(params=["sqlite", "postgresql"])
async def replica(
    request: pytest.FixtureRequest, tmp_path: Path, migrated_sqlite: Callable[[Path], str]
) -> AsyncIterator[Replica]:
    if request.param == "sqlite":
        url = migrated_sqlite(tmp_path / "feeds.db")
    else:
        url = request.getfixturevalue("migrated_postgres_url")
    server = ResoServer(Market([]), SameDay())
    database = Database(Settings(database_url=url).database_url, wait=30)
    async with serving(create_reso_server(server)) as address:
        replica = Replica(database, server, address)
        yield replica
        for worker in replica.workers:
            await worker.close()
    await database.close()


@pytest.mark.parametrize("method", ["timestamps", "events"])
async def test_all_records_are_loaded_and_then_what_changes(replica: Replica, method: str) -> None:
    for number in range(7):
        replica.put(str(number), minutes=number // 3)
    worker = replica.worker(method=method)

    await replica.poll(worker)
    loaded = await replica.statuses()
    replica.put("3", minutes=30, StandardStatus="Pending")
    replica.put("new", minutes=31)
    await replica.poll(worker)

    assert loaded == dict.fromkeys(map(str, range(7)), "Active")
    assert await replica.statuses() == loaded | {"3": "Pending", "new": "Active"}
    position = await replica.position()
    assert position.load_total == 7
    assert position.load_ended_at is not None


async def test_a_walk_that_was_interrupted_goes_on_where_it_was(replica: Replica) -> None:
    replica.put_each(9, apart=1)
    first = replica.worker()
    await first.turn()
    await first.turn()
    await first.close()
    asked = len(replica.server.requests)

    await replica.poll(replica.worker())

    assert len(await replica.statuses()) == 9
    begun = replica.server.requests[asked]
    assert "2026-11-01T09%3A02%3A00Z" in begun


async def test_an_event_that_becomes_visible_after_greater_ones_is_not_missed(replica: Replica) -> None:
    worker = replica.worker(method="events", overlap=1_800)
    await replica.poll(worker)
    late = replica.put("late", minutes=1)
    replica.market.hidden_events.add(late)
    record = replica.market.records["late"]
    replica.market.remove("late")
    replica.market.hidden_events.add(replica.market.last_sequence)
    for number in range(5):
        replica.put(str(number), minutes=2)
    await replica.poll(worker)
    assert "late" not in await replica.statuses()

    replica.market.hidden_events.clear()
    replica.market.store(record)
    await replica.poll(worker)

    assert "late" in await replica.statuses()
    for _ in range(4):
        await replica.poll(worker)
    position = await replica.position()
    assert position.reread_sequence == position.sequence == replica.market.last_sequence


async def test_a_record_that_the_server_has_no_more_is_a_deletion(replica: Replica) -> None:
    worker = replica.worker(method="events")
    replica.put("1")
    replica.put("2")
    await replica.poll(worker)

    replica.market.remove("1")
    await replica.poll(worker)
    deleted = await replica.statuses()
    replica.put("1", minutes=5)
    await replica.poll(worker)

    assert deleted == {"1": "Delete", "2": "Active"}
    assert await replica.statuses() == {"1": "Active", "2": "Active"}


@pytest.mark.parametrize(("method", "no_in"), [("events", False), ("events", True), ("timestamps", False)])
async def test_an_open_house_changes_its_listing_although_that_keeps_its_time(
    replica: Replica, method: str, no_in: bool
) -> None:
    replica.server.faults.no_in = no_in
    worker = replica.worker(method=method, expand="OpenHouse")
    replica.put_each(3)
    await replica.poll(worker)

    replica.put_open_house("1", "0")  # a number that is a ListingKey, too
    replica.put_open_house("b", "1")
    replica.put_open_house("c", "1")
    await replica.poll(worker)
    assert await replica.open_houses() == {"0": ["Active"], "1": ["Active", "Active"], "2": []}
    replica.put_open_house("b", "1", OpenHouseStatus="Canceled")
    replica.put_open_house("c", "1", OpenHouseStatus="Ended")
    await replica.poll(worker)
    assert await replica.open_houses() == {"0": ["Active"], "1": ["Canceled", "Ended"], "2": []}

    for sequence in [replica.market.remove(key) for key in ("0", "2")]:
        replica.market.hidden_events.add(sequence)
    replica.put_open_house("d", "2")
    replica.market.remove_open_house("1")
    await replica.poll(worker)
    assert set((await replica.statuses()).values()) == {"Active"}
    assert not any(event.due_at for event in await replica.events())

    await replica.poll(worker)
    asked = len(replica.server.requests)
    await replica.poll(worker)
    quiet = [one for one in replica.server.requests[asked:] if "/OpenHouse" in one]
    assert len(quiet) == (method == "timestamps")
    assert all("ModificationTimestamp%20gt" in one for one in quiet)


@pytest.mark.parametrize("replica", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("method", "status"), [("events", 403), ("events", 404), ("timestamps", 404)])
async def test_a_server_without_open_houses_is_rarely_asked_for_them(
    replica: Replica, method: str, status: int
) -> None:
    worker = replica.worker(method=method, expand="OpenHouse")
    replica.server.faults.no_open_houses = status
    replica.put("1")
    await replica.poll(worker)
    asked = len(replica.server.requests)

    for number in range(5):
        replica.put_open_house(str(number), "1")
        replica.put(f"1{number}", minutes=number)
    await replica.poll(worker)
    replica.put_open_house("6", "1")
    await replica.poll(worker)

    assert len(await replica.statuses()) == 6
    of_open_houses = [one for one in replica.server.requests[asked:] if "/OpenHouse" in one]
    assert len(of_open_houses) <= 5
    position = await replica.position()
    assert (position.failing_since, position.refused) == (None, 1)
    assert (position.last_refusal or "").startswith("OpenHouse: the server does not have this resource")
    assert not any(event.due_at for event in await replica.events())

    replica.server.faults.no_open_houses = None
    replica.clock.ahead += timedelta(hours=1)
    replica.put_open_house("7", "1")
    await replica.poll(worker)
    assert len((await replica.open_houses())["1"]) == 7


@pytest.mark.parametrize("replica", ["sqlite"], indirect=True)
async def test_a_record_that_one_feed_does_not_have_deletes_no_listing_of_another(replica: Replica) -> None:
    worker = replica.worker(method="events", source="A")
    replica.put("1", OriginatingSystemName="own")
    await replica.poll(worker)
    sent = [
        received(read(a_record(key=key, SourceSystemName=source), Feed(None, "USD"), replica.clock.now()))
        for key, source in (("1", "B"), ("7", "B"))
    ]
    async with replica.database.transaction() as connection:
        await ListingIntake(connection, replica.clock, ListingSettings().periods).take(sent)
    replica.put("7")
    replica.market.remove("7")
    replica.market.remove("1")
    await replica.poll(worker)

    listings = table_of(Listing)
    async with replica.database.reading() as connection:
        found = await connection.execute(select(listings.c.source, listings.c.listing_key, listings.c.status))
    assert set(map(tuple, found)) == {("own", "1", "Delete"), ("B", "1", "Active"), ("B", "7", "Active")}


@pytest.mark.parametrize("replica", ["sqlite"], indirect=True)
@pytest.mark.parametrize("times", [1, 3])
async def test_a_record_that_the_server_shows_again_counts_again(replica: Replica, times: int) -> None:
    worker = replica.worker(method="events")
    replica.put("1")
    await replica.poll(worker)

    for _ in range(times):
        replica.market.remove("1")
        await replica.poll(worker)
        assert await replica.statuses() == {"1": "Delete"}
        replica.put("1")  # of the same time as before
        await replica.poll(worker)
        assert await replica.statuses() == {"1": "Active"}


async def test_one_bad_record_does_not_stop_its_neighbours(replica: Replica) -> None:
    worker = replica.worker(method="events")
    await replica.poll(worker)
    replica.server.faults.bad_keys = ["2"]
    replica.put("1")
    replica.put("2")
    replica.put("3", ListPrice="450.000")
    replica.put("4")

    await replica.poll(worker)

    assert set(await replica.statuses()) == {"1", "4"}
    by_key = {event.record_key: event for event in await replica.events()}
    assert (by_key["2"].attempts, by_key["2"].error) == (1, "HTTP 500")
    assert by_key["3"].due_at is None
    assert by_key["3"].error == "ListPrice could be thousands or decimals: send it as a JSON number"
    position = await replica.position()
    assert (position.refused, position.failing_since) == (1, None)
    replica.server.faults.bad_keys = []
    await replica.poll(worker)
    assert set(await replica.statuses()) == {"1", "2", "4"}


async def test_a_record_that_cannot_be_stored_is_said_at_its_event(
    replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = replica.worker(method="events")
    await replica.poll(worker)
    for key in ("1", "2", "3"):
        replica.put(key)
    take = ListingIntake.take

    async def refuse(intake: ListingIntake, batch: Sequence[Received]) -> list[bool]:
        if any(one.record.listing_key == "2" for one in batch):
            raise ValueError("no store takes it")
        return await take(intake, batch)

    monkeypatch.setattr(ListingIntake, "take", refuse)
    await replica.poll(worker)

    assert set(await replica.statuses()) == {"1", "3"}
    errors = {event.record_key: (event.due_at, event.error) for event in await replica.events()}
    assert errors == {"1": (None, None), "2": (None, "cannot be stored"), "3": (None, None)}


async def test_stray_characters_of_a_refused_record_stop_nothing(replica: Replica) -> None:
    worker = replica.worker()
    replica.put("1\x00")
    replica.put("2")

    await replica.poll(worker)

    assert set(await replica.statuses()) == {"2"}
    assert ((await replica.position()).last_refusal or "").startswith("1: ListingKey must be")


async def test_a_server_without_in_is_asked_for_each_record(replica: Replica) -> None:
    worker = replica.worker(method="events")
    replica.server.faults.no_in = True
    await replica.poll(worker)
    replica.put_each(6)

    await replica.poll(worker)

    assert len(await replica.statuses()) == 6


@pytest.mark.parametrize("replica", ["sqlite"], indirect=True)
@pytest.mark.parametrize("has_no_in", [False, True])
async def test_a_record_outside_the_filter_of_the_feed_is_taken_by_no_event(replica: Replica, has_no_in: bool) -> None:
    worker = replica.worker(method="events", filter="PropertyType eq 'Residential'")
    replica.server.faults.no_in = has_no_in
    await replica.poll(worker)
    replica.put("house", PropertyType="Residential")
    replica.put("becomes land", PropertyType="Residential")
    await replica.poll(worker)
    assert await replica.statuses() == {"house": "Active", "becomes land": "Active"}

    replica.put("land", PropertyType="Land")
    replica.put("becomes land", 1, PropertyType="Land")
    await replica.poll(worker)

    assert await replica.statuses() == {"house": "Active", "becomes land": "Delete"}

    replica.server.faults.lost_index = True
    await replica.push(Event(70, "house"))
    await worker.turn()
    assert (await replica.statuses())["house"] == "Active"


@pytest.mark.parametrize("replica", ["sqlite"], indirect=True)
@pytest.mark.parametrize("status", [403, 503, 302, 401])
async def test_one_record_that_the_server_keeps_back_stops_no_other(replica: Replica, status: int) -> None:
    worker = replica.worker(method="events")
    replica.put("1")
    replica.put("2")
    await replica.poll(worker)
    replica.server.faults.key_statuses = {"1": status}
    replica.server.faults.no_in = True
    replica.market.remove("1")
    replica.put("2", 1, StandardStatus="Pending")
    replica.put("3")

    await replica.poll(worker)

    # What may not be seen any more is as good as gone.
    assert await replica.statuses() == {"1": "Delete" if status == 403 else "Active", "2": "Pending", "3": "Active"}
    assert (await replica.position()).failing_since is None
    assert sum(event.due_at is not None for event in await replica.events()) == (0 if status == 403 else 1)


@pytest.mark.parametrize("replica", ["sqlite"], indirect=True)
@pytest.mark.parametrize("no_in", [False, True])
async def test_a_server_that_answers_404_to_all_deletes_no_listing(replica: Replica, no_in: bool) -> None:
    worker = replica.worker(method="events")
    replica.put("1")
    replica.put("2")
    await replica.poll(worker)
    replica.server.faults.no_in = no_in
    replica.server.faults.status = 404
    replica.put("1", 1)
    await replica.push(Event(70, "1"), Event(71, "2"))

    await worker.turn()

    assert await replica.statuses() == {"1": "Active", "2": "Active"}
    assert (await replica.position()).last_error == "HTTP 404"
    assert [event.attempts for event in await replica.events()] == [0, 0, 0, 0]


@pytest.mark.parametrize("replica", ["sqlite"], indirect=True)
async def test_a_record_that_only_a_filter_shows_is_requested_again(replica: Replica) -> None:
    worker = replica.worker(method="events")
    replica.put("1")
    await replica.poll(worker)
    replica.server.faults.key_statuses = {"1": 404}
    await replica.push(Event(7, "1"))
    await worker.turn()
    replica.server.faults.empty_first = True
    await replica.push(Event(8, "1"))
    await worker.turn()
    assert await replica.statuses() == {"1": "Active"}
    replica.server.faults.empty_first = False
    replica.market.remove("1")

    await replica.poll(worker)

    assert await replica.statuses() == {"1": "Delete"}


@pytest.mark.parametrize("replica", ["sqlite"], indirect=True)
@pytest.mark.parametrize("no_in", [False, True])
async def test_a_server_that_answers_few_requests_at_a_time_is_read_to_the_end(replica: Replica, no_in: bool) -> None:
    worker = replica.worker(method="events")
    gone = [str(number) for number in range(6)]
    for key in gone:
        replica.put(key, minutes=int(key))
    await replica.poll(worker)
    replica.server.faults.no_in = no_in
    for key in gone:
        replica.market.remove(key)
    for number in range(6, 12):
        replica.put(str(number))

    failures = set()
    for _ in range(12):
        replica.server.faults.answers = 9
        await replica.poll(worker)
        failures.add((await replica.position()).failures)

    assert await replica.statuses() == dict.fromkeys(gone, "Delete") | {str(key): "Active" for key in range(6, 12)}
    assert failures <= {0, 1}  # it is asked again soon, since it answers some


async def test_a_server_that_is_overloaded_is_left_alone_as_long_as_it_says(replica: Replica) -> None:
    worker = replica.worker()
    replica.put("1")
    replica.server.faults.status, replica.server.faults.retry_after = 429, 120
    await replica.poll(worker)
    failing = await replica.position()
    asked = len(replica.server.requests)
    await worker.turn()

    assert len(replica.server.requests) == asked
    assert failing.last_error == "HTTP 429"
    assert failing.retry_at is not None
    assert failing.failing_since is not None
    assert failing.retry_at - failing.failing_since >= timedelta(seconds=120)
    replica.server.faults.status = None
    await replica.poll(worker)
    assert await replica.statuses() == {"1": "Active"}
    assert (await replica.position()).failing_since is None


@pytest.mark.parametrize("replica", ["sqlite"], indirect=True)
@pytest.mark.parametrize("seconds", [99_999_999, 300_000_000_000])
async def test_a_server_that_asks_for_years_is_asked_again_within_an_hour(replica: Replica, seconds: int) -> None:
    worker = replica.worker()
    replica.put("1")
    replica.server.faults.status, replica.server.faults.retry_after = 429, seconds
    await worker.turn()
    replica.server.faults.status = None
    replica.clock.ahead += timedelta(hours=1)

    await replica.poll(worker)

    assert await replica.statuses() == {"1": "Active"}


async def test_a_token_that_ends_early_is_replaced(replica: Replica) -> None:
    worker = replica.worker()
    replica.put("1")
    await replica.poll(worker)
    replica.server.forget_tokens()
    replica.put("2", minutes=1)

    await replica.poll(worker)

    assert len(await replica.statuses()) == 2
    assert (await replica.position()).failing_since is None


async def test_a_link_to_another_host_is_not_followed_and_its_page_is_stored(replica: Replica) -> None:
    worker = replica.worker()
    replica.put_each(5)
    replica.server.faults.foreign_links = True

    await replica.poll(worker)

    assert "another host" in str((await replica.position()).last_error)
    assert len(await replica.statuses()) == 2


async def test_links_in_a_circle_are_said_and_end(replica: Replica) -> None:
    replica.put_each(5)
    replica.server.faults.links_in_a_circle = True

    await replica.poll(replica.worker())

    assert "a page before it" in str((await replica.position()).last_error)
    assert len(await replica.statuses()) == 5


@pytest.mark.parametrize("fault", ["foreign_links", "links_in_a_circle"])
async def test_events_are_followed_by_their_sequences_where_the_links_are_wrong(replica: Replica, fault: str) -> None:
    worker = replica.worker()
    await replica.poll(worker)
    replica.put_each(5, apart=1)
    setattr(replica.server.faults, fault, True)

    await replica.poll(worker)

    assert len(await replica.statuses()) == 5


async def test_a_server_that_compresses_unasked_is_understood(replica: Replica) -> None:
    replica.put("1")
    replica.server.faults.gzip = True

    await replica.poll(replica.worker())

    assert await replica.statuses() == {"1": "Active"}


async def test_a_server_without_links_is_asked_for_the_rest(replica: Replica) -> None:
    replica.put_each(5)
    replica.server.faults.no_links = True

    await replica.poll(replica.worker())

    assert len(await replica.statuses()) == 5


@pytest.mark.parametrize("replica", ["sqlite"], indirect=True)
@pytest.mark.parametrize("no_links", [False, True])
async def test_records_of_one_time_that_fill_their_pages_are_read_once(replica: Replica, no_links: bool) -> None:
    replica.put_each(6)
    replica.server.faults.no_links = no_links

    await replica.poll(replica.worker())

    position = await replica.position()
    assert len(await replica.statuses()) == 6
    assert (position.failures, position.last_error) == (0, None)
    assert position.load_ended_at is not None


@pytest.mark.parametrize("replica", ["sqlite"], indirect=True)
@pytest.mark.parametrize("method", ["timestamps", "events"])
@pytest.mark.parametrize("fault", ["no_links", "short_names"])
async def test_a_server_that_gives_fewer_records_than_it_is_asked_for_is_read_to_the_end(
    replica: Replica, method: str, fault: str
) -> None:
    for number in range(25):
        replica.put(str(number), minutes=number / 60)
    replica.server.faults.limit = 10
    setattr(replica.server.faults, fault, True)
    worker = replica.worker(method=method, page_size=100)
    await replica.poll(worker)
    assert len(await replica.statuses()) == 25

    for number in range(25, 50):
        replica.put(str(number), minutes=number / 60)
    await replica.poll(worker)

    assert len(await replica.statuses()) == 50


@pytest.mark.parametrize("replica", ["sqlite"], indirect=True)
async def test_a_text_that_is_no_text_is_read_as_far_as_it_is(replica: Replica) -> None:
    replica.put("1", City="Caf")
    replica.put("2")
    replica.server.faults.bad_texts = ["Caf"]

    await replica.poll(replica.worker())

    assert await replica.statuses() == {"1": "Active", "2": "Active"}
    assert (await replica.position()).refused == 0


@pytest.mark.parametrize("replica", ["sqlite"], indirect=True)
async def test_pages_that_cannot_be_read_are_read_but_for_the_bad_record(replica: Replica) -> None:
    for number in range(9):
        replica.put(str(number), minutes=number // 3)
    replica.server.faults.bad_keys = ["4"]

    await replica.poll(replica.worker(page_size=8))

    position = await replica.position()
    assert set(await replica.statuses()) == set("01235678")
    assert position.last_refusal == "that after 2026-11-01T09:01:00Z: cannot be read: HTTP 500"
    assert position.load_ended_at is not None


@pytest.mark.parametrize("replica", ["sqlite"], indirect=True)
async def test_a_feed_that_is_set_back_while_its_server_is_overloaded_begins_anew(replica: Replica) -> None:
    replica.put_each(8, apart=1)
    worker = replica.worker()
    await worker.turn()
    await worker.turn()
    replica.server.faults.status = 429
    await worker.turn()
    replica.put("early", minutes=-5)
    async with replica.database.transaction() as connection:
        await queries.rewind(connection, "mls", load_ended_at=None, modified_at=None, load_read=0)
    replica.server.faults.status = None
    replica.clock.ahead += LEASE * 0.6

    await replica.poll(worker)

    assert len(await replica.statuses()) == 9


async def test_a_server_that_always_answers_the_same_page_is_asked_no_more(replica: Replica) -> None:
    replica.put_each(4, apart=1)
    replica.server.faults.same_page = True

    await replica.poll(replica.worker())

    assert set(await replica.statuses()) == {"0", "1"}
    assert len(replica.server.requests) == 6  # three of the load, three of the first poll


async def test_a_body_that_breaks_off_stores_nothing(replica: Replica) -> None:
    replica.put("1")
    replica.server.faults.cut_body = True
    worker = replica.worker()
    await replica.poll(worker)
    assert (await replica.position()).last_error == "its answer is not JSON"

    replica.server.faults.cut_body = False
    await replica.poll(worker)

    assert await replica.statuses() == {"1": "Active"}


async def test_only_one_of_two_workers_replicates_a_feed(replica: Replica) -> None:
    replica.put("1")
    first, second = replica.worker(), replica.worker()
    await first.turn()
    asked = len(replica.server.requests)

    assert await second.turn() == STANDBY
    assert len(replica.server.requests) == asked
    await first.close()
    assert await second.turn() == 0.0


async def test_a_lease_is_kept_while_a_server_takes_its_time(replica: Replica) -> None:
    worker, other = replica.worker(), replica.worker()
    await worker.turn()
    position = await replica.position()
    before = position.leased_until

    async with kept(position, replica.database, replica.clock, every=0.001):
        replica.clock.ahead += LEASE
        while (await replica.position()).leased_until == before:
            pass
    assert await other.turn() == STANDBY

    replica.clock.ahead += LEASE  # and now its worker is killed
    assert await other.turn() == 0.0


@pytest.mark.parametrize("replica", ["sqlite"], indirect=True)
async def test_a_lease_is_renewed_when_the_store_is_back(replica: Replica) -> None:
    worker = replica.worker()
    await worker.turn()
    position = await replica.position()
    before = position.leased_until
    impatient = Database(replica.database.url, wait=0.05)
    path = make_url(replica.database.url).database or ""

    replica.clock.ahead += LEASE / 2
    with closing(sqlite3.connect(path, isolation_level=None)) as locked:
        async with kept(position, impatient, replica.clock, every=0.001):
            locked.execute("BEGIN IMMEDIATE")
            for _ in range(3):  # a renewal waits as long for the lock as this, and fails like this
                with pytest.raises(StoreUnavailable):
                    async with impatient.transaction():
                        pass
            assert (await replica.position()).leased_until == before
            locked.rollback()
            async with asyncio.timeout(30):
                while (await replica.position()).leased_until == before:
                    pass
    assert position.leased_until == (await replica.position()).leased_until
    await impatient.close()


async def test_a_worker_that_lost_its_lease_stores_nothing(replica: Replica) -> None:
    first, second = replica.worker(), replica.worker()
    await first.turn()
    replica.put("1")
    async with replica.database.transaction() as connection:
        await queries.rewind(connection, "mls", load_ended_at=None, modified_at=None)
    await second.turn()

    assert await first.turn() == IDLE
    position = await replica.position()
    assert await first.turn() == STANDBY
    assert (await replica.position()).fence == position.fence


async def test_pushed_events_are_taken_although_the_feed_is_polled(replica: Replica) -> None:
    worker = replica.worker(source="mls")
    await replica.poll(worker)
    replica.put("1")
    await replica.push(Event(7, "1"), Event(7, "1"), Event(9, "unknown"), source="Another")

    await worker.turn()

    assert await replica.statuses() == {"1": "Active"}
    assert [event.due_at for event in await replica.events()] == [None, None]


@pytest.mark.parametrize("replica", ["sqlite"], indirect=True)
async def test_a_feed_that_is_changed_to_events_reads_none_of_those_before(replica: Replica) -> None:
    replica.put_each(8, apart=1)
    await replica.poll(replica.worker())
    meanwhile = [f"meanwhile {number}" for number in range(4)]
    for key in meanwhile:
        replica.put(key, minutes=9)
    await replica.workers[0].close()
    path = make_url(replica.database.url).database or ""
    with closing(sqlite3.connect(path)) as store:
        store.execute(
            "CREATE TRIGGER no_load BEFORE UPDATE OF load_ended_at ON feed_positions "
            "BEGIN SELECT RAISE(ABORT, 'the worker ends'); END"
        )
        with pytest.raises(IntegrityError):
            await replica.worker(method="events", page_size=3).turn()
        store.execute("DROP TRIGGER no_load")
    await replica.workers[1].close()

    worker = replica.worker(method="events", page_size=3)
    await replica.poll(worker)
    before = await replica.events()
    replica.put("0", minutes=20, StandardStatus="Pending")
    await replica.poll(worker)

    assert await replica.statuses() == dict.fromkeys([*map(str, range(1, 8)), *meanwhile], "Active") | {"0": "Pending"}
    assert len(before) == 3  # as at the begin of a feed


@pytest.mark.parametrize("replica", ["sqlite"], indirect=True)
async def test_a_refused_record_counts_once_and_again_when_it_changes(replica: Replica) -> None:
    worker = replica.worker()
    replica.put("1", ListPrice="450.000")
    for _ in range(3):
        await replica.poll(worker)
    assert (await replica.position()).refused == 1

    replica.put("1", minutes=1, ListPrice="450.000")
    await replica.poll(worker)

    assert (await replica.position()).refused == 2


@pytest.mark.parametrize("replica", ["sqlite"], indirect=True)
async def test_what_was_read_again_after_the_overlap_is_not_read_once_more(replica: Replica) -> None:
    replica.put_each(6)
    worker = replica.worker()
    for _ in range(2):  # the load, and a poll after the overlap
        await replica.poll(worker)
    asked = len(replica.server.requests)
    await replica.poll(worker)
    assert len(replica.server.requests) == asked + 1
    assert "gt%202026-11-01T09%3A00%3A00Z" in replica.server.requests[-1]

    replica.put("6", minutes=10)
    await replica.poll(worker)
    replica.put("late", minutes=6)
    await replica.poll(worker)

    assert set(await replica.statuses()) == {*map(str, range(7)), "late"}


@pytest.mark.parametrize(
    ("replica", "answers"), [("sqlite", None), ("postgresql", None), ("sqlite", 8)], indirect=["replica"]
)
async def test_a_listing_that_the_server_has_no_more_is_found_although_nothing_says_so(
    replica: Replica, answers: int | None
) -> None:
    replica.put_each(6, apart=1)
    worker = replica.worker()
    replica.server.faults.no_in = answers is not None
    await replica.poll(worker)
    for key in ("2", "5"):
        replica.market.remove(key)
    await replica.poll(worker)
    assert set((await replica.statuses()).values()) == {"Active"}

    replica.clock.ahead += timedelta(hours=24)
    for _ in range(3):
        replica.server.faults.answers = answers
        await replica.poll(worker)

    assert [key for key, status in (await replica.statuses()).items() if status == "Delete"] == ["2", "5"]
    position = await replica.position()
    assert position.round_key is None
    assert position.round_began_at is not None
    asked = len(replica.server.requests)
    await replica.pass_seconds(worker, 10)  # the next round is tomorrow's
    assert len(replica.server.requests) == asked


@pytest.mark.parametrize("replica", ["sqlite"], indirect=True)
async def test_a_server_that_lost_most_listings_is_believed_a_day_later(replica: Replica) -> None:
    replica.put_each(4)
    lost = list(replica.market.records.values())[:3]

    async def poll_after(hours: int, worker: FeedReplicator) -> int:
        replica.clock.ahead += timedelta(hours=hours)
        await replica.poll(worker)
        await replica.pass_seconds(worker, 10)
        return (await replica.position()).round_doubts

    def lose() -> None:
        for record in lost:
            replica.market.remove(record["ListingKey"])

    first, second = replica.worker(page_size=100), replica.worker(page_size=100)
    await replica.poll(first)
    lose()
    assert await poll_after(24, first) == 1
    for record in lost:
        replica.market.store(record)
    assert await poll_after(1, first) == 0

    lose()
    assert await poll_after(24, first) == 1
    await first.close()
    assert await poll_after(0, second) == 1  # a worker that begins waits
    async with replica.database.transaction() as connection:
        await queries.advance(connection, await replica.position(), round_doubts=LOOKS - 2)
    assert await poll_after(1, second) == LOOKS - 1
    assert set((await replica.statuses()).values()) == {"Active"}
    [status] = await statuses(replica.database, replica.clock, {"mls": FeedSettings.model_construct()})
    assert status.problem.endswith("(24 of 25 looks)")

    assert await poll_after(1, second) == 0
    assert await replica.statuses() == dict.fromkeys("012", "Delete") | {"3": "Active"}
    assert (await replica.position()).round_key is None


@pytest.mark.parametrize("replica", ["sqlite"], indirect=True)
async def test_events_are_followed_while_all_records_are_read_again(replica: Replica) -> None:
    replica.put_each(8, apart=1)
    worker = replica.worker(method="events")
    await replica.poll(worker)
    async with replica.database.transaction() as connection:
        await queries.rewind(connection, "mls", load_ended_at=None, modified_at=None)
    replica.put("now", minutes=60)
    replica.clock.ahead += timedelta(minutes=1)

    for _ in range(4):
        await worker.turn()

    assert (await replica.position()).load_ended_at is None
    assert "now" in await replica.statuses()


@pytest.mark.parametrize("replica", ["sqlite"], indirect=True)
async def test_a_server_that_counts_its_events_anew_is_followed(replica: Replica) -> None:
    replica.market.last_sequence = 9_000_000
    worker = replica.worker(method="events")
    replica.put_each(4, apart=1)
    for _ in range(4):
        await replica.poll(worker)
    replica.market.last_sequence = 0
    replica.market.events.clear()
    replica.put("meanwhile", minutes=10)
    await replica.poll(worker)
    replica.clock.ahead += timedelta(hours=1)
    await replica.poll(worker)
    await replica.poll(worker)
    assert "meanwhile" in await replica.statuses()

    replica.put("0", minutes=20, StandardStatus="Pending")
    await replica.poll(worker)

    assert (await replica.statuses())["0"] == "Pending"
    assert (await replica.position()).sequence == replica.market.last_sequence


async def test_a_feed_that_is_set_back_reads_its_events_again(replica: Replica) -> None:
    worker = replica.worker(method="events")
    await replica.poll(worker)
    replica.put("1")
    await replica.poll(worker)
    changed = {"StandardStatus": "Pending", "ModificationTimestamp": "2026-11-02T09:00:00Z"}
    replica.market.store(replica.market.records["1"] | changed)

    async with replica.database.transaction() as connection:
        await queries.repeat_from(connection, "mls", 0, now=replica.clock.now())
        await queries.rewind(connection, "mls", sequence=0, marked_sequence=0, reread_sequence=0)
    await replica.poll(worker)

    assert await replica.statuses() == {"1": "Pending"}
