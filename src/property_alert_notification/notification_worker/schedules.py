"""Brings the occurrences of schedules when their time has come."""

from collections.abc import Sequence
from uuid import UUID

import structlog

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.supervise import Loop
from property_alert_notification.database import Database, halve_on_error, is_row_fault
from property_alert_notification.notifications.create import Planner
from property_alert_notification.notifications.schedules import queries
from property_alert_notification.notifications.schedules.bring import AT_ONCE, bring_due, bring_these
from property_alert_notification.operators.quarantine.broken_rows import BrokenRows

log = structlog.get_logger()

POLL = 0.5
"""Seconds between two looks while nothing is due: occurrences come at whole minutes."""


class Scheduler:
    """Watches the clock for schedules. Any number of schedulers may share one store."""

    def __init__(self, database: Database, planner: Planner, metrics: Metrics) -> None:
        self._database = database
        self._planner = planner
        self._clock: Clock = planner.clock
        self._metrics = metrics
        self._broken_rows = BrokenRows(database, planner.clock, metrics)

    async def run(self, loop: Loop) -> None:
        """Bring occurrences until cancelled. A store that is away is waited for."""
        await loop.repeat(self._bring_in_turn)

    async def _bring_in_turn(self) -> float:
        began = self._clock.monotonic()
        looked_at = await self.bring()
        # Many schedules that are due at once leave every other moment to accepting and sending.
        return self._clock.monotonic() - began if looked_at else POLL

    async def bring(self) -> int:
        """Look at some schedules that are due; returns how many that were, 0 when none is left for this scheduler."""
        async with self._database.reading() as connection:
            if not await queries.is_any_due(connection, now=self._clock.now()):
                return 0
        try:
            async with self._database.transaction() as connection:
                looked_at, brought = await bring_due(connection, self._planner)
        except Exception as error:
            if not is_row_fault(error):
                raise
            looked_at, brought = await self._bring_by_halves()
        if brought:
            self._metrics.occurrences.inc(brought)
            log.info("schedules.occurred", notifications=brought)
        return looked_at

    async def _bring_by_halves(self) -> tuple[int, int]:
        """One of those that are due breaks the batch: the others go on, and it is quarantined."""
        async with self._database.reading() as connection:
            due = await queries.due_ids(connection, now=self._clock.now(), limit=AT_ONCE)
        results = await halve_on_error(due, self._bring_these, self._quarantine)
        return len(due), sum(brought for _, brought in results)

    async def _bring_these(self, wanted: Sequence[UUID]) -> tuple[int, int]:
        async with self._database.transaction() as connection:
            return await bring_these(connection, wanted, self._planner)

    async def _quarantine(self, schedule: UUID, error: Exception) -> None:
        await self._broken_rows.quarantine_schedule(schedule, error)
