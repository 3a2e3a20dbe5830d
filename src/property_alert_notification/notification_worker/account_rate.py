"""Shares the rate of a provider's account among all workers.

Mobile carriers and email providers count the messages of an account, whoever sends them. The store keeps for each
provider when the next message may begin. A worker reserves the turns of the next few messages together, and begins one
message at each. What it does not use is lost: all workers together begin at most as many messages as turns passed.
"""

from collections import deque
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.logs import Outage
from property_alert_notification.base.supervise import insist

Reserve = Callable[[timedelta], Awaitable[datetime]]
"""Reserves this much of the provider's time in the store; returns when it begins."""

RESERVED_AHEAD = 0.5
"""Seconds of turns that are reserved together at most: a worker that has nothing more to send loses as much."""

LATE = 0.02
"""Seconds, or the gap between two turns if that is longer, by which a message may begin later than its turn. In a
second at most as many more messages begin."""

PAUSE = 0.5
"""Seconds until the store is asked again when it was unavailable: nothing can be settled meanwhile either."""


class Turns:
    """The turns that one worker has reserved. Instants are seconds on a clock that never runs backwards. Pure."""

    def __init__(self, per_second: float) -> None:
        self.gap = 1 / per_second
        self._turns: deque[float] = deque()

    def count(self, waiting: int) -> int:
        """How many turns to reserve for so many messages that wait."""
        return max(1, min(waiting, int(RESERVED_AHEAD / self.gap)))

    def add(self, first: float, count: int) -> None:
        """Add reserved turns."""
        self._turns.extend(first + number * self.gap for number in range(count))

    def take(self, now: float) -> float | None:
        """The next turn; None if none is left that is not over."""
        while self._turns:
            turn = self._turns.popleft()
            if now <= turn + max(LATE, self.gap):
                return turn
        return None


class AccountRate:
    """The rate of one provider, as one worker keeps it."""

    def __init__(self, provider: str, per_second: float, reserve: Reserve, clock: Clock) -> None:
        self._turns = Turns(per_second)
        self._reserve = reserve
        self._clock = clock
        self._outage = Outage(f"rate of {provider}")

    async def turn(self, waiting: int) -> float:
        """Seconds until the next message may begin; `waiting` is how many want to, this one included."""
        while (turn := self._turns.take(self._clock.monotonic())) is None:
            count = self._turns.count(waiting)
            begins = await self._reserve_turns(count)
            wait = (begins - self._clock.now()).total_seconds()
            self._turns.add(self._clock.monotonic() + max(wait, 0.0), count)
        return max(0.0, turn - self._clock.monotonic())

    async def _reserve_turns(self, count: int) -> datetime:
        span = timedelta(seconds=count * self._turns.gap)
        return await insist(lambda: self._reserve(span), self._outage, pause=PAUSE)
