"""Listing events of King County with all that is awkward, random criteria as JSON, and an oracle of its own for both.

The oracle knows neither expressions nor their evaluation: it reads raw records and criteria, with numpy and shapely.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from property_alert_notification.reso_server.sales import Sale, read_sales

CITIES = ("Seattle", "Bellevue", "Kent", "Mercer Island")
FEATURES = ("Dishwasher", "Gas Range", "Walk-In Closet(s)", "Skylights")
WORDS = ("garden", "view", "quiet", "corner", "light")
STATUSES = ("Active", "Pending", "Coming Soon", "Closed")
TYPES = ("Residential", "Residential Lease", "Land")
CURRENCIES = ("USD", "CAD")
SQUARE_FEET = 10.763910416709722
"""Of a square metre."""
EARTH = 6_371_008.8

Truth = npt.NDArray[np.bool_]
Columns = npt.NDArray[Any]


def events(random: Random, count: int) -> list[dict[str, Any]]:
    """Records of as many sales; some lie on the antimeridian or near a pole, and any field may be missing."""
    sales = random.sample(list(read_sales()), count)
    return [_record(random, number, sale) for number, sale in enumerate(sales)]


def _record(random: Random, number: int, sale: Sale) -> dict[str, Any]:
    longitude, latitude = _moved(random, sale)
    fields = {
        "PropertyType": random.choices(TYPES, (8, 1, 1))[0],
        "ListPrice": random.choice((sale.price, f"{sale.price:,}", sale.price + 0.5)),
        "BedroomsTotal": sale.bedrooms,
        "BathroomsTotalInteger": sale.bathrooms or None,
        "LivingArea": sale.living_area,
        "LotSizeArea": sale.lot_area,
        "YearBuilt": sale.year_built,
        "PostalCode": sale.postal_code,
        "City": random.choice((str.upper, str.lower, str))(CITIES[int(sale.postal_code) % len(CITIES)]),
        "InteriorFeatures": random.sample(FEATURES, random.randint(1, 3)),
        "PublicRemarks": f"{random.choice(WORDS).title()}, {random.choice(WORDS)}! A {random.choice(WORDS)} home.",
    }
    kept = {name: value for name, value in fields.items() if value is not None and random.random() < 0.95}
    if random.random() < 0.97:
        kept |= {"Longitude": longitude, "Latitude": latitude}
    return kept | {
        "ListingKey": str(number),
        "ModificationTimestamp": "2026-11-01T08:00:00Z",
        "StandardStatus": random.choices(STATUSES, (7, 1, 1, 1))[0],
        "currency": random.choices(CURRENCIES, (4, 1))[0],
    }


def _moved(random: Random, sale: Sale) -> tuple[float, float]:
    chance = random.random()
    if chance < 0.05:
        return round((sale.longitude + 122.2 + 360) % 360 - 180, 4), sale.latitude
    if chance < 0.1:
        return round((sale.longitude * 300) % 360 - 180, 4), round(90 - abs(sale.latitude - 47.5) / 10, 4)
    return sale.longitude, sale.latitude


def criteria(random: Random, records: list[dict[str, Any]]) -> dict[str, Any]:
    """The criteria of a search that looks near one of the records, or for homes like it."""
    like = random.choice([record for record in records[:200] if "Longitude" in record])
    found = dict(_conditions(random, like, 0.35))
    if random.random() < 0.75:
        found["Area"] = _area(random, like, records)
    if random.random() < 0.12 and (excluded := dict(_conditions(random, like, 0.15))):
        found["Exclude"] = excluded
    return found


def _conditions(random: Random, like: Mapping[str, Any], chance: float) -> Iterator[tuple[str, Any]]:
    offered: dict[str, Any] = {
        "StandardStatus": random.sample(STATUSES, 2),
        "PropertyType": random.sample(TYPES, 2),
        "PostalCode": [like.get("PostalCode", "98101"), "98103"],
        "City": random.sample(CITIES, 2),
        "ListPrice": _bounds(random, 200_000, 900_000, 50_000) | {"currency": random.choice(CURRENCIES)},
        "BedroomsTotal": _bounds(random, 1, 5, 1),
        "BathroomsTotalInteger": _bounds(random, 1, 4, 0.5),
        "LivingArea": random.choice(
            (_bounds(random, 800, 3_000, 10), _bounds(random, 80, 300, 0.5) | {"units": "Square Meters"})
        ),
        "LotSizeArea": _bounds(random, 2_000, 20_000, 500),
        "YearBuilt": _bounds(random, 1900, 2015, 5),
        "Keywords": random.sample(WORDS, random.randint(1, 2)),
        "Features": random.sample(FEATURES, random.randint(1, 2)),
    }
    rare = {"Keywords": 0.1, "Features": 0.15, "City": 0.15, "PostalCode": 0.15}
    for name, value in offered.items():
        if random.random() < rare.get(name, chance):
            yield name, value


def _bounds(random: Random, least: float, most: float, step: float) -> dict[str, Any]:
    low, high = sorted(least + step * random.randint(0, round((most - least) / step)) for _ in range(2))
    return random.choice(({"min": low}, {"max": high}, {"min": low, "max": high}))


def _area(random: Random, like: Mapping[str, Any], records: list[dict[str, Any]]) -> dict[str, Any]:
    x, y = like["Longitude"], like["Latitude"]
    kind = random.choice(("circle", "box") if y > 80 else ("circle", "box", "polygon", "hole", "several"))
    if kind == "circle":
        return {"type": "Circle", "center": [x, y], "radius": round(300 * math.exp(random.uniform(0, 4.5)), 3)}
    if kind == "box":
        # A listing lies on the western edge, and often another one on the southern edge.
        south = min(y, random.choice(records).get("Latitude", y), 89.0)
        return {"bbox": [x, south, _wrapped(x + random.choice((0.05, 3))), min(90, south + 0.07)]}
    outer = _star(random, x, y, 0.02, 0.08)
    if kind == "polygon":
        # A corner is where a listing is.
        return {"type": "Polygon", "coordinates": [_ring([(x, y + 0.1), *outer[2:]])]}
    if kind == "hole":
        return {"type": "Polygon", "coordinates": [_ring(outer), _ring(_star(random, x, y, 0.005, 0.012))]}
    apart = _star(random, x + 0.3, y, 0.02, 0.08)
    return {"type": "MultiPolygon", "coordinates": [[_ring(outer)], [_ring(apart)]]}


def _star(random: Random, x: float, y: float, least: float, most: float) -> list[tuple[float, float]]:
    """Corners round a point, in order of their angle from the north on, each on the grid of the listings."""
    corners = random.randint(5, 12)
    angles = [math.tau * (number + random.uniform(0, 0.5)) / corners for number in range(corners)]
    reach = [random.uniform(least, most) for _ in range(corners)]
    return [
        (round(x + math.sin(angle) * far, 4), round(y + math.cos(angle) * far, 4))
        for angle, far in zip(angles, reach, strict=True)
    ]


def _ring(corners: list[tuple[float, float]]) -> list[list[float]]:
    return [[_wrapped(x), y] for x, y in (*corners, corners[0])]


def _wrapped(longitude: float) -> float:
    return round((longitude + 180) % 360 - 180, 4)


@dataclass
class Oracle:
    """Says of raw records which of them meet raw criteria."""

    records: list[dict[str, Any]]

    def __post_init__(self) -> None:
        self._columns = {
            name: np.array([record.get(name) for record in self.records], object)
            for name in ("StandardStatus", "PropertyType", "PostalCode", "currency")
        }
        self._columns["City"] = np.array([str(record.get("City")).title() for record in self.records], object)
        self._numbers = {
            name: self._column(name) for name in ("BedroomsTotal", "LivingArea", "LotSizeArea", "YearBuilt")
        }
        self._numbers["BathroomsTotalInteger"] = np.ceil(self._column("BathroomsTotalInteger"))
        self._numbers["ListPrice"] = self._column("ListPrice")
        self._x, self._y = self._column("Longitude"), self._column("Latitude")
        self._features = {name: self._has("InteriorFeatures", name) for name in FEATURES}
        self._words = {word: self._has("PublicRemarks", word) for word in WORDS}

    def meets(self, wanted: Mapping[str, Any]) -> Truth:
        """Which records meet all conditions and none of the excluded ones."""
        truth = np.ones(len(self.records), np.bool_)
        for name, value in wanted.items():
            if name == "Exclude":
                for excluded, its in value.items():
                    truth &= ~self._is_excluded(excluded, its)
            else:
                truth &= self._clause(name, value)
        return truth

    def _is_excluded(self, name: str, value: Any) -> Truth:
        # A home is left out for any word, though it needs all words that are asked for.
        values = [[one] for one in value] if name in ("Features", "Keywords") else [value]
        return np.any([self._clause(name, one) for one in values], axis=0)

    def _clause(self, name: str, value: Any) -> Truth:
        if name == "Area":
            return self._is_in(value)
        if name in ("Features", "Keywords"):
            known = self._features if name == "Features" else self._words
            return np.all([known[one] for one in value], axis=0)
        if name in self._numbers:
            return self._is_between(name, value)
        return np.isin(self._columns[name], np.array(value, object))

    def _is_between(self, name: str, wanted: Mapping[str, Any]) -> Truth:
        number = self._numbers[name]
        low, high = wanted.get("min", -math.inf), wanted.get("max", math.inf)
        if name == "BathroomsTotalInteger":
            low, high = (bound if math.isinf(bound) else math.ceil(bound) for bound in (low, high))
        if "units" in wanted:
            low, high = (_in_square_feet(bound) for bound in (low, high))
        truth = (low <= number) & (number <= high)
        return truth & (self._columns["currency"] == wanted["currency"]) if name == "ListPrice" else truth

    def _is_in(self, area: Mapping[str, Any]) -> Truth:
        if area.get("type") == "Circle":
            x, y = area["center"]
            apart = np.linalg.norm(_on_sphere(self._x, self._y) - _on_sphere(np.array([x]), np.array([y])), axis=1)
            return 2 * EARTH * np.arcsin(apart / 2) <= area["radius"]
        if "bbox" in area:
            west, south, east, north = area["bbox"]
            shapes = [shapely.box(west, south, east + 360 * (east < west), north)]
        else:
            polygons = area["coordinates"] if area["type"] == "MultiPolygon" else [area["coordinates"]]
            shapes = [shapely.Polygon(*_unwrapped(rings)) for rings in polygons]
        truth = np.zeros(len(self.records), np.bool_)
        for shape in shapes:
            shapely.prepare(shape)
            west, south, east, north = shape.bounds
            near = np.flatnonzero((self._y >= south) & (self._y <= north))
            for turn in (-360, 0, 360):
                some = near[(self._x[near] + turn >= west) & (self._x[near] + turn <= east)]
                truth[some] |= shapely.intersects_xy(shape, self._x[some] + turn, self._y[some])
        return truth

    def _column(self, name: str) -> npt.NDArray[np.float64]:
        values = [record.get(name) for record in self.records]
        return np.array([math.nan if one is None else float(str(one).replace(",", "")) for one in values])

    def _has(self, name: str, word: str) -> Truth:
        found = [record.get(name, ()) for record in self.records]
        return np.array([word in (one.lower() if isinstance(one, str) else one) for one in found], np.bool_)


def _in_square_feet(metres: float) -> float:
    if math.isinf(metres):
        return metres
    return round(metres * SQUARE_FEET, 0 if metres == int(metres) else 1)


def _on_sphere(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    x, y = np.radians(x), np.radians(y)
    return np.stack([np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)], axis=1)


def _unwrapped(rings: list[list[list[float]]]) -> tuple[list[tuple[float, float]], list[list[tuple[float, float]]]]:
    """Rings that go on beyond 180 degrees where they cross the antimeridian."""
    start = rings[0][0][0]
    moved = [[(x + 360 * round((start - x) / 360), y) for x, y in ring] for ring in rings]
    return moved[0], moved[1:]
