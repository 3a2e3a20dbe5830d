"""Stores the states of this worker's breakers, so that other processes can show them."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import StoreUnavailable
from property_alert_notification.base.supervise import Loop
from property_alert_notification.database import Database
from property_alert_notification.notification_worker.provider_handle import ProviderHandle
from property_alert_notification.notification_worker.providers import ProviderPool
from property_alert_notification.operators.providers import queries
from property_alert_notification.operators.providers.models import ReportedBreaker
from property_alert_notification.people.directory.look_up import PART, ProfileLookUp

log = structlog.get_logger()

EVERY = 15.0
"""Seconds between two reports while nothing changes."""

LONG_GONE = timedelta(days=1)
"""How long the report of a dead worker is kept."""


class Reporter:
    """Writes one row for each provider when its breaker changes, and regularly as a sign of life."""

    def __init__(
        self, database: Database, clock: Clock, pools: Sequence[ProviderPool], profiles: ProfileLookUp | None
    ) -> None:
        """`pools` are all pools of the worker; `profiles` calls the User service.

        The breaker of the User service is reported after it has opened for the first time.
        """
        self._database = database
        self._clock = clock
        self._pools = pools
        self._profiles = profiles
        self._changed = asyncio.Event()
        for pool in pools:
            pool.when_changed(self._changed.set)
        if profiles is not None:
            profiles.when_changed.append(self._changed.set)
        self._worker = clock.new_id()

    async def run(self, loop: Loop) -> None:
        """Report until cancelled. Waits while the store is unavailable."""
        await loop.repeat(self._report_once, woken=self._changed)

    async def _report_once(self) -> float:
        await self.report()
        return EVERY

    async def report(self) -> None:
        """Store the states of the breakers at this moment."""
        now = self._clock.now()
        async with self._database.transaction() as connection:
            await queries.save(connection, self._breakers(now))
            await queries.forget_silent(connection, reported_before=now - LONG_GONE)

    async def close(self) -> None:
        """Delete the breakers of a worker that stops."""
        with suppress(StoreUnavailable):
            async with self._database.transaction() as connection:
                await queries.forget(connection, self._worker)

    def _breakers(self, now: datetime) -> list[ReportedBreaker]:
        every: list[tuple[str, str, ProviderHandle | ProfileLookUp]] = [
            (pool.channel, handle.provider, handle) for pool in self._pools for handle in pool
        ]
        if self._profiles is not None and self._profiles.was_away:
            every.append((*PART, self._profiles))
        return [
            ReportedBreaker(
                worker=self._worker,
                channel=channel,
                provider=provider,
                state=handle.breaker.state,
                reason=handle.reason,
                changed_at=handle.changed_at,
                opens_at=handle.opens_at,
                reported_at=now,
            )
            for channel, provider, handle in every
        ]
