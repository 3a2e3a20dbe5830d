"""A matcher that fails at any statement: nobody is told twice, and nobody is left out."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, func, select, update

from property_alert_notification.base.errors import CommitInDoubt
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.database import Database, table_of
from property_alert_notification.homes.alerts import batches
from property_alert_notification.homes.alerts.batches import Batches
from property_alert_notification.homes.alerts.matcher import LEASE, LeaseLost
from property_alert_notification.homes.alerts.models import MatcherLease
from property_alert_notification.homes.alerts.numbers import NONE
from property_alert_notification.matcher import create_searches
from property_alert_notification.notifications.models import Notification
from tests.pipeline.homes import Homes, a_home, a_matcher, up_to
from tests.pipeline.test_alerts import alerts
from tests.pipeline.world import World


class Killed(BaseException):
    """The process ends here."""


class Statements:
    """Counts the statements of a store, and ends the process at one of them."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine.sync_engine
        self.count = 0

    @contextmanager
    def ended_at(self, place: int) -> Iterator[None]:
        self.count = 0

        def run(*_: Any) -> None:
            self.count += 1
            if self.count == place:
                raise Killed

        event.listen(self._engine, "before_cursor_execute", run)
        try:
            yield
        finally:
            event.remove(self._engine, "before_cursor_execute", run)


async def lease_runs_out(homes: Homes) -> None:
    async with homes.database.transaction() as connection:
        await connection.execute(update(table_of(MatcherLease)).values(leased_until=None))


async def test_a_matcher_killed_at_any_statement_tells_everyone_once(world: World, homes: Homes) -> None:
    await world.a_user(1)
    await world.a_user(2)
    await homes.search(1, up_to(600_000))
    statements, place, prices = Statements(homes.database), 0, 0
    while True:
        place += 1
        await homes.search(2, up_to(100_000))
        await homes.list(a_home(place, ListPrice=500_000 - place))
        prices += 1
        doomed = a_matcher(homes.database, homes.planner)
        killed = True
        with statements.ended_at(place):
            try:
                while await doomed.turn() == 0:
                    pass
                killed = False
            except Killed:
                pass
        await lease_runs_out(homes)
        homes.matcher = a_matcher(homes.database, homes.planner)
        await homes.match()
        await lease_runs_out(homes)
        assert len(await alerts(homes)) == prices, place
        if not killed:
            break
    assert place > 15
    assert {user for user, _ in await alerts(homes)} == {1}


