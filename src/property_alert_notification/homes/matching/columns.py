"""Arrays that grow."""

import ctypes
from typing import Any

import numpy as np
import numpy.typing as npt

_GROWTH = 1.1
"""How much larger an array becomes than it must. Growing moves no memory as a rule: the system moves pages."""


class Column:
    """An array of which the first `size` rows are in use."""

    __slots__ = ("rows", "size")

    def __init__(self, dtype: npt.DTypeLike, *width: int) -> None:
        self.rows: npt.NDArray[Any] = np.zeros((0, *width), dtype)
        self.size = 0

    def extend(self, count: int) -> int:
        """Take `count` more rows into use; returns the first of them."""
        first, self.size = self.size, self.size + count
        if self.size > len(self.rows):
            self._make_room(max(self.size, int(len(self.rows) * _GROWTH) + 16))
        return first

    def append(self, values: npt.NDArray[Any]) -> int:
        """Add rows; returns the first of them."""
        first = self.extend(len(values))
        self.rows[first : self.size] = values
        return first

    def replace(self, values: npt.NDArray[Any]) -> None:
        """Have these rows instead."""
        self.rows, self.size = np.ascontiguousarray(values), len(values)

    def _make_room(self, rows: int) -> None:
        # Nothing keeps a view of the rows from one call to the next.
        self.rows.resize((rows, *self.rows.shape[1:]), refcheck=False)


class LineColumn(Column):
    """A column of rows that have the size of a cache line, and begin where one does: each is one read from memory."""

    __slots__ = ()

    def replace(self, values: npt.NDArray[Any]) -> None:
        """Have these rows instead."""
        self.rows, self.size = self.rows[:0], 0
        self.append(values)

    def _make_room(self, rows: int) -> None:
        known, size = self.rows, self.rows.dtype.itemsize
        room = np.empty((rows + 1) * size, np.uint8)
        first = -room.ctypes.data % size
        self.rows = room[first : first + rows * size].view(known.dtype)
        self.rows[: len(known)] = known


def ragged(starts: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The numbers from each start on, as many as its count says, one after the other."""
    # The methods take half the time of the functions of numpy with their names.
    ends: npt.NDArray[np.int64] = counts.cumsum()
    total = int(ends[-1]) if len(ends) else 0
    return (starts - (ends - counts)).repeat(counts) + np.arange(total)


def different(numbers: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Each number once, of numbers in order: `numpy.unique` finds them by hashes, which takes several times as long."""
    is_other = numbers[1:] != numbers[:-1]
    if np.count_nonzero(is_other) == len(is_other):
        return numbers
    return np.concatenate([numbers[:1], numbers[1:][is_other]])


def give_back_memory() -> None:
    """Give the system what was freed: without this the allocator of Linux keeps arrays of up to 32 MB for later."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:  # other systems have none
        trim(0)
