"""Reads areas: GeoJSON polygons, circles and boxes. A fault names the place of the point or the part. Pure."""

from collections.abc import Mapping
from itertools import pairwise
from math import floor, pi
from typing import Any

from property_alert_notification.base.errors import InvalidField
from property_alert_notification.homes.criteria.areas import (
    EARTH_RADIUS,
    OUTSIDE,
    Area,
    Box,
    Circle,
    Point,
    Polygons,
    Ring,
    box_of,
    place_in,
)
from property_alert_notification.homes.criteria.crossings import first_crossing
from property_alert_notification.homes.criteria.shown import shown

MOST_VERTICES = 500
"""Of all rings of an area together. The last point of a ring, which is the first once more, does not count."""

_KINDS = (
    'must be a Polygon or MultiPolygon of GeoJSON, {"type": "Circle", "center": [longitude, latitude], '
    '"radius": metres} or {"bbox": [west, south, east, north]}'
)
_FINITE = 1e9
"""More than any number of an area; no NaN is less."""
_FARTHEST = pi * EARTH_RADIUS


def read_area(given: Any, place: str) -> Area:
    """The area that a caller describes.

    Raises:
        InvalidField: a part of it is wrong; `field` is its place, such as `Criteria.Area.coordinates[0][3]`.
    """
    if not isinstance(given, Mapping):
        raise InvalidField(place, _KINDS)
    match given.get("type"):
        case "Polygon":
            return read_polygons([given.get("coordinates")], [f"{place}.coordinates"])
        case "MultiPolygon":
            polygons = _list_of(given.get("coordinates"), 1, "polygons", f"{place}.coordinates")
            return read_polygons(polygons, [f"{place}.coordinates[{n}]" for n in range(len(polygons))])
        case "Circle":
            _only(given, {"type", "center", "radius"}, place)
            return read_circle(given.get("center"), given.get("radius"), place)
        case None if "bbox" in given:
            _only(given, {"bbox"}, place)
            return _box(given["bbox"], f"{place}.bbox")
        case "Feature" | "FeatureCollection" | "GeometryCollection":
            raise InvalidField(f"{place}.type", "must be a geometry: send the `geometry` of the Feature alone")
    raise InvalidField(f"{place}.type" if "type" in given else place, _KINDS)


def _only(given: Mapping[Any, Any], known: set[str], place: str) -> None:
    for name in given:
        if name not in known:
            raise InvalidField(f"{place}.{shown(name)}", f"is not known here: known are {', '.join(sorted(known))}")


def read_circle(center: Any, radius: Any, place: str) -> Circle:
    """A circle.

    Raises:
        InvalidField: its centre or its radius is wrong.
    """
    longitude, latitude = _point(center, f"{place}.center")
    if not _is_number(radius) or not 0 < radius <= _FARTHEST:
        raise InvalidField(
            f"{place}.radius", "must be a number of metres, more than 0 and at most half way round Earth"
        )
    return Circle(longitude - 360 * floor((longitude + 180) / 360), latitude, radius)


def _box(given: Any, place: str) -> Box:
    if not isinstance(given, list) or len(given) != 4:
        raise InvalidField(place, "must be four numbers: [west, south, east, north]")
    (west, south), (east, north) = (_point(given[at : at + 2], f"{place}[{at}]") for at in (0, 2))
    if south >= north:
        raise InvalidField(f"{place}[3]", "must be north of the second number")
    if west == east:
        raise InvalidField(f"{place}[2]", "must not be the same as the first number")
    if west > east:  # it crosses the antimeridian
        east += 360
    if not 0 < east - west <= 360:
        raise InvalidField(f"{place}[2]", "makes the box wider than Earth")
    turn = 360 * floor((west + 180) / 360)
    return Box(west - turn, south, east - turn, north)


def read_polygons(polygons: list[Any], places: list[str]) -> Polygons:
    """Polygons from the `coordinates` of each, and where these stand.

    Raises:
        InvalidField: a point is none, a ring is not closed or crosses itself, or there are too many points.
    """
    read = [_rings(given, place) for given, place in zip(polygons, places, strict=True)]
    if sum(len(ring) for rings in read for ring in rings) > MOST_VERTICES:
        raise InvalidField(
            places[0], f"must have at most {MOST_VERTICES} points in all: leave out some of a drawn line"
        )
    return Polygons(tuple(_polygon(rings, place) for rings, place in zip(read, places, strict=True)))


def _rings(given: Any, place: str) -> list[list[Point]]:
    rings = _list_of(given, 1, "rings", place)
    return [_points(ring, f"{place}[{n}]") for n, ring in enumerate(rings)]


