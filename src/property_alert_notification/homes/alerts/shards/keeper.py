"""Works on shards in one process: takes those that are free, stands by for another one, and shares them out evenly."""

import asyncio
from collections.abc import Callable, Sequence
from uuid import UUID

import structlog

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.supervise import Loop, Supervisor, end
from property_alert_notification.database import Database
from property_alert_notification.homes.alerts.matcher import LEASE, Matcher
from property_alert_notification.homes.alerts.shards import queries
from property_alert_notification.homes.alerts.shards.rules import ShardRow, choose
from property_alert_notification.homes.alerts.shards.shard import Shard

log = structlog.get_logger()

EVERY = 0.5
"""Seconds between two looks at the shards."""


class ShardKeeper:
    """The loop of one process, which starts and ends a matcher for each of its shards."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        metrics: Metrics,
        supervisor: Supervisor,
        *,
        shards: int,
        create_matcher: Callable[[Shard, UUID], Matcher],
    ) -> None:
        """`create_matcher` makes the matcher of a shard, for this holder; people are divided into so many `shards`."""
        self._database = database
        self._clock = clock
        self._held = metrics.matcher_shards
        self._supervisor = supervisor
        self._parts = shards
        self._create_matcher = create_matcher
        self._me = clock.new_id()
        self._matchers: dict[Shard, Matcher] = {}
        self._tasks: dict[Shard, asyncio.Task[None]] = {}
        self._waits_for: int | None = None
        """The number of shards that other processes work on; None unless it differs from ours."""

    async def run(self, loop: Loop) -> None:
        """Work until cancelled; waits while the store is away."""
        try:
            await loop.repeat(self.turn)
        finally:
            self._held.set(0)
            await self._leave(*self._tasks)

    async def turn(self) -> float:
        """Look at the shards, and start and end matchers; returns the seconds to wait."""
        rows = await self._rows()
        now = self._clock.now()
        self._held.set(sum(one.holder == self._me and one.is_held(now) for one in rows))
        choice = choose(rows, self._me, self._tasks.keys(), now)
        await self._leave(*self._tasks.keys() - choice.shards)
        for shard in choice.shards - self._tasks.keys():
            self._start(shard)
        if choice.ask_for is not None and self._matchers[choice.ask_for].is_ready:
            async with self._database.transaction() as connection:
                await queries.ask_for(connection, choice.ask_for, self._me, now=now, until=now + LEASE)
        return EVERY

    async def _rows(self) -> Sequence[ShardRow]:
        """The shards that we may work on: none while other processes work on another number of shards."""
        async with self._database.reading() as connection:
            rows = await queries.shards(connection)
        if rows and rows[0].shard.share.parts == self._parts:
            self._waits_for = None
            return rows
        now = self._clock.now()
        if any(one.is_held(now) for one in rows):
            self._wait_for(rows[0].shard.share.parts)
            return ()
        async with self._database.transaction() as connection:
            await queries.add_first_shard(connection)
            if await queries.divide(connection, self._parts, now=now):
                log.info("matcher.divided", shards=self._parts)
        return ()

    def _wait_for(self, parts: int) -> None:
        """Others work on another number of shards: with two of them at the same time users would be told twice."""
        if self._waits_for != parts:
            log.warning("matcher.other_number_of_shards", ours=self._parts, working=parts)
        self._waits_for = parts

    def _start(self, shard: Shard) -> None:
        matcher = self._matchers[shard] = self._create_matcher(shard, self._me)
        self._tasks[shard] = self._supervisor.start(_name(shard), matcher.run)

    async def _leave(self, *shards: Shard) -> None:
        """End the matchers of these shards; another process may take them at once."""
        await end(*(self._tasks[one] for one in shards))
        for one in shards:
            del self._tasks[one], self._matchers[one]
            # Readiness must not name for ever what broke in a matcher that has ended.
            self._supervisor.loop(_name(one)).went_well()


def _name(shard: Shard) -> str:
    """Of its loop, in metrics and in readiness."""
    return "matcher" if shard.share.parts == 1 else f"matcher_{shard.share.part}"
