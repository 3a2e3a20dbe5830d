"""Which points lie in an area, beside shapely and beside plain arithmetic."""

import random
from fractions import Fraction
from math import cos, radians
from typing import Any

import pytest
import shapely
from shapely.geometry import Point as ShapelyPoint
from shapely.geometry import shape

from property_alert_notification.base.errors import InvalidField
from property_alert_notification.homes.criteria.areas import Area, Box, Circle, boxes_of, covers, distance, side_of
from property_alert_notification.homes.criteria.expression import Within, from_json, to_json
from property_alert_notification.homes.criteria.read_areas import MOST_VERTICES, read_area

SQUARE = [[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]]
HOLE = [[1, 1], [1, 2], [2, 2], [2, 1], [1, 1]]
FIJI = [[177, -20], [-178, -20], [-178, -16], [177, -16], [177, -20]]


def _polygon(*rings: list[list[float]]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def _area(given: dict[str, Any]) -> Area:
    area = read_area(given, "Area")
    within = from_json(to_json(Within(area)))
    assert within == Within(area)
    return area


def _in_a_box(area: Area, longitude: float, latitude: float) -> bool:
    return any(box.west <= longitude <= box.east and box.south <= latitude <= box.north for box in boxes_of(area))


def _of_a_lattice(dice: random.Random) -> dict[str, Any]:
    """A polygon whose corners, and often whole edges, lie on lines of a lattice. It may be no valid one."""
    size = dice.randint(3, 9)
    ring = [[dice.randint(0, 6), dice.randint(0, 6)] for _ in range(size)]
    rings = [[*ring, ring[0]]]
    if dice.random() < 0.4:
        x, y = dice.randint(1, 4), dice.randint(1, 4)
        rings.append([[x, y], [x, y + 1], [x + 1, y + 1], [x, y]])
    return _polygon(*rings)


def test_lattice_polygons_cover_what_shapely_says() -> None:
    dice, read = random.Random(13), 0
    while read < 150:
        given = _of_a_lattice(dice)
        try:
            area = _area(given)
        except InvalidField:
            assert not shape(given).is_valid, given
            continue
        oracle, read = shape(given), read + 1
        assert oracle.is_valid or len(given["coordinates"]) > 1, given
        for x in range(13):
            for y in range(13):
                point = x / 2, y / 2
                covered = covers(area, *point)
                assert covered == oracle.covers(ShapelyPoint(point)), (given, point)
                assert _in_a_box(area, *point) or not covered


def test_polygons_that_shapely_calls_valid_are_read() -> None:
    dice, valid = random.Random(7), 0
    while valid < 60:
        given = _of_a_lattice(dice)
        if shape(given).is_valid:
            _area(given)
            valid += 1


def test_points_of_slanted_edges_are_decided_without_rounding() -> None:
    dice = random.Random(1)
    for _ in range(60):
        ring = [[dice.uniform(-122.5, -122.1), dice.uniform(47.4, 47.7)] for _ in range(3)]
        given = _polygon([*ring, ring[0]])
        area, oracle = _area(given), shape(given)
        for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], ring[0]], strict=True):
            for part in (0, 0.25, dice.random(), 1):
                point = x1 + part * (x2 - x1), y1 + part * (y2 - y1)
                assert covers(area, *point) == oracle.covers(ShapelyPoint(point))


def test_no_rounding_decides_on_which_side_of_a_line_a_point_is() -> None:
    dice, misjudged = random.Random(5), 0
    for _ in range(3_000):
        x1, y1, x2, y2 = (round(dice.uniform(-180, 180), 1) for _ in range(4))
        part = dice.random()
        x, y = x1 + part * (x2 - x1), y1 + part * (y2 - y1)
        turn = (Fraction(x1) - Fraction(x)) * (Fraction(y2) - Fraction(y))
        turn -= (Fraction(y1) - Fraction(y)) * (Fraction(x2) - Fraction(x))
        exact = (turn > 0) - (turn < 0)
        assert side_of(x1, y1, x2, y2, x, y) == exact
        misjudged += ((x1 - x) * (y2 - y) - (y1 - y) * (x2 - x)) * exact < 0

    assert misjudged > 5


