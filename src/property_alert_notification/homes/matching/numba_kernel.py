"""The inner loop of matching, compiled by numba. It finds what `numpy_kernel` finds."""

import math
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from property_alert_notification.homes.criteria.areas import EARTH_RADIUS
from property_alert_notification.homes.matching.limits import GUARDS
from property_alert_notification.homes.matching.listing import Listing
from property_alert_notification.homes.matching.numpy_kernel import Places, Verdicts
from property_alert_notification.homes.matching.postings import Postings
from property_alert_notification.homes.matching.searches import REMOVED, Kind, Searches
from property_alert_notification.homes.matching.tolerance import METRES, OF_RADIUS, OF_TURN

_RANGE, _TERM, _CIRCLE, _POLYGON = int(Kind.RANGE), int(Kind.TERM), int(Kind.CIRCLE), int(Kind.POLYGON)
_OUT, _DOUBT, _IN = 0, 1, 2
"""In an area, the best of its parts counts; of all conditions, the worst."""

_GUARDS = np.uint64(GUARDS)
_METRES = math.radians(1) * EARTH_RADIUS
"""Of a degree of latitude."""
_SMALL = 1e-4
"""Of the square of an angle: half a degree."""

Array = npt.NDArray[Any]

_compiled = numba.njit(cache=True, nogil=True)


def find(postings: Postings, searches: Searches, listing: Listing) -> tuple[Places, Verdicts]:
    """The places of the searches whose packed conditions a listing meets, and which of them are in doubt."""
    starts, lengths = postings.start.rows[listing.buckets], postings.length.rows[listing.buckets]
    places = np.empty(int(lengths.sum()), np.int32)
    doubtful = np.empty(len(places), np.bool_)
    count = _find(
        starts, lengths, postings.search.rows, postings.accept.rows, postings.limits.rows, listing.met,
        searches.row.rows, searches.check.rows, searches.vertex.rows,
        np.uint64(listing.word), np.int64(listing.price), np.uint64(listing.terms_word),
        listing.lowest, listing.highest, listing.terms, listing.longitude, listing.latitude,
        places, doubtful,
    )  # fmt: skip
    return places[:count], doubtful[:count]


@_compiled
def _find(
    starts: Array, lengths: Array, search: Array, accept: Array, limits: Array, met: Array,
    rows: Array, checks: Array, vertices: Array, word: np.uint64, price: np.int64, terms_word: np.uint64,
    lowest: Array, highest: Array, terms: Array, x: float, y: float, places: Array, doubtful: Array,
) -> int:  # fmt: skip
    left = _look_up(starts, lengths, search, accept, limits, met, word, places)
    first, length = np.empty(left, np.int32), np.empty(left, np.int32)
    left = _meet(rows, price, terms_word, places, left, first, length)
    left = _leave_near(checks, y, places, left, first, length)
    count = 0
    for at in range(left):
        mine = checks[first[at] : first[at] + length[at]]
        verdict = _conditions(mine, lowest, highest, terms)
        if verdict != _OUT:
            verdict = min(verdict, _area(mine, vertices, x, y))
        if verdict != _OUT:
            places[count], doubtful[count] = places[at], verdict == _DOUBT
            count += 1
    return count


@_compiled
def _look_up(
    starts: Array, lengths: Array, search: Array, accept: Array, limits: Array, met: Array,
    word: np.uint64, places: Array,
) -> int:  # fmt: skip
    """Put the searches whose postings accept the listing into `places`; returns how many."""
    count = 0
    for bucket in range(len(starts)):
        mine = met[bucket]
        for at in range(starts[bucket], starts[bucket] + lengths[bucket]):
            places[count] = search[at]
            count += (accept[at] & word == word) & ((mine - limits[at]) & _GUARDS == _GUARDS)
    return count


@_compiled
def _meet(
    rows: Array, price: np.int64, terms_word: np.uint64, places: Array, count: int, first: Array, length: Array
) -> int:
    """Leave those whose rows the listing meets. Without a branch, so that the processor waits for many rows at once."""
    left = 0
    for at in range(count):
        place = places[at]
        row = rows[place]
        places[left], first[left], length[left] = place, row.first, row.count
        meets = (row.number != REMOVED) & (row.low <= price) & (price <= row.high)
        left += meets & (row.required & ~terms_word == 0)
    return left


@_compiled
def _leave_near(checks: Array, y: float, places: Array, count: int, first: Array, length: Array) -> int:
    """Leave those whose first check is no circle too far north or south. Without a branch, for the same reason."""
    if not len(checks):
        return count
    left = 0
    for at in range(count):
        check = checks[min(first[at], len(checks) - 1)]
        places[left], first[left], length[left] = places[at], first[at], length[at]
        is_near = abs(check.b - y) * _METRES <= check.c * (1 + OF_RADIUS) + METRES
        left += is_near | (check.kind != _CIRCLE) | (length[at] == 0)
    return left


@_compiled
def _conditions(checks: Array, lowest: Array, highest: Array, terms: Array) -> int:
    verdict = _IN
    for check in checks:
        if check.kind == _TERM:
            if not terms[check.code]:
                return _OUT
        elif check.kind == _RANGE:
            if not (check.a <= highest[check.code] and lowest[check.code] <= check.b):
                return _OUT
            if check.a > lowest[check.code] or check.b < highest[check.code]:
                verdict = _DOUBT
    return verdict


@_compiled
def _area(checks: Array, vertices: Array, x: float, y: float) -> int:
    has_area, best = False, _OUT
    for check in checks:
        if check.kind == _CIRCLE:
            has_area, where = True, _in_circle(check.a, check.b, check.c, x, y)
            best = max(best, where)
        elif check.kind == _POLYGON:
            has_area, where = True, _in_polygon(vertices[check.code : check.code + int(check.a)], x, y)
            best = max(best, where)
    return best if has_area else _IN


@_compiled
def _in_circle(longitude: float, latitude: float, radius: float, x: float, y: float) -> int:
    north, to_north = math.radians(y), math.radians(latitude)
    across = _squared_sine((to_north - north) / 2)
    across += math.cos(north) * math.cos(to_north) * _squared_sine(math.radians(longitude - x) / 2)
    close = METRES + OF_RADIUS * radius
    if across < _squared_sine(max(0.0, radius - close) / (2 * EARTH_RADIUS)):
        return _IN
    return _DOUBT if across <= _squared_sine((radius + close) / (2 * EARTH_RADIUS)) else _OUT


@_compiled
def _squared_sine(angle: float) -> float:
    square = angle * angle
    if square < _SMALL:
        # The next part of the series would be less than a part in 10^16.
        return square * (1 - square / 3 + square * square * 2 / 45 - square * square * square / 315)
    return math.sin(angle) ** 2


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
