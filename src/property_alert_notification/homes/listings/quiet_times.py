"""Ends the quiet times of homes: what waited for one becomes a change."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

import structlog

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.logs import origin
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.supervise import Loop
from property_alert_notification.database import Database, process_due
from property_alert_notification.homes.listings.history import Periods
from property_alert_notification.homes.listings.intake import ListingIntake
from property_alert_notification.homes.properties import queries

log = structlog.get_logger()

AT_ONCE = 200
"""Homes of one transaction."""

IDLE = 1.0
"""Seconds until it looks again when nothing is left."""


class QuietTimes:
    """The loop of one worker. Any number of them may share one store."""

    def __init__(self, database: Database, clock: Clock, metrics: Metrics, *, periods: Periods) -> None:
        self._database = database
        self._clock = clock
        self._metrics = metrics
        self._periods = periods

    async def run(self, loop: Loop) -> None:
        """End quiet times until cancelled; waits while the store is away."""
        await loop.repeat(self._end_in_turn)

    async def _end_in_turn(self) -> float:
        began = self._clock.monotonic()
        # While many are due at once, others get half of the time of the store.
        return self._clock.monotonic() - began if await self.end_due() else IDLE

    async def end_due(self) -> int:
        """End some quiet times; returns how many, 0 if none is left."""
        due_ids = partial(queries.due.ids, self._database, now=self._clock.now(), limit=AT_ONCE)
        results = await process_due(due_ids, self._end_some, self._leave)
        self._metrics.listing_changes.inc(sum(changes for _, changes in results))
        return sum(ended for ended, _ in results)

    async def _end_some(self, only: Sequence[UUID] | None) -> tuple[int, int]:
        async with self._database.transaction() as connection:
            now = self._clock.now()
            due = await queries.due.take(connection, now=now, limit=AT_ONCE, only=only)
            changes = await ListingIntake(connection, self._clock, self._periods).end_quiet_times(due)
        return len(due), changes

    async def _leave(self, home: UUID, error: Exception) -> None:
        """Let a damaged row wait no more, so that it does not hold up the others."""
        log.error("property.unreadable", property_id=str(home), **origin(error))
        async with self._database.transaction() as connection:
            await queries.wait_no_more(connection, home)
