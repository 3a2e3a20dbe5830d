"""Measures for each scrape whether store and broker answer, how many deliveries wait, and for how long.

A scrape never waits for them longer than `PATIENCE`, because metrics matter most while they are frozen.
"""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.bounded_calls import Answer, BoundedCalls
from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import Unavailable
from property_alert_notification.base.metrics import UNKNOWN, Metrics
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.database import Database
from property_alert_notification.deliveries import queues
from property_alert_notification.deliveries.windows import queries as windows

PATIENCE = 0.5
"""Seconds for which a scrape waits for store and broker."""

MOST_COUNTED = 10_000
"""The maximum of each count of deliveries."""

SHARE = 100
"""The next count waits for this many times the duration of the last one, so that counting stays a small load."""


class Gauges:
    """The gauges of one process that are read from store and broker."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        metrics: Metrics,
        calls: BoundedCalls,
        ask_broker: Callable[[], Coroutine[Any, Any, None]],
        count_refusals: Callable[[AsyncConnection, int], Coroutine[Any, Any, int]],
        erasing_since: Callable[[AsyncConnection], Coroutine[Any, Any, datetime | None]],
    ) -> None:
        """The first scrape runs the first query."""
        self._database = database
        self._clock = clock
        self._metrics = metrics
        self._ask_broker = ask_broker
        self._count_refusals = count_refusals
        self._erasing_since = erasing_since
        self._calls = calls
        self._counts: dict[Channel, int] = {}
        self._count_again_at = 0.0

    async def measure(self) -> None:
        """Update the gauges within `PATIENCE`; a gauge without an answer by then shows NaN."""
        ages, counts, windows_now, waits_now, erasure_age, broker_is_up = await asyncio.gather(
            self._answer(self._measure_ages()),
            self._answer(self._count()),
            self._answer(self._measure_windows()),
            self._answer(self._measure_waiting()),
            self._answer(self._measure_erasures()),
            self._answer(self._reach_broker()),
        )
        open_, late = (UNKNOWN, UNKNOWN) if windows_now is None else windows_now
        self._metrics.windows_open.set(open_)
        self._metrics.windows_late.set(late)
        refusals, on_hold = (UNKNOWN, UNKNOWN) if waits_now is None else waits_now
        self._metrics.refusals_waiting.set(refusals)
        self._metrics.on_hold.set(on_hold)
        self._metrics.erasure_age.set(UNKNOWN if erasure_age is None else erasure_age)
        self._metrics.store_up.set(ages is not None)
        self._metrics.broker_up.set(broker_is_up is not None)
        for channel in Channel:
            self._metrics.queue_age.labels(channel).set(UNKNOWN if ages is None else ages[channel])
            # A cached count must not hide that the store is unavailable.
            waiting = counts[channel] if counts is not None and ages is not None else UNKNOWN
            self._metrics.waiting.labels(channel).set(waiting)

    async def _answer(self, call: Coroutine[Any, Any, Answer]) -> Answer | None:
        """The answer of a part; None if it is unavailable or silent."""
        try:
            return await self._calls.run(call, within=PATIENCE)
        except (TimeoutError, Unavailable):
            return None

    async def _measure_ages(self) -> dict[Channel, float]:
        now = self._clock.now()
        async with self._database.reading() as connection:
            return {channel: await _age(connection, channel, now) for channel in Channel}

    async def _measure_windows(self) -> tuple[float, float]:
        now = self._clock.now()
        async with self._database.reading() as connection:
            due = await windows.due_since(connection, now=now)
            return await windows.count_open(connection), (now - due).total_seconds() if due else 0.0

    async def _measure_waiting(self) -> tuple[float, float]:
        """How many refusals are not handled, and how many deliveries wait for approval."""
        async with self._database.reading() as connection:
            refusals = await self._count_refusals(connection, MOST_COUNTED)
            return refusals, await queues.count_on_hold(connection, limit=MOST_COUNTED)

    async def _measure_erasures(self) -> float:
        async with self._database.reading() as connection:
            since = await self._erasing_since(connection)
        return 0.0 if since is None else max((self._clock.now() - since).total_seconds(), 0.0)

    async def _count(self) -> dict[Channel, int]:
        """Count waiting deliveries, apart from the ages, so that a slow count does not report the store as down."""
        began = self._clock.monotonic()
        if began < self._count_again_at and self._counts:
            return self._counts
        async with self._database.reading() as connection:
            now = self._clock.now()
            self._counts = {
                channel: await queues.count_due(connection, channel, now=now, limit=MOST_COUNTED) for channel in Channel
            }
        ended = self._clock.monotonic()
        self._count_again_at = ended + SHARE * (ended - began)
        return self._counts

    async def _reach_broker(self) -> bool:
        await self._ask_broker()
        return True


async def _age(connection: AsyncConnection, channel: Channel, now: datetime) -> float:
    """Seconds for which the longest waiting delivery has been due; 0 if none waits.

    A clock that was set back delays deliveries that were accepted before. They count too, so that a standstill is
    visible.
    """
    oldest = await queues.oldest_due(connection, channel, now=now)
    ahead = await queues.latest_ahead(connection, channel, now=now)
    waited = now - oldest if oldest else timedelta()
    still_waits = ahead - now if ahead else timedelta()
    return max(waited, still_waits).total_seconds()
