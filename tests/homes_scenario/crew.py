"""The matchers and the workers of the scenario, which are killed at any statement and replaced.

Users are divided into another number of shards now and then, while the matchers of the shards are at different places.
"""

import asyncio
from contextlib import AsyncExitStack, suppress
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import text

from property_alert_notification.homes.alerts.matcher import Matcher
from property_alert_notification.homes.alerts.shards import queries
from property_alert_notification.homes.alerts.shards.shard import WHOLE, Shard
from property_alert_notification.wiring import assemble
from tests.pipeline.homes import a_matcher
from tests.pipeline.test_alert_crashes import Killed, Statements
from tests.pipeline.world import World
from tests.scenario import observed
from tests.scenario.clock import ScenarioClock
from tests.scenario.workers import SteppedWorker, share_statements
from tests.services.process import PATIENCE

WORKERS = 2

OF_MATCHER, OF_WORKER = 30, 12
"""A process that is killed is so before one of so many of its statements."""

SHARDS = 1, 1, 2, 3
"""Into how many shards users are divided when a matcher was killed, one as likely as the other."""

SOON = timedelta(minutes=2)
"""In which leases run out and retries come."""


class Crew:
    """Everything that works, on one clock."""

    def __init__(self, world: World, clock: ScenarioClock, random: Random) -> None:
        self.matchers_killed = self.workers_killed = self.divisions = 0
        self._world = world
        self._clock = clock
        self._random = random
        self._matchers = [self._new_matcher(WHOLE)]
        self._workers: list[SteppedWorker] = []
        self._exits: list[AsyncExitStack] = []
        """What takes each worker apart."""

    async def begin(self) -> None:
        """Start the workers."""
        async with self._world.parts.database.transaction() as connection:
            await observed.speed_up(connection)
        for _ in range(WORKERS):
            worker, its_exit = await self._new_worker()
            self._workers.append(worker)
            self._exits.append(its_exit)

    async def end(self) -> None:
        """Stop the workers."""
        while self._exits:
            await self._exits.pop().aclose()

    def _new_matcher(self, shard: Shard) -> Matcher:
        return a_matcher(self._world.parts.database, self._world.planner, shard)

    async def _new_worker(self) -> tuple[SteppedWorker, AsyncExitStack]:
        stack = AsyncExitStack()
        parts = await stack.enter_async_context(assemble(self._world.settings, clock=self._clock))
        share_statements(self._world.parts.database, parts.database)
        return await stack.enter_async_context(SteppedWorker(parts)), stack

    async def match(self, *, kill: bool) -> None:
        """Match all that waits; with `kill` a matcher ends at a statement, and others take over."""
        if kill:
            statements = Statements(self._world.parts.database)
            with suppress(Killed), statements.ended_at(self._random.randint(1, OF_MATCHER)):
                await self._match()
            self.matchers_killed += 1
            async with self._world.parts.database.transaction() as connection:
                await connection.execute(text("UPDATE matchers SET leased_until = NULL"))
                parts = self._random.choice(SHARDS)
                self.divisions += await queries.divide(connection, parts, now=self._clock.now())
                shards = [row.shard for row in await queries.shards(connection)]
            self._matchers = list(map(self._new_matcher, shards))
        await self._match()

    async def _match(self) -> None:
        for matcher in self._random.sample(self._matchers, len(self._matchers)):
            while await matcher.turn() == 0:
                pass

    async def send(self, *, kill: bool) -> None:
        """Give the workers turns until nothing is due; with `kill` one ends at a statement, and is replaced."""
        if kill:
            doomed = self._random.choice(self._workers)
            doomed.kill_switch.kill_before(self._random.randint(1, OF_WORKER))
        while True:
            async with self._world.parts.database.reading() as connection:
                due = await observed.due(connection, self._clock.moment)
                soon = await observed.next_due(connection, self._clock.moment, looks_up=True)
            if due:
                async with asyncio.timeout(PATIENCE):
                    await self._turn(due)
            elif soon is not None and soon <= self._clock.moment + SOON:
                self._clock.moment = soon
            else:
                break
        for worker in self._workers:
            worker.kill_switch.kill_before(None)

    async def _turn(self, due: set[str]) -> None:
        survived = await asyncio.gather(*(worker.turn(due) for worker in self._workers))
        for number in [number for number, lives in enumerate(survived) if not lives]:
            self.workers_killed += 1
            await self._exits[number].aclose()
            self._workers[number], self._exits[number] = await self._new_worker()

    def pass_to(self, moment: datetime) -> None:
        """Let time go on."""
        self._clock.moment = max(self._clock.moment, moment)
