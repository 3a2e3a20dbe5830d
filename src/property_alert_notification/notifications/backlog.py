"""Refuses notifications while too many wait to be sent."""

from datetime import datetime, timedelta

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import Overloaded
from property_alert_notification.base.supervise import Loop
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.database import Database
from property_alert_notification.deliveries import queues
from property_alert_notification.notifications.look_ups import queries as look_ups

SHORTEST_PAUSE = 1.0
"""Seconds between two counts."""

TIME_TO_DRAIN = timedelta(minutes=30)
"""A notification for later than this is accepted while the backlog is full: most of the backlog is sent by then."""

SHARE = 20
"""The next count waits for this many times the duration of the last one, so that counting stays a small load."""


class Backlog:
    """The backlog as one process knows it: the last count, its own acceptances since, and the calls in progress.

    Each process counts for itself, and fills the room that its last count left. So a burst over several processes can
    leave up to `most` deliveries for each process, and those of its last call.
    """

    def __init__(self, database: Database, clock: Clock, *, most: int) -> None:
        """`most` is how many deliveries that are not urgent may be due and unsent."""
        self._database = database
        self._clock = clock
        self._most = most
        self._counted = 0
        self._added = 0
        self._under_way = 0

    def why_not(self, send_at: datetime | None, *, now: datetime) -> Overloaded | None:
        """The error that refuses one more notification that is not urgent, or None."""
        if not self.is_full:
            return None
        if send_at is not None and send_at - now >= TIME_TO_DRAIN:
            return None
        return Overloaded()

    @property
    def is_full(self) -> bool:
        """Whether the backlog has no room for notifications that are due soon, by the knowledge of this process."""
        return self._counted + self._added + self._under_way >= self._most

    def begin(self, room: int) -> None:
        """Reserve room for a call in progress, which may add this many deliveries."""
        self._under_way += room

    def end(self, room: int, added: int) -> None:
        """Release the room of a call that ended, and count the deliveries that it added."""
        self._under_way -= room
        self._added += added

    async def run(self, loop: Loop) -> None:
        """Count until cancelled."""
        await loop.repeat(self._count_in_turn, after_a_fault=SHORTEST_PAUSE)

    async def _count_in_turn(self) -> float:
        began = self._clock.monotonic()
        await self.count()
        return max(SHORTEST_PAUSE, SHARE * (self._clock.monotonic() - began))

    async def count(self) -> None:
        """Count the backlog in the store.

        Raises:
            StoreUnavailable: the store did not answer.
        """
        now, counted, before = self._clock.now(), 0, self._added
        async with self._database.reading() as connection:
            for channel in Channel:
                counted += await queues.count_waiting(connection, channel, now=now, limit=self._most)
            counted += await look_ups.count_waiting(connection, now=now, limit=self._most)
        # Deliveries added during the count may be counted twice; the next count corrects that.
        self._counted = counted
        self._added -= before
