"""The rate of one caller in one process, which counts calls against parts of the rate leased from the store.

A lease takes an eighth of the remaining calls, so a busy process queries the store at most a few dozen times per
window. The last calls are leased one by one, so that all processes together never exceed the limit. Calls that a
process leased and did not use by the end of the window are lost.
"""

from datetime import timedelta
from math import ceil

from property_alert_notification.api.access import queries
from property_alert_notification.api.access.rates import Rate
from property_alert_notification.api.access.single_flight import SingleFlight
from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import InvalidField, TooManyRequests
from property_alert_notification.base.supervise import Loop
from property_alert_notification.database import Database

KEPT = timedelta(minutes=1)
"""How long a window is kept after its end, for processes with a slow clock."""

Headers = tuple[tuple[str, str], ...]


class Quota:
    """The remaining calls of one caller in the current window."""

    def __init__(
        self, owner: str, rate: Rate, database: Database, clock: Clock, loop: Loop, *, patience: float
    ) -> None:
        """Nothing is leased yet; `patience` is how many seconds a call waits for the store."""
        self._owner = owner
        self._rate = rate
        self._database = database
        self._clock = clock
        self._leases = SingleFlight(self._lease, loop, patience=patience)
        self._needed = 0
        self._open_window()

    async def take(self, cost: int, *, items: str = "notifications", before: int = 0) -> Headers:
        """Count one call of this cost. It waits only if the process has leased too few calls.

        `before` is the part of this call that was counted already, `items` the field that determines the cost.

        Returns:
            The headers with the caller's rate.

        Raises:
            TooManyRequests: not enough is left until the window ends.
            InvalidField: it costs more than a whole window has.
            StoreUnavailable: the store did not answer.
        """
        if before + cost > self._rate.limit:
            raise InvalidField(items, f"costs {before + cost} calls at once, and this API key may make {self._rate}")
        while not self._try_to_take(cost):
            if self._is_used_up:
                raise TooManyRequests(
                    f"This API key may make {self._rate}. Repeat the call when the next window begins.",
                    retry_after=self._seconds_left(),
                    headers=self._headers(),
                )
            self._needed += cost
            await self._leases.join()
        return self._headers()

    async def close(self) -> None:
        """End the running refresh."""
        await self._leases.close()

    def _try_to_take(self, cost: int) -> bool:
        if self._clock.monotonic() >= self._ends:
            self._open_window()
        if cost > self._in_hand:
            return False
        self._in_hand -= cost
        return True

    def _open_window(self) -> None:
        now = self._clock.now()
        self._window = self._rate.window(now)
        # The monotonic clock, which time servers do not adjust.
        self._ends = self._clock.monotonic() + (self._window[1] - now).total_seconds()
        self._in_hand = 0
        self._elsewhere = self._rate.limit
        self._is_used_up = False

    async def _lease(self) -> None:
        needed, self._needed = max(1, self._needed), 0
        window, is_first = self._window, self._elsewhere == self._rate.limit
        async with self._database.transaction() as connection:
            granted, left = await queries.lease(connection, self._owner, window, limit=self._rate.limit, needed=needed)
            if is_first:
                await queries.forget_windows(connection, ended_before=self._clock.now() - KEPT)
        if window is self._window:
            self._in_hand += granted
            self._elsewhere = left
            self._is_used_up = granted < needed

    def _seconds_left(self) -> int:
        return max(1, ceil(self._ends - self._clock.monotonic()))

    def _headers(self) -> Headers:
        return (
            ("RateLimit-Limit", str(self._rate.limit)),
            ("RateLimit-Remaining", str(self._in_hand + self._elsewhere)),
            ("RateLimit-Reset", str(self._seconds_left())),
        )
