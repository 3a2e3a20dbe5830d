"""The index of saved searches: which of them match a listing, exactly."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from property_alert_notification.base.damaged import UNREADABLE
from property_alert_notification.homes.criteria.expression import Expression, to_json
from property_alert_notification.homes.matching.batch import Batch, Kind
from property_alert_notification.homes.matching.cells import WHOLE_TILE, keys_of_boxes
from property_alert_notification.homes.matching.columns import different, give_back_memory
from property_alert_notification.homes.matching.kernels import Kernel, fastest_kernel
from property_alert_notification.homes.matching.limits import limits_of
from property_alert_notification.homes.matching.listing import read
from property_alert_notification.homes.matching.pack import pack
from property_alert_notification.homes.matching.packed import is_sealed
from property_alert_notification.homes.matching.places import boxes_round_circles, boxes_round_polygons
from property_alert_notification.homes.matching.postings import POSTING, Postings
from property_alert_notification.homes.matching.searches import REMOVED, Searches
from property_alert_notification.homes.matching.settle import DoubtSettler, settle_open
from property_alert_notification.homes.matching.unpack import Unpacker
from property_alert_notification.homes.matching.vocabulary import Vocabulary

_FEW, _REMOVED_SHARE, _EMPTY_SHARE = 1_000, 0.2, 0.5
"""Rows of removed searches, and empty room, are kept until there is more: to drop them takes a second for a million."""

_MOST_WAITING, _WAITING_SHARE = 100_000, 0.25
"""Searches that wait to be added together, each in 250 bytes."""
_UNSORTED_SHARE = 0.1
"""After more than this share was added since the index was asked, all are sorted by place."""


class AllStored(NamedTuple):
    """What came of adding many stored searches."""

    faults: dict[int, Exception]
    """What is wrong with the expressions that are none; the index has the other searches."""
    packed: list[int]
    """The numbers of those that had no packed form of this version of the service."""


class SearchIndex:
    """Searches in memory, found by the fields of a listing.

    A search is looked up by a few keys: tiles of its area, or the names of its places. Packed conditions rule most of
    the others out; what they cannot decide `evaluate` does, so that the index finds what `evaluate` calls true.
    One thread at a time may use it.
    """

    def __init__(self, kernel: Kernel | None = None) -> None:
        self.use(kernel or fastest_kernel())
        self._postings, self._searches, self._vocabulary = Postings(), Searches(), Vocabulary()
        self._unpacker = Unpacker(self._vocabulary)
        self._count = self._removed = self._added = 0
        self._most_waiting: float = _MOST_WAITING

    def __len__(self) -> int:
        self._add_waiting()
        return self._count

    def use(self, kernel: Kernel) -> None:
        """Match with this kernel from now on."""
        self._find = kernel.find

    def put(self, number: int, expression: Expression) -> None:
        """Add a search, or replace it. It waits until the index is asked: adding many together takes less time."""
        self.put_stored(number, to_json(expression))

    def put_stored(self, number: int, expression: str) -> None:
        """Add or replace a search by its expression as `to_json` wrote it.

        Raises:
            ValueError, LookupError, TypeError: the text is no expression; the index stays as it was.
        """
        self._unpacker.put(number, pack(expression))
        self._add_batch_if_large()

    def put_all_stored(self, rows: Iterable[tuple[int, str, bytes | None]]) -> AllStored:
        """Add or replace many searches, each by its number, its expression as `to_json` wrote it, and its packed form.

        A search without a packed form, or with one of another version of the service, is packed.
        """
        put, result = self._unpacker.put, AllStored({}, [])
        for number, expression, packed in rows:
            try:
                if packed is None or not is_sealed(packed, expression):
                    packed = pack(expression)
                    result.packed.append(number)
                put(number, packed)
            except UNREADABLE as error:
                result.faults[number] = error
        self._add_batch_if_large()
        return result

    def put_many(self, items: Iterable[tuple[int, Expression]]) -> None:
        """Add many searches, or replace them. If a number comes twice, the last expression counts."""
        for number, expression in items:
            self.put(number, expression)

    def _add_batch_if_large(self) -> None:
        if self._unpacker.size > self._most_waiting:
            self._add_batch()

    def remove(self, number: int) -> None:
        """Remove a search; nothing happens if there is none of this number."""
        self._add_waiting()
        if self._searches.remove(number):
            self._count -= 1
            self._removed += 1
            self._compact_if_due()

    def match(self, fields: Mapping[str, Any]) -> npt.NDArray[np.int64]:
        """The numbers of the searches that match the fields of a `ListingRecord`, in order."""
        self._add_waiting()
        listing = read(fields, self._vocabulary)
        places, doubtful = self._find(self._vocabulary.tiles, self._postings, self._searches, listing)
        if np.count_nonzero(doubtful):  # which takes a fifth of the time of `any`
            settler = DoubtSettler(self._searches, self._vocabulary, listing)
            wrong = [at for at in np.flatnonzero(doubtful).tolist() if not settler.matches(int(places[at]))]
            places = np.delete(places, wrong)
        if self._vocabulary.open and len(places):
            places = places[settle_open(self._searches, self._vocabulary, places, listing)]
        numbers = self._searches.row.rows["number"][places]
        numbers.sort()
        # A search with several places can be found by more than one key.
        return different(numbers).astype(np.int64)

    def _add_waiting(self) -> None:
        """Have all searches in the rows, and in a good order."""
        self._add_batch()
        added, self._added = self._added, 0
        if added > _FEW and added > _UNSORTED_SHARE * self._count:
            self._compact()
        elif added:
            self._compact_if_due()

    def _add_batch(self) -> None:
        if not self._unpacker.size:
            return
        batch = self._unpacker.take()
        places, replaced = self._searches.add(batch)
        self._add_postings(batch, places)
        self._count += len(places) - len(replaced)
        self._most_waiting = max(_MOST_WAITING, _WAITING_SHARE * self._count)
        self._removed += len(replaced)
        self._added += len(places)

    def _add_postings(self, batch: Batch, places: npt.NDArray[np.int32]) -> None:
        boxes, named, compiled, circles, polygons = (
            batch.boxes, batch.buckets, batch.rows, batch.circles, batch.polygons,
        )  # fmt: skip
        searches = np.concatenate([boxes["search"], circles, polygons["search"]])
        round_circles = boxes_round_circles(compiled.take(circles))
        round_polygons = boxes_round_polygons(batch.checks.take(polygons["check"]), batch.vertices)
        corners = np.concatenate([boxes["corners"], round_circles, round_polygons])
        box, keys, steps = keys_of_boxes(corners)
        tiles = self._vocabulary.buckets_of_tiles(keys)
        self._postings.add_buckets(self._vocabulary.bucket_count)
        owner = np.concatenate([searches[box], named["search"]])
        steps = np.concatenate([steps, np.full((len(named), 4), WHOLE_TILE)])
        postings = np.empty(len(owner), POSTING)
        postings["accept"], postings["search"] = compiled["accept"][owner], places[owner]
        postings["limits"] = limits_of(compiled["low"][owner], compiled["high"][owner], steps)
        self._postings.add(np.concatenate([tiles, named["bucket"]]), postings)

    def _compact_if_due(self) -> None:
        is_due = self._removed > max(_FEW, _REMOVED_SHARE * self._count)
        if is_due or self._postings.empty > max(_FEW, _EMPTY_SHARE * len(self._postings)):
            self._compact()

    def _compact(self) -> None:
        self._postings.keep(self._searches.keep(self._wanted_by_place()))
        checks = self._searches.check.rows[: self._searches.check.size]
        is_open = checks["kind"] == Kind.OPEN
        kept, checks["code"][is_open] = np.unique(checks["code"][is_open], return_inverse=True)
        self._vocabulary.keep_open(kept.tolist())
        self._unpacker.forget_names()
        self._removed = 0
        give_back_memory()

    def _wanted_by_place(self) -> npt.NDArray[np.int64]:
        """The rows of searches that are not removed. What lies side by side on the map then does in memory, too."""
        by_bucket = self._postings.in_order()
        first = np.zeros(self._searches.row.size, np.int64)
        # Of several assignments the last one counts, which is that of the first bucket.
        first[by_bucket[::-1]] = np.arange(len(by_bucket))[::-1]
        order = np.argsort(first)
        wanted: npt.NDArray[np.int64] = order[self._searches.row.rows["number"][order] != REMOVED]
        return wanted
