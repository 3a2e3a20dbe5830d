"""The buckets of tiles: a hash table in two arrays, because a dictionary would take a third of all memory.

There are about as many tiles as searches. A listing asks for few tiles, in Python; a cold start for many, by numpy.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from property_alert_notification.homes.matching.cells import (
    COLUMN_BIT,
    EVERYWHERE,
    LAST_LEVEL,
    LAST_STEP,
    LEVEL_BIT,
    STEP_BITS,
)
from property_alert_notification.homes.matching.columns import different
from property_alert_notification.homes.matching.limits import EAST_BIT, SOUTH_BIT, WEST_BIT

_NONE: Final = -1
"""Stands in slots that are free: no tile has this key."""

_LEAST_BITS: Final = 10
_FULL: Final = 0.6
"""A table is made twice as large when more than this share of it is in use."""

_LAST_PLACE: Final = LAST_STEP << WEST_BIT | LAST_STEP << SOUTH_BIT
_NO_LEVEL: Final = ((EVERYWHERE, LAST_LEVEL),)
_MULTIPLIER: Final = 0x9E3779
"""Odd, and so small that no product with a key has more than 63 bits."""
_DROPPED_BITS: Final = 17


class Tiles:
    """The bucket of each tile that has searches, by its key."""

    def __init__(self) -> None:
        self._count = 0
        self._levels: set[tuple[int, int]] = set()
        """Of each level that has tiles the first key, and by how many bits its steps are coarser than the finest."""
        self._make_room(1 << _LEAST_BITS)

    def met_at(self, steps: tuple[int, int] | None, price: int) -> dict[int, int]:
        """The buckets of the tiles that a listing lies in, each with what the listing meets there, of limits.

        Args:
            steps: the column and the row of the listing, if it has coordinates.
            price: what its price meets, of limits.
        """
        # Every listing asks this, so there is no call in the loop.
        found: dict[int, int] = {}
        keys, buckets, mask = self._key_view, self._bucket_view, self._mask
        column, row = steps or (0, 0)
        for first, coarser in self._levels if steps else _NO_LEVEL:
            across, up = column >> coarser, row >> coarser
            key = first | across >> STEP_BITS << COLUMN_BIT | up >> STEP_BITS
            slot = key * _MULTIPLIER >> _DROPPED_BITS & mask
            while (there := keys[slot]) != key and there != _NONE:
                slot = slot + 1 & mask
            if there == key:
                place = (across & LAST_STEP) << WEST_BIT | (up & LAST_STEP) << SOUTH_BIT
                found[buckets[slot]] = price | place | (place ^ _LAST_PLACE) >> WEST_BIT - EAST_BIT
        return found

    def buckets_of(self, keys: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The bucket of each key; -1 for those that have none."""
        slots = self._first_slots(keys)
        looking = np.arange(len(keys))
        while len(looking):
            found = self._keys[slots[looking]]
            looking = looking[(found != keys[looking]) & (found != _NONE)]
            slots[looking] = slots[looking] + 1 & self._mask
        return self._buckets[slots].astype(np.int64)

    def add(self, keys: npt.NDArray[np.int64], first: int) -> None:
        """Give keys that have no bucket the buckets from `first` on. The keys are different, and in order."""
        self._levels |= {(level << LEVEL_BIT, LAST_LEVEL - level) for level in different(keys >> LEVEL_BIT).tolist()}
        self._count += len(keys)
        if self._count > _FULL * len(self._keys):
            known = self._keys != _NONE
            before, buckets = self._keys[known], self._buckets[known]
            size = len(self._keys)
            while self._count > _FULL * size:
                size *= 2
            self._make_room(size)
            self._insert(before, buckets)
        self._insert(keys, np.arange(first, first + len(keys), dtype=np.int32))

    def _insert(self, keys: npt.NDArray[np.int64], buckets: npt.NDArray[np.int32]) -> None:
        slots = self._first_slots(keys)
        while len(keys):
            is_free = self._keys[slots] == _NONE
            # Of several keys that want a slot the last one gets it.
            self._keys[slots[is_free]] = keys[is_free]
            has_slot = self._keys[slots] == keys
            self._buckets[slots[has_slot]] = buckets[has_slot]
            keys, buckets = keys[~has_slot], buckets[~has_slot]
            slots = slots[~has_slot] + 1 & self._mask

    def _make_room(self, size: int) -> None:
        self._keys = np.full(size, _NONE, np.int64)
        self._buckets = np.full(size, _NONE, np.int32)
        self._key_view: Sequence[int] = self._keys.data
        self._bucket_view: Sequence[int] = self._buckets.data
        self._mask = size - 1

    def _first_slots(self, keys: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        return keys * _MULTIPLIER >> _DROPPED_BITS & self._mask
