"""Matches reports about unknown messages again, and drops those that stay unknown."""

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.supervise import Loop
from property_alert_notification.database import Database
from property_alert_notification.feedback.reports.apply import match_parked
from property_alert_notification.feedback.reports.intake import log_moves
from property_alert_notification.feedback.reports.suppress import Context

AT_ONCE = 500
"""Reports that one transaction matches."""
IDLE = 1.0
"""Seconds between two looks for parked reports."""


class ParkedReports:
    """A report may name the provider's id of a message before `settle` stores it. Any number may share one store."""

    def __init__(self, database: Database, context: Context, clock: Clock, metrics: Metrics) -> None:
        self._database = database
        self._context = context
        self._clock = clock
        self._metrics = metrics

    async def run(self, loop: Loop) -> None:
        """Match until cancelled. Waits while the store is unavailable."""
        await loop.repeat(self._turn)

    async def _turn(self) -> float:
        return 0 if await self.match() == AT_ONCE else IDLE

    async def match(self) -> int:
        """Match those that are due, at most `AT_ONCE`; returns how many there were."""
        applied = await self._database.run(match_parked(self._context, now=self._clock.now(), most=AT_ONCE))
        log_moves(applied.moved, self._metrics)
        return applied.new
