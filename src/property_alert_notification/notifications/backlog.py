"""Says no while too much waits to be sent: what is accepted must be sent while it is of use."""

from property_alert_notification.clock import Clock
from property_alert_notification.database import Database
from property_alert_notification.deliveries import lanes
from property_alert_notification.errors import Overloaded
from property_alert_notification.supervise import Loop
from property_alert_notification.vocabulary import Channel

SHORTEST_PAUSE = 1.0
"""Seconds between two counts."""

SHARE = 20
"""A count that took a second is repeated after so many: counting must not become the load."""


class Backlog:
    """How much waits, as one process knows it: as last counted, and what it accepted since."""

    def __init__(self, database: Database, clock: Clock, *, most: int) -> None:
        """`most` is how many deliveries that are not urgent may be due and unsent."""
        self._database = database
        self._clock = clock
        self._most = most
        self._counted = 0

    def refuse_more(self) -> None:
        """Return if another notification may be accepted.

        Raises:
            Overloaded: not now.
        """
        if self.is_full:
            raise Overloaded

    @property
    def is_full(self) -> bool:
        """Whether nothing more may be accepted, as far as this process knows."""
        return self._counted >= self._most

    def grow(self, accepted: int) -> None:
        """So many more were accepted in this process: each waits on one channel, as far as anybody knows."""
        self._counted += accepted

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
        now, counted = self._clock.now(), 0
        async with self._database.reading() as connection:
            for channel in Channel:
                counted += await lanes.count_waiting(connection, channel, now=now, limit=self._most)
        self._counted = counted
