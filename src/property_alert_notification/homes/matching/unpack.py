"""Reads the packed forms of thousands of searches at once, into the arrays that the index adds."""

import json
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from property_alert_notification.homes.criteria.expression import And, Compare, Expression, Range, from_list
from property_alert_notification.homes.matching.batch import (
    BOX,
    BUCKET,
    CHECK,
    COMPILED,
    NO_RADIUS,
    POLYGON,
    Batch,
    Kind,
    bounds_of,
    joined,
)
from property_alert_notification.homes.matching.columns import ragged
from property_alert_notification.homes.matching.packed import BY_CIRCLE, BY_POLYGON, HAS_CIRCLE, HEAD
from property_alert_notification.homes.matching.vocabulary import Vocabulary

AT_ONCE: Final = 5_000
"""Searches that are read together: so many stay in the cache of the processor meanwhile."""
_MOST_KNOWN: Final = 65_536
_NOT_MEASURED: Final = -1

Numbers = npt.NDArray[np.int64]


class Unpacker:
    """Searches that wait to be added to the index together."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._names = _Names(vocabulary)
        self._numbers: list[int] = []
        self._packed: list[bytes] = []
        self._batches: list[Batch] = []
        self.size = 0
        """How many wait."""

    def put(self, number: int, packed: bytes) -> None:
        """Add a search by its packed form, which is sealed."""
        self._numbers.append(number)
        self._packed.append(packed)
        self.size += 1
        if len(self._numbers) >= AT_ONCE:
            self._unpack()

    def take(self) -> Batch:
        """All that wait, at least one; the searches that come next are in another batch."""
        if self._numbers:
            self._unpack()
        batches, self._batches, self.size = self._batches, [], 0
        return joined(batches)

    def forget_names(self) -> None:
        """Ask the vocabulary for all numbers anew: open conditions have other ones."""
        self._names.clear()

    def _unpack(self) -> None:
        self._batches.append(unpack(self._numbers, self._packed, self._names))
        self._numbers, self._packed = [], []
        if len(self._names) > _MOST_KNOWN:
            self._names.clear()


class _Names(dict[bytes, int]):
    """The number of each name that packed searches have."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__()
        self.vocabulary = vocabulary
        self._number_of: dict[str, Callable[..., int]] = {
            "place": vocabulary.place,
            "term": vocabulary.term,
            "measure": self._measure,
            "open": self._open,
        }

    def __missing__(self, name: bytes) -> int:
        kind, *of = json.loads(name)
        number = self[name] = self._number_of[kind](*of)
        return number

    def _measure(self, kind: str, field: str, unit: str | None) -> int:
        number = self.vocabulary.measure(Range if kind == "range" else Compare, field, unit)
        return _NOT_MEASURED if number is None else number

    def _open(self, stored: list[Any]) -> int:
        return self.vocabulary.open_condition(from_list(stored))


class _Cursor:
    """Values of many searches: reads one part of those of each search after the other."""

    def __init__(self, values: npt.NDArray[Any], first: Numbers) -> None:
        """`first` says where the values of each search begin."""
        self._values = values
        self.at = first

    def next(self, counts: Numbers) -> npt.NDArray[Any]:
        """The next values of each search, as many as its count says."""
        if not np.count_nonzero(counts):  # as of most parts of a single search
            return self._values[:0]
        at, self.at = self.at, self.at + counts
        return self._values.take(ragged(at, counts))

    def next_numbers(self, counts: Numbers, width: int = 1) -> npt.NDArray[np.float64]:
        """The next numbers of each search, in rows of a width."""
        return self.next(counts * width).view("<f8").reshape(-1, width)


class _Parts:
    """The parts of some packed searches, those of one search after the other."""

    def __init__(self, packed: Sequence[bytes], names: _Names) -> None:
        everything, sizes = b"".join(packed), np.fromiter(map(len, packed), np.int64, len(packed))
        words = _Cursor(np.frombuffer(everything, "<i8"), _starts(sizes >> 3))
        self.head = words.next(np.full(len(packed), HEAD.itemsize >> 3)).view(HEAD)
        counts = (self.head[part].astype(np.int64) for part in ("ranges", "terms", "rings", "open", "boxes", "places"))
        self.ranges, terms, self.rings, self.open, self.boxes, self.places = counts
        self.circles = (self.head["area"] & HAS_CIRCLE).astype(np.int64)
        self.circle = words.next_numbers(self.circles, 3)
        self.range, self.ring = words.next_numbers(self.ranges, 3), words.next_numbers(self.rings)[:, 0]
        self.vertex = words.next_numbers(self.head["corners"].astype(np.int64), 2)
        self.box = words.next_numbers(self.boxes, 4)

        text = _Cursor(np.frombuffer(everything, np.uint8), words.at << 3)
        self.names = text.next(self.head["names"].astype(np.int64)).tobytes().split(b"\n")[:-1]
        codes = np.fromiter(map(names.__getitem__, self.names), np.int64, len(self.names))
        self.names_at = _starts(self.ranges + terms + self.open + self.places)
        named = _Cursor(codes, self.names_at)
        self.first_terms = np.minimum(terms, 1)
        self.terms = terms - self.first_terms
        self.measure, self.first_term, self.term, self.condition, self.place = map(
            named.next, (self.ranges, self.first_terms, self.terms, self.open, self.places)
        )


