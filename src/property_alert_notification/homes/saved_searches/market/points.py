"""Which of many points lie in an area: what `areas.covers` says of each, for all of them at once. Pure.

Where rounding could decide, `covers` itself is asked.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from property_alert_notification.homes.criteria.areas import (
    EARTH_RADIUS,
    Area,
    Box,
    Circle,
    Polygons,
    Ring,
    box_of,
    covers,
)
from property_alert_notification.homes.matching.tolerance import OF_TURN

Numbers: TypeAlias = npt.NDArray[np.float64]
Verdicts: TypeAlias = npt.NDArray[np.bool_]

_TURNS = (0, 360, -360)
"""Degrees by which an area may lie beyond the antimeridian."""
_OF_RADIUS, _METRES = 1e-6, 1e-3
"""How close to the edge of a circle a point is in doubt: far more than both ways to compute the distance differ by."""


def covered(area: Area, longitudes: Numbers, latitudes: Numbers) -> Verdicts:
    """Whether each point lies in the area or on its edge."""
    match area:
        case Circle():
            inside, doubtful = _in_circle(area, longitudes, latitudes)
        case Box():
            inside, doubtful = _in_box(area, longitudes, latitudes)
        case Polygons():
            inside, doubtful = _in_polygons(area, longitudes, latitudes)
    for at in doubtful.nonzero()[0].tolist():
        inside[at] = covers(area, float(longitudes[at]), float(latitudes[at]))
    return inside


def _in_circle(circle: Circle, longitudes: Numbers, latitudes: Numbers) -> tuple[Verdicts, Verdicts]:
    north, to_north = np.radians(latitudes), np.radians(circle.latitude)
    across = np.sin((to_north - north) / 2) ** 2
    across += np.cos(north) * np.cos(to_north) * np.sin(np.radians(circle.longitude - longitudes) / 2) ** 2
    beyond = 2 * EARTH_RADIUS * np.arcsin(np.minimum(1.0, np.sqrt(across))) - circle.radius
    return beyond <= 0, np.abs(beyond) <= _OF_RADIUS * circle.radius + _METRES


def _in_box(box: Box, longitudes: Numbers, latitudes: Numbers) -> tuple[Verdicts, Verdicts]:
    inside = np.zeros(len(longitudes), np.bool_)
    for turn in _TURNS:
        inside |= _within(box, longitudes + turn, latitudes)
    return inside, np.zeros(len(longitudes), np.bool_)


def _in_polygons(area: Polygons, longitudes: Numbers, latitudes: Numbers) -> tuple[Verdicts, Verdicts]:
    inside, doubtful = np.zeros((2, len(longitudes)), np.bool_)
    for edge, *holes in area.polygons:
        box = box_of(edge)
        for turn in _TURNS:
            [at] = _within(box, longitudes + turn, latitudes).nonzero()
            if not len(at):
                continue
            # In the order of their latitudes: an edge crosses those of few points, which lie side by side.
            at = at[latitudes[at].argsort()]
            x, y = longitudes[at] + turn, latitudes[at]
            is_in, close = _in_ring(edge, x, y)
            for hole in holes:
                in_hole, close_to_hole = _in_ring(hole, x, y)
                is_in &= ~in_hole
                close |= close_to_hole
            inside[at] |= is_in
            doubtful[at] |= close
    return inside, doubtful


def _within(box: Box, x: Numbers, y: Numbers) -> Verdicts:
    return (box.south <= y) & (y <= box.north) & (box.west <= x) & (x <= box.east)


def _in_ring(ring: Ring, x: Numbers, y: Numbers) -> tuple[Verdicts, Verdicts]:
    inside, close = np.zeros((2, len(x)), np.bool_)
    to = np.array(ring)
    begin = np.roll(to, 1, axis=0)
    first = y.searchsorted(np.minimum(begin[:, 1], to[:, 1]), "left").tolist()
    last = y.searchsorted(np.maximum(begin[:, 1], to[:, 1]), "right").tolist()
    for (x1, y1), (x2, y2), start, end in zip(begin.tolist(), to.tolist(), first, last, strict=True):
        if start == end:
            continue
        px, py = x[start:end], y[start:end]
        left, right = (x1 - px) * (y2 - py), (y1 - py) * (x2 - px)
        turn = left - right
        inside[start:end] ^= (turn > 0) == (y2 > y1)
        # At the latitude of a corner two edges meet.
        close[start:end] |= (np.abs(turn) <= OF_TURN * (np.abs(left) + np.abs(right))) | (py == y1) | (py == y2)
    return inside, close
