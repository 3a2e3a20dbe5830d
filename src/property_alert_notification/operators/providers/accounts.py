"""The accounts that all workers share at the providers of one channel."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.database import Database
from property_alert_notification.operators.providers import queries

HORIZON = timedelta(seconds=10)
"""How far ahead a turn may be reserved. A worker that dies loses no more, and a new rate holds after it."""


@dataclass(frozen=True, slots=True)
class Turns:
    """The turns that a worker wants: so many, so far apart, and none that begins before `lead` is over."""

    count: int
    gap: timedelta
    lead: timedelta = timedelta(0)


class Reservation(NamedTuple):
    """The first of the turns. If it is further ahead than `HORIZON` none is reserved."""

    first: datetime
    reserved: bool


class Accounts:
    """Reserves their turns, one transaction for several messages."""

    def __init__(self, database: Database, clock: Clock, channel: Channel) -> None:
        self._database = database
        self._clock = clock
        self._channel = channel

    async def reserve(self, provider: str, turns: Turns) -> Reservation:
        """Reserve the next turns of a provider's account.

        Raises:
            StoreUnavailable: nothing may begin.
        """
        now = self._clock.now()
        async with self._database.transaction() as connection:
            first = await queries.reserve(
                connection,
                self._channel,
                provider,
                count=turns.count,
                gap=turns.gap,
                now=now,
                between=(now + turns.lead, now + HORIZON),
            )
            if first is not None:
                return Reservation(first, reserved=True)
            last = await queries.last_turn(connection, self._channel, provider)
        return Reservation(last + turns.gap, reserved=False)
