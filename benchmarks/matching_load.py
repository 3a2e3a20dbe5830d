"""The load of matching: saved searches in 200 towns, and listings that are offered there.

The first town has an eighth of all. About 290 of a million searches match a listing.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import Any

from property_alert_notification.homes.criteria.areas import Circle, Polygons, Ring
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
TYPE_SHARES = (0.3, 0.15, 0.1, 0.12, 0.06, 0.06, 0.09, 0.07, 0.05)
STATUSES = ("Active", "Active Under Contract", "Coming Soon", "Pending", "Hold", "Closed")
STATUS_SHARES = (0.7, 0.06, 0.06, 0.08, 0.02, 0.08)
FEATURES = tuple(f"Feature {number}" for number in range(24))
WORDS = tuple(f"word{number}" for number in range(200))
RENT = 0.005
"""A month's rent, as a share of the price."""
SPREAD = 21
"""Kilometres from the centre of a town, as a standard deviation."""
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

    def __init__(self, seed: int = 13, *, part: str | None = None) -> None:
        """The towns follow from the seed alone; each `part` has other searches and listings there."""
        self._random = Random(seed)
        self._towns = [self._town(number) for number in range(TOWNS)]
        if part is not None:
            self._random = Random(part)
        self._shares = list(accumulate(1 / (number + 1) ** 0.9 for number in range(TOWNS)))

    def _town(self, number: int) -> Town:
        random = self._random
        return Town(
            f"Town {number}",
            random.uniform(-120, -75),
            random.uniform(30, 48),
            random.lognormvariate(13, 0.4),
            tuple(str(10_000 + number * POSTCODES + one) for one in range(POSTCODES)),
        )

    def searches(self, count: int) -> Iterator[Expression]:
        """That many searches."""
        for town in self._random.choices(self._towns, cum_weights=self._shares, k=count):
            yield And((self._place(town), *self._conditions(town)))

    def _conditions(self, town: Town) -> Iterator[Expression]:
        chance = self._random.random
        yield OneOf("StandardStatus", STATUSES[:1] if chance() < 0.6 else STATUSES[:3])
        rents = chance() < 0.2
        types = ("Residential Lease",) if rents else self._random.choices(TYPES, TYPE_SHARES, k=1 + int(chance() * 3))
        yield OneOf("PropertyType", tuple(dict.fromkeys(types)))
        if bounds := _prices(town.price * (RENT if rents else 1), chance(), chance()):
            yield Range("ListPrice", *bounds, "USD")
        if (beds := chance()) < 0.7:
            yield Range("BedroomsTotal", 1 + int(beds * 6), 5 if chance() < 0.2 else None)
        if (baths := chance()) < 0.45:
            yield Range("BathroomsTotalInteger", 1 + int(baths * 5), None)
        if chance() < 0.2:
            yield HasAll("InteriorFeatures", (self._random.choice(FEATURES),))
        if chance() < 0.1:
            yield Keywords((self._random.choice(WORDS),))
        if chance() < 0.25:
            yield Range("LivingArea", 600 + 50 * int(chance() * 30), None, "Square Feet")

    def _place(self, town: Town) -> Expression:
        random = self._random
        chance = random.random()
        if chance < 0.12:
            return OneOf("City", (town.name,))
        if chance < 0.30:
            return OneOf("PostalCode", tuple(random.sample(town.postcodes, random.randint(1, 5))))
        longitude, latitude = self._point(town, SPREAD)
        if chance < 0.70:
            return Within(Circle(longitude, latitude, round(1_000 * 40 ** random.random())))
        return Within(Polygons(((self._ring(longitude, latitude),),)))

    def _ring(self, longitude: float, latitude: float) -> Ring:
        random = self._random
        narrow = math.cos(math.radians(latitude))
        corners = []
        for angle in sorted(random.random() * math.tau for _ in range(random.randint(4, 24))):
            reach = random.uniform(0.5, 1.2) * 2.8 * KM
            east, north = math.cos(angle) * reach / narrow, math.sin(angle) * reach
            corners.append((round(longitude + east, 6), round(latitude + north, 6)))
        return tuple(corners)

    def _point(self, town: Town, km: float) -> tuple[float, float]:
        east, north = self._random.gauss(0, km * KM), self._random.gauss(0, km * KM)
        longitude = town.longitude + east / math.cos(math.radians(town.latitude))
        return round(longitude, 6), round(town.latitude + north, 6)

    def listings(self, count: int) -> list[dict[str, Any]]:
        """The fields of that many listings."""
        towns = self._random.choices(self._towns, cum_weights=self._shares, k=count)
        return [self._listing(town) for town in towns]

    def _listing(self, town: Town) -> dict[str, Any]:
        random = self._random
        [kind] = random.choices(TYPES, TYPE_SHARES)
        longitude, latitude = self._point(town, SPREAD)
        price = town.price * random.lognormvariate(0, 0.45) * (RENT if kind.endswith("Lease") else 1)
        return {
            "StandardStatus": random.choices(STATUSES, STATUS_SHARES)[0],
            "PropertyType": kind,
            "PropertySubType": "Single Family Residence",
            "ListPrice": round(price, -3 if price > 20_000 else -1),
            "currency": "USD",
            "BedroomsTotal": random.randint(1, 6),
            "BathroomsTotalInteger": random.randint(1, 4),
            "LivingArea": random.randint(700, 3_200),
            "LivingAreaUnits": "Square Feet",
            "City": town.name,
            "PostalCode": random.choice(town.postcodes),
            "InteriorFeatures": random.sample(FEATURES, 6),
            "PublicRemarks": " ".join(random.choices(WORDS, k=40)),
            "Longitude": longitude,
            "Latitude": latitude,
        }


def _prices(usual: float, low: float, high: float) -> tuple[int | None, int | None] | None:
    """The bounds of a search in a town where homes usually cost that much."""
    lowest = _rounded(usual * (0.5 + low)) if low < 0.45 else None
    highest = _rounded(usual * (0.5 + high)) if high < 0.85 else None
    if lowest is not None and highest is not None and lowest > highest:
        lowest, highest = highest, lowest
    return (lowest, highest) if lowest is not None or highest is not None else None


def _rounded(dollars: float) -> int:
    """In cents, as people name prices."""
    step = 10_000 if dollars > 20_000 else 100
    return max(1, round(dollars / step)) * step * 100