async def test_a_commit_in_doubt_tells_nobody_twice(
    world: World,
    homes: Homes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await world.a_user(1)
    await homes.search(1, up_to(600_000))
    await homes.match()
    await homes.list(a_home())
    tell = homes.matcher._commit

    async def commit_without_an_answer(*arguments: Any) -> None:
        await tell(*arguments)
        raise CommitInDoubt

    monkeypatch.setattr(homes.matcher, "_commit", commit_without_an_answer)
    with pytest.raises(CommitInDoubt):
        await homes.matcher.turn()
    monkeypatch.undo()
    await homes.match()
    assert len(await alerts(homes)) == 1


async def test_of_two_matchers_only_the_one_with_the_lease_commits(world: World, homes: Homes) -> None:
    await world.a_user(1)
    await homes.search(1, up_to(600_000))
    await homes.match()
    await homes.list(a_home())
    slow, homes.matcher = homes.matcher, a_matcher(homes.database, homes.planner)
    await lease_runs_out(homes)
    await asyncio.gather(homes.match(), slow.turn())
    assert await slow.turn() > 0
    async with homes.database.reading() as connection:
        assert (await connection.execute(select(func.count()).select_from(table_of(Notification)))).scalar() == 1


async def test_a_change_that_cannot_be_committed_is_left_out(
    world: World, homes: Homes, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.a_user(1)
    await homes.search(1, up_to(600_000))
    await homes.list(*(a_home(key=str(number)) for number in range(7)))
    submitter = homes.matcher._teller._submitter
    submit = submitter.submit

    async def refuse_the_third(connection: Any, wanted: Any) -> Any:
        if any(one.fields["ListingKey"] == "3" for one in wanted):
            raise ValueError("no store takes this")
        return await submit(connection, wanted)

    monkeypatch.setattr(submitter, "submit", refuse_the_third)
    await homes.match()
    told = sorted(title for _, title in await alerts(homes))
    assert told == [f"New listing: {number} Pinehurst Way NE" for number in (0, 1, 2, 4, 5, 6)]


async def test_nothing_is_left_out_when_nothing_can_be_committed(
    world: World, homes: Homes, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.a_user(1)
    await homes.search(1, up_to(600_000))
    await homes.list(a_home())
    with monkeypatch.context() as broken:
        broken.setattr(homes.matcher, "_advance", _raise)
        for _ in range(3):
            with pytest.raises(ValueError, match="always"):
                await homes.matcher.match() if homes.matcher._lease else await homes.matcher.turn()
    await homes.match()
    assert len(await alerts(homes)) == 1


async def _raise(*_: Any) -> None:
    raise ValueError("always")


async def test_two_matchers_that_lose_their_lease_keep_their_searches_and_go_on(world: World, homes: Homes) -> None:
    await world.a_user(1)
    number = await homes.search(1, up_to(600_000))
    other = a_matcher(homes.database, homes.planner)
    await homes.match()
    await other.turn()
    indexes = [homes.matcher._matching._searches, other._matching._searches]
    await homes.list(a_home(key="seen"))
    await homes.change_search(number, up_to(100_000))
    await homes.list(a_home(key="too dear"))
    for one, another in ((homes.matcher, other), (other, homes.matcher)):
        assert await one._is_ours()
        assert one._lease is not None
        found = await one._matching.next(one._lease.position, one._renew)
        assert found is not None
        one._batches = [found]
        await lease_runs_out(homes)
        assert await another._is_ours()
        assert await one.turn() > 0
    await homes.match()
    assert [homes.matcher._matching._searches, other._matching._searches] == indexes
    assert [title for _, title in await alerts(homes)] == ["New listing: seen Pinehurst Way NE"]


class _SlowClock:
    """A clock by which everything takes long."""

    def __init__(self) -> None:
        self._seconds = 0.0

    def monotonic(self) -> float:
        self._seconds += 0.2
        return self._seconds


async def test_a_slow_batch_has_fewer_numbers_and_renews_its_lease(world: World, homes: Homes) -> None:
    await world.a_user(1)
    await homes.search(1, up_to(600_000))
    await homes.list(*(a_home(key=str(number)) for number in range(20)))
    renewed = []

    async def renew() -> None:
        renewed.append(True)

    clock: Any = _SlowClock()
    matching = Batches(homes.database, clock, Metrics(), create_searches)
    position, found = 0, []
    await matching.follow(position)
    while (batch := await matching.next(position, renew)) is not None:
        found.append(len(batch.changes))
        position = batch.until
    assert sum(found) == 20
    assert len(renewed) >= len(found) > 3


async def test_a_change_that_is_matched_for_longer_than_a_lease_renews_it(
    world: World, homes: Homes, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.a_user(1)
    await homes.search(1, up_to(600_000))
    await homes.list(a_home())
    monkeypatch.setattr(batches, "PART", 0.01)
    renewals = threading.Semaphore(0)
    searches = create_searches()
    match = searches.match

    def match_slowly(fields: Any) -> Any:
        assert all(renewals.acquire(timeout=10) for _ in range(3))
        return match(fields)

    monkeypatch.setattr(searches, "match", match_slowly)

    async def renew() -> None:
        renewals.release()

    matching = Batches(homes.database, homes.clock, Metrics(), lambda: searches)
    await matching.follow(0)
    found = await matching.next(0, renew)
    assert found is not None
    assert len(found.changes) == 1


async def test_searches_are_not_used_while_a_thread_changes_them(
    world: World, homes: Homes, monkeypatch: pytest.MonkeyPatch
) -> None:
    await homes.search(1, up_to(600_000))
    await homes.list(a_home())
    monkeypatch.setattr(batches, "PART", 0.01)
    lost, ended = threading.Event(), threading.Event()
    searches = create_searches()

    def match_until_the_lease_is_lost(_: Any) -> Any:
        assert lost.wait(10)
        ended.set()
        return NONE

    monkeypatch.setattr(searches, "match", match_until_the_lease_is_lost)

    async def lose() -> None:
        lost.set()
        raise LeaseLost

    matching = Batches(homes.database, homes.clock, Metrics(), lambda: searches)
    await matching.follow(0)
    with pytest.raises(LeaseLost):
        await matching.next(0, lose)
    assert ended.is_set()


async def test_a_commit_that_takes_longer_than_a_lease_keeps_it(
    world: World, homes: Homes, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.a_user(1)
    await homes.search(1, up_to(600_000))
    await homes.match()
    await homes.list(a_home())
    tell, clock, late = homes.matcher._teller.tell, homes.matcher._clock, 2 * LEASE

    async def tell_slowly(*arguments: Any) -> Any:
        now, monotonic = clock.now, clock.monotonic
        monkeypatch.setattr(clock, "now", lambda: now() + late)
        monkeypatch.setattr(clock, "monotonic", lambda: monotonic() + late.total_seconds())
        return await tell(*arguments)

    monkeypatch.setattr(homes.matcher._teller, "tell", tell_slowly)
    assert await homes.matcher.turn() == 0
    assert await a_matcher(homes.database, homes.planner).turn() > 0
    assert homes.matcher._lease is not None
    await homes.matcher._renew()
    assert len(await alerts(homes)) == 1
