"""The literals of places: `geography'POINT(-122.3 47.6)'`, `geography'SRID=4326;POLYGON((…))'`. Pure."""

import json
import re
from itertools import accumulate
from typing import Any

from property_alert_notification.base.errors import InvalidField
from property_alert_notification.homes.criteria.areas import Circle, Polygons
from property_alert_notification.homes.criteria.read_areas import read_circle, read_polygons

_LITERAL = re.compile(
    r"(?:SRID=(?P<srid>\d{1,6});)?\s*(?P<kind>[A-Z]+)\s*(?P<numbers>\(.*\))\s*", re.IGNORECASE | re.DOTALL
)
_PAIR = re.compile(r"(?<![\d.eE+-])([+-]?\d[\d.eE+-]*)\s+([+-]?\d[\d.eE+-]*)")
_DEEPEST = 3
_POINT = "must be a point, such as geography'POINT(-122.33 47.6)'"
_POLYGON = "must be a polygon, such as geography'POLYGON((-122.4 47.5, -122.2 47.5, -122.2 47.7, -122.4 47.5))'"


def circle_of(literal: str, radius: Any) -> Circle:
    """The circle round the point that a literal names.

    Raises:
        ValueError: it names none, or the radius is wrong.
    """
    kind, coordinates = _read(literal, _POINT)
    if kind != "POINT" or len(coordinates) != 1:
        raise ValueError(_POINT)
    try:
        return read_circle(coordinates[0], radius, "")
    except InvalidField as wrong:
        raise ValueError(wrong.problem) from None


def polygons_of(literal: str) -> Polygons:
    """The polygons that a literal names.

    Raises:
        ValueError: it names none, or one crosses itself.
    """
    kind, coordinates = _read(literal, _POLYGON)
    if kind not in ("POLYGON", "MULTIPOLYGON"):
        raise ValueError(_POLYGON)
    polygons, places = [coordinates], ["coordinates"]
    if kind == "MULTIPOLYGON":
        polygons, places = coordinates, [f"coordinates[{n}]" for n in range(len(coordinates))]
    try:
        return read_polygons(polygons, places)
    except InvalidField as wrong:
        raise ValueError(f"{wrong.field} {wrong.problem}") from None


def _read(literal: str, advice: str) -> tuple[str, list[Any]]:
    found = _LITERAL.fullmatch(literal)
    if found is None:
        raise ValueError(advice)
    if found["srid"] not in (None, "4326"):
        raise ValueError("must be of SRID 4326: longitude and latitude")
    signs = re.sub(r"[^()]", "", found["numbers"])
    if max(accumulate(1 if sign == "(" else -1 for sign in signs)) > _DEEPEST:
        raise ValueError(advice)
    listed = _PAIR.sub(r"[\1,\2]", found["numbers"]).replace("(", "[").replace(")", "]")
    try:
        coordinates = json.loads(listed)
    except ValueError:
        raise ValueError(advice) from None
    return found["kind"].upper(), coordinates
