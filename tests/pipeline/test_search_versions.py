"""Saved searches on each store: which version of a search sees which change of a listing."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import select, update

from property_alert_notification.base.settings import Settings
from property_alert_notification.database import Database, run_within, table_of
from property_alert_notification.homes.listings.queries import take_numbers
from property_alert_notification.homes.matching.packed import is_sealed
from property_alert_notification.homes.saved_searches import queries, scripts
from property_alert_notification.homes.saved_searches.models import SavedSearch, SavedSearchVersion
from property_alert_notification.homes.saved_searches.targets.queries import targets_of
from property_alert_notification.homes.saved_searches.versions import queries as versions
from property_alert_notification.homes.saved_searches.versions.queries import CurrentVersion
from tests.services.clock import SameDay

NOW = datetime(2026, 11, 1, 9, tzinfo=UTC)
State = dict[int, CurrentVersion]


class Searches:
    """A store with searches."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = SameDay()

    async def save(self, user_id: int = 1) -> SavedSearch:
        async with self.database.transaction() as connection:
            person = await run_within(connection, scripts.lock_person(user_id))
            search = SavedSearch(
                id=self.clock.new_id(),
                person=person,
                user_id=user_id,
                name="Near work",
                version=1,
                query_type="$filter",
                query="BedroomsTotal ge 3",
                expression='["and"]',
                schedule_type="ASAP",
                daily_schedule="",
                change_types="New Listing,Price Change",
                active=True,
                warnings="",
                created_at=NOW,
                changed_at=NOW,
            )
            assert await run_within(connection, scripts.add(search, limit=100))
        return search

    async def edit(self, search: SavedSearch) -> None:
        search.version += 1
        search.active = True
        async with self.database.transaction() as connection:
            await run_within(connection, scripts.begin_version(search, scripts.replace(search)))

    async def end(self, search: SavedSearch, now: datetime = NOW) -> None:
        search.version += 1
        search.active = False
        async with self.database.transaction() as connection:
            await run_within(connection, scripts.end_version(search, scripts.replace(search), now=now))

    async def change_a_listing(self) -> int:
        async with self.database.transaction() as connection:
            return await take_numbers(connection, 1)

    async def at(self, sequence: int) -> State:
        async with self.database.reading() as connection:
            parts = [part async for part in versions.versions_at(connection, sequence)]
        return {one.number: one._replace(packed=None) for part in parts for one in part}

    async def replayed(self, sequence: int, *, limit: int) -> dict[int, State]:
        """The state after each number, by reading edits in parts from the beginning."""
        states: dict[int, State] = {}
        state: State = {}
        after, done = -1, False
        while not done:
            async with self.database.reading() as connection:
                edits = await versions.versions_after(connection, after, limit)
            for edit in edits:
                state = {number: one for number, one in state.items() if number != edit.number}
                state |= {} if edit.version is None else {edit.number: edit.version}
                states[edit.sequence] = state
                after = edit.sequence
            done = len(edits) < limit
        last: State = {}
        return {number: (last := states.get(number, last)) for number in range(1, sequence + 1)}


@pytest.fixture(params=["sqlite", "postgresql"])
async def searches(
    request: pytest.FixtureRequest, tmp_path: Path, migrated_sqlite: Callable[[Path], str]
) -> AsyncIterator[Searches]:
    if request.param == "sqlite":
        url = migrated_sqlite(tmp_path / "searches.db")
    else:
        url = request.getfixturevalue("migrated_postgres_url")
    database = Database(Settings(database_url=url).database_url, wait=30)
    yield Searches(database)
    await database.close()


async def test_a_search_sees_the_changes_between_its_begin_and_its_end(searches: Searches) -> None:
    before = await searches.change_a_listing()
    search = await searches.save()
    first = await searches.change_a_listing()
    await searches.edit(search)
    second = await searches.change_a_listing()
    await searches.end(search)
    third = await searches.change_a_listing()

    seen = [{one.version for one in (await searches.at(at)).values()} for at in (before, first, second, third)]
    assert seen == [set(), {1}, {2}, set()]


