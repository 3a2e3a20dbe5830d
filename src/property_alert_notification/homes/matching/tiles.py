"""The buckets of tiles. There are about as many as searches, so a dictionary alone would take a third of all memory."""

from typing import Final

import numpy as np
import numpy.typing as npt

_FEW_NEW: Final = 5_000
_NEW_SHARE: Final = 0.05
"""Tiles that are kept in a dictionary until there are more than these: to merge them takes milliseconds."""

_LAST_KEY: Final = 2**63 - 1


class Tiles:
    """The bucket of each tile that has searches, by its key."""

    def __init__(self) -> None:
        self._keys, self._buckets = np.array([_LAST_KEY]), np.zeros(1, np.int64)
        """In the order of keys. A key that is greater than all others ends them."""
        self._new: dict[int, int] = {}

    def known(self, keys: npt.NDArray[np.int64]) -> list[int]:
        """The buckets of those of these keys that have one."""
        at = self._keys.searchsorted(keys)
        found: list[int] = self._buckets[at[self._keys[at] == keys]].tolist()
        return found + [self._new[key] for key in keys.tolist() if key in self._new] if self._new else found

    def buckets_of(self, keys: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The bucket of each key; -1 for those that have none."""
        at = self._keys.searchsorted(keys)
        found = np.where(self._keys[at] == keys, self._buckets[at], -1)
        if self._new:
            new = [self._new.get(key, -1) for key in keys.tolist()]
            found = np.maximum(found, np.array(new, np.int64))
        return found

    def add(self, keys: npt.NDArray[np.int64], first: int) -> None:
        """Give keys that have no bucket the buckets from `first` on."""
        if len(keys) < _FEW_NEW:
            self._new.update(zip(keys.tolist(), range(first, first + len(keys)), strict=True))
            if len(self._new) > max(_FEW_NEW, _NEW_SHARE * len(self._keys)):
                keys, buckets = (np.array(list(part)) for part in (self._new.keys(), self._new.values()))
                self._new = {}
                self._merge(keys, buckets)
        else:
            self._merge(keys, np.arange(first, first + len(keys)))

    def _merge(self, keys: npt.NDArray[np.int64], buckets: npt.NDArray[np.int64]) -> None:
        every = np.concatenate([self._keys, keys])
        order = np.argsort(every, kind="stable")
        self._keys = every[order]
        self._buckets = np.concatenate([self._buckets, buckets])[order]
