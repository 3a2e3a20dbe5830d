"""The inner loop of matching, with numpy."""

from array import array
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from property_alert_notification.homes.matching.batch import Kind
from property_alert_notification.homes.matching.columns import ragged
from property_alert_notification.homes.matching.limits import GUARDS
from property_alert_notification.homes.matching.listing import Listing
from property_alert_notification.homes.matching.postings import Postings
from property_alert_notification.homes.matching.searches import Searches
from property_alert_notification.homes.matching.tiles import Tiles
from property_alert_notification.homes.matching.tolerance import OF_TURN, SURE, SURE_SHARE

_RANGE, _TERM, _POLYGON = int(Kind.RANGE), int(Kind.TERM), int(Kind.POLYGON)

_GUARDS = np.uint64(GUARDS)
_MET = np.dtype([("bucket", np.int64), ("met", np.uint64)])

Places = npt.NDArray[np.int32]
Verdicts = npt.NDArray[np.bool_]


def find(tiles: Tiles, postings: Postings, searches: Searches, listing: Listing) -> tuple[Places, Verdicts]:
    """The places of the searches whose packed conditions a listing meets, and which of them are in doubt.

    A search is in doubt if the listing is so close to the edge of its area that rounding could decide. A search may
    be found more than once.
    """
    places = _look_up(tiles, postings, listing)
    # Of rows with fields `take` copies whole ones, which indexing does not.
    rows = searches.row.rows.take(places)
    passed, doubtful = _in_circles(rows, listing)
    passed &= rows["low"] <= listing.price
    passed &= rows["high"] >= listing.price
    passed &= listing.terms[rows["term"]]
    [checked] = ((rows["count"] > 0) & passed).nonzero()
    if len(checked):
        passed[checked], close = _check(searches, rows.take(checked), listing)
        doubtful[checked] |= close
    [found] = passed.nonzero()
    return places.take(found), doubtful.take(found)


def _look_up(tiles: Tiles, postings: Postings, listing: Listing) -> Places:
    met_at = tiles.met_at(listing.steps, listing.met)
    for bucket in listing.named:
        met_at[bucket] = listing.met
    # An array of numpy is made from one of Python at half the cost of making it from a list.
    met = np.frombuffer(array("Q", chain.from_iterable(met_at.items())), _MET)
    spans, accept = postings.span.rows.take(met["bucket"]), postings.posting.rows["accept"]
    pieces = [accept[start : start + length] for start, length, _ in spans.tolist()]
    if not pieces:
        return np.zeros(0, np.int32)
    word = np.uint64(listing.word)
    [at] = ((np.concatenate(pieces) & word) == word).nonzero()
    ends = spans["length"].cumsum()
    left = at.searchsorted(ends)
    left[1:] -= left[:-1].copy()
    at += (spans["start"] + spans["length"] - ends).repeat(left)
    found = postings.posting.rows.take(at)
    [is_met] = ((met["met"].repeat(left) - found["limits"]) & _GUARDS == _GUARDS).nonzero()
    places: Places = found["search"][is_met]
    return places


def _check(searches: Searches, rows: npt.NDArray[Any], listing: Listing) -> tuple[Verdicts, Verdicts]:
    counts = rows["count"].astype(np.int64)
    checks = searches.check.rows.take(ragged(rows["first"].astype(np.int64), counts))
    owner = np.arange(len(rows)).repeat(counts)
    kind, code = checks["kind"], checks["code"]
    passed, doubtful = np.ones(len(rows), np.bool_), np.zeros(len(rows), np.bool_)

    [ranges] = (kind == _RANGE).nonzero()
    if len(ranges):
        lowest, highest = listing.spans.take(code[ranges], axis=0).T
        # A missing value is NaN, which lies in no range.
        low, high = checks["a"][ranges], checks["b"][ranges]
        passed[owner[ranges[~((low <= highest) & (lowest <= high))]]] = False
        doubtful[owner[ranges[(low > lowest) | (high < highest)]]] = True
    [terms] = (kind == _TERM).nonzero()
    if len(terms):
        passed[owner[terms[~listing.terms[code[terms]]]]] = False
    [polygons] = (kind == _POLYGON).nonzero()
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
    centre, cosine, (x, y, z) = rows["centre"], rows["cosine"], listing.vector
    # An operator for each axis takes a third of the time of `einsum`, and a product of matrices may use two threads.
    product = centre[:, 0] * x
    product += centre[:, 1] * y
    product += centre[:, 2] * z
    return product >= cosine, product <= cosine * SURE_SHARE + SURE


def _in_polygons(
    polygons: npt.NDArray[Any], vertices: npt.NDArray[np.float64], listing: Listing
) -> tuple[Verdicts, Verdicts]:
    corners, last = _closed_rings(polygons, vertices)
    x, y, height = listing.longitude, listing.latitude, corners[:, 1]
    above = height > y
    # Few edges cross the latitude of the listing: the others cost no more than this.
    ring, x1, y1, x2, y2 = _edges(corners, last, above[1:] != above[:-1])
    left, right = (x1 - x) * (y2 - y), (y1 - y) * (x2 - x)
    turn = left - right
    toggles = (turn > 0) == (y2 > y1)
    inside = np.bincount(ring[toggles], minlength=len(last)) % 2 == 1
    close = np.zeros(len(last), np.bool_)
    close[ring[np.abs(turn) <= OF_TURN * (np.abs(left) + np.abs(right))]] = True
    level = height[1:] == y
    if np.count_nonzero(level):
        ring, x1, y1, x2, _ = _edges(corners, last, level)
        on_edge = (x2 == x) | ((y1 == y) & (np.minimum(x1, x2) <= x) & (x <= np.maximum(x1, x2)))
        close[ring[on_edge]] = True
    return inside, close


def _closed_rings(
    polygons: npt.NDArray[Any], vertices: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """The corners of rings, one ring after the other, and the last corner of each: the first one once more."""
    first, count = polygons["code"].astype(np.int64), polygons["a"].astype(np.int64) + 1
    last = count.cumsum() - 1
    at = ragged(first, count)
    at[last] = first
    return vertices.take(at, axis=0), last


def _edges(corners: npt.NDArray[np.float64], last: npt.NDArray[np.int64], wanted: Verdicts) -> tuple[Any, ...]:
    """Of each wanted edge, of those from one corner to the next, the number of its ring, and its two ends."""
    wanted[last[:-1]] = False  # These lead from one ring to the next.
    [begin] = wanted.nonzero()
    return last.searchsorted(begin), *corners.take(begin, axis=0).T, *corners.take(begin + 1, axis=0).T
