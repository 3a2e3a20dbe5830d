"""The only source of time, ids and randomness, so that tests can stand in its place."""

import random
import secrets
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID


class Clock:
    """The machine's clock and dice."""

    def __init__(self) -> None:
        self._last_id = 0

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
        """A number of `count` bits that nobody can foresee."""
        return secrets.randbits(count)

    def new_id(self) -> UUID:
        """A UUIDv7 (RFC 9562, 5.7), greater than every one this clock gave before.

        Ids made within one millisecond count upwards from a random start, so rows inserted in order
        land next to each other in an index.
        """
        earliest = time.time_ns() // 1_000_000 << 74
        if self._last_id < earliest:
            # 74 bits below the timestamp; the top one starts at zero, which leaves room to count.
            self._last_id = earliest | secrets.randbits(73)
        else:
            self._last_id += 1
        return _with_version(self._last_id)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def first_id_of(moment: datetime) -> UUID:
    """Below every id that was made in the millisecond of `moment` or later, and above all made before it."""
    return UUID(int=max((moment - _EPOCH) // _MILLISECOND, 0) << 80)


def time_of(id_: UUID) -> datetime:
    """The millisecond in which an id was made, aware and in UTC."""
    return _EPOCH + (id_.int >> 80) * _MILLISECOND


def _with_version(value: int) -> UUID:
    """Spread 48 + 74 bits around the version and variant fields of RFC 9562."""
    timestamp, tail = value >> 74, value & ((1 << 74) - 1)
    return UUID(int=timestamp << 80 | 0x7 << 76 | (tail >> 62) << 64 | 0b10 << 62 | tail & ((1 << 62) - 1))
