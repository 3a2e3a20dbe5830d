"""The postings: for each key the searches that may match there, with what rules most of them out at once."""

import numpy as np
import numpy.typing as npt

from property_alert_notification.homes.matching.columns import Column, different, ragged

_GROWTH = 1.5
"""How much room a bucket gets that outgrew its own."""


class Postings:
    """One row for each key of each search. The rows of a key are a bucket: they lie one after the other.

    A bucket that is full moves to the end with more room. Where it was stays empty until `keep`.
    """

    def __init__(self) -> None:
        self.search, self.accept, self.limits = Column(np.int32), Column(np.uint64), Column(np.uint64)
        self.start, self.length, self.room = Column(np.int32), Column(np.int32), Column(np.int32)
        """Of each bucket."""
        self._used = 0

    def __len__(self) -> int:
        return self._used

    @property
    def empty(self) -> int:
        """How many rows are not in use."""
        return self.search.size - self._used

    def add_buckets(self, count: int) -> None:
        """Have that many more buckets."""
        for column in (self.start, self.length, self.room):
            column.extend(count)

    def add(
        self,
        buckets: npt.NDArray[np.int64],
        search: npt.NDArray[np.int32],
        accept: npt.NDArray[np.uint64],
        limits: npt.NDArray[np.uint64],
    ) -> None:
        """Add a row to each of these buckets; a bucket may be named more than once."""
        # Numbers are sorted at a fraction of the cost of `argsort`.
        ordered, order = np.divmod(np.sort(buckets * len(buckets) + np.arange(len(buckets))), len(buckets))
        named = different(ordered)
        counts = np.diff(ordered.searchsorted(named), append=len(ordered))
        self._make_room(named, counts)
        at = ragged(self.start.rows[named] + self.length.rows[named], counts)
        self.length.rows[named] += counts.astype(np.int32)
        self._used += len(search)
        self.search.rows[at] = search[order]
        self.accept.rows[at] = accept[order]
        self.limits.rows[at] = limits[order]

    def in_order(self) -> npt.NDArray[np.int32]:
        """The searches of all rows, bucket by bucket."""
        buckets = self.length.size
        found: npt.NDArray[np.int32] = self.search.rows[ragged(self.start.rows[:buckets], self.length.rows[:buckets])]
        return found

    def keep(self, renumbered: npt.NDArray[np.int32]) -> None:
        """Drop all room, and the rows of searches that are not wanted.

        Args:
            renumbered: the number of each search from now on, or -1.
        """
        buckets = self.length.size
        lengths = self.length.rows[:buckets]
        at = ragged(self.start.rows[:buckets], lengths)
        owner = np.repeat(np.arange(buckets), lengths)
        search = renumbered[self.search.rows[at]]
        stays = search >= 0
        at, owner = at[stays], owner[stays]
        self.search.replace(search[stays])
        for column in (self.accept, self.limits):
            column.replace(column.rows[at])
        kept = np.bincount(owner, minlength=buckets).astype(np.int32)
        self.start.replace((np.cumsum(kept) - kept).astype(np.int32))
        self.length.replace(kept)
        self.room.replace(kept.copy())
        self._used = len(at)

    def _make_room(self, buckets: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]) -> None:
        lengths = self.length.rows[buckets]
        full = lengths + counts > self.room.rows[buckets]
        if not full.any():
            return
        moved, lengths = buckets[full], lengths[full]
        # A new bucket gets what it needs: most have few rows for ever.
        room = np.where(lengths > 0, ((lengths + counts[full]) * _GROWTH).astype(np.int64), counts[full])
        first = self.search.extend(int(room.sum()))
        for column in (self.accept, self.limits):
            column.extend(int(room.sum()))
        starts = first + np.cumsum(room) - room
        before, after = ragged(self.start.rows[moved], lengths), ragged(starts, lengths)
        for column in (self.search, self.accept, self.limits):
            column.rows[after] = column.rows[before]
        self.start.rows[moved], self.room.rows[moved] = starts, room
