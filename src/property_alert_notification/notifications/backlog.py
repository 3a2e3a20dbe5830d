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
"""What is to be sent later than this is accepted however much waits now: by then most of it was sent."""

SHARE = 20
"""A count that took a second is repeated after so many: counting must not become the load."""


class Backlog:
    """How much waits, as one process knows it: as last counted, what it accepted since, and what it is accepting.

    Each process counts for itself. Between two counts each of them fills up what was left at its last one, so that a
    burst leaves at most `most` deliveries for every process, and those of the call that each took last.
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
        """Why one more notification that is not urgent is refused, or None."""
        if not self.is_full:
            return None
        if send_at is not None and send_at - now >= TIME_TO_DRAIN:
            return None
        return Overloaded()

    @property
    def is_full(self) -> bool:
        """Whether nothing more may be accepted that is due soon, as far as this process knows."""
        return self._counted + self._added + self._under_way >= self._most

    def begin(self, room: int) -> None:
        """A call is being carried out that may add so many deliveries to what waits."""
        self._under_way += room

    def end(self, room: int, added: int) -> None:
        """It is over: it kept `room` deliveries' room for itself, and added so many."""
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
        """Ask the store how much waits.

        Raises:
            StoreUnavailable: it gave no answer.
        """
        now, counted, before = self._clock.now(), 0, self._added
        async with self._database.reading() as connection:
            for channel in Channel:
                counted += await queues.count_waiting(connection, channel, now=now, limit=self._most)
            counted += await look_ups.count_waiting(connection, now=now, limit=self._most)
        # What was added while it counted may be in the count as well; the next one puts that right.
        self._counted = counted
        self._added -= before
