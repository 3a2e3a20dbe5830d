"""Random searches and listings in which edges, missing values and rare words are common."""

import math
from random import Random
from typing import Any

from property_alert_notification.homes.criteria.areas import Area, Box, Circle, Polygons, distance
from property_alert_notification.homes.criteria.expression import (
    And,
    Compare,
    Excluding,
    Expression,
    HasAll,
    HasAny,
    IsMissing,
    Keywords,
    Not,
    OneOf,
    Or,
    Range,
    Text,
    Within,
)

CITIES = ("Seattle", "Bellevue", "Kent", "Saint Paul")
POSTCODES = ("98101", "98103", "98004")
SUBTYPES = ("Single Family Residence", "Condominium", "Townhouse", "Yurt")
FEATURES = ("Dishwasher", "Range", "Walk-In Closet(s)")
WORDS = ("garden", "view", "quiet", "straße")
CENTRES = ((-122.3, 47.6), (179.99, 12.0), (-180.0, -17.5), (10.0, 89.9), (-70.0, -90.0), (0.0, 0.0))


def a_point(random: Random) -> tuple[float, float]:
    """A point of a coarse grid, so that listings lie on edges and corners."""
    longitude, latitude = random.choice(CENTRES)
    longitude += random.randint(-4, 4) * 0.01
    latitude += random.randint(-4, 4) * 0.01
    return (longitude + 180) % 360 - 180, max(-90.0, min(90.0, latitude))


def an_area(random: Random) -> Area:
    """A circle, a box, or polygons; some on the antimeridian or round a pole, some with holes."""
    longitude, latitude = random.choice(CENTRES)
    match random.randint(0, 3):
        case 0:
            corner = a_point(random)
            # A listing of the grid is often exactly as far away.
            radius = random.choice((0.0, 500.0, 3_000.0, 5e6, distance(longitude, latitude, *corner)))
            return Circle(longitude, latitude, radius)
        case 1:
            west = max(-180.0, longitude + random.randint(-4, 3) * 0.01)
            east = west + random.randint(1, 5) * 0.01
            return Box(west, max(latitude - 0.02, -90), east, min(latitude + 0.02, 90))
        case _:
            parts = random.randint(1, 2)
            return Polygons(tuple(_a_polygon(random, longitude + part * 0.1, latitude) for part in range(parts)))


def _a_polygon(random: Random, longitude: float, latitude: float) -> tuple[tuple[tuple[float, float], ...], ...]:
    corners = random.randint(3, 9)
    angles = sorted(random.random() for _ in range(corners))
    grid = [
        (
            longitude + round(3 * math.cos(angle * math.tau)) * 0.01,
            latitude + round(3 * math.sin(angle * math.tau)) * 0.01,
        )
        for angle in angles
    ]
    outer = tuple(dict.fromkeys(grid))
    if len(outer) < 3:
        outer = ((longitude, latitude), (longitude + 0.01, latitude), (longitude, latitude + 0.01))
    hole = ((longitude, latitude), (longitude + 0.01, latitude), (longitude, latitude + 0.01))
    return (outer, hole) if random.random() < 0.2 else (outer,)


def a_listing(random: Random) -> dict[str, Any]:
    """The fields of a record; each may be missing."""
    longitude, latitude = a_point(random)
    currency = random.choice(("USD", "USD", "EUR", "JPY", "NOK"))
    fields: dict[str, Any] = {
        "PropertyType": random.choice(("Residential", "Land", "Houseboat")),
        "PropertySubType": random.choice((*SUBTYPES, ["Condominium", "Yurt"])),
        "ListPrice": random.choice((0, 100_000, 250_000, 250_000.5, 16_777_218, 10**15)),
        "BedroomsTotal": random.choice((0, 1, 2, 3, 11, 12, 20)),
        "BathroomsTotalInteger": random.choice((0, 1, 2, 7, 8)),
        "BathroomsTotalDecimal": random.choice((1.5, 2, 2.75)),
        "LivingArea": random.choice((99.96, 100, 1076, 1076.4, 2_000)),
        "LivingAreaUnits": random.choice(("Square Feet", "Square Meters", "Barns")),
        "YearBuilt": random.choice((1900, 1951, 2020)),
        "AssociationFee": random.choice((0, 300)),
        "City": random.choice((*CITIES, "SEATTLE", "saint  paul")),
        "PostalCode": random.choice((*POSTCODES, 98101)),
        "StateOrProvince": "WA",
        "Appliances": random.sample(FEATURES, random.randint(1, 3)),
        "InteriorFeatures": random.sample(FEATURES, 1),
        "PoolPrivateYN": random.choice((True, False)),
        "PublicRemarks": " ".join(random.sample((*WORDS, "Garden!", "STRASSE"), 2)),
    }
    kept = {name: value for name, value in fields.items() if random.random() < 0.85}
    if random.random() < 0.9:
        kept |= {"Longitude": longitude, "Latitude": latitude}
    return kept | {"StandardStatus": random.choice(("Active", "Pending", "Closed")), "currency": currency}


