"""Tells how this worker's breakers stand, so that other processes can say it."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import StoreUnavailable
from property_alert_notification.base.supervise import Loop
from property_alert_notification.database import Database
from property_alert_notification.notification_worker.providers import ProviderPool
from property_alert_notification.operators.providers import queries
from property_alert_notification.operators.providers.models import ReportedBreaker

log = structlog.get_logger()

EVERY = 15.0
"""Seconds between two reports while nothing changes."""

LONG_GONE = timedelta(days=1)
"""How long what a dead worker told is kept."""


class Reporter:
    """Writes one row for each provider: when its breaker changes, and again and again, as a sign of life."""

    def __init__(self, database: Database, clock: Clock, carriers: Sequence[ProviderPool]) -> None:
        """`carriers` are all that the worker has."""
        self._database = database
        self._clock = clock
        self._carriers = carriers
        self._changed = asyncio.Event()
        self._is_due = True
        for each in carriers:
            each.when_changed(self._changed.set)
        self._worker = clock.new_id()

    async def run(self, loop: Loop) -> None:
        """Report until cancelled. A store that is away is told later."""
        await loop.repeat(self._report_in_turn)

    async def _report_in_turn(self) -> float:
        """Report, and wait for a change; after a report that failed nothing is waited for."""
        if not self._is_due:
            with suppress(TimeoutError):
                async with asyncio.timeout(EVERY):
                    await self._changed.wait()
        self._is_due = True
        self._changed.clear()
        await self.report()
        self._is_due = False
        return 0

    async def report(self) -> None:
        """Tell how the breakers stand at this moment."""
        now = self._clock.now()
        async with self._database.transaction() as connection:
            await queries.tell(connection, self._told(now))
            await queries.forget_silent(connection, told_before=now - LONG_GONE)

    async def close(self) -> None:
        """A worker that stops has no breakers any more."""
        with suppress(StoreUnavailable):
            async with self._database.transaction() as connection:
                await queries.forget(connection, self._worker)

    def _told(self, now: datetime) -> list[ReportedBreaker]:
        return [
            ReportedBreaker(
                worker=self._worker,
                channel=carriers.channel,
                provider=carrier.provider,
                state=carrier.breaker.state,
                reason=carrier.reason,
                changed_at=carrier.changed_at,
                opens_at=carrier.opens_at,
                told_at=now,
            )
            for carriers in self._carriers
            for carrier in carriers
        ]
