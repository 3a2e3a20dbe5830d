"""Rings the broker for deliveries that have become due.

The relay keeps a bounded window of doorbells in the broker: rows beyond it stay in the database, where they are
cheap. A doorbell that got lost, with the broker or on the way, is rung again once its lane is silent: nothing
waits in the broker, and the delivery is still unclaimed.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import structlog

from property_alert_notification.broker.base import LANES, Broker, Lane
from property_alert_notification.clock import Clock
from property_alert_notification.database import Database
from property_alert_notification.deliveries import queries
from property_alert_notification.errors import Unavailable
from property_alert_notification.logs import Outage

log = structlog.get_logger()

POLL = 0.025
"""Seconds between two looks at an idle store."""

WINDOW = 5_000
"""Deliveries of one lane in the broker at once: about two seconds of work for one worker."""

LARGEST_TAKE = 500
"""Deliveries rung under one confirm wait."""

RING_AGAIN = timedelta(seconds=5)
"""How long an unclaimed doorbell is given, once its lane is silent, before it counts as lost."""

AFTER_A_FAULT = 1.0
"""Seconds to wait when the store or the broker is away."""


class Relay:
    """Moves doorbells of due deliveries to the broker. Any number of relays may share one store."""

    def __init__(self, database: Database, broker: Broker, clock: Clock) -> None:
        self._database = database
        self._broker = broker
        self._clock = clock
        self._woken = asyncio.Event()
        self._room = dict.fromkeys(LANES, 0)
        self._searched_at = clock.monotonic()

    def wake(self) -> None:
        """Something became due in this process."""
        self._woken.set()

    async def run(self) -> None:
        """Ring until cancelled. A store or broker that is away is waited for."""
        outage = Outage("relay")
        while True:
            try:
                rung = await self._ring_what_is_due()
                await self._search_for_lost_bells()
            except Unavailable as fault:
                outage.goes_on(fault.cause)
                await asyncio.sleep(AFTER_A_FAULT)
                continue
            outage.is_over()
            if not rung:
                await self._wait()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(POLL):
                await self._woken.wait()
        except TimeoutError:
            return
        finally:
            self._woken.clear()

    async def _ring_what_is_due(self) -> int:
        async with self._database.reading() as connection:
            busy = await queries.busy_lanes(connection, now=self._clock.now())
        return sum([await self._ring_lane(lane) for lane in busy])

    async def _ring_lane(self, lane: Lane) -> int:
        if self._room[lane] <= 0:
            self._room[lane] = WINDOW - await self._broker.waiting(lane)
        limit = min(self._room[lane], LARGEST_TAKE)
        if limit <= 0:
            return 0
        async with self._database.transaction() as connection:
            due = await queries.take_due(connection, lane, now=self._clock.now(), limit=limit)
        if due:
            await self._ring(lane, due)
        self._room[lane] -= len(due)
        return len(due)

    async def _ring(self, lane: Lane, due: Sequence[UUID]) -> None:
        try:
            await self._broker.ring(lane, due)
        except Unavailable:
            # It may have been rung all the same; a second ring finds nothing to claim. A crash before this
            # line is what the search for lost bells is for.
            async with self._database.transaction() as connection:
                await queries.unring(connection, due)
            raise

    async def _search_for_lost_bells(self) -> None:
        if self._clock.monotonic() - self._searched_at < RING_AGAIN.total_seconds():
            return
        self._searched_at = self._clock.monotonic()
        for lane in LANES:
            if await self._broker.waiting(lane):
                continue
            now = self._clock.now()
            async with self._database.transaction() as connection:
                lost = await queries.forget_lost_bells(
                    connection, lane, now=now, rung_before=now - RING_AGAIN, limit=WINDOW
                )
            if lost:
                log.warning("relay.lost_bells", channel=lane.channel, urgent=lane.urgent, deliveries=lost)
