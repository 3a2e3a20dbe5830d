"""Deletes what was kept long enough: ended notifications with all they have, and idempotency keys that expired."""

from datetime import timedelta
from uuid import UUID

import structlog

from property_alert_notification.clock import Clock, first_id_of
from property_alert_notification.database import Database
from property_alert_notification.idempotency import queries as idempotency
from property_alert_notification.metrics import Metrics
from property_alert_notification.notifications import queries as notifications
from property_alert_notification.supervise import Loop

log = structlog.get_logger()

AT_ONCE = 200
"""Rows looked at, or deleted, in one transaction."""

PAUSE = 0.1
"""Seconds between two transactions, in which others have the store for themselves."""

IDLE = 300.0
"""Seconds to wait when nothing is left."""

FROM_THE_START = 86_400.0
"""Seconds after which the walk begins again with the oldest: what was still open then may have ended since."""

_THE_OLDEST = UUID(int=0)


class Retention:
    """Walks from the oldest notification towards those young enough to stay. Any number may share one store."""

    def __init__(self, database: Database, clock: Clock, metrics: Metrics, *, keep_for: timedelta) -> None:
        """`keep_for` is how long an ended notification stays after its last change."""
        self._database = database
        self._clock = clock
        self._metrics = metrics
        self._keep_for = keep_for
        self._walked_to = _THE_OLDEST
        self._began_at = clock.monotonic()

    async def run(self, loop: Loop) -> None:
        """Delete until cancelled. A store that is away is waited for."""
        await loop.repeat(self._purge_in_turn, after_a_fault=IDLE)

    async def _purge_in_turn(self) -> float:
        return PAUSE if await self.purge_some() else IDLE

    async def purge_some(self) -> bool:
        """Delete a few of each kind; returns whether more may be waiting."""
        keys = await self._purge_keys()
        walked = await self._purge_notifications()
        return keys == AT_ONCE or walked == AT_ONCE

    async def _purge_keys(self) -> int:
        async with self._database.transaction() as connection:
            gone = await idempotency.remove_expired(connection, now=self._clock.now(), limit=AT_ONCE)
        self._tell("idempotency_keys", gone)
        return gone

    async def _purge_notifications(self) -> int:
        """Look at the next few; returns how many those were."""
        until = self._clock.now() - self._keep_for
        if self._clock.monotonic() - self._began_at > FROM_THE_START:
            self._walked_to, self._began_at = _THE_OLDEST, self._clock.monotonic()
        async with self._database.reading() as connection:
            # Whoever was accepted later cannot have changed before.
            walked = await notifications.oldest(
                connection, after=self._walked_to, before=first_id_of(until), limit=AT_ONCE
            )
        if walked:
            async with self._database.transaction() as connection:
                gone = await notifications.remove_ended(connection, walked, until=until)
            self._tell("notifications", gone)
            self._walked_to = walked[-1]
        return len(walked)

    def _tell(self, kind: str, gone: int) -> None:
        if gone:
            self._metrics.purged.labels(kind).inc(gone)
            log.info("retention.deleted", kind=kind, rows=gone)
