"""What is kept of each search: one row, and the checks that its postings do not decide."""

from array import array
from enum import IntEnum
from struct import Struct
from typing import Final

import numpy as np
import numpy.typing as npt

from property_alert_notification.homes.matching.columns import Column, LineColumn, ragged
from property_alert_notification.homes.matching.sphere import cosines_of, vectors_of
from property_alert_notification.homes.matching.vocabulary import NEVER

ROW: Final = np.dtype(
    [
        ("low", np.int64),
        ("high", np.int64),
        ("centre", np.float64, 3),
        ("cosine", np.float64),
        ("term", np.int32),
        ("number", np.int32),
        ("first", np.int32),
        ("count", np.int16),
        ("open", np.int16),
    ]
)
"""Of each search: its price range in minor units; the circle that a listing must lie in, as of `sphere`, whose cosine
is `NO_CIRCLE` for most searches; a term that a listing must have; its number, or `REMOVED`; its checks, and how many of
them only `evaluate` decides."""

NO_CIRCLE, NO_RADIUS = -2.0, -1.0
"""The cosine and the radius of a search without a circle."""

CIRCLE: Final = np.dtype(
    [("place", np.int32), ("longitude", np.float64), ("latitude", np.float64), ("radius", np.float64)]
)
"""The circle of the search at a place as it was given, for listings at its edge."""

CHECK: Final = np.dtype(
    [("kind", np.int32), ("code", np.int32), ("a", np.float64), ("b", np.float64), ("c", np.float64)]
)

REMOVED: Final = -1


class Kind(IntEnum):
    """What a check asks. A search matches if all its checks pass; of those of its area one is enough."""

    RANGE = 0
    """The value of measure `code` lies from `a` to `b`; `c` says which of them were given without decimals."""
    TERM = 1
    """The listing has the term `code`, beside the one of the row."""
    POLYGON = 2
    """The listing lies in the polygon whose `a` vertices begin at `code`."""
    OPEN = 3
    """`evaluate` decides the condition `code`."""


WHOLE_LOW, WHOLE_HIGH = 1, 2


