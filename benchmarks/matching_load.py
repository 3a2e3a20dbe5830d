"""The load of matching: saved searches in 200 towns, and listings that are offered there.

The first town has an eighth of all. About 237 of a million searches match a listing.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from property_alert_notification.homes.criteria.areas import Circle, Polygons
from property_alert_notification.homes.criteria.expression import (
    And,
    Expression,
    HasAll,
    Keywords,
    OneOf,
    Range,
    Within,
)

TOWNS, POSTCODES = 200, 12
TYPES = (
    "Residential",
    "Residential Lease",
    "Residential Income",
    "Land",
    "Farm",
    "Manufactured In Park",
    "Commercial Sale",
    "Commercial Lease",
    "Business Opportunity",
)
TYPE_SHARES = (0.52, 0.18, 0.06, 0.08, 0.03, 0.03, 0.05, 0.03, 0.02)
STATUSES = ("Active", "Active Under Contract", "Coming Soon", "Pending", "Hold", "Closed")
STATUS_SHARES = (0.7, 0.06, 0.06, 0.08, 0.02, 0.08)
FEATURES = tuple(f"Feature {number}" for number in range(24))
WORDS = tuple(f"word{number}" for number in range(200))
KM = 1 / 111.2
"""Degrees of latitude."""


@dataclass(frozen=True, slots=True)
class Town:
    """Where people search, and what homes cost there."""

    name: str
    longitude: float
    latitude: float
    price: float
    postcodes: tuple[str, ...]


class Load:
    """Searches and listings, the same ones for the same seed."""

    def __init__(self, seed: int = 13) -> None:
        self._random = np.random.default_rng(seed)
        self._towns = [self._town(number) for number in range(TOWNS)]
        shares = 1 / np.arange(1, TOWNS + 1) ** 0.9
        self._shares = shares / shares.sum()

    def _town(self, number: int) -> Town:
        random = self._random
        return Town(
            f"Town {number}",
            float(random.uniform(-120, -75)),
            float(random.uniform(30, 48)),
            float(np.exp(random.normal(13.0, 0.4))),
            tuple(str(10_000 + number * POSTCODES + one) for one in range(POSTCODES)),
        )

    def searches(self, count: int) -> Iterator[Expression]:
        """That many searches."""
        random = self._random
        towns = random.choice(TOWNS, count, p=self._shares)
        for town in towns.tolist():
            chances = random.random(12).tolist()
            yield And(tuple(self._conditions(self._towns[town], chances)))

    def _conditions(self, town: Town, chances: list[float]) -> Iterator[Expression]:
        place, status, kind, low, high, beds, most_beds, baths, feature, words, living, rent = chances
        yield self._place(town, place)
        yield OneOf("StandardStatus", STATUSES[:1] if status < 0.6 else STATUSES[:3])
        yield OneOf("PropertyType", ("Residential Lease",) if rent < 0.2 else _types(kind))
        dollars = town.price * (0.005 if rent < 0.2 else 1)
        lowest = _rounded(dollars * (0.3 + low)) if low < 0.45 else None
        highest = _rounded(dollars * (0.75 + high)) if high < 0.85 else None
        if lowest is not None or highest is not None:
            yield Range("ListPrice", lowest, highest, "USD")
        if beds < 0.7:
            yield Range("BedroomsTotal", 1 + int(beds * 6), 5 if most_beds < 0.2 else None)
        if baths < 0.45:
            yield Range("BathroomsTotalInteger", 1 + int(baths * 5), None)
        if feature < 0.2:
            yield HasAll("InteriorFeatures", (FEATURES[int(feature * 5 * 24)],))
        if words < 0.1:
            yield Keywords((WORDS[int(words * 10 * 40)],))
        if living < 0.25:
            yield Range("LivingArea", 600 + 50 * int(living * 100), None, "Square Feet")

    def _place(self, town: Town, chance: float) -> Expression:
        random = self._random
        if chance < 0.12:
            return OneOf("City", (town.name,))
        if chance < 0.30:
            return OneOf(
                "PostalCode", tuple(random.choice(town.postcodes, int(random.integers(1, 6)), replace=False).tolist())
            )
        longitude, latitude = self._point(town, 6)
        if chance < 0.70:
            return Within(Circle(longitude, latitude, float(round(1_000 * math.exp(random.uniform(0, math.log(40)))))))
        corners = int(random.integers(4, 25))
        angles = np.sort(random.random(corners)) * math.tau
        radius = random.uniform(0.5, 1.2, corners) * 2.8 * KM
        east = np.round(longitude + np.cos(angles) * radius / math.cos(math.radians(latitude)), 6)
        north = np.round(latitude + np.sin(angles) * radius, 6)
        return Within(Polygons(((tuple(zip(east.tolist(), north.tolist(), strict=True)),),)))

    def _point(self, town: Town, km: float) -> tuple[float, float]:
        east, north = self._random.normal(0, km * KM, 2).tolist()
        longitude = town.longitude + east / math.cos(math.radians(town.latitude))
        return round(longitude, 6), round(town.latitude + north, 6)

    def listings(self, count: int) -> list[dict[str, Any]]:
        """The fields of that many listings."""
        towns = self._random.choice(TOWNS, count, p=self._shares)
        return [self._listing(self._towns[town]) for town in towns.tolist()]

    def _listing(self, town: Town) -> dict[str, Any]:
        random = self._random
        kind = str(random.choice(TYPES, p=TYPE_SHARES))
        longitude, latitude = self._point(town, 5)
        price = town.price * float(np.exp(random.normal(0, 0.45))) * (0.005 if kind.endswith("Lease") else 1)
        return {
            "StandardStatus": str(random.choice(STATUSES, p=STATUS_SHARES)),
            "PropertyType": kind,
            "PropertySubType": "Single Family Residence",
            "ListPrice": round(price, -3 if price > 20_000 else -1),
            "currency": "USD",
            "BedroomsTotal": int(random.integers(1, 7)),
            "BathroomsTotalInteger": int(random.integers(1, 5)),
            "LivingArea": int(random.normal(1_900, 600)),
            "LivingAreaUnits": "Square Feet",
            "City": town.name,
            "PostalCode": str(random.choice(town.postcodes)),
            "InteriorFeatures": random.choice(FEATURES, 6, replace=False).tolist(),
            "PublicRemarks": " ".join(random.choice(WORDS, 40).tolist()),
            "Longitude": longitude,
            "Latitude": latitude,
        }


def _types(chance: float) -> tuple[str, ...]:
    if chance < 0.7:
        return ("Residential",)
    return ("Residential", "Residential Income") if chance < 0.9 else TYPES[2:]


def _rounded(dollars: float) -> int:
    """In cents, as people name prices."""
    step = 10_000 if dollars > 20_000 else 100
    return max(1, round(dollars / step)) * step * 100
