"""Which of the searches match a record, straight from what their users wrote. It shares no code with the service.

Each condition is compared for all searches at once that the conditions before it have left; a search without it has
bounds that every home is within.
"""

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tests.homes_scenario.searches import Search

Record: TypeAlias = dict[str, Any]
Numbers: TypeAlias = NDArray[np.intp]

_RANGES = ("LivingArea", "ListPrice", "BedroomsTotal", "YearBuilt", "BathroomsTotalInteger")
"""The first leaves the fewest searches."""

_WORDS = ("StandardStatus", "City", "PostalCode")
_MOST_WORDS = 2
"""Words of one condition."""

_ANY, _NONE, _UNKNOWN = 0, -1, -2
"""Instead of the number of a word: every word will do, no further word, a word that no user wrote."""

_SQUARE_FEET = 0.09290304
"""Square metres of one."""

_EARTH = 6_371_008.8

_EVERYWHERE, _CIRCLE, _BOX, _RING = range(4)
_CORNERS = 5
"""Of a ring, the first one again included."""


class Queries:
    """What all users wrote, by the numbers of their searches."""

    def __init__(self, all_criteria: Sequence[Record]) -> None:
        count = len(all_criteria)
        self._lows = {name: np.empty(count) for name in _RANGES}
        self._highs = {name: np.empty(count) for name in _RANGES}
        self._excluded = np.empty(count)
        self._words = {name: np.empty((count, _MOST_WORDS), np.int32) for name in _WORDS}
        self._number_of: dict[str, int] = {}
        """Of each word that a user wrote."""
        self._shapes = np.empty(count, np.int8)
        self._places = np.zeros((count, 2 * _CORNERS))
        """Center and radius of circles, bounds of boxes, corners of rings."""
        for number, criteria in enumerate(all_criteria):
            self.put(number, criteria)

    def put(self, number: int, criteria: Record) -> None:
        """What a user wrote first, or instead."""
        for name in _RANGES:
            self._lows[name][number], self._highs[name][number] = _bounds(criteria.get(name, {}))
        self._excluded[number] = criteria.get("Exclude", {}).get("BedroomsTotal", {}).get("max", -1)
        for name in _WORDS:
            self._words[name][number] = self._numbers(criteria.get(name))
        shape, place = _area(criteria.get("Area"))
        self._shapes[number], self._places[number, : len(place)] = shape, place

    def _numbers(self, words: Iterable[str] | None) -> tuple[int, ...]:
        if words is None:
            return (_ANY, _NONE)
        found = [self._number_of.setdefault(word, len(self._number_of) + 1) for word in words]
        return (*found, *[_NONE] * (_MOST_WORDS - len(found)))

    def matching(self, record: Record, among: Sequence[int] | None = None) -> Numbers:
        """The numbers of the searches that match a record, of all or among some."""
        found = None if among is None else np.array(among, np.intp)
        for name in _RANGES:
            value, lows, highs = record[name], self._lows[name], self._highs[name]
            if found is None:
                found = np.flatnonzero((lows <= value) & (value <= highs))
            else:
                found = found[(lows[found] <= value) & (value <= highs[found])]
        assert found is not None
        found = found[record["BedroomsTotal"] > self._excluded[found]]
        for name in _WORDS:
            numbers = self._words[name][found]
            is_word = numbers == self._number_of.get(record[name], _UNKNOWN)
            found = found[(numbers[:, 0] == _ANY) | is_word.any(axis=1)]
        near: Numbers = found[self._is_around(found, record["Longitude"], record["Latitude"])]
        return near

    def _is_around(self, searches: Numbers, east: float, north: float) -> NDArray[np.bool_]:
        shapes, places = self._shapes[searches], self._places[searches]
        is_around: NDArray[np.bool_] = shapes == _EVERYWHERE
        of_shape = shapes == _CIRCLE
        x, y, radius = places[of_shape, :3].T
        is_around[of_shape] = _metres(x, y, east, north) <= radius
        of_shape = shapes == _BOX
        west, south, right, top = places[of_shape, :4].T
        is_around[of_shape] = (west <= east) & (east <= right) & (south <= north) & (north <= top)
        of_shape = shapes == _RING
        rings = places[of_shape].reshape(-1, _CORNERS, 2)
        # A convex ring that is drawn against the clock has what is inside on its left.
        (x, y), (to_x, to_y) = rings[:, :-1].transpose(2, 0, 1), rings[:, 1:].transpose(2, 0, 1)
        is_left = (to_x - x) * (north - y) - (to_y - y) * (east - x) >= 0
        is_around[of_shape] = is_left.all(axis=1)
        return is_around


class CurrentSearches:
    """All searches, each as its user wrote it last."""

    def __init__(self, searches: Sequence[Search]) -> None:
        self._searches = list(searches)
        self._queries = Queries([one.criteria for one in searches])
        self._active = np.array([one.active for one in searches])
        self._of: dict[int, list[int]] = {}
        """The numbers of the searches of each user."""
        for one in searches:
            self._of.setdefault(one.user, []).append(one.number)

    def __len__(self) -> int:
        return len(self._searches)

    def __getitem__(self, number: int) -> Search:
        return self._searches[number]

    def put(self, search: Search) -> None:
        """A search is edited."""
        self._searches[search.number] = search
        self._queries.put(search.number, search.criteria)
        self._active[search.number] = search.active

    def of(self, user: int) -> list[Search]:
        """Those of a user."""
        return [self._searches[number] for number in self._of[user]]

    def matching(self, record: Record) -> list[int]:
        """The numbers of the searches that match a record and are not paused."""
        found = self._queries.matching(record)
        return [int(number) for number in found[self._active[found]]]

    def matches(self, search: Search, record: Record) -> bool:
        """Whether one of them matches a record, paused or not."""
        return bool(len(self._queries.matching(record, [search.number])))


def _bounds(given: Record) -> tuple[float, float]:
    if given.get("currency") == "EUR":
        return np.inf, -np.inf  # all homes are offered in dollars
    low, high = given.get("min", -np.inf), given.get("max", np.inf)
    if given.get("units") == "Square Meters":
        # In whole square feet, because it was given in whole square metres.
        return round(low / _SQUARE_FEET), round(high / _SQUARE_FEET)
    return low, high


def _area(given: Record | None) -> tuple[int, Sequence[float]]:
    if given is None:
        return _EVERYWHERE, ()
    if "bbox" in given:
        return _BOX, given["bbox"]
    if given["type"] == "Circle":
        return _CIRCLE, (*given["center"], given["radius"])
    return _RING, [degrees for corner in given["coordinates"][0] for degrees in corner]


def _metres(x: Any, y: Any, east: float, north: float) -> Any:
    """The distance on a sphere, by the haversine formula."""
    x, y, east, north = (np.radians(degrees) for degrees in (x, y, east, north))
    half = np.sin((north - y) / 2) ** 2 + np.cos(y) * np.cos(north) * np.sin((east - x) / 2) ** 2
    return 2 * _EARTH * np.arcsin(np.sqrt(half))
