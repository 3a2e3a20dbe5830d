"""Draws searches and records from small sets of values, so that many of them meet at the edges."""

import random
from typing import Any

Raw = dict[str, Any]

WEST, SOUTH = -122.4, 47.5
STEP = 0.0625
"""Degrees of the lattice that corners and homes lie on; a power of two, so that no rounding moves them."""

_WORDS: dict[str, list[list[str]]] = {
    "PropertyType": [["Residential"], ["ResidentialLease", "Land"], ["Residential Lease"]],
    "PropertySubType": [["Single Family Residence"], ["condominium", "Townhouse"]],
    "StandardStatus": [["Active"], ["ActiveUnderContract", "Pending"], ["RESO.StandardStatus'Active'"]],
    "City": [["Seattle"], [" seattle", "Kent"], ["KENT"]],
    "PostalCode": [["98101"], ["98101", "98102"]],
    "StateOrProvince": [["WA"], ["wa", "OR"]],
    "CountyOrParish": [["King"]],
}
_LISTED: Raw = {
    "PropertyType": ["Residential", "residential lease", "Land"],
    "PropertySubType": ["SingleFamilyResidence", "Condominium", "Townhouse"],
    "StandardStatus": ["Active", "ActiveUnderContract", "Pending", "RESO.StandardStatus'Active'"],
    "City": ["Seattle", "SEATTLE", "Kent"],
    "PostalCode": ["98101", "98102", 98101, "98102-1234", "98 101"],
    "StateOrProvince": ["WA", "OR"],
    "CountyOrParish": ["King", "Pierce"],
    "ListPrice": [500_000, "500,000", "$650,000", 650_000.5, 649_999.99, 1],
    "currency": ["USD", "EUR"],
    "BedroomsTotal": [0, 2, 3, "3", 4],
    "BathroomsTotalInteger": [1, 1.5, 1.1, "2.5", 3],
    "LivingArea": [1076, 1077, "1,500", 100, 99.5, 139.35],
    "LivingAreaUnits": ["Square Feet", "SquareMeters"],
    "LotSizeArea": [0.25, 10_890, 0.23, 10_000, 0.1],
    "LotSizeUnits": ["Acres", "Square Feet", "Hectares"],
    "YearBuilt": [1969, 1990, "2010"],
    "Appliances": ["Dishwasher,Range", ["Dishwasher", "GasRange"], ["Range"]],
    "View": [["Water"], "Mountain(s), Water"],
    "PublicRemarks": ["A view of the water. Corner lot!", "New ROOF, no view", "Fixer: sold as is"],
}
_BOUNDS: Raw = {
    "ListPrice": [500_000, 650_000, 650_000.5, 649_999.99],
    "BedroomsTotal": [0, 2, 3, 4],
    "BathroomsTotalInteger": [1, 1.5, 2, 2.5],
    "LivingArea": [100, 139.4, 1076, 1500],
    "LotSizeArea": [0.1, 0.25, 10_000, 10_890],
    "YearBuilt": [1969, 1980, 1990],
}
_BESIDE: Raw = {
    "ListPrice": ("currency", ["USD", "EUR"]),
    "LivingArea": ("units", ["sqft", "Square Meters"]),
    "LotSizeArea": ("units", ["Acres", "Square Feet", "Hectares"]),
}


def record(dice: random.Random, key: int) -> Raw:
    """A record as a feed sends it; about a tenth of its fields are missing."""
    found: Raw = {name: dice.choice(values) for name, values in _LISTED.items() if dice.random() > 0.1}
    longitude, latitude = dice.choice([_lattice(dice), _lattice(dice), (180, 10), (-180, 10), (179.5, 10), (0, 0)])
    if dice.random() > 0.1:
        found |= {"Longitude": longitude, "Latitude": latitude}
    found.setdefault("StandardStatus", "Active")
    if found.get("currency") == "EUR" and found.get("ListPrice") == "$650,000":
        found["ListPrice"] = 650_000
    return {**found, "ListingKey": str(key), "ModificationTimestamp": "2026-11-01T00:00:00Z"}


def criteria(dice: random.Random) -> Raw:
    """Criteria with one to four conditions, and some that exclude."""
    found = _conditions(dice, dice.randint(1, 4))
    if dice.random() < 0.3:
        found["Exclude"] = _conditions(dice, dice.randint(1, 2))
    return found


def _conditions(dice: random.Random, count: int) -> Raw:
    names = dice.sample([*_WORDS, *_BOUNDS, "Area", "Area", "Keywords", "Features"], count)
    return {name: _condition(dice, name) for name in names}


def _condition(dice: random.Random, name: str) -> Any:
    if name in _WORDS:
        return dice.choice(_WORDS[name])
    if name in _BOUNDS:
        return _range(dice, name)
    if name == "Area":
        return area(dice)
    if name == "Keywords":
        return dice.choice([["view"], ["View", "corner"], ["vie"], ["as is"], ["roof", "fixer"]])
    return dice.choice([["Dishwasher"], ["gas range"], ["Water", "Range"], ["Spa"]])


def _range(dice: random.Random, name: str) -> Raw:
    bounds = sorted(dice.sample(_BOUNDS[name], 2))
    found: Raw = dict(zip(("min", "max"), bounds, strict=True))
    if dice.random() < 0.6:
        found.pop(dice.choice(["min", "max"]))
    if name in _BESIDE and dice.random() < 0.7:
        beside, choices = _BESIDE[name]
        found[beside] = dice.choice(choices)
    return found


def _lattice(dice: random.Random) -> tuple[float, float]:
    return WEST + STEP * dice.randint(0, 6), SOUTH + STEP * dice.randint(0, 6)


def area(dice: random.Random) -> Raw:
    """An area that lies on the lattice, or at the antimeridian."""
    (x, y), size = _lattice(dice), STEP * dice.randint(2, 5)
    kind = dice.randint(0, 5)
    if kind == 0:
        return {"bbox": [x, y, x + size, y + size]}
    if kind == 1:
        return {"bbox": [179.5, 5, dice.choice([180, -179, -180]), 10]}
    if kind == 2:
        return {"type": "Circle", "center": [x, y], "radius": dice.choice([3_000, 7_000, 12_000])}
    square = [[x, y], [x + size, y], [x + size, y + size], [x, y + size], [x, y]]
    triangle = [[x, y], [x + size, y], [x, y + size], [x, y]]
    quarter = size / 4
    hole = [[x + quarter, y + quarter], [x + quarter, y + 2 * quarter], [x + 2 * quarter, y + quarter]]
    rings = [dice.choice([square, triangle]), [*hole, hole[0]]]
    if kind == 3:
        far = [[x + 9, y], [x + 10, y], [x + 10, y + 1], [x + 9, y]]
        return {"type": "MultiPolygon", "coordinates": [rings, [far]]}
    return {"type": "Polygon", "coordinates": rings[: dice.randint(1, 2)]}
