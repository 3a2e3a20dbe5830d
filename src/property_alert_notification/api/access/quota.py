"""One caller's rate in one process: calls are counted here, out of parts that are leased from the store.

A lease takes an eighth of the rest of the window, so a busy process asks the store a few dozen times per window
at most, and the last calls are leased one by one: all processes together never admit more than the limit. What a
process leased and did not use by the end of the window is lost to the others.
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
"""How long a window is kept after its end, for processes whose clock is late."""

Headers = tuple[tuple[str, str], ...]


class Quota:
    """What one caller may still do in the window of now."""

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
        """Count one call that costs this much; does not wait as long as the process has enough left.

        `before` is what was counted of the same call already, `items` the field that makes it cost so much.

        Returns:
            The headers that show the caller their rate.

        Raises:
            TooManyRequests: not enough is left until the window ends.
            InvalidField: it costs more than a whole window has.
            StoreUnavailable: the store cannot say.
        """
        if before + cost > self._rate.limit:
            raise InvalidField(items, f"costs {before + cost} calls at once, and this API key may make {self._rate}")
        while not self._try_to_take(cost):
            if self._is_used_up:
                raise TooManyRequests(
                    f"This API key may make {self._rate}. Come again when the next window begins.",
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
        # On the monotonic clock, which no time server moves.
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
