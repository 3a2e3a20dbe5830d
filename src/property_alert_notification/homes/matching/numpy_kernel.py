"""The inner loop of matching, with numpy."""

from typing import Any

import numpy as np
import numpy.typing as npt

from property_alert_notification.homes.criteria.areas import EARTH_RADIUS
from property_alert_notification.homes.matching.columns import ragged
from property_alert_notification.homes.matching.listing import Listing
from property_alert_notification.homes.matching.postings import Postings
from property_alert_notification.homes.matching.searches import REMOVED, Kind, Searches
from property_alert_notification.homes.matching.tolerance import METRES, OF_RADIUS, OF_TURN

_RANGE, _TERM, _CIRCLE, _POLYGON = int(Kind.RANGE), int(Kind.TERM), int(Kind.CIRCLE), int(Kind.POLYGON)

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
    meets = (rows["number"] != REMOVED) & (rows["low"] <= listing.price) & (rows["high"] >= listing.price)
    meets &= (rows["required"] & ~np.uint64(listing.terms_word)) == 0
    left = np.flatnonzero(meets)
    places, rows = places[left], rows.take(left)
    passed, doubtful = _check(searches, rows, listing)
    return places[passed], doubtful[passed]


def _look_up(postings: Postings, listing: Listing) -> Places:
    starts, lengths = postings.start.rows[listing.buckets], postings.length.rows[listing.buckets]
    ends = starts + lengths
    accept = postings.accept.rows
    pieces = [accept[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
    if not pieces:
        return np.zeros(0, np.int32)
    word = np.uint64(listing.word)
    at = np.flatnonzero((np.concatenate(pieces) & word) == word)
    before = np.cumsum(lengths) - lengths
    at += np.repeat(starts - before, lengths)[at]
    price = np.int64(listing.price).astype(np.float32)
    bounds = postings.bounds.rows[at]
    in_range = (bounds[:, 0] <= price) & (bounds[:, 1] >= price)
    found: Places = postings.search.rows[at[in_range]]
    return found


def _check(searches: Searches, rows: npt.NDArray[Any], listing: Listing) -> tuple[Verdicts, Verdicts]:
    counts = rows["count"].astype(np.int64)
    checks = searches.check.rows.take(ragged(rows["first"].astype(np.int64), counts))
    owner = np.repeat(np.arange(len(rows)), counts)
    kind, code = checks["kind"], checks["code"]
    passed, doubtful = np.ones(len(rows), np.bool_), np.zeros(len(rows), np.bool_)

    ranges = np.flatnonzero(kind == _RANGE)
    lowest, highest = listing.lowest[code[ranges]], listing.highest[code[ranges]]
    # A missing value is NaN, which lies in no range.
    low, high = checks["a"][ranges], checks["b"][ranges]
    passed[owner[ranges[~((low <= highest) & (lowest <= high))]]] = False
    doubtful[owner[ranges[(low > lowest) | (high < highest)]]] = True
    terms = np.flatnonzero(kind == _TERM)
    passed[owner[terms[~listing.terms[code[terms]]]]] = False

    circles, polygons = np.flatnonzero(kind == _CIRCLE), np.flatnonzero(kind == _POLYGON)
    outside = np.zeros(len(rows), np.bool_)
    outside[owner[circles]] = outside[owner[polygons]] = True
    for which, (inside, close) in (
        (circles, _in_circles(checks.take(circles), listing)),
        (polygons, _in_polygons(checks.take(polygons), searches.vertex.rows, listing)),
    ):
        outside[owner[which[inside | close]]] = False
        doubtful[owner[which[close]]] = True
    return passed & ~outside, doubtful


def _in_circles(circles: npt.NDArray[Any], listing: Listing) -> tuple[Verdicts, Verdicts]:
    north, to_north = np.radians(listing.latitude), np.radians(circles["b"])
    half_turn = np.radians(circles["a"] - listing.longitude) / 2
    across = np.sin((to_north - north) / 2) ** 2 + np.cos(north) * np.cos(to_north) * np.sin(half_turn) ** 2
    distance = 2 * EARTH_RADIUS * np.arcsin(np.minimum(1.0, np.sqrt(across)))
    radius = circles["c"]
    return distance <= radius, np.abs(distance - radius) <= METRES + OF_RADIUS * radius


def _in_polygons(
    polygons: npt.NDArray[Any], vertices: npt.NDArray[np.float64], listing: Listing
) -> tuple[Verdicts, Verdicts]:
    count = polygons["a"].astype(np.int64)
    if not len(count):
        return np.zeros(0, np.bool_), np.zeros(0, np.bool_)
    first = polygons["code"].astype(np.int64)
    at = ragged(first, count)
    ends = np.cumsum(count)
    # The first corner is joined to the last one.
    before = at - 1
    before[ends - count] = first + count - 1
    x2, y2 = vertices.take(at, axis=0).T
    x1, y1 = vertices.take(before, axis=0).T
    x, y = listing.longitude, listing.latitude
    crosses = (y1 > y) != (y2 > y)
    left, right = (x1 - x) * (y2 - y), (y1 - y) * (x2 - x)
    turn = left - right
    close = crosses & (np.abs(turn) <= OF_TURN * (np.abs(left) + np.abs(right)))
    close |= (y2 == y) & ((x2 == x) | ((y1 == y) & (np.minimum(x1, x2) <= x) & (x <= np.maximum(x1, x2))))
    toggles = crosses & ((turn > 0) == (y2 > y1))
    inside = np.add.reduceat(toggles, ends - count, dtype=np.int64) % 2 == 1
    return inside, np.logical_or.reduceat(close, ends - count)
