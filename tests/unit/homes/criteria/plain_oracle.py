"""Evaluates raw `Criteria` on a raw record, clause by clause. It shares no code with the service."""

import math
import re
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from shapely.geometry import Point, box, shape

Raw = dict[str, Any]

IN_SQUARE_METRES = {
    "squarefeet": Decimal("0.3048") ** 2,
    "sqft": Decimal("0.3048") ** 2,
    "squaremeters": Decimal(1),
    "sqm": Decimal(1),
    "acres": Decimal("0.3048") ** 2 * 43_560,
    "hectares": Decimal(10_000),
}
SEVERAL = ("Appliances", "View", "ParkingFeatures", "InteriorFeatures")


def matches(criteria: Raw, record: Raw) -> bool:
    """Whether a home meets all conditions, and none that excludes it."""
    required = {name: wanted for name, wanted in criteria.items() if name != "Exclude"}
    excluded: Raw = criteria.get("Exclude") or {}
    return all(_holds(name, wanted, record) for name, wanted in required.items()) and not any(
        _excludes(name, wanted, record) for name, wanted in excluded.items()
    )


def _excludes(name: str, wanted: Any, record: Raw) -> bool:
    if name in ("Features", "Keywords"):
        return any(_holds(name, [one], record) for one in wanted)
    return _holds(name, wanted, record)


def _holds(name: str, wanted: Any, record: Raw) -> bool:
    """Whether a condition is true. It is not if the record lacks the value."""
    match name:
        case "ListPrice":
            return _price_fits(wanted, record)
        case "LivingArea" | "LotSizeArea":
            return _area_fits(name, wanted, record)
        case "BedroomsTotal" | "YearBuilt":
            return _number_fits(wanted, record.get(name))
        case "BathroomsTotalInteger":
            return _number_fits({key: _rooms(bound) for key, bound in wanted.items()}, _rooms(record.get(name)))
        case "Area":
            return _lies_in(wanted, record)
        case "Keywords":
            said = re.split(r"\W+", str(record.get("PublicRemarks", "")).lower())
            return all(word in said for phrase in wanted for word in phrase.lower().split())
        case "Features":
            had = {_letters(one) for field in SEVERAL for one in _several(record.get(field))}
            return all(_letters(one) in had for one in wanted)
    return _word_fits(name, wanted, record.get(name))


def _several(value: Any) -> list[str]:
    return value.split(",") if isinstance(value, str) else value or []


def _letters(word: str) -> str:
    word = word.split("'")[1] if word.endswith("'") else word
    return word.replace(" ", "").lower()


def _word_fits(name: str, wanted: list[str], value: Any) -> bool:
    if value in (None, ""):
        return False
    if name in ("PropertyType", "PropertySubType", "StandardStatus"):
        return _letters(value) in {_letters(one) for one in wanted}
    if name == "PostalCode":
        return str(value).replace(" ", "").split("-")[0] in wanted
    return " ".join(str(value).split()).lower() in {one.strip().lower() for one in wanted}


def _number(value: Any) -> Decimal | None:
    if value in (None, ""):
        return None
    return Decimal(re.sub(r"[^0-9.-]", "", str(value)))


def _number_fits(bounds: Raw, value: Any) -> bool:
    number, low, high = _number(value), _number(bounds.get("min")), _number(bounds.get("max"))
    return number is not None and (low is None or number >= low) and (high is None or number <= high)


def _rooms(value: Any) -> Any:
    """1.5 and 1.1 are one full and one half bathroom: two rooms."""
    return None if value in (None, "") else math.ceil(float(value))


def _price_fits(wanted: Raw, record: Raw) -> bool:
    if record.get("currency", "USD") != wanted.get("currency", "USD"):
        return False
    return _number_fits(wanted, record.get("ListPrice"))


def _area_fits(name: str, wanted: Raw, record: Raw) -> bool:
    field = {"LivingArea": "LivingAreaUnits", "LotSizeArea": "LotSizeUnits"}[name]
    listed, searched = _letters(record.get(field) or "Square Feet"), _letters(wanted.get("units", "Square Feet"))
    bounds = {}
    for key in ("min", "max"):
        if (bound := _number(wanted.get(key))) is not None:
            bounds[key] = bound if listed == searched else _converted(bound, searched, listed)
    return _number_fits(bounds, record.get(name))


def _converted(bound: Decimal, searched: str, listed: str) -> Decimal:
    decimals = len(str(bound).partition(".")[2])
    if listed in ("acres", "hectares"):
        decimals = max(decimals, 2)
    exact = bound * IN_SQUARE_METRES[searched] / IN_SQUARE_METRES[listed]
    return exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)


def _lies_in(area: Raw, record: Raw) -> bool:
    longitude, latitude = record.get("Longitude"), record.get("Latitude")
    if longitude is None or latitude is None or (longitude, latitude) == (0, 0):
        return False
    if area.get("type") == "Circle":
        return _metres(*area["center"], longitude, latitude) <= area["radius"]
    if "bbox" in area:
        west, south, east, north = area["bbox"]
        boxes = [box(west, south, east, north)]
        if west > east:
            boxes = [box(west, south, 180, north), box(-180, south, east, north)]
    else:
        boxes = [shape(area)]
    # 180 and -180 are the same meridian.
    places = [(longitude, latitude), (-longitude, latitude)] if abs(longitude) == 180 else [(longitude, latitude)]
    return any(one.covers(Point(place)) for one in boxes for place in places)


def _metres(x1: float, y1: float, x2: float, y2: float) -> float:
    """By the angle between two vectors from the centre of Earth."""
    one, other = (
        (math.cos(y) * math.cos(x), math.cos(y) * math.sin(x), math.sin(y))
        for x, y in ((math.radians(x), math.radians(y)) for x, y in ((x1, y1), (x2, y2)))
    )
    cross = math.dist(
        (one[1] * other[2], one[2] * other[0], one[0] * other[1]),
        (one[2] * other[1], one[0] * other[2], one[1] * other[0]),
    )
    return 6_371_008.8 * math.atan2(cross, sum(a * b for a, b in zip(one, other, strict=True)))
