"""Which of the searches match a record, straight from what their users wrote. It shares no code with the service.

One condition is compared for all searches at once; a search without it has bounds that every home is within.
"""

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tests.homes_scenario.searches import Search

Record: TypeAlias = dict[str, Any]
Flags: TypeAlias = NDArray[np.bool_]

_RANGES = ("ListPrice", "LivingArea", "BedroomsTotal", "YearBuilt", "BathroomsTotalInteger")
_WORDS = ("StandardStatus", "City", "PostalCode")
_SQUARE_FEET = 0.09290304
"""Square metres of one."""

_EARTH = 6_371_008.8


class Queries:
    """What all users wrote."""

    def __init__(self, searches: Sequence[Search]) -> None:
        criteria = [one.criteria for one in searches]
        self._count = len(criteria)
        self._bounds = {name: _bounds(name, (one.get(name) for one in criteria)) for name in _RANGES}
        self._words = {name: _by_word(one.get(name) for one in criteria) for name in _WORDS}
        self._any_word = {name: np.array([name not in one for one in criteria]) for name in _WORDS}
        self._excluded = np.array([one.get("Exclude", {}).get("BedroomsTotal", {}).get("max", -1) for one in criteria])
        self._euros = np.array([one.get("ListPrice", {}).get("currency") == "EUR" for one in criteria])
        self._everywhere = np.array(["Area" not in one for one in criteria])
        areas = [(number, one["Area"]) for number, one in enumerate(criteria) if "Area" in one]
        self._circles = _arrays([(n, *a["center"], a["radius"]) for n, a in areas if a.get("type") == "Circle"], 4)
        self._boxes = _arrays([(n, *a["bbox"]) for n, a in areas if "bbox" in a], 5)
        rings = [(n, *np.ravel(a["coordinates"][0])) for n, a in areas if a.get("type") == "Polygon"]
        self._polygons = _arrays(rings, 11)

    def matching(self, record: Record) -> Flags:
        """Whether each search matches it."""
        found: Flags = ~self._euros & (record["BedroomsTotal"] > self._excluded)
        for name, (low, high) in self._bounds.items():
            found &= (low <= record[name]) & (record[name] <= high)
        for name, by_word in self._words.items():
            its = self._any_word[name].copy()
            its[by_word.get(record[name], [])] = True
            found &= its
        return found & self._around(record["Longitude"], record["Latitude"])

    def _around(self, east: float, north: float) -> Flags:
        found = self._everywhere.copy()
        n, x, y, radius = self._circles.T
        found[n[_metres(x, y, east, north) <= radius].astype(int)] = True
        n, west, south, right, top = self._boxes.T
        found[n[(west <= east) & (east <= right) & (south <= north) & (north <= top)].astype(int)] = True
        n, ring = self._polygons[:, 0], self._polygons[:, 1:].reshape(-1, 5, 2)
        # A convex ring that is drawn against the clock has what is inside on its left.
        (x, y), (to_x, to_y) = ring[:, :-1].transpose(2, 0, 1), ring[:, 1:].transpose(2, 0, 1)
        is_left = (to_x - x) * (north - y) - (to_y - y) * (east - x) >= 0
        found[n[is_left.all(axis=1)].astype(int)] = True
        return found


class CurrentSearches:
    """All searches, each as its user wrote it last."""

    def __init__(self, searches: Sequence[Search]) -> None:
        self._searches = list(searches)
        self._queries = Queries(searches)
        self._of: dict[int, list[int]] = {}
        """The numbers of the searches of each user."""
        for one in searches:
            self._of.setdefault(one.user, []).append(one.number)
        self._edited: dict[int, Search] = {}
        self._edited_queries: Queries | None = None
        """Of those, in their order."""
        self._alone: dict[int, Queries] = {}
        """What some searches look for, by their numbers: to ask one of them costs less."""

    def __len__(self) -> int:
        return len(self._searches)

    def __getitem__(self, number: int) -> Search:
        return self._searches[number]

    def put(self, search: Search) -> None:
        """A search is edited."""
        self._searches[search.number] = self._edited[search.number] = search
        self._edited_queries = None
        self._alone.pop(search.number, None)

    def of(self, user: int) -> list[Search]:
        """Those of a user."""
        return [self._searches[number] for number in self._of[user]]

    def matching(self, record: Record) -> Flags:
        """Whether each search matches a record, by its number."""
        found = self._queries.matching(record)
        if self._edited:
            if self._edited_queries is None:
                self._edited_queries = Queries(list(self._edited.values()))
            active = np.array([one.active for one in self._edited.values()])
            found[list(self._edited)] = self._edited_queries.matching(record) & active
        return found

    def matches(self, search: Search, record: Record) -> bool:
        """Whether one of them matches a record."""
        if search.number not in self._alone:
            self._alone[search.number] = Queries([search])
        return bool(self._alone[search.number].matching(record)[0])


def _arrays(rows: Sequence[Sequence[float]], width: int) -> NDArray[np.float64]:
    return np.array(rows, dtype=np.float64).reshape(-1, width)


def _bounds(name: str, given: Iterable[dict[str, Any] | None]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    found = []
    for one in given:
        low, high = (one or {}).get("min", -np.inf), (one or {}).get("max", np.inf)
        if (one or {}).get("units") == "Square Meters":
            # In whole square feet, because it was given in whole square metres.
            low, high = (round(bound / _SQUARE_FEET) for bound in (low, high))
        found.append((low, high))
    lows, highs = _arrays(found, 2).T
    return lows, highs


def _by_word(given: Iterable[list[str] | None]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for number, words in enumerate(given):
        for word in words or ():
            found.setdefault(word, []).append(number)
    return found


def _metres(x: Any, y: Any, east: float, north: float) -> Any:
    """The distance on a sphere, by the haversine formula."""
    x, y, east, north = (np.radians(degrees) for degrees in (x, y, east, north))
    half = np.sin((north - y) / 2) ** 2 + np.cos(y) * np.cos(north) * np.sin((east - x) / 2) ** 2
    return 2 * _EARTH * np.arcsin(np.sqrt(half))
