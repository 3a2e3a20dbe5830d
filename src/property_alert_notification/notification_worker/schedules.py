"""Creates the notifications of schedules when their occurrences are due."""

import asyncio
from collections.abc import Sequence
from functools import partial
from uuid import UUID

import structlog

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.supervise import Loop
from property_alert_notification.database import Database, process_due
from property_alert_notification.notification_worker.due import UNTIL_WOKEN
from property_alert_notification.notifications.create import Planner
from property_alert_notification.notifications.schedules import queries
from property_alert_notification.notifications.schedules.occurrences import AT_ONCE, create_due
from property_alert_notification.operators.quarantine.broken_rows import BrokenRows

log = structlog.get_logger()


class Scheduler:
    """Processes schedules that are due. Any number of schedulers may share one store."""

    def __init__(self, database: Database, planner: Planner, metrics: Metrics, *, woken: asyncio.Event) -> None:
        """`woken` is set when a schedule is due."""
        self._database = database
        self._planner = planner
        self._clock: Clock = planner.clock
        self._metrics = metrics
        self._broken_rows = BrokenRows(database, planner.clock, metrics)
        self._woken = woken

    async def run(self, loop: Loop) -> None:
        """Create notifications until cancelled; waits while the store cannot be reached."""
        await loop.repeat(self._create_in_turn, woken=self._woken)

    async def _create_in_turn(self) -> float:
        began = self._clock.monotonic()
        processed = await self.create_due()
        # While many are due at once, accepting and sending get half of the time of the store.
        return self._clock.monotonic() - began if processed else UNTIL_WOKEN

    async def create_due(self) -> int:
        """Process some due schedules; returns how many, 0 if none is left for this scheduler."""
        due_ids = partial(queries.due.ids, self._database, now=self._clock.now(), limit=AT_ONCE)
        results = await process_due(due_ids, self._create_some, self._quarantine)
        created = sum(created for _, created in results)
        if created:
            self._metrics.occurrences.inc(created)
            log.info("schedules.occurred", notifications=created)
        return sum(processed for processed, _ in results)

    async def _create_some(self, only: Sequence[UUID] | None) -> tuple[int, int]:
        async with self._database.transaction() as connection:
            return await create_due(connection, self._planner, only)

    async def _quarantine(self, schedule: UUID, error: Exception) -> None:
        await self._broken_rows.quarantine_schedule(schedule, error)
