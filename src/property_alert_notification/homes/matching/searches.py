"""What is kept of each search: one row, and the checks that its postings do not decide."""

from array import array
from enum import IntEnum
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from property_alert_notification.homes.matching.columns import Column, ragged

ROW: Final = np.dtype(
    [
        ("number", np.int64),
        ("required", np.uint64),
        ("low", np.int64),
        ("high", np.int64),
        ("first", np.int32),
        ("count", np.int16),
        ("open", np.int16),
    ]
)
"""Of each search: its number, or `REMOVED`; the bits of terms that it requires; its price range in minor units; its
checks, and how many of them only `evaluate` decides."""

CHECK: Final = np.dtype(
    [("kind", np.int32), ("code", np.int32), ("a", np.float64), ("b", np.float64), ("c", np.float64)]
)

REMOVED: Final = -1


class Kind(IntEnum):
    """What a check asks. A search matches if all its checks pass; of those of its area one is enough."""

    RANGE = 0
    """The value of measure `code` lies from `a` to `b`."""
    TERM = 1
    """The listing has the term `code`."""
    CIRCLE = 2
    """The listing lies at most `c` metres from longitude `a` and latitude `b`."""
    POLYGON = 3
    """The listing lies in the polygon whose `a` vertices begin at `code`."""
    OPEN = 4
    """`evaluate` decides the condition `code`."""


class Batch:
    """Searches on their way into the index, in compact form: a cold start has a million of them."""

    def __init__(self) -> None:
        self.number, self.accept, self.required = array("q"), array("Q"), array("Q")
        self.low, self.high = array("q"), array("q")
        self.count, self.open = array("h"), array("h")
        self.kind, self.code = array("i"), array("i")
        self.a, self.b, self.c = array("d"), array("d"), array("d")
        self.vertices = array("d")
        self.box_owner, self.boxes = array("i"), array("d")
        self.bucket_owner, self.buckets = array("i"), array("q")

    def __len__(self) -> int:
        return len(self.number)

    def check(self, kind: Kind, code: int, a: float = 0.0, b: float = 0.0, c: float = 0.0) -> None:
        """Add a check of the search that comes next."""
        self.kind.append(kind)
        self.code.append(code)
        self.a.append(a)
        self.b.append(b)
        self.c.append(c)


class Searches:
    """The rows of all searches, by places that `keep` changes."""

    def __init__(self) -> None:
        self.row, self.check, self.vertex = Column(ROW), Column(CHECK), Column(np.float64, 2)
        self.place_of = Column(np.int32)
        """The place of each number; `REMOVED` for a number that has none."""

    def add(self, batch: Batch) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
        """Add searches; returns their places, and those of older searches of the same numbers, which are removed."""
        number = as_numpy(batch.number)
        counts = as_numpy(batch.count)
        vertex = self.vertex.append(as_numpy(batch.vertices).reshape(-1, 2))
        check = self.check.append(_checks(batch, vertex))
        rows = np.empty(len(batch), ROW)
        for name in ("number", "required", "low", "high", "count", "open"):
            rows[name] = as_numpy(getattr(batch, name))
        rows["first"] = check + np.cumsum(counts, dtype=np.int64) - counts
        first = self.row.append(rows)
        places = np.arange(first, self.row.size, dtype=np.int32)
        self._know_numbers_to(int(number.max()))
        before = self.place_of.rows[number]
        self.place_of.rows[number] = places
        twice = places[self.place_of.rows[number] != places]
        replaced = np.unique(np.concatenate([before[before != REMOVED], twice]).astype(np.int64))
        self.row.rows["number"][replaced] = REMOVED
        return places, replaced

    def remove(self, number: int) -> bool:
        """Remove a search; False if there is none."""
        if not 0 <= number < self.place_of.size or (place := int(self.place_of.rows[number])) == REMOVED:
            return False
        self.place_of.rows[number] = REMOVED
        self.row.rows["number"][place] = REMOVED
        return True

    def keep(self, wanted: npt.NDArray[np.bool_]) -> npt.NDArray[np.int32]:
        """Drop the rows that are not wanted; returns the new place of each old one."""
        rows = self.row.rows[: self.row.size][wanted]
        at = ragged(rows["first"].astype(np.int64), rows["count"].astype(np.int64))
        checks = self.check.rows[at]
        rows["first"] = np.cumsum(rows["count"], dtype=np.int64) - rows["count"]
        polygons = np.flatnonzero(checks["kind"] == Kind.POLYGON)
        lengths = checks["a"][polygons].astype(np.int64)
        vertices = self.vertex.rows[ragged(checks["code"][polygons].astype(np.int64), lengths)]
        checks["code"][polygons] = np.cumsum(lengths) - lengths
        self.row.replace(rows)
        self.check.replace(checks)
        self.vertex.replace(vertices)
        places = np.arange(len(rows), dtype=np.int32)
        self.place_of.rows[rows["number"]] = places
        renumbered = np.full(len(wanted), REMOVED, np.int32)
        renumbered[wanted] = places
        return renumbered

    def _know_numbers_to(self, last: int) -> None:
        if (missing := last + 1 - self.place_of.size) > 0:
            first = self.place_of.extend(missing)
            self.place_of.rows[first : self.place_of.size] = REMOVED


def as_numpy(values: "array[Any]") -> npt.NDArray[Any]:
    """The same memory as an array of numpy."""
    return np.frombuffer(values, dtype=values.typecode) if len(values) else np.zeros(0, values.typecode)


def _checks(batch: Batch, first_vertex: int) -> npt.NDArray[Any]:
    checks = np.empty(len(batch.kind), CHECK)
    for name in ("kind", "code", "a", "b", "c"):
        checks[name] = as_numpy(getattr(batch, name))
    checks["code"][checks["kind"] == Kind.POLYGON] += first_vertex
    return checks
