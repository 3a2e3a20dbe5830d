"""The days on which the searches of a block matched last, as one text. Pure.

The block of a search follows from its number. The text has four hexadecimal digits for each search of the block, in the
order of their numbers: the day, counted from the first of 1970 in UTC; 0000 if nothing matched yet.
"""

from collections.abc import MutableMapping
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Days: TypeAlias = NDArray[np.uint16]
"""The day of each search of a block."""

SIZE = 4_096
"""Searches of one block."""

DIGITS = 4
"""Of the day of one search."""

_STORED = np.dtype(">u2")
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)


def day_of(at: datetime) -> int:
    """The number of a day in UTC."""
    return (at - _FIRST).days


def start_of(day: int) -> datetime:
    """The moment at which a day begins."""
    return _FIRST + timedelta(days=day)


def encode(days: Days) -> str:
    """As the store keeps the days of a block."""
    return days.astype(_STORED).tobytes().hex()


def decode(text: str) -> Days:
    """What `encode` wrote; an empty text is that of a new block.

    Raises:
        ValueError: the text is none that it writes.
    """
    if not text:
        return np.zeros(SIZE, dtype=np.uint16)
    found = np.frombuffer(bytes.fromhex(text), dtype=_STORED).astype(np.uint16)
    if len(found) != SIZE:
        raise ValueError("not the days of a block")
    return found


def decode_one(digits: str) -> datetime | None:
    """The beginning of the day of one search; None if nothing matched yet.

    Raises:
        ValueError: these are no digits of a day.
    """
    day = int(digits or "0", 16)
    return start_of(day) if day else None


def add_matches(found: MutableMapping[int, Days], searches: NDArray[np.int64], day: int) -> None:
    """Note in their blocks that these searches, in the order of their numbers, matched on a day."""
    blocks = searches // SIZE
    starts = np.flatnonzero(np.diff(blocks, prepend=-1))
    for block, its in zip(blocks[starts].tolist(), np.split(searches % SIZE, starts[1:]), strict=True):
        days = found.setdefault(block, np.zeros(SIZE, dtype=np.uint16))
        days[its] = np.maximum(days[its], np.uint16(day))