@pytest.mark.parametrize(
    ("given", "inside", "outside"),
    [
        (_polygon(SQUARE, HOLE), [(0, 0), (4, 2), (1, 1), (1.5, 1), (3, 3)], [(1.5, 1.5), (4.0001, 2)]),
        (
            {"type": "MultiPolygon", "coordinates": [[SQUARE], [[[9, 9], [10, 9], [10, 10], [9, 9]]]]},
            [(0, 4), (9.5, 9)],
            [(5, 5)],
        ),
        (_polygon(FIJI), [(177, -18), (179.9, -18), (180, -18), (-180, -18), (-178, -16)], [(0, -18), (-177, -18)]),
        (_polygon([[177, -20], [182, -20], [182, -16], [177, -16], [177, -20]]), [(-178, -20), (180, -16)], [(0, -18)]),
        (_polygon([[-183, -20], [-178, -20], [-178, -16], [-183, -16], [-183, -20]]), [(177, -20)], [(176, -18)]),
        (_polygon(FIJI, [[179, -19], [-179, -19], [-179, -17], [179, -17], [179, -19]]), [(178, -18)], [(-180, -18)]),
        (_polygon([[-180, 60], [180, 60], [180, 90], [-180, 90], [-180, 60]]),
         [(0, 61), (-180, 60), (7, 90)], [(0, 59)]),
        (_polygon([[0, 80], [90, 80], [180, 80], [-90, 80], [0, 80]]), [(45, 80), (10, 90), (-45, 85)], [(0, 79)]),
        (_polygon([[0, -80], [-90, -80], [180, -80], [90, -80], [0, -80]]), [(45, -90), (-135, -80)], [(0, 80)]),
        ({"bbox": [-123, 47, -122, 48]}, [(-123, 47), (-122.5, 48)], [(-121.99, 47.5), (-122.5, 46.9)]),
        ({"bbox": [177, -20, -178, -16]}, [(177, -20), (180, -18), (-180, -18), (-178, -16)], [(0, -18), (176.9, -18)]),
        ({"bbox": [180, 0, -170, 1]}, [(180, 0), (-180, 0), (-170, 1)], [(179, 0)]),
        ({"bbox": [-180, -90, 180, 90]}, [(0, 0), (180, 90), (-180, -90)], []),
        ({"type": "Circle", "center": [179.9, 0], "radius": 50_000}, [(-179.9, 0), (180, 0.1)], [(-179, 0)]),
        ({"type": "Circle", "center": [10, 89.9], "radius": 30_000}, [(-170, 89.9), (0, 90)], [(10, 89.6)]),
        ({"type": "Circle", "center": [0, 0], "radius": 20_015_000}, [(90, 0), (179, 0)], [(180, 0)]),
    ],
)  # fmt: skip
def test_an_area_contains_its_edges_across_the_antimeridian_and_round_a_pole(
    given: dict[str, Any], inside: list[tuple[float, float]], outside: list[tuple[float, float]]
) -> None:
    area = _area(given)

    assert [point for point in inside if not covers(area, *point)] == []
    assert [point for point in inside if not _in_a_box(area, *point)] == []
    assert [point for point in outside if covers(area, *point)] == []
    assert all(-180 <= box.west <= box.east <= 180 for box in boxes_of(area))


def test_the_boxes_round_a_circle_contain_it() -> None:
    dice = random.Random(2)
    for _ in range(400):
        circle = Circle(dice.uniform(-180, 180), dice.uniform(-89.99, 89.99), 10 ** dice.uniform(1, 6.9))
        longitude = circle.longitude + dice.uniform(-1, 1) * circle.radius / 111_000 / cos(radians(circle.latitude))
        longitude = (longitude + 180) % 360 - 180
        latitude = min(90, max(-90, circle.latitude + dice.uniform(-1, 1) * circle.radius / 111_000))
        assert _in_a_box(circle, longitude, latitude) or not covers(circle, longitude, latitude)


