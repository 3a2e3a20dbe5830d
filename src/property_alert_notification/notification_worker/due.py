"""Wakes the loops of a worker that have something to do. Alone it asks the store, and for all of them at once."""

import asyncio

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.supervise import Loop
from property_alert_notification.database import Database
from property_alert_notification.notification_worker.context import EndedDigests
from property_alert_notification.notification_worker.queries import Due, find_due

POLL = 0.1
"""Seconds between two queries."""

UNTIL_WOKEN = 10.0
"""Seconds until a loop that is not woken looks for itself."""


class DueWatch:
    """Watches the clock for scheduled notifications, look-ups, schedules and digest windows."""

    def __init__(self, database: Database, clock: Clock, ended: EndedDigests) -> None:
        """`ended` are digests whose items the loop of digests ends."""
        self._database = database
        self._clock = clock
        self._ended = ended
        self.release = asyncio.Event()
        self.look_up = asyncio.Event()
        self.schedules = asyncio.Event()
        self.digests = asyncio.Event()

    async def run(self, loop: Loop) -> None:
        """Watch until cancelled; waits while the store cannot be reached."""
        await loop.repeat(self._wake_in_turn)

    async def _wake_in_turn(self) -> float:
        async with self._database.quick_reading() as connection:
            due = await find_due(connection, now=self._clock.now())
        self._wake(due)
        return POLL

    def _wake(self, due: Due) -> None:
        if due.release:
            self.release.set()
        if due.look_up:
            self.look_up.set()
        if due.schedules:
            self.schedules.set()
        if due.digests or self._ended:
            self.digests.set()
