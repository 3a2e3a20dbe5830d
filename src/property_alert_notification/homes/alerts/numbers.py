"""Sorted numbers as a short text: what the told ledger and the match log keep of people and searches. Pure.

Each number is written as its distance from the one before, in groups of seven bits, and the whole as base64: a text is
stored the same way everywhere. A dense set takes about one and a half bytes a number.
"""

import base64
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Numbers: TypeAlias = NDArray[np.int64]
"""Numbers in ascending order, each once."""

NONE: Numbers = np.empty(0, dtype=np.int64)
_MOST_GROUPS = 9
"""Groups of seven bits of a number; int64 has 63 without its sign."""
_GROUP, _GOES_ON = 0x7F, 0x80
"""The seven bits, and the one that says that the number has more of them."""

_FEW = 64
"""Numbers that take longer as arrays than one by one."""

_WEIGHTS = np.arange(_MOST_GROUPS, dtype=np.int64) * 7


def pack(numbers: Numbers) -> str:
    """As the store keeps them."""
    written = _one_by_one(numbers) if len(numbers) < _FEW else _all_at_once(numbers)
    return base64.b64encode(written).decode("ascii")


def _one_by_one(numbers: Numbers) -> bytes:
    written, last = bytearray(), 0
    for number in numbers.tolist():
        rest, last = number - last, number
        while rest > _GROUP:
            written.append(rest & _GROUP | _GOES_ON)
            rest >>= 7
        written.append(rest)
    return bytes(written)


def _all_at_once(numbers: Numbers) -> bytes:
    distances = numbers.copy()
    distances[1:] -= numbers[:-1]
    most = -(-int(distances.max()).bit_length() // 7)
    rests = distances[:, None] >> _WEIGHTS[:most]
    written = (rests & _GROUP).astype(np.uint8)
    is_used = rests != 0
    is_used[:, 0] = True
    written[:, :-1] |= np.where(is_used[:, 1:], np.uint8(_GOES_ON), np.uint8(0))
    packed: bytes = written[is_used].tobytes()
    return packed


def unpack(text: str) -> Numbers:
    """What `pack` wrote.

    Raises:
        ValueError: the text is none that it writes.
    """
    if not text:
        return NONE
    written = np.frombuffer(base64.b64decode(text, validate=True), dtype=np.uint8)
    is_last = written < 0x80
    if not len(written) or not is_last[-1]:
        raise ValueError("not a set of numbers")
    starts = np.flatnonzero(np.concatenate(([True], is_last[:-1])))
    place = np.arange(len(written)) - np.repeat(starts, np.diff(np.append(starts, len(written))))
    if place.max() >= _MOST_GROUPS:
        raise ValueError("not a set of numbers")
    return np.cumsum(np.add.reduceat((written & 0x7F).astype(np.int64) << _WEIGHTS[place], starts))


def are_in(many: Numbers, some: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of `some` numbers, in any order, are among `many`; `np.isin` would sort `many` again each time."""
    places = np.searchsorted(many, some)
    found: NDArray[np.bool_] = np.zeros(len(some), np.bool_)
    is_within = places < len(many)
    found[is_within] = many[places[is_within]] == some[is_within]
    return found
