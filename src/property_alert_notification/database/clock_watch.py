"""Measures the clock of PostgreSQL every few seconds, and logs when the machine's clock differs from it."""

import structlog

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.supervise import Loop
from property_alert_notification.database.store import Database

log = structlog.get_logger()

MEASURED_EVERY = 5.0
"""Seconds between two measurements; each new connection measures too."""

NOTEWORTHY = 1.0
"""Seconds by which the clocks may differ, or a difference may change, before it is logged and shown."""


class ClockWatch:
    """Keeps the clock of one process on the store's."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._logged = 0.0

    async def run(self, loop: Loop) -> None:
        """Measure until cancelled. While the store is unavailable the clock keeps its last offset."""
        await loop.repeat(self._measure_once)

    async def _measure_once(self) -> float:
        await self._database.measure_clock()
        ahead = self._database.clock.ahead
        if abs(ahead - self._logged) > NOTEWORTHY:
            log.warning("clock.differs", machine_ahead_seconds=round(ahead, 3), before=round(self._logged, 3))
            self._logged = ahead
        return MEASURED_EVERY


def why_clock_differs(clock: Clock) -> str | None:
    """The difference of the two clocks as a sentence; None if it is less than a second."""
    ahead = clock.ahead
    if abs(ahead) <= NOTEWORTHY:
        return None
    side = "ahead of" if ahead > 0 else "behind"
    return (
        f"This machine's clock is {abs(ahead):,.0f} s {side} that of PostgreSQL, which counts here: "
        "set both by a time server."
    )
