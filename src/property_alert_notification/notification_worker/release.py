"""Plans scheduled notifications when they are due."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from uuid import UUID

import structlog

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.supervise import Loop
from property_alert_notification.database import Database, process_due
from property_alert_notification.notification_worker.due import UNTIL_WOKEN
from property_alert_notification.notifications import queries
from property_alert_notification.notifications.create import Planner
from property_alert_notification.notifications.release import AT_ONCE, release_due
from property_alert_notification.operators.quarantine.broken_rows import BrokenRows

log = structlog.get_logger()


class Releaser:
    """Releases scheduled notifications that are due. Any number of releasers may share one store."""

    def __init__(
        self,
        database: Database,
        planner: Planner,
        metrics: Metrics,
        *,
        wake: Callable[[], None],
        woken: asyncio.Event,
    ) -> None:
        """`wake` is called after a delivery became due; `woken` is set when a notification is due."""
        self._database = database
        self._planner = planner
        self._clock: Clock = planner.clock
        self._metrics = metrics
        self._broken_rows = BrokenRows(database, planner.clock, metrics)
        self._wake = wake
        self._woken = woken

    async def run(self, loop: Loop) -> None:
        """Release until cancelled. Waits while the store is unavailable."""
        await loop.repeat(self._release_in_turn, woken=self._woken)

    async def _release_in_turn(self) -> float:
        began = self._clock.monotonic()
        released = await self.release()
        # While many are due at once, accepting and sending get half of the time of the store.
        return self._clock.monotonic() - began if released else UNTIL_WOKEN

    async def release(self) -> int:
        """Plan some due notifications; returns how many, 0 if none is left for this releaser."""
        due_ids = partial(queries.due.ids, self._database, now=self._clock.now(), limit=AT_ONCE)
        released = sum(await process_due(due_ids, self._release_some, self._quarantine))
        if released:
            self._metrics.released.inc(released)
            log.info("notifications.released", notifications=released)
            self._wake()
        return released

    async def _release_some(self, only: Sequence[UUID] | None) -> int:
        async with self._database.transaction() as connection:
            return await release_due(connection, self._planner, only)

    async def _quarantine(self, notification: UUID, error: Exception) -> None:
        await self._broken_rows.quarantine_notification(notification, error, new_id=self._clock.new_id)