async def test_edits_one_by_one_lead_to_what_a_moment_shows(searches: Searches) -> None:
    chance = Random(13)
    saved = [await searches.save(user_id=number % 3) for number in range(4)]
    for _ in range(30):
        search = chance.choice(saved)
        match chance.randrange(4):
            case 0:
                await searches.change_a_listing()
            case 1 if search.active:
                await searches.end(search)
            case _:
                await searches.edit(search)
    last = await searches.change_a_listing()

    replayed = await searches.replayed(last, limit=3)

    assert replayed == {number: await searches.at(number) for number in range(1, last + 1)}
    assert len(replayed[last]) == sum(search.active for search in saved)


async def test_a_version_is_saved_with_its_packed_form_which_goes_with_its_expression(searches: Searches) -> None:
    mine, ended, erased = [await searches.save() for _ in range(3)]

    async with searches.database.reading() as connection:
        [part] = [part async for part in versions.versions_at(connection, 2**62)]
    assert all(is_sealed(one.packed, one.expression) for one in part)
    await searches.end(ended)

    table = table_of(SavedSearchVersion)
    gone = update(table).where(table.c.search_number == erased.number).values(expression="", packed=None)
    async with searches.database.transaction() as connection:
        await connection.execute(gone)
        await versions.store_packed(connection, [(one, b"late") for one in part])
        rows = await connection.execute(select(table.c.search_number, table.c.packed))
    assert dict(rows.all()) == {mine.number: b"late", ended.number: None, erased.number: None}


async def test_a_moment_is_read_in_parts(searches: Searches, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = [await searches.save() for _ in range(5)]
    monkeypatch.setattr(versions, "AT_ONCE", 2)

    async with searches.database.reading() as connection:
        parts = [part async for part in versions.versions_at(connection, 2**62)]

    assert [[one.number for one in part] for part in parts] == [
        [saved[0].number, saved[1].number],
        [saved[2].number, saved[3].number],
        [saved[4].number],
    ]


async def test_searches_saved_at_once_are_numbered_without_gaps_and_share_the_number_of_their_user(
    searches: Searches,
) -> None:
    saved = await asyncio.gather(*(searches.save(user_id=number % 2) for number in range(8)))

    assert sorted(one.number for one in saved) == [*range(1, 9)]
    assert len({(one.user_id, one.person) for one in saved}) == 2
    edits = await searches.replayed(8, limit=100)
    assert {len(state) for state in edits.values()} == {*range(1, 9)}


async def test_whom_a_search_alerts_is_read_by_its_number(searches: Searches) -> None:
    search = await searches.save(user_id=7)
    async with searches.database.reading() as connection:
        targets = await targets_of(connection, [search.number, 999])
        people = await versions.numbers_of(connection, [7, 8])

    assert [*targets] == [search.number]
    target = targets[search.number]
    assert (target.number, target.name, target.user_id, target.version) == (search.number, search.name, 7, 1)
    assert (target.schedule_type, target.daily_schedule, target.channels) == ("ASAP", (), None)
    assert (target.active, target.concierge) == (True, False)
    assert people == {7: search.person}


async def test_the_searches_of_a_user_end_together_and_those_of_others_stay(searches: Searches) -> None:
    mine, paused, other = await searches.save(), await searches.save(), await searches.save(user_id=2)
    await searches.end(paused)

    async with searches.database.transaction() as connection:
        ended = [await queries.end_all(connection, user_id, now=NOW) for user_id in (1, 3)]

    assert ended == [1, 0]
    assert [*(await searches.at(2**62))] == [other.number]
    async with searches.database.reading() as connection:
        edits = await versions.versions_after(connection, 4, 10)
    assert [(edit.number, edit.version) for edit in edits] == [(mine.number, None)]


async def test_versions_that_ended_long_ago_are_deleted(searches: Searches) -> None:
    old, young, current = [await searches.save() for _ in range(3)]
    await searches.end(old, NOW - timedelta(days=2))
    await searches.end(young)
    before = await searches.change_a_listing()

    async with searches.database.transaction() as connection:
        removed = [await queries.remove_old(connection, until=NOW - timedelta(days=1), limit=10) for _ in range(2)]

    assert removed == [1, 0]
    assert [*(await searches.at(3))] == [young.number, current.number]
    assert [*(await searches.at(before))] == [current.number]
