"""The only source of time, ids and randomness, so that tests can replace it."""

import random
import secrets
import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from struct import unpack
from uuid import UUID

from asyncpg.pgproto import pgproto


class Clock:
    """The time of the store, once it follows one, else that of the machine; and the machine's dice.

    Processes on several machines share a PostgreSQL, and their clocks differ. So each follows the clock of PostgreSQL:
    it remembers the difference from a count of nanoseconds that cannot be set and that counts while the machine sleeps.
    """

    def __init__(self) -> None:
        self._offset: int | None = None
        """Nanoseconds from the steady count to the store's time; None while no store is followed."""
        self._last_tick = 0
        self._random: list[int] = []
        """For the next ids. The system gives many at once for the price of one."""

    def now(self) -> datetime:
        """The time of the store that this clock follows, else of the machine; aware and in UTC."""
        return _EPOCH + timedelta(microseconds=self._nanoseconds() // 1000)

    def steady(self) -> int:
        """Nanoseconds of a clock that cannot be set, for `follow`."""
        return time.clock_gettime_ns(_STEADY)

    def machine_time(self) -> int:
        """Nanoseconds since 1970 by the clock of this machine."""
        return time.time_ns()

    def follow(self, store_time: datetime, *, asked_at: int, answered_at: int) -> float:
        """Follow the store, whose time was this at some moment between two of `steady`.

        A time that this clock may have shown between the two changes nothing: an answer that was slow does not
        make a clock worse that an earlier one set well.

        Returns:
            The seconds by which this clock was moved.
        """
        stored = (store_time - _EPOCH) // _MICROSECOND * 1000
        offset = self.machine_time() - answered_at if self._offset is None else self._offset
        if self._offset is not None and asked_at <= stored - offset <= answered_at:
            return 0.0
        self._offset = stored - (asked_at + answered_at) // 2
        moved = (self._offset - offset) / 1e9
        if moved < -_STEP:
            self._last_tick = 0  # an id contains its time, so ids go back too
        return moved

    @property
    def follows(self) -> bool:
        """Whether it has the time of a store."""
        return self._offset is not None

    @property
    def ahead(self) -> float:
        """Seconds by which the clock of this machine is ahead of the store's; 0 while no store is followed."""
        return 0.0 if self._offset is None else (self.machine_time() - self._nanoseconds()) / 1e9

    def _nanoseconds(self) -> int:
        if self._offset is None:
            return self.machine_time()
        return self.steady() + self._offset

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
        """A UUIDv7 (RFC 9562, 5.7), greater than every one before unless `follow` set this clock back by a second.

        The 12 bits after the millisecond count its 4,096 ticks (RFC 9562, 6.2, method 3), and no two ids of a clock
        share a tick: rows inserted in order land next to each other in an index. The other 62 bits are random
        for each id, so that an id cannot be guessed from its neighbours.
        """
        now = (self._nanoseconds() << _TICK_BITS) // 1_000_000
        self._last_tick = now if now > self._last_tick else self._last_tick + 1  # max() takes three times as long
        if not self._random:
            self._random.extend(unpack("512Q", secrets.token_bytes(4096)))
        millisecond, tick = self._last_tick >> _TICK_BITS, self._last_tick & _LAST_TICK
        id_ = millisecond << 80 | 0x7 << 76 | tick << 64 | 0b10 << 62 | self._random.pop() & _LAST_RANDOM
        # Made and written by the driver of PostgreSQL in C, at a fraction of what Python's own class takes.
        return pgproto.UUID(id_.to_bytes(16, "big"))


_TICK_BITS = 12
"""A millisecond has 4,096 ticks."""

_LAST_TICK = (1 << _TICK_BITS) - 1
_LAST_RANDOM = (1 << 62) - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MILLISECOND = timedelta(milliseconds=1)
_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Where there is the former, it counts while the machine sleeps."""

_STEP = 1.0
"""Seconds; less is a correction, and ids stay in order over it."""

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
    return _moment(id_.int >> 80)


@lru_cache(64)
def _moment(milliseconds: int) -> datetime:
    """Many ids are made in one millisecond; then their rows have the same time, which is written once."""
    return _EPOCH + min(milliseconds, _LAST_MILLISECOND) * _MILLISECOND