def a_condition(random: Random) -> Expression:
    """One condition without parts."""
    some = lambda words: tuple(random.sample(words, random.randint(1, 2)))  # noqa: E731
    bound = lambda *values: random.choice((None, *values))  # noqa: E731
    return random.choice(
        (
            Within(an_area(random)),
            Within(an_area(random)),
            OneOf("City", some(CITIES)),
            OneOf("PostalCode", some(POSTCODES)),
            OneOf("StateOrProvince", ("wa",)),
            Compare("City", "eq", random.choice(CITIES)),
            OneOf("StandardStatus", some(("Active", "Pending", "Active Under Contract"))),
            Compare("StandardStatus", random.choice(("eq", "ne")), "Active"),
            OneOf("PropertyType", some(("Residential", "Land", "Houseboat", "Igloo"))),
            OneOf("PropertySubType", some(SUBTYPES)),
            Range(
                "ListPrice",
                bound(0, 10_000_000, 25_000_000, 1_677_721_700, 10**17),
                bound(25_000_000, 25_000_050, 1_677_721_700, 1_677_721_800, 10**17),
                random.choice(("USD", "EUR", "JPY", "NOK", "CHF")),
            ),
            Compare("ListPrice", random.choice(("gt", "lt", "le")), 250_000),
            Range("BedroomsTotal", bound(0, 2, 3, 11, 12), bound(3, 10, 11, 20)),
            Compare("BedroomsTotal", random.choice(("eq", "ne", "gt", "lt")), random.choice((0, 2, 11, 12, 2.5))),
            Range("BathroomsTotalInteger", bound(1, 2, 7), bound(2, 8)),
            Range("BathroomsTotalDecimal", bound(1.5, 2), bound(2.5)),
            Range(
                "LivingArea",
                bound(100, 100.0, 99.9),
                bound(1076, 2_000.5),
                random.choice(("Square Meters", "Square Feet")),
            ),
            Range("YearBuilt", bound(1951, 2000), bound(1951)),
            Compare("YearBuilt", random.choice(("eq", "ne", "gt", "ge", "lt", "le")), 1951),
            Range("AssociationFee", None, bound(30_000), "USD"),
            HasAll("Appliances", some(FEATURES)),
            HasAll("Features", some(FEATURES)),
            HasAny("InteriorFeatures", some(FEATURES)),
            Keywords(some(WORDS)),
            Text("PublicRemarks", "contains", "view", folded=True),
            Compare("PoolPrivateYN", "eq", random.choice((True, False))),
            IsMissing(random.choice(("City", "BedroomsTotal", "ListPrice", "Coordinates", "Features", "PropertyType"))),
        )
    )


def a_search(random: Random, depth: int = 2) -> Expression:
    """An expression: mostly conditions that must all be true, some of them with parts."""
    kind = random.random()
    if depth == 0 or kind < 0.2:
        return a_condition(random)
    parts = tuple(a_search(random, depth - 1) for _ in range(random.randint(1, 3)))
    if kind < 0.75:
        return And(parts)
    if kind < 0.87:
        return Or(parts)
    return Not(parts[0]) if kind < 0.94 else Excluding(parts[0])
