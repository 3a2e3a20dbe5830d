"""What a scrape asks store and broker: whether they answer, what waits, and for how long.

A scrape never waits for them longer than `PATIENCE`. It is most wanted while they are frozen.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.clock import Clock
from property_alert_notification.database import Database
from property_alert_notification.deliveries import lanes
from property_alert_notification.errors import Unavailable
from property_alert_notification.metrics import UNKNOWN, Metrics
from property_alert_notification.questions import Answer, Questions
from property_alert_notification.vocabulary import Channel

PATIENCE = 0.5
"""Seconds that a scrape waits for store and broker."""

MOST_COUNTED = 100_000
"""Deliveries of a channel that are counted; the gauge stays there when more wait."""

SHARE = 100
"""A count that took a second is repeated after so many: counting must not become the load."""


@dataclass(frozen=True, slots=True)
class Queue:
    """What is due on one channel."""

    age: float
    """Seconds for which the longest waiting delivery has been due, or for which a clock that was set back holds up what
    was accepted before; 0 when nothing waits."""
    waiting: int


class Gauges:
    """Keeps the gauges of one process that only store and broker can tell."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        metrics: Metrics,
        questions: Questions,
        ask_broker: Callable[[], Coroutine[Any, Any, None]],
    ) -> None:
        """Nothing is asked before the first scrape."""
        self._database = database
        self._clock = clock
        self._metrics = metrics
        self._ask_broker = ask_broker
        self._questions = questions
        self._counts: dict[Channel, int] = {}
        self._count_again_at = 0.0

    async def measure(self) -> None:
        """Bring the gauges up to date within `PATIENCE`; what is not known by then shows as unknown."""
        queues, broker_is_up = await asyncio.gather(self._answer(self._look()), self._answer(self._reach_broker()))
        self._metrics.store_up.set(queues is not None)
        self._metrics.broker_up.set(broker_is_up is not None)
        for channel in Channel:
            queue = queues[channel] if queues is not None else None
            self._metrics.queue_age.labels(channel).set(UNKNOWN if queue is None else queue.age)
            self._metrics.waiting.labels(channel).set(UNKNOWN if queue is None else queue.waiting)

    async def _answer(self, question: Coroutine[Any, Any, Answer]) -> Answer | None:
        """The answer; None when the part is away or silent."""
        try:
            return await self._questions.ask(question, within=PATIENCE)
        except (TimeoutError, Unavailable):
            return None

    async def _look(self) -> dict[Channel, Queue]:
        now = self._clock.now()
        async with self._database.reading() as connection:
            ages = {channel: await _age(connection, channel, now) for channel in Channel}
            if self._clock.monotonic() >= self._count_again_at:
                await self._count(connection, now)
        return {channel: Queue(age, self._counts[channel]) for channel, age in ages.items()}

    async def _count(self, connection: AsyncConnection, now: datetime) -> None:
        began = self._clock.monotonic()
        for channel in Channel:
            self._counts[channel] = await lanes.count_due(connection, channel, now=now, limit=MOST_COUNTED)
        ended = self._clock.monotonic()
        self._count_again_at = ended + SHARE * (ended - began)

    async def _reach_broker(self) -> bool:
        await self._ask_broker()
        return True


async def _age(connection: AsyncConnection, channel: Channel, now: datetime) -> float:
    """Seconds for which the queue of a channel stands still, or will: a clock that was set back must not hide it."""
    oldest = await lanes.oldest_due(connection, channel, now=now)
    ahead = await lanes.latest_ahead(connection, channel, now=now)
    waited = now - oldest if oldest else timedelta()
    still_waits = ahead - now if ahead else timedelta()
    return max(waited, still_waits).total_seconds()
