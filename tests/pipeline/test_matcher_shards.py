"""Matchers that share users out among shards: each user is told once, however they are divided, on each store."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import update

from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.supervise import Supervisor, end
from property_alert_notification.database import table_of
from property_alert_notification.homes.alerts.match_log.queries import entries_after
from property_alert_notification.homes.alerts.matcher import Matcher
from property_alert_notification.homes.alerts.models import MatcherLease
from property_alert_notification.homes.alerts.shards import keeper, queries, rules
from property_alert_notification.homes.alerts.shards.keeper import ShardKeeper
from property_alert_notification.homes.alerts.shards.shard import Shard
from property_alert_notification.homes.saved_searches.words import ScheduleType
from property_alert_notification.matcher import create_searches
from tests.pipeline.homes import Homes, a_home, a_matcher, up_to
from tests.pipeline.test_alert_crashes import Killed, Statements, lease_runs_out
from tests.pipeline.test_alert_digests import near
from tests.pipeline.test_alerts import alerts
from tests.pipeline.world import World, eventually

USERS = range(1, 13)
PRICES = {"A": 300_000, "B": 500_000, "C": 700_000, "D": 450_000, "E": 650_000}


def limit_of(user: int) -> int:
    return 200_000 + user * 50_000


def expected(*homes: str, users: Sequence[int] = USERS) -> list[tuple[int, str]]:
    """Who hears of which of these homes, by comparing their price with the limit of each search."""
    return sorted(
        (user, f"New listing: {home} Pinehurst Way NE")
        for home in homes
        for user in users
        if PRICES[home] <= limit_of(user)
    )


async def many_users(world: World, homes: Homes, schedule: ScheduleType = ScheduleType.ASAP) -> None:
    for user in USERS:
        await world.a_user(user)
        await homes.search(user, up_to(limit_of(user)), schedule=schedule)


async def offered(homes: Homes, *keys: str) -> None:
    await homes.list(*(a_home(key=key, ListPrice=PRICES[key]) for key in keys))


async def divided(homes: Homes, parts: int) -> list[Matcher]:
    """Matchers for so many shards, after those before have stopped."""
    await lease_runs_out(homes)
    async with homes.database.transaction() as connection:
        assert await queries.divide(connection, parts, now=homes.clock.now())
        rows = await queries.shards(connection)
    assert [row.shard.share.parts for row in rows] == [parts] * parts
    return [a_matcher(homes.database, homes.planner, row.shard) for row in rows]


async def run(*matchers: Matcher) -> None:
    """Let these match all that waits, in turn."""
    for matcher in matchers:
        while await matcher.turn() == 0:
            pass


async def test_each_user_is_told_once_however_they_are_divided(world: World, homes: Homes) -> None:
    await many_users(world, homes)
    await offered(homes, "A")
    await homes.match()

    four = await divided(homes, 4)
    await offered(homes, "B")
    await run(*four[:2])
    async with homes.database.reading() as connection:
        read = [number for number, *_ in await entries_after(connection, 0, limit=100)]
        assert len(read) == 1, "the log is read up to what all shards have matched"
    statements = Statements(homes.database)
    with statements.ended_at(12), suppress(Killed):
        await run(four[2])
    assert statements.count == 12
    await homes.change_search(11, None)
    await offered(homes, "C")
    await run(four[0])

    two = await divided(homes, 2)
    await offered(homes, "D")
    await asyncio.gather(*map(run, two))
    await run(homes.matcher, *four)
    one = await divided(homes, 1)
    await offered(homes, "E")
    await run(*one)

    paused = USERS[11]
    told = expected("A", "B", "C", "D", "E", users=USERS[:11]) + expected("A", "B", users=[paused])
    assert sorted(await alerts(homes)) == sorted(told)


async def test_what_waits_for_a_digest_is_told_once_however_users_are_divided(world: World, homes: Homes) -> None:
    await many_users(world, homes, ScheduleType.DAILY)
    await offered(homes, "A")
    await homes.match()
    four = await divided(homes, 4)
    await offered(homes, "B")
    await run(*four)
    await near(homes)
    four[0]._digests_at = 0
    await run(four[0])
    of_first = [user for user in USERS if user % 4 == 0]
    assert sorted(await alerts(homes)) == expected("A", "B", users=of_first)

    await offered(homes, "C")
    await run(*four[1:])
    two = await divided(homes, 2)
    await run(*two)
    await near(homes)
    for matcher in two:
        matcher._digests_at = 0
    await run(*two)
    assert sorted(await alerts(homes)) == expected("A", "B", "C")


async def test_a_shard_that_has_ended_can_be_taken_no_more(world: World, homes: Homes) -> None:
    await many_users(world, homes)
    await homes.match()
    await divided(homes, 2)
    await offered(homes, "A")
    assert await homes.matcher.turn() > 0
    assert await homes.matcher.turn() > 0
    assert await alerts(homes) == []


async def test_shards_are_locked_also_by_who_waited_while_users_were_divided_anew(world: World, homes: Homes) -> None:
    async def locked() -> list[int]:
        async with homes.database.transaction() as connection:
            return [row.shard.share.parts for row in await queries.shards(connection, lock=True)]

    async with homes.database.transaction() as connection:
        assert await queries.divide(connection, 2, now=homes.clock.now())
        waiting = asyncio.create_task(locked())
        done, _ = await asyncio.wait({waiting}, timeout=0.3)
        assert not done
    assert await waiting == [2, 2]


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes look at shards often, and leave free ones to others for a moment only."""
    monkeypatch.setattr(keeper, "EVERY", 0.1)
    monkeypatch.setattr(rules, "PATIENCE", timedelta(seconds=0.2))


