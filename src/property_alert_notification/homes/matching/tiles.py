"""The buckets of tiles: a hash table in two arrays, because a dictionary would take a third of all memory.

There are about as many tiles as searches. A listing asks for few tiles, in Python or in the kernel of numba; a cold
start for many, by numpy.
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
from property_alert_notification.homes.matching.limits import EAST_BIT, SOUTH_BIT, WEST_BIT

NONE: Final = -1
"""Stands in slots that are free: no tile has this key."""

_LEAST_BITS: Final = 10
_FULL: Final = 0.6
"""A table is made twice as large when more than this share of it is in use."""

LAST_PLACE: Final = LAST_STEP << WEST_BIT | LAST_STEP << SOUTH_BIT
_NO_LEVEL: Final = np.array([[EVERYWHERE, LAST_LEVEL]])
MULTIPLIER: Final = 0x9E3779
"""Odd, and so small that no product with a key has more than 63 bits."""
DROPPED_BITS: Final = 17


class Tiles:
    """The bucket of each tile that has searches, by its key."""

    def __init__(self) -> None:
        self._count = 0
        self._levels = np.zeros((0, 2), np.int64)
        """Of each level that has tiles the first key, and by how many bits its steps are coarser than the finest."""
        self.keys: npt.NDArray[np.int64]
        self.buckets: npt.NDArray[np.int32]
        """The key of the tile in each slot, and its bucket."""
        self._make_room(1 << _LEAST_BITS)

    def levels_of(self, steps: tuple[int, int] | None) -> npt.NDArray[np.int64]:
        """The levels in whose tiles a listing may lie: in the only one of level 0 if it has no coordinates."""
        return self._levels if steps else _NO_LEVEL

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
        for first, coarser in self.levels_of(steps).tolist():
            across, up = column >> coarser, row >> coarser
            key = first | across >> STEP_BITS << COLUMN_BIT | up >> STEP_BITS
            slot = key * MULTIPLIER >> DROPPED_BITS & mask
            while (there := keys[slot]) != key and there != NONE:
                slot = slot + 1 & mask
            if there == key:
                place = (across & LAST_STEP) << WEST_BIT | (up & LAST_STEP) << SOUTH_BIT
                found[buckets[slot]] = price | place | (place ^ LAST_PLACE) >> WEST_BIT - EAST_BIT
        return found

    def buckets_of(self, keys: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The bucket of each key; -1 for those that have none."""
        slots = self._first_slots(keys)
        looking = np.arange(len(keys))
        while len(looking):
            found = self.keys[slots[looking]]
            looking = looking[(found != keys[looking]) & (found != NONE)]
            slots[looking] = slots[looking] + 1 & self._mask
        return self.buckets[slots].astype(np.int64)

    def add(self, keys: npt.NDArray[np.int64], first: int) -> None:
        """Give keys that have no bucket the buckets from `first` on. The keys are different, and in order."""
        levels = np.union1d(self._levels[:, 0], keys >> LEVEL_BIT << LEVEL_BIT)
        self._levels = np.stack([levels, LAST_LEVEL - (levels >> LEVEL_BIT)], axis=1)
        self._count += len(keys)
        if self._count > _FULL * len(self.keys):
            known = self.keys != NONE
            before, buckets = self.keys[known], self.buckets[known]
            size = len(self.keys)
            while self._count > _FULL * size:
                size *= 2
            self._make_room(size)
            self._insert(before, buckets)
        self._insert(keys, np.arange(first, first + len(keys), dtype=np.int32))

    def _insert(self, keys: npt.NDArray[np.int64], buckets: npt.NDArray[np.int32]) -> None:
        slots = self._first_slots(keys)
        while len(keys):
            is_free = self.keys[slots] == NONE
            # Of several keys that want a slot the last one gets it.
            self.keys[slots[is_free]] = keys[is_free]
            has_slot = self.keys[slots] == keys
            self.buckets[slots[has_slot]] = buckets[has_slot]
            keys, buckets = keys[~has_slot], buckets[~has_slot]
            slots = slots[~has_slot] + 1 & self._mask

    def _make_room(self, size: int) -> None:
        self.keys = np.full(size, NONE, np.int64)
        self.buckets = np.full(size, NONE, np.int32)
        self._key_view: Sequence[int] = self.keys.data
        self._bucket_view: Sequence[int] = self.buckets.data
        self._mask = size - 1

    def _first_slots(self, keys: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        return keys * MULTIPLIER >> DROPPED_BITS & self._mask
