"""What is kept of each search: one row, and the checks that its postings do not decide."""

from typing import Final

import numpy as np
import numpy.typing as npt

from property_alert_notification.homes.matching.batch import CHECK, NO_RADIUS, Batch, Kind
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

NO_CIRCLE: Final = -2.0
"""The cosine of a search without a circle."""

CIRCLE: Final = np.dtype(
    [("place", np.int32), ("longitude", np.float64), ("latitude", np.float64), ("radius", np.float64)]
)
"""The circle of the search at a place as it was given, for listings at its edge."""

REMOVED: Final = -1


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
        compiled, number, counts = batch.rows, batch.rows["number"], batch.rows["count"]
        vertex = self.vertex.append(batch.vertices)
        check = self.check.append(batch.checks)
        mine = self.check.rows[check : self.check.size]
        mine["code"][mine["kind"] == Kind.POLYGON] += vertex
        rows = np.empty(len(compiled), ROW)
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
