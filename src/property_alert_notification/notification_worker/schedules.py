"""Creates the notifications of schedules when their occurrences are due."""

from collections.abc import Sequence
from uuid import UUID

import structlog

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.supervise import Loop
from property_alert_notification.database import Database, halve_on_error, is_row_fault
from property_alert_notification.notifications.create import Planner
from property_alert_notification.notifications.schedules import queries
from property_alert_notification.notifications.schedules.occurrences import AT_ONCE, create_due, create_those_due
from property_alert_notification.operators.quarantine.broken_rows import BrokenRows

log = structlog.get_logger()

POLL = 0.5
"""Seconds between two queries while nothing is due: occurrences are at whole minutes."""


class Scheduler:
    """Processes schedules that are due. Any number of schedulers may share one store."""

    def __init__(self, database: Database, planner: Planner, metrics: Metrics) -> None:
        self._database = database
        self._planner = planner
        self._clock: Clock = planner.clock
        self._metrics = metrics
        self._broken_rows = BrokenRows(database, planner.clock, metrics)

    async def run(self, loop: Loop) -> None:
        """Create notifications until cancelled; waits while the store cannot be reached."""
        await loop.repeat(self._create_in_turn)

    async def _create_in_turn(self) -> float:
        began = self._clock.monotonic()
        processed = await self.create_due()
        # While many are due at once, accepting and sending get half of the time of the store.
        return self._clock.monotonic() - began if processed else POLL

    async def create_due(self) -> int:
        """Process some due schedules; returns how many, 0 if none is left for this scheduler."""
        async with self._database.reading() as connection:
            if not await queries.is_any_due(connection, now=self._clock.now()):
                return 0
        try:
            async with self._database.transaction() as connection:
                processed, created = await create_due(connection, self._planner)
        except Exception as error:
            if not is_row_fault(error):
                raise
            processed, created = await self._create_by_halves()
        if created:
            self._metrics.occurrences.inc(created)
            log.info("schedules.occurred", notifications=created)
        return processed

    async def _create_by_halves(self) -> tuple[int, int]:
        """One due schedule breaks the batch: process the others, and quarantine it."""
        async with self._database.reading() as connection:
            due = await queries.due_ids(connection, now=self._clock.now(), limit=AT_ONCE)
        results = await halve_on_error(due, self._create_those_due, self._quarantine)
        return len(due), sum(created for _, created in results)

    async def _create_those_due(self, wanted: Sequence[UUID]) -> tuple[int, int]:
        async with self._database.transaction() as connection:
            return await create_those_due(connection, wanted, self._planner)

    async def _quarantine(self, schedule: UUID, error: Exception) -> None:
        await self._broken_rows.quarantine_schedule(schedule, error)
