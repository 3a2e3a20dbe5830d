"""The inner loop of matching, with numpy."""

from typing import Any

import numpy as np
import numpy.typing as npt

from property_alert_notification.homes.matching.columns import ragged
from property_alert_notification.homes.matching.limits import GUARDS
from property_alert_notification.homes.matching.listing import Listing
from property_alert_notification.homes.matching.postings import Postings
from property_alert_notification.homes.matching.searches import Kind, Searches
from property_alert_notification.homes.matching.tolerance import CHORD, OF_CHORD, OF_TURN

_RANGE, _TERM, _POLYGON = int(Kind.RANGE), int(Kind.TERM), int(Kind.POLYGON)

_GUARDS = np.uint64(GUARDS)

Places = npt.NDArray[np.int32]
Verdicts = npt.NDArray[np.bool_]


def find(postings: Postings, searches: Searches, listing: Listing) -> tuple[Places, Verdicts]:
    """The places of the searches whose packed conditions a listing meets, and which of them are in doubt.

    A search is in doubt if the listing is so close to the edge of its area that rounding could decide. A search may
    be found more than once.
    """
    places = _look_up(postings, listing)
    # Of rows with fields `take` copies whole ones, which indexing does not.
    rows = searches.row.rows.take(places)
    passed, doubtful = _in_circles(rows, listing)
    passed &= (rows["low"] <= listing.price) & (rows["high"] >= listing.price) & listing.terms[rows["term"]]
    checked = np.flatnonzero((rows["count"] > 0) & passed)
    if len(checked):
        passed[checked], close = _check(searches, rows.take(checked), listing)
        doubtful[checked] |= close
    return places[passed], doubtful[passed]


def _look_up(postings: Postings, listing: Listing) -> Places:
    spans, accept = postings.span.rows.take(listing.met["bucket"]), postings.posting.rows["accept"]
    pieces = [accept[start : start + length] for start, length, _ in spans.tolist()]
    if not pieces:
        return np.zeros(0, np.int32)
    word = np.uint64(listing.word)
    at = np.flatnonzero((np.concatenate(pieces) & word) == word)
    ends = np.cumsum(spans["length"])
    left = np.diff(at.searchsorted(ends), prepend=0)
    at += np.repeat(spans["start"] + spans["length"] - ends, left)
    found = postings.posting.rows.take(at)
    is_met = (np.repeat(listing.met["met"], left) - found["limits"]) & _GUARDS == _GUARDS
    places: Places = found["search"][is_met]
    return places


def _check(searches: Searches, rows: npt.NDArray[Any], listing: Listing) -> tuple[Verdicts, Verdicts]:
    counts = rows["count"].astype(np.int64)
    checks = searches.check.rows.take(ragged(rows["first"].astype(np.int64), counts))
    owner = np.repeat(np.arange(len(rows)), counts)
    kind, code = checks["kind"], checks["code"]
    passed, doubtful = np.ones(len(rows), np.bool_), np.zeros(len(rows), np.bool_)

    ranges = np.flatnonzero(kind == _RANGE)
    lowest, highest = listing.spans[code[ranges]].T
    # A missing value is NaN, which lies in no range.
    low, high = checks["a"][ranges], checks["b"][ranges]
    passed[owner[ranges[~((low <= highest) & (lowest <= high))]]] = False
    doubtful[owner[ranges[(low > lowest) | (high < highest)]]] = True
    terms = np.flatnonzero(kind == _TERM)
    passed[owner[terms[~listing.terms[code[terms]]]]] = False

    polygons = np.flatnonzero(kind == _POLYGON)
    if len(polygons):
        outside = np.zeros(len(rows), np.bool_)
        outside[owner[polygons]] = True
        inside, close = _in_polygons(checks.take(polygons), searches.vertex.rows, listing)
        outside[owner[polygons[inside | close]]] = False
        doubtful[owner[polygons[close]]] = True
        passed &= ~outside
    return passed, doubtful


def _in_circles(rows: npt.NDArray[Any], listing: Listing) -> tuple[Verdicts, Verdicts]:
    """Whether the listing lies in the circle of each search, if it has one, and whether it is close to the edge."""
    apart, chord = rows["centre"] - listing.vector, rows["chord"]
    gap = np.sqrt(np.einsum("ij,ij->i", apart, apart)) - chord
    tolerance = chord * OF_CHORD + CHORD
    return gap <= tolerance, np.abs(gap) <= tolerance


def _in_polygons(
    polygons: npt.NDArray[Any], vertices: npt.NDArray[np.float64], listing: Listing
) -> tuple[Verdicts, Verdicts]:
    count = polygons["a"].astype(np.int64)
    corners = _Corners(vertices, polygons["code"].astype(np.int64), count)
    x, y = listing.longitude, listing.latitude
    height = corners.heights()
    above = height > y
    # Few edges cross the latitude of the listing: the others cost no more than this.
    ring, x1, y1, x2, y2 = corners.edges_to(np.flatnonzero(above != corners.before(above)))
    left, right = (x1 - x) * (y2 - y), (y1 - y) * (x2 - x)
    turn = left - right
    toggles = (turn > 0) == (y2 > y1)
    inside = np.bincount(ring[toggles], minlength=len(count)) % 2 == 1
    close = np.zeros(len(count), np.bool_)
    close[ring[np.abs(turn) <= OF_TURN * (np.abs(left) + np.abs(right))]] = True
    level = np.flatnonzero(height == y)
    if len(level):
        ring, x1, y1, x2, _ = corners.edges_to(level)
        on_edge = (x2 == x) | ((y1 == y) & (np.minimum(x1, x2) <= x) & (x <= np.maximum(x1, x2)))
        close[ring[on_edge]] = True
    return inside, close


class _Corners:
    """The corners of rings, one ring after the other. An edge leads to each corner from the one before."""

    def __init__(
        self, vertices: npt.NDArray[np.float64], first: npt.NDArray[np.int64], count: npt.NDArray[np.int64]
    ) -> None:
        self._numbers = vertices.reshape(-1)
        self._at = 2 * ragged(first, count)
        self._ends = np.cumsum(count)
        self._starts = self._ends - count

    def heights(self) -> npt.NDArray[np.float64]:
        """The latitude of each."""
        return self._numbers.take(self._at + 1)

    def before(self, flags: Verdicts) -> Verdicts:
        """The flag of the corner before each. The first corner of a ring is joined to the last one."""
        before = np.roll(flags, 1)
        before[self._starts] = flags[self._ends - 1]
        return before

    def edges_to(self, corners: npt.NDArray[np.int64]) -> tuple[npt.NDArray[Any], ...]:
        """Of each of these corners the number of its ring, and the two ends of the edge that leads to it."""
        ring = np.searchsorted(self._ends, corners, side="right")
        previous = np.where(corners == self._starts[ring], self._ends[ring], corners) - 1
        begin, end = self._at[previous], self._at[corners]
        take = self._numbers.take
        return ring, take(begin), take(begin + 1), take(end), take(end + 1)