class Process:
    """The matchers of one process."""

    def __init__(self, homes: Homes, shards: int) -> None:
        self._homes = homes
        self.metrics = metrics = Metrics()
        self.supervisor = Supervisor(metrics)
        self.keeper = ShardKeeper(
            homes.database,
            homes.clock,
            metrics,
            self.supervisor,
            shards=shards,
            create_matcher=self._create,
        )
        self._task = self.supervisor.start("matcher_shards", self.keeper.run)

    def _create(self, shard: Shard, holder: UUID) -> Matcher:
        return Matcher(
            self._homes.database,
            self._homes.planner,
            self.metrics,
            shard=shard,
            holder=holder,
            create_searches=create_searches,
            wake=lambda: None,
        )

    async def stop(self) -> None:
        await end(self._task)


async def shares(homes: Homes) -> list[int]:
    """How many shards each process holds."""
    async with homes.database.reading() as connection:
        rows = await queries.shards(connection)
    now = homes.clock.now()
    holders = [row.holder for row in rows if row.is_held(now)]
    return sorted(holders.count(one) for one in set(holders))


async def all_told(homes: Homes, *keys: str) -> bool:
    return sorted(await alerts(homes)) == expected(*keys)


@pytest.mark.usefixtures("hasty")
async def test_two_processes_share_four_shards_and_one_goes_on_alone(
    world: World, homes: Homes, monkeypatch: pytest.MonkeyPatch
) -> None:
    await many_users(world, homes)
    first = Process(homes, 4)
    await eventually(partial(holds, homes, [4]))
    second = Process(homes, 4)
    await eventually(partial(holds, homes, [2, 2]))
    await offered(homes, "A", "B")
    await eventually(partial(all_told, homes, "A", "B"))

    # The process is killed: it ends no lease. Its leases run out at once, so that the test need not wait for that.
    with monkeypatch.context() as patch:
        patch.setattr(Matcher, "_end_lease", do_nothing)
        await first.stop()
    await leases_of_the_dead_run_out(homes, second)
    await offered(homes, "C", "D")
    await eventually(partial(all_told, homes, "A", "B", "C", "D"))
    assert await shares(homes) == [4]
    await second.stop()
    assert await shares(homes) == []


@pytest.mark.usefixtures("hasty")
async def test_a_process_is_not_behind_on_a_shard_that_it_gave_away(world: World, homes: Homes) -> None:
    first = Process(homes, 2)
    await eventually(partial(holds, homes, [2]))
    for part in range(2):
        first.metrics.matcher_behind.labels(part).set(50_000)
    second = Process(homes, 2)
    await eventually(partial(holds, homes, [1, 1]))
    await first.stop()
    await second.stop()

    behind = [
        first.metrics.registry.get_sample_value("property_alerts_matcher_behind", {"shard": part}) for part in "01"
    ]
    assert behind == [0, 0]


async def holds(homes: Homes, wanted: list[int]) -> bool:
    return await shares(homes) == wanted


async def do_nothing(_matcher: Matcher) -> None:
    """The process is gone."""


async def leases_of_the_dead_run_out(homes: Homes, alive: Process) -> None:
    matchers = table_of(MatcherLease)
    async with homes.database.transaction() as connection:
        dead = update(matchers).where(matchers.c.holder != alive.keeper._me)
        await connection.execute(dead.values(leased_until=None))


@pytest.mark.usefixtures("hasty")
async def test_a_process_with_another_number_of_shards_waits_for_the_others_to_stop(world: World, homes: Homes) -> None:
    await many_users(world, homes)
    await homes.match()
    other = Process(homes, 3)
    for _ in range(2):
        await other.keeper.turn()
    assert await shares(homes) == [1]
    await offered(homes, "A")
    await homes.match()
    assert await all_told(homes, "A")

    await homes.matcher._end_lease()
    await eventually(partial(holds, homes, [3]))
    await offered(homes, "B")
    await eventually(partial(all_told, homes, "A", "B"))
    await other.stop()
