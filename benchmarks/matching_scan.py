"""What matching is compared with: a scan of all searches, each condition on whole columns of numpy.

It is also the oracle of the benchmark: it has columns of its own, and its own geometry.
"""

import math
from array import array
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.matching_load import FEATURES, STATUSES, TOWNS, TYPES, WORDS
from property_alert_notification.homes.criteria.areas import EARTH_RADIUS, Circle, Polygons
from property_alert_notification.homes.criteria.expression import (
    And,
    Expression,
    HasAll,
    Keywords,
    OneOf,
    Range,
    Within,
)

Verdicts = npt.NDArray[np.bool_]
_TYPE = {word: 1 << number for number, word in enumerate(TYPES)}
_STATUS = {word: 1 << number for number, word in enumerate(STATUSES)}
_FEATURE = {word: 1 << number for number, word in enumerate(FEATURES)}
_WORD = {word: number for number, word in enumerate(WORDS)}
_TOWN = {f"Town {number}": number for number in range(TOWNS)}
_NONE, _ANY = -1, 2**62


class Scan:
    """Searches as columns."""

    def __init__(self) -> None:
        self._columns: dict[str, array[Any]] = {
            name: array("q") for name in ("types", "statuses", "low", "high", "features")
        }
        self._columns |= {name: array("b") for name in ("beds", "most_beds", "baths")}
        self._columns |= {name: array("h") for name in ("living", "word", "town")}
        self._columns |= {name: array("d") for name in ("west", "south", "east", "north", "radius")}
        self._postcodes: list[array[int]] = [array("i") for _ in range(5)]
        self._corners, self._first, self._counts = array("d"), array("q"), array("i")
        self._arrays: dict[str, npt.NDArray[Any]] = {}

    def add(self, search: And) -> None:
        """Add a search of the load."""
        row: dict[str, Any] = dict(_DEFAULTS)
        for condition in search.parts:
            row |= _values_of(condition)
        for name, column in self._columns.items():
            column.append(row[name])
        for place, column in enumerate(self._postcodes):
            column.append(int(row["postcodes"][place]) if place < len(row["postcodes"]) else 0)
        self._first.append(len(self._corners) // 2)
        self._counts.append(len(row["corners"]))
        for corner in row["corners"]:
            self._corners.extend(corner)

    def freeze(self) -> None:
        """No more searches come."""
        every = self._columns | {f"postcode{place}": column for place, column in enumerate(self._postcodes)}
        every |= {"first": self._first, "counts": self._counts}
        self._arrays = {name: np.frombuffer(column, column.typecode) for name, column in every.items()}

    def match(self, listing: Mapping[str, Any]) -> npt.NDArray[np.int64]:
        """The numbers of the searches that match."""
        of = self._arrays
        price = round(listing["ListPrice"] * 100)
        x, y = listing["Longitude"], listing["Latitude"]
        missing = ~sum(_FEATURE[word] for word in listing["InteriorFeatures"])
        words = np.zeros(len(WORDS) + 1, np.bool_)
        words[[*(_WORD[word] for word in listing["PublicRemarks"].split()), _NONE]] = True
        mask = (of["types"] & _TYPE[listing["PropertyType"]]) != 0
        mask &= (of["statuses"] & _STATUS[listing["StandardStatus"]]) != 0
        mask &= (of["low"] <= price) & (of["high"] >= price)
        mask &= (of["beds"] <= listing["BedroomsTotal"]) & (of["most_beds"] >= listing["BedroomsTotal"])
        mask &= of["baths"] <= listing["BathroomsTotalInteger"]
        mask &= of["living"] <= listing["LivingArea"]
        mask &= (of["features"] & missing) == 0
        mask &= (of["west"] <= x) & (of["east"] >= x) & (of["south"] <= y) & (of["north"] >= y)
        left = np.flatnonzero(mask)
        left = left[words[of["word"][left]]]
        town = of["town"][left]
        left = left[(town == _NONE) | (town == _TOWN[listing["City"]])]
        codes = np.stack([of[f"postcode{place}"][left] for place in range(5)])
        left = left[(codes[0] == 0) | (codes == int(listing["PostalCode"])).any(axis=0)]
        found: npt.NDArray[np.int64] = left[self._is_in(left, x, y)]
        return found

    def match_at(self, listing: Mapping[str, Any], prices: Sequence[int]) -> list[npt.NDArray[np.int64]]:
        """The numbers of the searches that match a listing at each of these prices: one scan for all of them."""
        low, high = self._arrays["low"], self._arrays["high"]
        any_price = Scan()
        any_price._corners = self._corners
        any_price._arrays = self._arrays | {"low": np.full_like(low, -_ANY), "high": np.full_like(high, _ANY)}
        near = any_price.match(listing)
        cents = [round(price * 100) for price in prices]
        return [near[(low[near] <= price) & (high[near] >= price)] for price in cents]

    def _is_in(self, searches: npt.NDArray[np.int64], x: float, y: float) -> Verdicts:
        of = self._arrays
        inside = np.ones(len(searches), np.bool_)
        circles = np.flatnonzero(of["radius"][searches])
        some = searches[circles]
        north, south = of["north"][some], of["south"][some]
        inside[circles] = _distance(of["west"][some], of["east"][some], south, north, x, y) <= of["radius"][some]
        for at in np.flatnonzero(of["counts"][searches]).tolist():
            first = int(of["first"][searches[at]])
            corners = np.frombuffer(self._corners)[2 * first : 2 * (first + int(of["counts"][searches[at]]))]
            inside[at] = _crosses_oddly(corners.reshape(-1, 2), x, y)
        return inside


_DEFAULTS: Mapping[str, Any] = {
    "types": -1,
    "statuses": -1,
    "features": 0,
    "low": -_ANY,
    "high": _ANY,
    "beds": 0,
    "most_beds": 99,
    "baths": 0,
    "living": 0,
    "word": _NONE,
    "town": _NONE,
    "postcodes": (),
    "corners": (),
    "radius": 0,
    "west": -math.inf,
    "south": -math.inf,
    "east": math.inf,
    "north": math.inf,
}


def _values_of(condition: Expression) -> dict[str, Any]:
    match condition:
        case OneOf(field, words):
            return _OF_WORDS[field](words)
        case Range(field):
            return _OF_RANGES[field](condition)
        case HasAll(_, (feature,)):
            return {"features": _FEATURE[feature]}
        case Keywords((word,)):
            return {"word": _WORD[word]}
        case Within(Circle(longitude, latitude, radius)):
            return _box_round(longitude, latitude, radius) | {"radius": radius}
        case Within(Polygons(((corners,),))):
            return _box_of(corners) | {"corners": corners}
    raise TypeError(condition)


_OF_WORDS: Mapping[str, Callable[[tuple[str, ...]], dict[str, Any]]] = {
    "PropertyType": lambda words: {"types": sum(_TYPE[word] for word in words)},
    "StandardStatus": lambda words: {"statuses": sum(_STATUS[word] for word in words)},
    "City": lambda words: {"town": _TOWN[words[0]]},
    "PostalCode": lambda words: {"postcodes": words},
}
_OF_RANGES: Mapping[str, Callable[[Range], dict[str, Any]]] = {
    "ListPrice": lambda range_: {
        "low": -_ANY if range_.low is None else range_.low,
        "high": _ANY if range_.high is None else range_.high,
    },
    "BedroomsTotal": lambda range_: {"beds": range_.low, "most_beds": range_.high or 99},
    "BathroomsTotalInteger": lambda range_: {"baths": range_.low},
    "LivingArea": lambda range_: {"living": range_.low},
}


def _distance(west: Any, east: Any, south: Any, north: Any, x: float, y: float) -> npt.NDArray[np.float64]:
    """Metres from the centres of boxes."""
    to_x, to_y, x, y = (np.radians(one) for one in ((west + east) / 2, (south + north) / 2, x, y))
    cosine = np.sin(y) * np.sin(to_y) + np.cos(y) * np.cos(to_y) * np.cos(to_x - x)
    metres: npt.NDArray[np.float64] = EARTH_RADIUS * np.arccos(np.minimum(1, cosine))
    return metres


def _crosses_oddly(corners: npt.NDArray[np.float64], x: float, y: float) -> bool:
    x1, y1 = corners.T
    x2, y2 = np.roll(corners, -1, axis=0).T
    crosses = (y1 > y) != (y2 > y)
    with np.errstate(divide="ignore", invalid="ignore"):
        return bool(np.count_nonzero(crosses & (x < x1 + (y - y1) * (x2 - x1) / (y2 - y1))) % 2)


def _box_round(longitude: float, latitude: float, radius: float) -> dict[str, float]:
    reach = math.degrees(radius / EARTH_RADIUS)
    wide = reach / math.cos(math.radians(latitude + reach))
    sides = {"west": longitude - wide, "east": longitude + wide}
    return sides | {"south": latitude - reach, "north": latitude + reach}


def _box_of(corners: tuple[tuple[float, float], ...]) -> dict[str, float]:
    xs, ys = zip(*corners, strict=True)
    return {"west": min(xs), "east": max(xs), "south": min(ys), "north": max(ys)}
