"""Wakes the loops of a worker that have due work. One query serves all of them."""

import asyncio

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.supervise import Loop
from property_alert_notification.database import Database
from property_alert_notification.notification_worker.context import EndedDigests
from property_alert_notification.notification_worker.queries import Due, find_due

POLL = 0.1
"""Seconds between two queries."""

UNTIL_WOKEN = 10.0
"""Seconds after which a loop takes a turn without being woken."""


class DueWatch:
    """Sets the event of each loop that has due work: notifications, lookups, schedules, digest windows or webhooks."""

    def __init__(self, database: Database, clock: Clock, ended: EndedDigests) -> None:
        """`ended` are the digests whose items the digest loop still has to end."""
        self._database = database
        self._clock = clock
        self._ended = ended
        self.release = asyncio.Event()
        self.look_up = asyncio.Event()
        self.schedules = asyncio.Event()
        self.digests = asyncio.Event()
        self.webhooks = asyncio.Event()

    async def run(self, loop: Loop) -> None:
        """Watch until cancelled. Waits while the store is unavailable."""
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
        if due.webhooks:
            self.webhooks.set()
