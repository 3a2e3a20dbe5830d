"""Searches for deliveries, scheduled notifications, schedules and digest windows that no worker would ever claim."""

from property_alert_notification.base.supervise import Loop
from property_alert_notification.operators.quarantine.broken_rows import BrokenRows

AT_ONCE = 200
"""Deliveries of each kind that are quarantined in one transaction."""

PAUSE = 0.1
IDLE = 60.0
"""Seconds between two transactions, and to wait when nothing is left: as a rule a search costs some index lookups."""


class UnclaimableSearch:
    """Searches again and again. Any number may share one store."""

    def __init__(self, broken_rows: BrokenRows) -> None:
        self._broken_rows = broken_rows

    async def run(self, loop: Loop) -> None:
        """Search until cancelled. Waits while the store is unavailable."""
        await loop.repeat(self._search_in_turn, after_a_fault=IDLE)

    async def _search_in_turn(self) -> float:
        deliveries = await self._broken_rows.quarantine_unclaimable(limit=AT_ONCE)
        notifications = await self._broken_rows.quarantine_never_due(limit=AT_ONCE)
        schedules = await self._broken_rows.quarantine_schedules_never_due(limit=AT_ONCE)
        windows = await self._broken_rows.dissolve_windows_never_due(limit=AT_ONCE)
        return PAUSE if deliveries + notifications + schedules + windows else IDLE