def unpack(numbers: Sequence[int], packed: Sequence[bytes], names: _Names) -> Batch:
    """The searches with these numbers and these packed forms."""
    parts = _Parts(packed, names)
    rows, area, searches = np.zeros(len(numbers), COMPILED), parts.head["area"], np.arange(len(numbers))
    rows["number"], rows["radius"] = numbers, NO_RADIUS
    for name in ("accept", "low", "high", "open"):
        rows[name] = parts.head[name]
    has_circle = parts.circles.nonzero()
    for name, values in zip(("longitude", "latitude", "radius"), parts.circle.T, strict=True):
        rows[name][has_circle] = values
    rows["term"][parts.first_terms.nonzero()] = parts.first_term
    counts = parts.ranges + parts.terms + parts.rings + parts.open
    rows["count"] = counts
    checks = _checks(parts, counts)
    if _NOT_MEASURED in parts.measure:
        _leave_open(rows, checks, parts, names)
    [by_polygon] = (area & BY_POLYGON).nonzero()
    polygons = np.empty(len(by_polygon), POLYGON)
    polygons["search"] = by_polygon
    polygons["check"] = (_starts(counts) + parts.ranges + parts.terms)[by_polygon]
    boxes, buckets = np.empty(len(parts.box), BOX), np.empty(len(parts.place), BUCKET)
    boxes["search"], boxes["corners"] = searches.repeat(parts.boxes), parts.box
    buckets["search"], buckets["bucket"] = searches.repeat(parts.places), parts.place
    return Batch(rows, checks, parts.vertex, boxes, buckets, (area & BY_CIRCLE).nonzero()[0], polygons)


def _checks(parts: _Parts, counts: Numbers) -> npt.NDArray[Any]:
    """The checks of all searches, each of which has so many: its ranges, terms, rings and open conditions."""
    checks = np.zeros(int(counts.sum()), CHECK)
    at = _Cursor(np.arange(len(checks)), _starts(counts))
    ranges, terms, rings, conditions = map(at.next, (parts.ranges, parts.terms, parts.rings, parts.open))
    for kind, places, codes in (
        (Kind.RANGE, ranges, parts.measure),
        (Kind.TERM, terms, parts.term),
        (Kind.POLYGON, rings, _starts(parts.ring.astype(np.int64))),
        (Kind.OPEN, conditions, parts.condition),
    ):
        checks["kind"][places], checks["code"][places] = kind, codes
    for name, values in zip("abc", parts.range.T, strict=True):
        checks[name][ranges] = values
    checks["a"][rings] = parts.ring
    return checks


def _leave_open(rows: npt.NDArray[Any], checks: npt.NDArray[Any], parts: _Parts, names: _Names) -> None:
    """Make open conditions of the ranges for which the vocabulary has no measure: it has too many."""
    owner, name_at = np.arange(len(rows)).repeat(parts.ranges), ragged(parts.names_at, parts.ranges)
    check_at = ragged(_starts(rows["count"].astype(np.int64)), parts.ranges)
    for place in np.flatnonzero(parts.measure == _NOT_MEASURED).tolist():
        _, kind, field, unit = json.loads(parts.names[name_at[place]])
        low, high = bounds_of(*parts.range[place].tolist())
        condition: Expression = Range(field, low, high, unit)
        if kind == "compare":
            bounds = [Compare(field, "ge", low)] if low is not None else []
            bounds += [Compare(field, "le", high)] if high is not None else []
            condition = And(tuple(bounds))
        rows["open"][owner[place]] += 1
        check = checks[check_at[place]]
        check["kind"], check["code"] = Kind.OPEN, names.vocabulary.open_condition(condition)


def _starts(counts: Numbers) -> Numbers:
    """Where the values of each begin that has so many, those of one after the other."""
    return counts.cumsum() - counts
