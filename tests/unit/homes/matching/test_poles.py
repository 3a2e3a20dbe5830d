"""At the poles and round them: what decides, the index with both kernels, and an oracle of shapely agree."""

from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import pytest
from shapely.geometry import Point, Polygon, box

from property_alert_notification.base.errors import InvalidField
from property_alert_notification.homes.criteria.areas import Area, Circle, covers
from property_alert_notification.homes.criteria.expression import Within
from property_alert_notification.homes.criteria.read_areas import read_area
from property_alert_notification.homes.matching.index import SearchIndex
from tests.unit.homes.criteria.plain_oracle import _metres
from tests.unit.homes.matching.kernels import KERNELS

AREAS = 150
LATITUDES = (90.0, 89.999999, 89.9, 80.0)
LONGITUDES = (-180.0, 180.0, -179.9, 0.0, 90.0, -90.0, 5.625)

Oracle = Callable[[float, float], bool]


def _latitude(dice: Random) -> float:
    return dice.choice(LATITUDES) if dice.random() < 0.5 else dice.uniform(75, 90)


def _longitude(dice: Random) -> float:
    return dice.choice(LONGITUDES) if dice.random() < 0.4 else dice.uniform(-180, 180)


def _plane(shape: Any) -> Oracle:
    """A point is in an area under any of its longitudes."""
    return lambda x, y: any(shape.covers(Point(one, y)) for one in (x, x + 360, x - 360))


def _corners(dice: Random) -> tuple[dict[str, Any], Oracle] | None:
    """A polygon with corners at the pole, of which none goes round it."""
    west = dice.uniform(-180, 60)
    ring = [(west + dice.uniform(0, 110), _latitude(dice)) for _ in range(dice.randint(3, 6))]
    shape = Polygon(ring)
    if not shape.is_valid or not shape.area:
        return None
    return {"type": "Polygon", "coordinates": [[list(one) for one in [*ring, ring[0]]]]}, _plane(shape)


def _round_the_pole(dice: Random) -> tuple[dict[str, Any], Oracle]:
    """A ring round the pole, which contains it; the edge at the pole is only drawn in the oracle."""
    longitudes = sorted({-170.0, -60.0, 60.0, 170.0, *(dice.uniform(-180, 180) for _ in range(3))})
    ring = [(one, dice.uniform(75, 89.9)) for one in longitudes]
    end = (ring[0][0] + 360, ring[0][1])
    shape = Polygon([*ring, end, (end[0], 90), (ring[0][0], 90)])
    if dice.random() < 0.5:
        ring.reverse()
    return {"type": "Polygon", "coordinates": [[list(one) for one in [*ring, ring[0]]]]}, _plane(shape)


def _box(dice: Random) -> tuple[dict[str, Any], Oracle]:
    west, east, south = _longitude(dice), _longitude(dice), dice.uniform(70, 89.9)
    if west == east or (west, east) == (180, -180):
        west, east = -180.0, 180.0
    shape = box(west, south, east + 360 if west > east else east, 90)
    return {"bbox": [west, south, east, 90]}, _plane(shape)


def _circle(dice: Random) -> tuple[dict[str, Any], Oracle]:
    x, y = _longitude(dice), _latitude(dice)
    to_the_pole = (90 - y) * 111_195.0
    radius = max(dice.choice((to_the_pole, 10 ** dice.uniform(1, 6))), 1.0)
    return {"type": "Circle", "center": [x, y], "radius": radius}, lambda a, b: _metres(x, y, a, b) <= radius


def _mirrored(given: dict[str, Any]) -> dict[str, Any]:
    """The same at the south pole."""
    if "bbox" in given:
        west, south, east, north = given["bbox"]
        return {"bbox": [west, -north, east, -south]}
    if "center" in given:
        return given | {"center": [given["center"][0], -given["center"][1]]}
    return given | {"coordinates": [[[x, -y] for x, y in ring] for ring in given["coordinates"]]}


def _drawn(dice: Random) -> list[tuple[Area, Oracle]]:
    found: list[tuple[Area, Oracle]] = []
    while len(found) < AREAS:
        if (drawn := dice.choice((_corners, _round_the_pole, _box, _circle))(dice)) is None:
            continue
        given, oracle = drawn
        try:
            found.append((read_area(given, "Area"), oracle))
        except InvalidField:
            assert "coordinates" in given
            continue
        found.append((read_area(_mirrored(given), "Area"), lambda x, y, north=oracle: north(x, -y)))
    return found


def _points(dice: Random, areas: list[tuple[Area, Oracle]]) -> list[tuple[float, float]]:
    points = [(x, sign * y) for x in LONGITUDES for y in LATITUDES for sign in (1, -1)]
    points += [(_longitude(dice), dice.choice((1, -1)) * _latitude(dice)) for _ in range(60)]
    # The edges of circles, nearest to the pole and farthest to the side.
    for area, _ in areas:
        if isinstance(area, Circle) and dice.random() < 0.2:
            points.append((area.longitude, max(-90.0, min(90.0, area.latitude + area.radius / 111_195.0))))
    return points


def test_areas_at_a_pole_are_matched_exactly() -> None:
    dice = Random(17)
    areas = _drawn(dice)
    points = _points(dice, areas)
    right = np.array([[covers(area, *point) for point in points] for area, _ in areas])
    for (area, oracle), covered in zip(areas, right, strict=True):
        for point, is_covered in zip(points, covered, strict=True):
            if isinstance(area, Circle):
                # The oracle has another rounding.
                off = _metres(area.longitude, area.latitude, *point) - area.radius
                assert abs(off) < 1e-2 or is_covered == (off < 0), (area, point)
            else:
                assert is_covered == oracle(*point), (area, point)

    index = SearchIndex()
    index.put_many((number, Within(area)) for number, (area, _) in enumerate(areas))
    for kernel in KERNELS.values():
        index.use(kernel)
        found = np.zeros_like(right)
        for place, (longitude, latitude) in enumerate(points):
            found[index.match({"Longitude": longitude, "Latitude": latitude}), place] = True
        wrong = np.argwhere(found != right)
        assert not len(wrong), [(areas[number][0], points[place]) for number, place in wrong[:3]]

    # Not by chance.
    assert 0.05 < right.mean() < 0.7


@pytest.mark.parametrize("pole", [1, -1])
def test_a_hole_round_a_pole_is_refused(pole: int) -> None:
    edge, hole = ([[x, pole * y] for x in (0, 90, 180, -90, 0)] for y in (60, 80))
    with pytest.raises(InvalidField, match="is a hole that goes round a pole"):
        read_area({"type": "Polygon", "coordinates": [edge, hole]}, "Area")
