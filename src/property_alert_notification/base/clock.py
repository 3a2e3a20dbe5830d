"""The only source of time, ids and randomness, so that tests can stand in its place."""

import random
import secrets
import time
from datetime import UTC, datetime, timedelta
from struct import unpack
from uuid import UUID


class Clock:
    """The machine's clock and dice."""

    def __init__(self) -> None:
        self._last_tick = 0
        self._random: list[int] = []
        """For the next ids. The system gives many at once for the price of one."""

    def now(self) -> datetime:
        """The wall clock, aware and in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never run backwards; only differences mean something."""
        return time.monotonic()

    def jitter(self) -> float:
        """A fresh number in [0, 1), to spread what would otherwise happen together."""
        return random.random()  # noqa: S311 - spreading load is not a secret

    def random_bits(self, count: int) -> int:
        """A random number of `count` bits that cannot be predicted."""
        return secrets.randbits(count)

    def new_id(self) -> UUID:
        """A UUIDv7 (RFC 9562, 5.7), greater than every one this clock gave before.

        The 12 bits after the millisecond count its 4,096 ticks (RFC 9562, 6.2, method 3), and no two ids of a clock
        share a tick: rows inserted in order land next to each other in an index. The other 62 bits are random
        for each id, so that an id cannot be guessed from its neighbours.
        """
        now = (time.time_ns() << _TICK_BITS) // 1_000_000
        self._last_tick = now if now > self._last_tick else self._last_tick + 1  # max() takes three times as long
        if not self._random:
            self._random.extend(unpack("512Q", secrets.token_bytes(4096)))
        millisecond, tick = self._last_tick >> _TICK_BITS, self._last_tick & _LAST_TICK
        return UUID(int=millisecond << 80 | 0x7 << 76 | tick << 64 | 0b10 << 62 | self._random.pop() & _LAST_RANDOM)


_TICK_BITS = 12
"""A millisecond has 4,096 ticks."""

_LAST_TICK = (1 << _TICK_BITS) - 1
_LAST_RANDOM = (1 << 62) - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_LAST_MILLISECOND = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MILLISECOND


def first_id_of(moment: datetime) -> UUID:
    """Below every id that was made in the millisecond of `moment` or later, and above all made before it."""
    return UUID(int=max((moment - _EPOCH) // _MILLISECOND, 0) << 80)


def first_id_from(moment: datetime) -> UUID:
    """Above every id whose `time_of` is before `moment`, and below all others."""
    return UUID(int=max(-((_EPOCH - moment) // _MILLISECOND), 0) << 80)


def time_of(id_: UUID) -> datetime:
    """The millisecond in which an id was made, aware and in UTC.

    An id that this service did not make may carry any number: it counts as made at the end of all time at the latest.
    """
    return _EPOCH + min(id_.int >> 80, _LAST_MILLISECOND) * _MILLISECOND
