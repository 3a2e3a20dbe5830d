"""The inner loop of matching, compiled by numba. It finds what `numpy_kernel` finds."""

from array import array
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from property_alert_notification.homes.matching.batch import Kind
from property_alert_notification.homes.matching.cells import COLUMN_BIT, LAST_STEP, STEP_BITS
from property_alert_notification.homes.matching.limits import EAST_BIT, GUARDS, SOUTH_BIT, WEST_BIT
from property_alert_notification.homes.matching.listing import Listing
from property_alert_notification.homes.matching.numpy_kernel import Places, Verdicts
from property_alert_notification.homes.matching.postings import Postings
from property_alert_notification.homes.matching.searches import Searches
from property_alert_notification.homes.matching.tiles import DROPPED_BITS, LAST_PLACE, MULTIPLIER, NONE, Tiles
from property_alert_notification.homes.matching.tolerance import OF_TURN, SURE, SURE_SHARE

_RANGE, _TERM, _POLYGON = int(Kind.RANGE), int(Kind.TERM), int(Kind.POLYGON)
_OUT, _DOUBT, _IN = 0, 1, 2
"""In an area, the best of its parts counts; of all conditions, the worst."""

_GUARDS = np.uint64(GUARDS)
Array = npt.NDArray[Any]

_compiled = numba.njit(cache=True, nogil=True)


def find(tiles: Tiles, postings: Postings, searches: Searches, listing: Listing) -> tuple[Places, Verdicts]:
    """The places of the searches whose packed conditions a listing meets, and which of them are in doubt."""
    return _find(
        tiles.levels_of(listing.steps), tiles.keys, tiles.buckets, listing.steps or (0, 0),
        np.uint64(listing.met), np.frombuffer(array("q", listing.named), np.int64),
        postings.span.rows, postings.posting.rows,
        searches.row.rows, searches.check.rows, searches.vertex.rows,
        np.uint64(listing.word), np.int64(listing.price), listing.vector,
        listing.spans, listing.terms, listing.longitude, listing.latitude,
    )  # fmt: skip


@_compiled
def _find(
    levels: Array, keys: Array, buckets: Array, steps: tuple[int, int], met: np.uint64, named: Array,
    spans: Array, postings: Array, rows: Array, checks: Array, vertices: Array,
    word: np.uint64, price: np.int64, vector: tuple[float, float, float],
    measures: Array, terms: Array, x: float, y: float,
) -> tuple[Places, Verdicts]:  # fmt: skip
    found, met_there = _met_at(levels, keys, buckets, steps, met, named)
    places = _look_up(found, met_there, spans, postings, word)
    products = np.empty(len(places))
    left = _meet(rows, price, terms, vector, places, products)
    doubtful = np.empty(left, np.bool_)
    count = 0
    for at in range(left):
        row = rows[places[at]]
        verdict = _IN if products[at] > row.cosine * SURE_SHARE + SURE else _DOUBT
        if row.count:
            mine = checks[row.first : row.first + row.count]
            verdict = min(verdict, _conditions(mine, measures, terms))
            if verdict != _OUT:
                verdict = min(verdict, _in_polygons(mine, vertices, x, y))
        if verdict != _OUT:
            places[count], doubtful[count] = places[at], verdict == _DOUBT
            count += 1
    return places[:count], doubtful[:count]


@_compiled
def _met_at(
    levels: Array, keys: Array, buckets: Array, steps: tuple[int, int], met: np.uint64, named: Array
) -> tuple[Array, Array]:
    """The buckets that a listing is looked up in, and what it meets in each: of tiles what `Tiles.met_at` finds."""
    count = len(named)
    found = np.empty(count + len(levels), np.int64)
    found[:count] = named
    met_there = np.full(len(found), met)
    for first, coarser in levels:
        across, up = steps[0] >> coarser, steps[1] >> coarser
        key = first | across >> STEP_BITS << COLUMN_BIT | up >> STEP_BITS
        slot = key * MULTIPLIER >> DROPPED_BITS & len(keys) - 1
        while keys[slot] != key and keys[slot] != NONE:
            slot = slot + 1 & len(keys) - 1
        place = (across & LAST_STEP) << WEST_BIT | (up & LAST_STEP) << SOUTH_BIT
        found[count] = buckets[slot]
        met_there[count] = met | np.uint64(place | (place ^ LAST_PLACE) >> WEST_BIT - EAST_BIT)
        count += keys[slot] == key
    return found[:count], met_there


@_compiled
def _look_up(buckets: Array, met: Array, spans: Array, postings: Array, word: np.uint64) -> Places:
    """The searches whose postings accept the listing, with room behind them."""
    total = 0
    for bucket in buckets:
        total += spans[bucket].length
    places = np.empty(total, np.int32)
    count = 0
    for bucket, met_there in zip(buckets, met):  # noqa: B905 - numba knows no `strict`
        span = spans[bucket]
        for posting in postings[span.start : span.start + span.length]:
            places[count] = posting.search
            count += (posting.accept & word == word) & ((met_there - posting.limits) & _GUARDS == _GUARDS)
    return places[:count]


@_compiled
def _meet(
    rows: Array, price: np.int64, terms: Array, vector: tuple[float, float, float], places: Places, products: Array
) -> int:
    """Put those first whose rows the listing meets, with its product with the centre of the circle of each.

    Without a branch, so that the processor waits for many rows at once.
    """
    left = 0
    for at in range(len(places)):
        place = places[at]
        row = rows[place]
        product = row.centre[0] * vector[0] + row.centre[1] * vector[1] + row.centre[2] * vector[2]
        places[left], products[left] = place, product
        meets = (row.low <= price) & (price <= row.high) & terms[row.term]
        left += meets & (product >= row.cosine)
    return left


@_compiled
def _conditions(checks: Array, measures: Array, terms: Array) -> int:
    verdict = _IN
    for check in checks:
        if check.kind == _TERM:
            if not terms[check.code]:
                return _OUT
        elif check.kind == _RANGE:
            lowest, highest = measures[check.code]
            if not (check.a <= highest and lowest <= check.b):
                return _OUT
            if check.a > lowest or check.b < highest:
                verdict = _DOUBT
    return verdict


@_compiled
def _in_polygons(checks: Array, vertices: Array, x: float, y: float) -> int:
    has_area, best = False, _OUT
    for check in checks:
        if check.kind == _POLYGON:
            where = _in_polygon(vertices[check.code : check.code + int(check.a)], x, y)
            has_area, best = True, max(best, where)
    return best if has_area else _IN


@_compiled
def _in_polygon(ring: Array, x: float, y: float) -> int:
    inside = False
    x1, y1 = ring[-1]
    for x2, y2 in ring:
        if (y1 > y) != (y2 > y):
            left, right = (x1 - x) * (y2 - y), (y1 - y) * (x2 - x)
            turn = left - right
            if abs(turn) <= OF_TURN * (abs(left) + abs(right)):
                return _DOUBT
            if (turn > 0) == (y2 > y1):
                inside = not inside
        elif y2 == y and (x2 == x or (y1 == y and min(x1, x2) <= x <= max(x1, x2))):
            return _DOUBT
        x1, y1 = x2, y2
    return _IN if inside else _OUT
