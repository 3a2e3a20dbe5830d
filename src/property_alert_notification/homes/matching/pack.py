"""Packs a stored expression: where its listings can be, and the conditions that a listing must meet. Pure.

Conditions are packed from the lists that the store has. What cannot be packed becomes an expression again and stays as
an open condition, which `evaluate` decides.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, ClassVar, Final

from property_alert_notification.base.damaged import UNREADABLE
from property_alert_notification.homes.criteria.areas import boxes_of
from property_alert_notification.homes.criteria.comparable import keys_of, words_in
from property_alert_notification.homes.criteria.expression import (
    MOST_REMEMBERED,
    OneOf,
    area_of,
    as_list,
    from_list,
    list_in,
)
from property_alert_notification.homes.matching.accept_word import EVERYTHING, TYPES, accepted_by, accepted_currency
from property_alert_notification.homes.matching.batch import WHOLE_HIGH, WHOLE_LOW
from property_alert_notification.homes.matching.limits import UNKNOWN
from property_alert_notification.homes.matching.packed import (
    BY_CIRCLE,
    BY_POLYGON,
    HAS_CIRCLE,
    name_of,
    name_of_open,
    sealed,
)
from property_alert_notification.homes.matching.places import (
    Place,
    can_be_packed,
    has_plain_box,
    place_of,
    rings_of,
    smallest,
)
from property_alert_notification.homes.matching.vocabulary import ANY_TYPE, KEYWORDS, PLACES, has_terms
from property_alert_notification.homes.reso.currencies import LARGEST_MINOR

LOWEST, HIGHEST = -LARGEST_MINOR, LARGEST_MINOR
_NO_HIGH: Final = 2**63 - 1
LARGEST_EXACT: Final = 2**52
"""Of the numbers that a float has exactly."""
_MOST_TYPES: Final = 4
"""A search of more property types is looked up without them: it would be in as many buckets."""

Stored = list[Any]
"""A condition as `as_list` lists it."""


def pack(expression: str) -> bytes:
    """The packed form of an expression, which is given as `to_json` wrote it. It follows from that alone.

    Raises:
        ValueError, LookupError, TypeError: the text is none that `to_json` wrote.
    """
    packing = _Packing()
    packing.add(list_in(expression))
    return packing.finish(expression)


def pack_readable(expression: str) -> bytes | None:
    """The same; None if the text is damaged."""
    try:
        return pack(expression)
    except UNREADABLE:
        return None


class _Packing:
    """The parts of one search, as they are found."""

    __slots__ = (
        "_accept", "_area", "_boxes", "_circle", "_found_by", "_high", "_low", "_measures", "_named", "_open",
        "_places", "_ranges", "_rings", "_terms", "_vertices", "_where",
    )  # fmt: skip

    def __init__(self) -> None:
        self._accept, self._low, self._high = EVERYTHING, UNKNOWN, _NO_HIGH
        self._area: Stored | None = None
        self._circle: list[float] = []
        self._rings: list[int] = []
        self._vertices: list[float] = []
        self._ranges: list[float] = []
        self._boxes: list[float] = []
        self._found_by = 0
        self._measures: list[str] = []
        self._terms: list[str] = []
        self._open: list[str] = []
        self._places: list[str] = []
        self._where: list[Place] = []
        self._named: list[Stored] = []
        """Places that a search looked up by them need not check; none of them is packed."""

    def add(self, stored: Stored) -> None:
        """Add a condition."""
        handlers, otherwise = self._HANDLERS, _Packing._decide_otherwise
        # Nearly all are lists of conditions.
        for part in stored[1:] if stored[0] == "and" else (stored,):
            handlers.get(part[0], otherwise)(self, part)

    def finish(self, expression: str) -> bytes:
        """The packed form of the expression with these conditions."""
        self._add_keys()
        measures, terms, still_open, places = self._measures, self._terms, self._open, self._places
        area = self._found_by | bool(self._circle) * HAS_CIRCLE
        counts = len(measures), len(terms), len(self._rings), len(still_open), len(self._boxes) // 4
        head = self._accept, self._low, self._high, *counts, area, len(self._vertices) // 2, len(places)
        numbers = [*self._circle, *self._ranges, *self._rings, *self._vertices, *self._boxes]
        return sealed(head, numbers, [*measures, *terms, *still_open, *places], expression)

    def _decide_otherwise(self, stored: Stored) -> None:
        condition = from_list(stored)
        accept, is_all = accepted_by(condition)
        self._accept &= accept
        if not is_all:
            self._leave_open(stored)
            if place := place_of(condition):
                self._where.append(place)

    def _leave_open(self, stored: Stored) -> None:
        from_list(stored)  # which a damaged one does not let
        self._open.append(name_of_open(stored))

    def _range(self, stored: Stored) -> None:
        _, field, low, high, unit = stored
        if field == "ListPrice":
            self._price(stored, low, high, unit)
            return
        accept, is_all = _accepted("range", field, low, high, None)
        self._accept &= accept
        if not is_all:
            self._measured(stored, unit, low, high)

    def _price(self, stored: Stored, low: Any, high: Any, currency: str | None) -> None:
        low = LOWEST if low is None else low
        high = HIGHEST if high is None else high
        is_whole = isinstance(low, int) and isinstance(high, int)
        if not (is_whole and LOWEST <= low <= HIGHEST and LOWEST <= high <= HIGHEST):
            self._leave_open(stored)
            return
        if low > self._low:
            self._low = low
        if high < self._high:
            self._high = high
        accept, is_all = accepted_currency(currency or "")
        self._accept &= accept
        if not is_all:
            self._leave_open(stored)

    def _compare(self, stored: Stored) -> None:
        _, field, operator, value, *_ = stored
        if isinstance(value, bool) or not isinstance(value, int | float) or operator == "ne":
            self._decide_otherwise(stored)
            return
        accept, is_all = _accepted("compare", field, operator, value)
        self._accept &= accept
        if not is_all:
            low = value if operator in ("eq", "ge") else math.nextafter(value, math.inf) if operator == "gt" else None
            high = value if operator in ("eq", "le") else math.nextafter(value, -math.inf) if operator == "lt" else None
            self._measured(stored, None, low, high)

    def _measured(self, stored: Stored, unit: str | None, low: float | None, high: float | None) -> None:
        if (low is not None and abs(low) > LARGEST_EXACT) or (high is not None and abs(high) > LARGEST_EXACT):
            self._leave_open(stored)
            return
        whole = isinstance(low, int) * WHOLE_LOW + isinstance(high, int) * WHOLE_HIGH
        self._ranges += -math.inf if low is None else low, math.inf if high is None else high, whole
        self._measures.append(name_of("measure", stored[0], stored[1], unit))

    def _one_of(self, stored: Stored) -> None:
        _, field, words = stored
        if field in PLACES and words:
            self._named.append(stored)
            return
        if len(words) > MOST_REMEMBERED:
            self._decide_otherwise(stored)
            return
        accept, is_all = _accepted_words(field, *words)
        self._accept &= accept
        if not is_all:
            self._leave_open(stored)

    def _has_all(self, stored: Stored) -> None:
        _, field, words = stored
        if has_terms(field) and words:
            self._has_terms(field, keys_of(field, tuple(words)))
        else:
            self._leave_open(stored)

    def _keywords(self, stored: Stored) -> None:
        if words := words_in(" ".join(stored[1:])):
            self._has_terms(KEYWORDS, words)
        else:
            self._leave_open(stored)

    def _has_terms(self, field: str, keys: Iterable[str]) -> None:
        self._terms += [name_of("term", field, key) for key in sorted(keys)]

    def _within(self, stored: Stored) -> None:
        if self._area is None and can_be_packed(stored):
            self._area = stored
            if stored[1] == "circle":
                _, _, longitude, latitude, radius = stored
                self._circle = [longitude, latitude, radius]
            else:
                self._pack_polygons(stored)
            return
        self._leave_open(stored)
        if place := place_of(from_list(stored)):
            self._where.append(place)

    def _pack_polygons(self, area: Stored) -> None:
        for ring in rings_of(area):
            corners, odd = divmod(len(ring), 2)
            if odd:
                raise ValueError("must have two numbers for each corner")
            self._rings.append(corners)
            self._vertices += ring

    def _add_keys(self) -> None:
        """Look the search up by the smallest place that it names. Most searches name one."""
        if self._area is None and not self._where and len(self._named) == 1:
            self._add_names(*self._named[0][1:])
        elif self._area is not None and not self._where and not self._named and has_plain_box(self._area):
            self._found_by = BY_CIRCLE if self._circle else BY_POLYGON
        else:
            self._add_keys_of_smallest()

    def _add_keys_of_smallest(self) -> None:
        names = [Place((), (OneOf(field, tuple(words)),)) for _, field, words in self._named]
        areas = [] if self._area is None else [Place(boxes_of(area_of(self._area)), ())]
        chosen = smallest([*self._where, *areas, *names])
        for place in names:
            if place is not chosen:
                self._leave_open(as_list(place.names[0]))
        if chosen is None:
            self._boxes += -180, -90, 180, 90
            return
        for box in chosen.boxes:
            self._boxes += box.west, box.south, box.east, box.north
        for name in chosen.names:
            self._add_names(name.field, name.words)

    def _add_names(self, field: str, words: Iterable[str]) -> None:
        types = _types_of(self._accept & TYPES)
        for key in sorted(keys_of(field, tuple(words))):
            self._places += [name_of("place", field, key, one) for one in types]

    _HANDLERS: ClassVar[Mapping[str, Callable[["_Packing", Stored], None]]] = {
        "and": add,
        "range": _range,
        "compare": _compare,
        "one": _one_of,
        "all": _has_all,
        "words": _keywords,
        "in": _within,
    }


@lru_cache(16_384)
def _accepted(*stored: Any) -> tuple[int, bool]:
    """What a condition on numbers accepts. Many searches have the same ones."""
    return accepted_by(from_list([*stored]))


@lru_cache(16_384)
def _accepted_words(field: str, *words: str) -> tuple[int, bool]:
    return accepted_by(OneOf(field, words))


@lru_cache(4_096)
def _types_of(taken: int) -> tuple[int, ...]:
    """By which property types a search is looked up that accepts these bits."""
    types = tuple(1 << bit for bit in range(64) if taken >> bit & 1)
    return types if 0 < len(types) <= _MOST_TYPES else (ANY_TYPE,)