@pytest.mark.parametrize(
    ("circle", "boxes"),
    [
        (Circle(10, 0, 111_195), [(9, -1, 11, 1)]),
        (Circle(10, 60, 111_195), [(8, 59, 12, 61)]),
        (Circle(179, 0, 2 * 111_195), [(177, -2, 180, 2), (-180, -2, -179, 2)]),
        (Circle(10, 89.5, 111_195), [(-180, 88.5, 180, 90)]),
        (Circle(10, -89.5, 111_195), [(-180, -90, 180, -88.5)]),
        (Circle(10, 0, 20_000_000), [(-180, -90, 180, 90)]),
    ],
)
def test_the_boxes_round_a_circle_are_tight(circle: Circle, boxes: list[tuple[float, ...]]) -> None:
    found = [(box.west, box.south, box.east, box.north) for box in boxes_of(circle)]

    assert sorted(found) == [pytest.approx(box, abs=0.02) for box in sorted(boxes)]
    assert all(west >= -180 and east <= 180 for west, _, east, _ in found)


@pytest.mark.parametrize(
    ("bbox", "boxes"),
    [
        ([177, -20, -178, -16], [Box(-180, -20, -178, -16), Box(177, -20, 180, -16)]),
        ([-180, -90, 180, 90], [Box(-180, -90, 180, 90)]),
        ([10, 0, 9, 1], [Box(-180, 0, 9, 1), Box(10, 0, 180, 1)]),
        ([-123, 47, -122, 48], [Box(-123, 47, -122, 48)]),
        ([170, 0, 180, 1], [Box(-180, 0, -180, 1), Box(170, 0, 180, 1)]),
        ([-180, 0, -170, 1], [Box(-180, 0, -170, 1), Box(180, 0, 180, 1)]),
    ],
)
def test_the_boxes_of_an_area_end_at_180_degrees(bbox: list[float], boxes: list[Box]) -> None:
    assert sorted(boxes_of(_area({"bbox": bbox})), key=lambda box: box.west) == boxes


def test_the_farthest_point_is_half_way_round_earth() -> None:
    dice = random.Random(3)
    for _ in range(500):
        longitude, latitude = dice.uniform(0, 180), dice.uniform(-90, 90)
        assert distance(longitude, latitude, longitude - 180, -latitude) == pytest.approx(20_015_114, abs=1)


def test_a_degree_is_111_kilometres() -> None:
    assert distance(0, 0, 0, 1) == pytest.approx(111_195, abs=1)
    assert distance(-122.33, 60, -121.33, 60) == pytest.approx(111_195 / 2, abs=5)
    assert covers(Circle(5, 50, 1000), 5, 50)