class Batch:
    """Searches on their way into the index, as the bytes of rows: a cold start has a million of them."""

    def __init__(self) -> None:
        self.rows, self.checks = bytearray(), bytearray()
        self.vertices = array("d")
        self.boxes, self.buckets = bytearray(), bytearray()
        self.circles, self.polygons = array("q"), bytearray()
        """What searches are looked up by: boxes of the map, buckets, their circles, and polygons by their checks."""
        self.size = self.check_count = 0
        self._first_check = 0

    def check(self, kind: Kind, code: int, a: float = 0.0, b: float = 0.0, c: float = 0.0) -> None:
        """Add a check of the search that comes next."""
        self.checks += _pack_check(kind, code, a, b, c)
        self.check_count += 1

    def box(self, west: float, south: float, east: float, north: float) -> None:
        """Look up the search that comes next by a box of the map."""
        self.boxes += _pack_box(self.size, west, south, east, north)

    def box_of_circle(self) -> None:
        """Look up the search that comes next by the box round its circle."""
        self.circles.append(self.size)

    def box_of_polygon(self, check: int) -> None:
        """Look up the search that comes next by the box round the polygon of a check."""
        self.polygons += _pack_pair(self.size, check)

    def bucket(self, bucket: int) -> None:
        """Look up the search that comes next by a bucket."""
        self.buckets += _pack_pair(self.size, bucket)

    def search(
        self,
        number: int,
        accept: int,
        term: int,
        prices: tuple[int, int],
        circle: tuple[float, float, float],
        still_open: int,
    ) -> None:
        """Add a search, which has all checks since the last one."""
        count = self.check_count - self._first_check
        self.rows += _pack_row(number, accept, term, *prices, *circle, count, still_open)
        self.size += 1
        self._first_check = self.check_count

    def forget_unfinished(self) -> None:
        """Drop what was added for a search that does not come after all."""
        self.check_count = self._first_check
        del self.checks[self.check_count * CHECK.itemsize :]
        for part, row in ((self.boxes, BOX), (self.polygons, POLYGON), (self.buckets, BUCKET)):
            finished = int(np.frombuffer(part, row)["search"].searchsorted(self.size))
            del part[finished * row.itemsize :]
        while self.circles and self.circles[-1] == self.size:
            self.circles.pop()
        # Corners that no check names do no harm, but half a corner would.
        del self.vertices[len(self.vertices) // 2 * 2 :]


COMPILED: Final = np.dtype(
    [
        ("number", np.int64),
        ("accept", np.uint64),
        ("term", np.int32),
        ("low", np.int64),
        ("high", np.int64),
        ("longitude", np.float64),
        ("latitude", np.float64),
        ("radius", np.float64),
        ("count", np.int32),
        ("open", np.int32),
    ]
)
BOX: Final = np.dtype([("search", np.int64), ("corners", np.float64, 4)])
POLYGON: Final = np.dtype([("search", np.int64), ("check", np.int64)])
BUCKET: Final = np.dtype([("search", np.int64), ("bucket", np.int64)])
_pack_row, _pack_check = Struct("=qQiqqdddii").pack, Struct("=iiddd").pack
_pack_box, _pack_pair = Struct("=qdddd").pack, Struct("=qq").pack


class Searches:
    """The rows of all searches, by places that `keep` changes."""

    def __init__(self) -> None:
        self.row, self.check, self.vertex = LineColumn(ROW), Column(CHECK), Column(np.float64, 2)
        self.circle = Column(CIRCLE)
        """In the order of places."""
        self.place_of = Column(np.int32)
        """The place of each number; `REMOVED` for a number that has none."""

    def add(self, batch: Batch) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
        """Add searches; returns their places, and those of older searches of the same numbers, which are removed."""
        compiled = np.frombuffer(batch.rows, COMPILED)
        number, counts = compiled["number"], compiled["count"]
        vertex = self.vertex.append(np.frombuffer(batch.vertices, np.float64).reshape(-1, 2))
        checks = np.frombuffer(batch.checks, CHECK)
        check = self.check.append(checks)
        mine = self.check.rows[check : self.check.size]
        mine["code"][checks["kind"] == Kind.POLYGON] += vertex
        rows = np.empty(batch.size, ROW)
        for name in ("number", "term", "low", "high", "count", "open"):
            rows[name] = compiled[name]
        rows["first"] = check + np.cumsum(counts, dtype=np.int64) - counts
        circles = np.flatnonzero(compiled["radius"] != NO_RADIUS)
        given = np.empty(len(circles), CIRCLE)
        for name in ("longitude", "latitude", "radius"):
            given[name] = compiled[name][circles]
        rows["centre"], rows["cosine"] = 0, NO_CIRCLE
        rows["centre"][circles], rows["cosine"][circles] = vectors_of(given), cosines_of(given["radius"])
        first = self.row.append(rows)
        given["place"] = first + circles
        self.circle.append(given)
        places = np.arange(first, self.row.size, dtype=np.int32)
        self._know_numbers_to(int(number.max()))
        before = self.place_of.rows[number]
        self.place_of.rows[number] = places
        twice = places[self.place_of.rows[number] != places]
        replaced = np.unique(np.concatenate([before[before != REMOVED], twice]).astype(np.int64))
        self._let_go(replaced)
        return places, replaced

    def remove(self, number: int) -> bool:
        """Remove a search; False if there is none."""
        if not 0 <= number < self.place_of.size or (place := int(self.place_of.rows[number])) == REMOVED:
            return False
        self.place_of.rows[number] = REMOVED
        self._let_go(place)
        return True

    def keep(self, wanted: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
        """Keep the rows at these places alone, in their order; returns the new place of each old one."""
        rows = self.row.rows[wanted]
        at = ragged(rows["first"].astype(np.int64), rows["count"].astype(np.int64))
        checks = self.check.rows[at]
        rows["first"] = np.cumsum(rows["count"], dtype=np.int64) - rows["count"]
        polygons = np.flatnonzero(checks["kind"] == Kind.POLYGON)
        lengths = checks["a"][polygons].astype(np.int64)
        vertices = self.vertex.rows[ragged(checks["code"][polygons].astype(np.int64), lengths)]
        checks["code"][polygons] = np.cumsum(lengths) - lengths
        before = self.row.size
        places = np.arange(len(rows), dtype=np.int32)
        renumbered = np.full(before, REMOVED, np.int32)
        renumbered[wanted] = places
        circles = self.circle.rows[: self.circle.size]
        circles["place"] = renumbered[circles["place"]]
        order = np.argsort(circles["place"])
        self.circle.replace(circles.take(order[np.count_nonzero(circles["place"] == REMOVED) :]))
        self.row.replace(rows)
        self.check.replace(checks)
        self.vertex.replace(vertices)
        self.place_of.rows[rows["number"]] = places
        return renumbered

    def circle_at(self, place: int) -> tuple[float, float, float]:
        """Longitude, latitude and radius of the circle of the search at a place, which has one."""
        circles = self.circle.rows[: self.circle.size]
        _, longitude, latitude, radius = circles[circles["place"].searchsorted(place)].tolist()
        return longitude, latitude, radius

    def _let_go(self, places: npt.NDArray[np.int64] | int) -> None:
        self.row.rows["number"][places] = REMOVED
        self.row.rows["term"][places] = NEVER

    def _know_numbers_to(self, last: int) -> None:
        if (missing := last + 1 - self.place_of.size) > 0:
            first = self.place_of.extend(missing)
            self.place_of.rows[first : self.place_of.size] = REMOVED
