"""Suppresses deliveries that wait on a channel without a provider."""

from collections.abc import Collection

import structlog

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.supervise import Loop
from property_alert_notification.base.vocabulary import Channel, DeliveryState
from property_alert_notification.database import Database, run_within
from property_alert_notification.deliveries import queries
from property_alert_notification.notifications import scripts as notification_scripts
from property_alert_notification.notifications.plan import NOT_USED

log = structlog.get_logger()

AT_ONCE = 200
"""Deliveries ended in one transaction."""

PAUSE = 0.1
IDLE = 10.0
"""Seconds between two transactions, and to wait if nothing is left."""


class Suppressor:
    """Suppresses due deliveries of unused channels. Any number of workers may share one store."""

    def __init__(self, database: Database, clock: Clock, metrics: Metrics, *, channels: Collection[Channel]) -> None:
        """`channels` are those that no provider carries."""
        self._database = database
        self._clock = clock
        self._metrics = metrics
        self._channels = channels

    async def run(self, loop: Loop) -> None:
        """Run until cancelled. Waits while the store is unavailable."""
        await loop.repeat(self._suppress_in_turn, after_a_fault=IDLE)

    async def _suppress_in_turn(self) -> float:
        ended = [await self.suppress_some(channel) for channel in self._channels]
        return PAUSE if AT_ONCE in ended else IDLE

    async def suppress_some(self, channel: Channel) -> int:
        """Suppress the next few; returns how many."""
        now = self._clock.now()
        async with self._database.transaction() as connection:
            ended = await queries.suppress(connection, channel, reason=NOT_USED, most=AT_ONCE, now=now)
            await run_within(connection, notification_scripts.conclude(ended, at=now))
        if ended:
            self._metrics.settled.labels(channel, DeliveryState.SUPPRESSED).inc(len(ended))
            log.warning("deliveries.suppressed", channel=channel, deliveries=len(ended), reason=NOT_USED.code)
        return len(ended)
