"""Areas on the map, and whether a point lies in one. Edges belong to their area. Pure.

The edges of boxes and polygons are straight lines between longitudes and latitudes, as in GeoJSON. An area that
crosses the antimeridian goes on beyond 180 degrees: a box from 170 to 190 ends at -170.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import asin, cos, degrees, radians, sin, sqrt

Point = tuple[float, float]
"""Longitude and latitude."""
Ring = tuple[Point, ...]
"""The corners, each once: the last one is joined to the first."""

EARTH_RADIUS = 6_371_008.8
"""Metres: the mean radius. Circles are drawn on a sphere."""

_MARGIN = 1e-9
"""Degrees by which the box round a circle is wider, so that no rounding makes it too small."""
_ROUNDING = 3.3306690738754716e-16
"""Of the product in `side_of`, relative to its parts: (3 + 16ε)ε where ε is 2⁻⁵³."""


@dataclass(frozen=True, slots=True)
class Box:
    """A box; `west` is from -180 to 180, and `east` is greater, up to 540."""

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True, slots=True)
class Circle:
    """All points within `radius` metres of a point."""

    longitude: float
    latitude: float
    radius: float


@dataclass(frozen=True, slots=True)
class Polygons:
    """One or more polygons; the first ring of each is its edge, the others are holes."""

    polygons: tuple[tuple[Ring, ...], ...]


Area = Box | Circle | Polygons


def covers(area: Area, longitude: float, latitude: float) -> bool:
    """Whether the point lies in the area or on its edge."""
    match area:
        case Circle():
            return distance(longitude, latitude, area.longitude, area.latitude) <= area.radius
        case Box():
            return area.south <= latitude <= area.north and any(
                area.west <= x <= area.east for x in (longitude, longitude + 360, longitude - 360)
            )
        case Polygons():
            return any(_covers(rings, longitude, latitude) for rings in area.polygons)


def distance(longitude: float, latitude: float, to_longitude: float, to_latitude: float) -> float:
    """Metres between two points on the sphere."""
    north, to_north = radians(latitude), radians(to_latitude)
    across = sin((to_north - north) / 2) ** 2
    across += cos(north) * cos(to_north) * sin(radians(to_longitude - longitude) / 2) ** 2
    return 2 * EARTH_RADIUS * asin(min(1.0, sqrt(across)))


def _covers(rings: tuple[Ring, ...], longitude: float, latitude: float) -> bool:
    box = box_of(rings[0])
    if not box.south <= latitude <= box.north:
        return False
    for x in (longitude, longitude + 360, longitude - 360):
        if box.west <= x <= box.east and _polygon_covers(rings, x, latitude):
            return True
    return False


def _polygon_covers(rings: tuple[Ring, ...], x: float, y: float) -> bool:
    if (where := place_in(rings[0], x, y)) != INSIDE:
        return where == ON_EDGE
    for hole in rings[1:]:
        if (where := place_in(hole, x, y)) != OUTSIDE:
            return where == ON_EDGE
    return True


OUTSIDE, ON_EDGE, INSIDE = -1, 0, 1


def place_in(ring: Ring, x: float, y: float) -> int:
    """Whether a point is `OUTSIDE` a ring, `ON_EDGE` or `INSIDE`. Exact: no rounding decides."""
    inside = False
    x1, y1 = ring[-1]
    for x2, y2 in ring:
        if (y1 > y) != (y2 > y):
            side = side_of(x1, y1, x2, y2, x, y)
            if side == 0:
                return ON_EDGE
            if (side > 0) == (y2 > y1):
                inside = not inside
        elif y2 == y and (x2 == x or (y1 == y and (x1 <= x <= x2 or x2 <= x <= x1))):
            return ON_EDGE
        x1, y1 = x2, y2
    return INSIDE if inside else OUTSIDE


def side_of(x1: float, y1: float, x2: float, y2: float, x: float, y: float) -> int:
    """On which side of the line from the first to the second point the third is: 1 left, -1 right, 0 on it."""
    left, right = (x1 - x) * (y2 - y), (y1 - y) * (x2 - x)
    turn = left - right
    if abs(turn) > _ROUNDING * (abs(left) + abs(right)):
        return 1 if turn > 0 else -1
    fx, fy = Fraction(x), Fraction(y)
    exact = (Fraction(x1) - fx) * (Fraction(y2) - fy) - (Fraction(y1) - fy) * (Fraction(x2) - fx)
    return (exact > 0) - (exact < 0)


def box_of(ring: Ring) -> Box:
    """The box round a ring."""
    longitudes, latitudes = zip(*ring, strict=True)
    return Box(min(longitudes), min(latitudes), max(longitudes), max(latitudes))


def boxes_of(area: Area) -> list[Box]:
    """Boxes that contain the area, none of them beyond 180 degrees: what an index of places needs.

    A point on the antimeridian is in the box on its side, however its longitude is written: 180 or -180.
    """
    match area:
        case Circle():
            return list(_within_180(_box_round(area)))
        case Box():
            return list(_within_180(area))
        case Polygons():
            return [part for rings in area.polygons for part in _within_180(box_of(rings[0]))]


def _box_round(circle: Circle) -> Box:
    angle = circle.radius / EARTH_RADIUS
    north = circle.latitude + degrees(angle) + _MARGIN
    south = circle.latitude - degrees(angle) - _MARGIN
    if north >= 90 or south <= -90:  # a pole, and with it all longitudes
        return Box(-180, max(south, -90), 180, min(north, 90))
    width = degrees(asin(sin(angle) / cos(radians(circle.latitude)))) + _MARGIN
    return Box(circle.longitude - width, south, circle.longitude + width, north)


def _within_180(box: Box) -> Iterator[Box]:
    if box.west > -180 and box.east < 180:
        yield box
        return
    if box.east - box.west >= 360:
        yield Box(-180, box.south, 180, box.north)
        return
    for turn in (-360, 0, 360):
        west, east = max(box.west + turn, -180), min(box.east + turn, 180)
        if west <= east:
            yield Box(west, box.south, east, box.north)
