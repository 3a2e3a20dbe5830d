"""The postings: for each key the searches that may match there, with what rules most of them out at once."""

from typing import Final

import numpy as np
import numpy.typing as npt

from property_alert_notification.homes.matching.columns import Column, different, ragged

POSTING: Final = np.dtype([("accept", np.uint64), ("limits", np.uint64), ("search", np.int32)])
"""Read one after the other, so that each bucket is one stream from memory."""

SPAN: Final = np.dtype([("start", np.int32), ("length", np.int32), ("room", np.int32)])
"""Of a bucket: its first posting, how many there are, and for how many there is room."""

_GROWTH = 1.5
"""How much room a bucket gets that outgrew its own."""


class Postings:
    """One row for each key of each search. The rows of a key are a bucket: they lie one after the other.

    A bucket that is full moves to the end with more room. Where it was stays empty until `keep`.
    """

    def __init__(self) -> None:
        self.posting, self.span = Column(POSTING), Column(SPAN)
        self._used = 0

    def __len__(self) -> int:
        return self._used

    @property
    def empty(self) -> int:
        """How many rows are not in use."""
        return self.posting.size - self._used

    def add_buckets(self, until: int) -> None:
        """Have that many buckets."""
        self.span.extend(until - self.span.size)

    def add(self, buckets: npt.NDArray[np.int64], postings: npt.NDArray[np.void]) -> None:
        """Add a posting to each of these buckets; a bucket may be named more than once."""
        # Numbers are sorted at a fraction of the cost of `argsort`.
        ordered, order = np.divmod(np.sort(buckets * len(buckets) + np.arange(len(buckets))), len(buckets))
        named = different(ordered)
        counts = np.diff(ordered.searchsorted(named), append=len(ordered))
        self._make_room(named, counts)
        spans = self.span.rows
        at = ragged(spans["start"][named] + spans["length"][named], counts)
        spans["length"][named] += counts.astype(np.int32)
        self._used += len(postings)
        self.posting.rows[at] = postings.take(order)

    def in_order(self) -> npt.NDArray[np.int32]:
        """The searches of all postings, bucket by bucket."""
        found: npt.NDArray[np.int32] = self.posting.rows["search"][self._places()]
        return found

    def keep(self, renumbered: npt.NDArray[np.int32]) -> None:
        """Drop all room, and the postings of searches that are not wanted.

        Args:
            renumbered: the number of each search from now on, or -1.
        """
        at, spans = self._places(), self.span.rows[: self.span.size]
        owner = np.repeat(np.arange(len(spans)), spans["length"])
        stays = renumbered[self.posting.rows["search"][at]] >= 0
        postings = self.posting.rows.take(at[stays])
        postings["search"] = renumbered[postings["search"]]
        kept = np.bincount(owner[stays], minlength=len(spans))
        spans["start"] = np.cumsum(kept) - kept
        spans["length"] = spans["room"] = kept
        self.posting.replace(postings)
        self._used = len(postings)

    def _places(self) -> npt.NDArray[np.int64]:
        spans = self.span.rows[: self.span.size]
        return ragged(spans["start"].astype(np.int64), spans["length"].astype(np.int64))

    def _make_room(self, buckets: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]) -> None:
        lengths = self.span.rows["length"][buckets]
        full = lengths + counts > self.span.rows["room"][buckets]
        if not full.any():
            return
        moved, lengths = buckets[full], lengths[full]
        # A new bucket gets what it needs: most have few rows for ever.
        room = np.where(lengths > 0, ((lengths + counts[full]) * _GROWTH).astype(np.int64), counts[full])
        first = self.posting.extend(int(room.sum()))
        starts = first + np.cumsum(room) - room
        before, after = ragged(self.span.rows["start"][moved], lengths), ragged(starts, lengths)
        self.posting.rows[after] = self.posting.rows.take(before)
        self.span.rows["start"][moved], self.span.rows["room"][moved] = starts, room
