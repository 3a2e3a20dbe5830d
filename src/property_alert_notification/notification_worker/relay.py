"""Publishes deliveries that have become due to the broker.

The relay keeps a bounded window of deliveries in the broker; the others stay in the database, where waiting is cheap.
A message that was lost is published again. Messages are published and consumed longest due first, so a delivery that
is still unclaimed after later messages were consumed has lost its message.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import BrokerUnavailable, StoreUnavailable, Unavailable
from property_alert_notification.base.logs import Outage
from property_alert_notification.base.supervise import AFTER_A_FAULT, Loop
from property_alert_notification.broker.base import QUEUES, Broker, Queue
from property_alert_notification.database import Database
from property_alert_notification.deliveries import queues

log = structlog.get_logger()

POLL = 0.025
"""Seconds between two reads of an idle store."""

GATHER = 0.01
"""Seconds until the next read when there was little, so that one message names many."""

LITTLE = 50
"""Deliveries that fill one message."""

WINDOW = 5_000
"""Deliveries of one queue in the broker at once: about two seconds of work for one worker."""

REST = 0.1
"""Seconds for which a queue is left alone while half of its window waits in the broker."""

LARGEST_TAKE = 500
"""Deliveries published under one wait for confirms."""

SEARCH = 0.5
"""Seconds between two searches for lost messages."""

PUBLISH_AGAIN = timedelta(seconds=1)
"""How long a delivery may take from its listener to its claim before its message counts as lost."""


class Relay:
    """Publishes due deliveries. Any number of relays may share one store."""

    def __init__(self, database: Database, broker: Broker, clock: Clock) -> None:
        self._database = database
        self._broker = broker
        self._clock = clock
        self._woken = asyncio.Event()
        self._room = dict.fromkeys(QUEUES, 0)
        self._rests_until = dict.fromkeys(QUEUES, clock.monotonic())
        self._searched_at = clock.monotonic()
        self._outages = {queue: Outage(_label(queue)) for queue in QUEUES}

    def wake(self) -> None:
        """Read at once, because a delivery became due in this process."""
        self._woken.set()

    async def run(self, loop: Loop) -> None:
        """Publish until cancelled. Waits while the store or the broker is unavailable."""
        await loop.repeat(self._publish_once, woken=self._woken)

    async def _publish_once(self) -> float:
        published = await self._publish_due()
        await self._search_for_lost()
        if published >= LITTLE:
            return 0
        return GATHER if published else POLL

    async def _publish_due(self) -> int:
        now = self._clock.monotonic()
        awake = [queue for queue in QUEUES if self._rests_until[queue] <= now]
        if not awake:
            return 0
        async with self._database.quick_reading() as connection:
            busy = await queues.busy(connection, awake, now=self._clock.now())
        return sum([await self._publish_or_rest(queue) for queue in busy])

    async def _publish_or_rest(self, queue: Queue) -> int:
        """When one queue fails, the others do not wait for it."""
        try:
            published = await self._publish_queue(queue)
        except BrokerUnavailable as fault:
            self._outages[queue].goes_on(fault.cause)
            self._rests_until[queue] = self._clock.monotonic() + AFTER_A_FAULT
            return 0
        self._outages[queue].is_over()
        return published

    async def _publish_queue(self, queue: Queue) -> int:
        if self._room[queue] <= 0 and not await self._find_room(queue):
            return 0
        async with self._database.transaction() as connection:
            limit = min(self._room[queue], LARGEST_TAKE)
            due = await queues.take_due(connection, queue, now=self._clock.now(), limit=limit)
        if due:
            await self._publish(queue, due)
        self._room[queue] -= len(due)
        return len(due)

    async def _find_room(self, queue: Queue) -> bool:
        """Ask how much of the window is free. Rests while more than half of it is full."""
        waiting = await self._broker.waiting(queue)
        if waiting > WINDOW // 2:
            self._rests_until[queue] = self._clock.monotonic() + REST
            return False
        self._room[queue] = WINDOW - waiting
        return True

    async def _publish(self, queue: Queue, due: Sequence[UUID]) -> None:
        try:
            await self._broker.publish(queue, due)
        except (Unavailable, asyncio.CancelledError):
            # The messages may have arrived all the same; a second message leads to no second claim. After a crash
            # before this line the search for lost messages finds these deliveries.
            # When the store is unavailable too, the first error is raised, above all a cancellation.
            with suppress(StoreUnavailable):
                async with self._database.transaction() as connection:
                    await queues.unmark(connection, due)
            raise

    async def _search_for_lost(self) -> None:
        if self._clock.monotonic() - self._searched_at < SEARCH:
            return
        self._searched_at = self._clock.monotonic()
        now = self._clock.now()
        async with self._database.quick_reading() as connection:
            oldest = await queues.oldest_published(connection, now=now)
        for queue, published_at in oldest.items():
            if published_at < now - PUBLISH_AGAIN:
                await self._unmark_lost(queue, published_at)

    async def _unmark_lost(self, queue: Queue, oldest: datetime) -> None:
        """Publish what is lost again. `oldest` is the earliest publishing time at the front of the queue."""
        try:
            reached = await self._broker.consumed_until(queue)
        except BrokerUnavailable:
            # Only this queue may have failed. If the broker is unavailable, publishing reports it.
            return
        # Usually the front only waits behind a backlog: then nothing is lost, and the whole window need not be read.
        if reached is None or oldest >= (before := reached - PUBLISH_AGAIN):
            return
        async with self._database.transaction() as connection:
            lost = await queues.unmark_lost(
                connection, queue, now=self._clock.now(), published_before=before, limit=WINDOW
            )
        if lost:
            log.warning("messages.lost", channel=queue.channel, urgent=queue.urgent, deliveries=lost)


def _label(queue: Queue) -> str:
    return f"relay of {'urgent ' if queue.urgent else ''}{queue.channel}"
