"""Closes due digest windows, and ends the items of digests whose delivery has ended."""

import asyncio
from collections.abc import Callable, Sequence
from uuid import UUID

import structlog

from property_alert_notification.base.supervise import Loop
from property_alert_notification.database import halve_on_error, is_row_fault, process_due, run_within
from property_alert_notification.digests import scripts
from property_alert_notification.digests.close import Turn, close_due, process_ended
from property_alert_notification.homes.alerts.before_sending.refresh.scripts import refreshed
from property_alert_notification.notification_worker.context import WorkerContext
from property_alert_notification.notification_worker.due import UNTIL_WOKEN
from property_alert_notification.notifications.create import Planner

log = structlog.get_logger()

AT_ONCE = 500
"""Windows of one transaction."""


class DigestCloser:
    """Closes windows that are due. Any number of closers may share one store."""

    def __init__(
        self,
        context: WorkerContext,
        planner: Planner,
        *,
        wake: Callable[[], None],
        woken: asyncio.Event,
    ) -> None:
        """`wake` is called after a delivery became due; `woken` is set when a window is due or a digest has ended."""
        self._database = context.database
        self._clock = context.clock
        self._metrics = context.metrics
        self._broken_rows = context.broken_rows
        self._ended = context.ended_digests
        self._planner = planner
        self._wake = wake
        self._woken = woken

    async def run(self, loop: Loop) -> None:
        """Close until cancelled. Waits while the store is unavailable."""
        await loop.repeat(self._close_in_turn, woken=self._woken)

    async def _close_in_turn(self) -> float:
        processed = await self.close() + await self.follow()
        return 0 if processed else UNTIL_WOKEN

    async def close(self) -> int:
        """Process some due windows; returns how many, 0 if none is left for this worker."""
        return sum(await process_due(self._due_ids, self._close_some, self._repair))

    async def follow(self) -> int:
        """End the items of digests that this worker delivered; returns the number of digests.

        A digest whose worker was killed, or whose delivery ended in another process, is processed when its window is
        due again.
        """
        if not (ended := self._ended.take(AT_ONCE)):
            return 0
        try:
            self._report(await self._database.run(process_ended(ended, self._planner, refreshed)))
        except Exception as error:
            if not is_row_fault(error):
                self._ended.add_all(ended)
                raise
        return len(ended)

    async def _due_ids(self) -> list[UUID]:
        async with self._database.quick_reading() as connection:
            return await run_within(connection, scripts.due_ids(now=self._clock.now(), limit=AT_ONCE))

    async def _close_some(self, only: Sequence[UUID] | None) -> int:
        turn = await self._database.run(close_due(self._planner, refreshed, limit=AT_ONCE, only=only))
        self._report(turn)
        return turn.windows

    async def _repair(self, window: UUID, error: Exception) -> None:
        """Quarantine the items that cannot be read; when all can, it is the window that is broken."""
        items = await self._database.run(scripts.ids_of_items(window))
        broken: list[UUID] = []

        async def check(some: Sequence[UUID]) -> None:
            await self._database.run(scripts.check_items(some))

        async def quarantine(item: UUID, its_error: Exception) -> None:
            broken.append(item)
            await self._broken_rows.quarantine_delivery(item, its_error)

        await halve_on_error(items, check, quarantine)
        if not broken:
            await self._broken_rows.dissolve_window(window, error)
            self._wake()

    def _report(self, turn: Turn) -> None:
        self._metrics.digests.inc(turn.digests)
        self._metrics.digest_items.labels("carried").inc(turn.carried)
        for state, items in turn.left.items():
            self._metrics.digest_items.labels(state).inc(items)
        if turn.digests or turn.left:
            left = {str(state): items for state, items in turn.left.items()}
            log.info("digests.made", digests=turn.digests, items=turn.carried, left=left)
        if turn.made_due:
            self._wake()