def _points(given: Any, place: str) -> list[Point]:
    """The points of a ring, each once."""
    positions = _list_of(given, 4, "points, of which the last is the first once more", place)
    points = [_point(one, f"{place}[{n}]") for n, one in enumerate(positions)]
    if points[0] != points[-1]:
        raise InvalidField(f"{place}[{len(points) - 1}]", "must be the same point as the first one: a ring is closed")
    return points[:-1]


def _list_of(given: Any, least: int, parts: str, place: str) -> list[Any]:
    if not isinstance(given, list) or len(given) < least:
        raise InvalidField(
            place, f"must be a list of at least {least} {parts}" if least > 1 else f"must be a list of {parts}"
        )
    return given


def _point(given: Any, place: str) -> Point:
    if not isinstance(given, list) or not 2 <= len(given) <= 3 or not all(_is_number(one) for one in given):
        raise InvalidField(place, "must be two numbers: longitude and latitude")
    longitude, latitude = float(given[0]), float(given[1])
    if abs(latitude) > 90:
        swapped = ": the longitude comes first" if abs(longitude) <= 90 and abs(latitude) <= 180 else ""
        raise InvalidField(place, f"must have a latitude from -90 to 90{swapped}")
    if abs(longitude) > 360:
        raise InvalidField(place, "must have a longitude from -180 to 180, or up to 360 beyond the antimeridian")
    return longitude, latitude


def _is_number(given: Any) -> bool:
    return isinstance(given, int | float) and not isinstance(given, bool) and abs(given) < _FINITE


def _polygon(rings: list[list[Point]], place: str) -> tuple[Ring, ...]:
    found = [_unbroken(points, f"{place}[{n}]", is_hole=n > 0) for n, points in enumerate(rings)]
    edge, *holes = (_moved(ring, box_of(ring).west, -180) for ring in found)
    west = box_of(edge).west
    whole = (edge, *(_moved(hole, box_of(hole).west, west) for hole in holes))
    _refuse_crossings(whole, place)
    for n, hole in enumerate(whole[1:], 1):
        outside = next((m for m, point in enumerate(hole) if place_in(edge, *point) == OUTSIDE), None)
        if outside is not None:
            raise InvalidField(f"{place}[{n}][{outside}]", "lies outside the polygon in which it is a hole")
    return whole


def _unbroken(points: list[Point], place: str, *, is_hole: bool) -> Ring:
    """The ring without a jump at the antimeridian: there it goes on beyond 180 degrees.

    An edge that spans more than 180 degrees is taken to go the short way. One of 360 degrees goes round Earth.
    """
    turn, unbroken = 0, [points[0]]
    for (before, _), (longitude, latitude) in pairwise([*points, points[0]]):
        if 180 < abs(longitude - before) < 360:
            turn += 360 if longitude < before else -360
        unbroken.append((longitude + turn, latitude))
    if turn and is_hole:
        # The line by which it is closed at the pole would belong to the area.
        raise InvalidField(place, "is a hole that goes round a pole: send the area in two parts, without this hole")
    if turn:
        unbroken += _to_the_pole(unbroken, place)
    else:
        unbroken.pop()
    ring = [point for before, point in zip([unbroken[-1], *unbroken], unbroken, strict=False) if point != before]
    if len(ring) < 3:
        raise InvalidField(place, "must have at least three different points")
    if (box := box_of(tuple(ring))).east - box.west > 360:
        raise InvalidField(place, "is wider than Earth")
    return tuple(ring)


def _to_the_pole(ring: list[Point], place: str) -> list[Point]:
    """What closes a ring that goes once round Earth: the pole on its side of the equator belongs to it."""
    latitudes = [latitude for _, latitude in ring]
    pole = 90.0 if min(latitudes) > 0 else -90.0
    if min(latitudes) <= 0 <= max(latitudes):
        raise InvalidField(place, "goes round Earth, so it does not say which pole it contains: send it in two parts")
    return [(ring[-1][0], pole), (ring[0][0], pole)]


def _moved(ring: Ring, west: float, start: float) -> Ring:
    """The ring, turned by whole turns so that what was at `west` lies from `start` to 360 degrees east of it."""
    turn = 360 * floor((west - start) / 360)
    return tuple((longitude - turn, latitude) for longitude, latitude in ring) if turn else ring


def _refuse_crossings(rings: tuple[Ring, ...], place: str) -> None:
    if (found := first_crossing(rings)) is None:
        return
    (ring, point), (other_ring, other_point) = found
    other = f"the edge from point {other_point}"
    if ring != other_ring:
        other += f" of ring {other_ring}"
    problem = f"begins an edge that crosses or touches {other} (points and rings are counted from 0)"
    raise InvalidField(f"{place}[{ring}][{point}]", problem)