@pytest.mark.parametrize(
    ("given", "place", "problem"),
    [
        ("Seattle", "Area", "Polygon"),
        ({}, "Area", "Polygon"),
        ({"type": "Point", "coordinates": [0, 0]}, "Area.type", "Polygon"),
        ({"type": "Feature", "geometry": {}}, "Area.type", "geometry"),
        ({"type": "Polygon"}, "Area.coordinates", "list"),
        (_polygon(), "Area.coordinates", "list"),
        (_polygon(SQUARE[:3]), "Area.coordinates[0]", "at least 4"),
        (_polygon(SQUARE[:4]), "Area.coordinates[0][3]", "closed"),
        (_polygon([[0, 0], [4, 0], [4, 91], [0, 0]]), "Area.coordinates[0][2]", "latitude"),
        (_polygon([[0, 0], [47.6, -122.3], [4, 0], [0, 0]]), "Area.coordinates[0][1]", "longitude comes first"),
        (_polygon([[0, 0], [361, 2], [4, 0], [0, 0]]), "Area.coordinates[0][1]", "longitude"),
        (_polygon([[0, 0], ["4", 0], [4, 1], [0, 0]]), "Area.coordinates[0][1]", "numbers"),
        (_polygon([[0, 0], [True, 0], [4, 1], [0, 0]]), "Area.coordinates[0][1]", "numbers"),
        (_polygon([[0, 0], [float("nan"), 0], [4, 1], [0, 0]]), "Area.coordinates[0][1]", "numbers"),
        (_polygon([[0, 0], [4], [4, 1], [0, 0]]), "Area.coordinates[0][1]", "numbers"),
        (_polygon([[0, 0], [4, 4], [4, 0], [0, 4], [0, 0]]), "Area.coordinates[0][0]", "edge from point 2"),
        (_polygon([[0, 0], [4, 0], [2, 0], [2, 2], [0, 0]]), "Area.coordinates[0][0]", "crosses or touches"),
        (_polygon([[0, 0], [1, 1], [2, 2], [0, 0]]), "Area.coordinates[0][0]", "crosses or touches"),
        (_polygon([[0, 0], [0, 0], [1, 1], [0, 0]]), "Area.coordinates[0]", "three"),
        (_polygon(SQUARE, [[1, 1], [5, 1], [5, 2], [1, 1]]), "Area.coordinates[0][1]", "of ring 1"),
        (_polygon(SQUARE, [[5, 5], [6, 5], [6, 6], [5, 5]]), "Area.coordinates[1][0]", "outside"),
        ({"type": "MultiPolygon", "coordinates": [[SQUARE], [[[0, 0], [4, 4], [4, 0], [0, 4], [0, 0]]]]},
         "Area.coordinates[1][0][0]", "crosses"),
        (_polygon([[0, 10], [120, 0], [-120, -10], [0, 10]]), "Area.coordinates[0]", "two parts"),
        (_polygon([[0, 10], [120, 0], [-120, 10], [0, 10]]), "Area.coordinates[0]", "two parts"),
        (_polygon([[0, -10], [120, 0], [-120, -10], [0, -10]]), "Area.coordinates[0]", "two parts"),
        (_polygon([[-360, 0], [10, 0], [10, 1], [-350, 1], [-360, 0]]), "Area.coordinates[0]", "wider"),
        ({"type": "Circle", "center": [0, 0]}, "Area.radius", "metres"),
        ({"type": "Circle", "center": [0, 0], "radius": 0}, "Area.radius", "metres"),
        ({"type": "Circle", "center": [0, 0], "radius": "5"}, "Area.radius", "metres"),
        ({"type": "Circle", "center": [0, 95], "radius": 5}, "Area.center", "latitude"),
        ({"type": "Circle", "center": [0, 5], "radius": 5, "units": "km"}, "Area.units", "not known"),
        ({"bbox": [0, 0, 1]}, "Area.bbox", "four"),
        ({"bbox": [0, 1, 1, 1]}, "Area.bbox[3]", "north"),
        ({"bbox": [1, 0, 1, 1]}, "Area.bbox[2]", "same"),
        ({"bbox": [-200, 0, 200, 1]}, "Area.bbox[2]", "wider"),
        ({"bbox": [0, 0, "1", 1]}, "Area.bbox[2]", "numbers"),
    ],
)  # fmt: skip
def test_a_fault_of_an_area_names_its_place(given: Any, place: str, problem: str) -> None:
    with pytest.raises(InvalidField) as refused:
        read_area(given, "Area")

    assert refused.value.field == place
    assert problem in refused.value.problem


def _circle_of(vertices: int) -> dict[str, Any]:
    ring = shapely.Point(10, 50).buffer(1, quad_segs=vertices).exterior.coords
    points = [list(point) for point in ring][:vertices]
    return _polygon([*points, points[0]])


def test_an_area_has_at_most_500_vertices() -> None:
    assert isinstance(_area(_circle_of(MOST_VERTICES)), object)
    with pytest.raises(InvalidField, match="at most 500 points"):
        read_area(_circle_of(MOST_VERTICES + 1), "Area")


def test_altitudes_and_points_given_twice_are_left_out() -> None:
    assert _area(_polygon([[0, 0, 12], [4, 0], [4, 0], [4, 4], [0, 0, 12]])) == _area(
        _polygon([[0, 0], [4, 0], [4, 4], [0, 0]])
    )
    assert _area({"bbox": [200, 0, 210, 1]}) == Box(-160, 0, -150, 1)
    assert _area({"type": "Circle", "center": [190, 0], "radius": 1}) == Circle(-170, 0, 1)
