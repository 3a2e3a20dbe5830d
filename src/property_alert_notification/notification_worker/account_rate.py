"""Shares the rate of a provider's account among all workers.

Mobile carriers and email providers count the messages of an account, whoever sends them. The store keeps for each
provider the last turn that is reserved. A worker reserves the turns of the next few messages together, and begins one
message at each. What it does not use is lost: all workers together begin at most as many messages as turns passed.

A message takes its turn as the last step before its provider is called. So nothing that takes time in between, a commit
of a store that is slow for example, can make messages of several turns begin together.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from math import ceil

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.logs import Outage
from property_alert_notification.base.supervise import insist
from property_alert_notification.operators.providers import accounts
from property_alert_notification.operators.providers.accounts import HORIZON, Reservation

Reserve = Callable[[accounts.Turns], Awaitable[Reservation]]
"""Reserves turns of the provider's account in the store."""

RESERVED_AHEAD = 0.5
"""Seconds of turns that are reserved together at most: a worker that has nothing more to send loses as much."""

PREPARED_AHEAD = 0.25
"""Seconds before its turn at which a message is prepared: its attempt is stored meanwhile."""

LATE = 0.02
"""Seconds, or the gap between two turns if that is longer, by which a message may begin later than its turn. In a
second at most as many more messages begin."""

LONGEST_SLEEP = 60.0
"""Seconds until the store is asked again when the next turn is far ahead."""

PAUSE = 0.5
"""Seconds until the store is asked again when it was unavailable: nothing can be settled meanwhile either."""


class Turns:
    """The turns that one worker has reserved. Instants are seconds on a clock that never runs backwards. Pure."""

    def __init__(self, per_second: float) -> None:
        self.gap = timedelta(microseconds=ceil(1_000_000 / per_second))
        self._gap = self.gap.total_seconds()
        self._turns: deque[float] = deque()

    def count(self, waiting: int) -> int:
        """How many turns to reserve for so many messages that wait."""
        return max(1, min(waiting, int(RESERVED_AHEAD / self._gap)))

    def add(self, first: float, count: int) -> None:
        """Add reserved turns."""
        self._turns.extend(first + number * self._gap for number in range(count))

    def peek(self, now: float, *, behind: int = 0) -> float | None:
        """The next turn behind so many others; None if there is none. Turns that are over are dropped."""
        while self._turns and self.is_over(self._turns[0], now):
            self._turns.popleft()
        return self._turns[behind] if len(self._turns) > behind else None

    def take(self, now: float) -> float | None:
        """The next turn, which no other message gets then; None if none is left that is not over."""
        return None if self.peek(now) is None else self._turns.popleft()

    def is_over(self, turn: float, now: float) -> bool:
        """Whether it is too late for a message to begin at this turn."""
        return now > turn + max(LATE, self._gap)


class AccountRate:
    """The rate of one provider, as one worker keeps it."""

    def __init__(self, provider: str, per_second: float, reserve: Reserve, clock: Clock) -> None:
        self._turns = Turns(per_second)
        self._reserve = reserve
        self._clock = clock
        self._outage = Outage(f"rate of {provider}")
        self._prepared = 0
        """Messages that wait for their turn, or for something else before it."""
        self._asking = asyncio.Lock()
        self._asked = 0
        self._took = 0.0
        """Seconds that the store took to answer last."""

    async def prepare(self, waiting: int) -> None:
        """Wait until a turn comes soon that no prepared message takes; `waiting` is how many want one, this included.

        The caller calls `take` or `withdraw` next.
        """
        while True:
            now = self._clock.monotonic()
            turn = self._turns.peek(now, behind=self._prepared)
            if turn is None:
                await self._ask(waiting)
            elif turn - now > PREPARED_AHEAD:
                await asyncio.sleep(turn - now - PREPARED_AHEAD)
            else:
                self._prepared += 1
                return

    async def take(self) -> None:
        """Wait for the turn of a message that is prepared. It must begin at once."""
        while True:
            turn = await self._next()
            await asyncio.sleep(max(0.0, turn - self._clock.monotonic()))
            if not self._turns.is_over(turn, self._clock.monotonic()):
                return
            self._prepared += 1

    def withdraw(self) -> None:
        """A message that is prepared needs no turn any more."""
        self._prepared -= 1

    async def _next(self) -> float:
        try:
            while (turn := self._turns.take(self._clock.monotonic())) is None:
                await self._ask(self._prepared)
        finally:
            self._prepared -= 1
        return turn

    async def _ask(self, waiting: int) -> None:
        """Reserve turns, or wait until there are any to reserve. If others did meanwhile theirs may suffice."""
        asked = self._asked
        async with self._asking:
            if asked != self._asked:
                return
            wanted = accounts.Turns(self._turns.count(waiting), self._turns.gap)
            answer = await insist(lambda: self._ask_once(wanted), self._outage, pause=PAUSE)
            self._asked += 1
            wait = (answer.first - self._clock.now()).total_seconds()
            if answer.reserved:
                self._turns.add(self._clock.monotonic() + wait, wanted.count)
        if not answer.reserved:
            too_far = wait - HORIZON.total_seconds()
            await asyncio.sleep(min(max(too_far, PREPARED_AHEAD), LONGEST_SLEEP))

    async def _ask_once(self, wanted: accounts.Turns) -> Reservation:
        """Ask the store. After an answer that took long the turns must not be over when the next arrives."""
        asked_at = self._clock.monotonic()
        lead = min(timedelta(seconds=self._took), HORIZON / 2)
        try:
            return await self._reserve(replace(wanted, lead=lead))
        finally:
            self._took = self._clock.monotonic() - asked_at
