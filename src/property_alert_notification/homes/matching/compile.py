"""Compiling an expression: where its listings can be, and the packed conditions that a listing must meet.

What cannot be packed stays as an open condition, which `evaluate` decides.
"""

import math
from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import lru_cache
from itertools import chain
from typing import Any, Final

from property_alert_notification.homes.criteria.areas import Area, Circle, boxes_of
from property_alert_notification.homes.criteria.comparable import key_of, keys_of, words_in
from property_alert_notification.homes.criteria.expression import (
    And,
    Compare,
    Expression,
    HasAll,
    Keywords,
    OneOf,
    Range,
    Within,
)
from property_alert_notification.homes.matching.accept_word import EVERYTHING, TYPES, accepted_by, accepted_currency
from property_alert_notification.homes.matching.places import (
    Place,
    can_be_packed,
    has_plain_box,
    place_of,
    rings_of,
    smallest,
)
from property_alert_notification.homes.matching.searches import WHOLE_HIGH, WHOLE_LOW, Batch, Kind
from property_alert_notification.homes.matching.vocabulary import ANY_TYPE, KEYWORDS, PLACES, Vocabulary, has_terms

UNKNOWN: Final = -(2**63)
"""The price of a listing without one. No bound of a search is as low, but every search without bounds accepts it."""
LOWEST, HIGHEST = -(2**62), 2**62
_NO_HIGH: Final = 2**63 - 1
LARGEST_EXACT: Final = 2**52
"""Of the numbers that a float has exactly."""
_MOST_KNOWN: Final = 65_536
_MOST_TYPES: Final = 4
"""A search of more property types is looked up without them: it would be in as many buckets."""


class Compiler:
    """Writes searches into a batch."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._known: dict[Hashable, tuple[int, bool]] = {}
        """What conditions accept that many searches have: to look them up by a tuple is faster than by themselves."""
        self._handlers: Mapping[type[Expression], Callable[[Any], None]] = {
            And: self._all_of,
            Range: self._range,
            Compare: self._compare,
            OneOf: self._one_of,
            HasAll: self._has_all,
            Keywords: self._keywords,
            Within: self._within,
        }
        self._begin(Batch())

    def compile(self, searches: Iterable[tuple[int, Expression]], batch: Batch) -> None:
        """Add these searches to a batch."""
        for number, expression in searches:
            self._begin(batch)
            try:
                self._add(expression)
                self._add_keys()
            except Exception:
                batch.forget_unfinished()
                raise
            batch.search(number, self._accept, self._required, self._low, self._high, self._open)
        self._begin(Batch())

    def _begin(self, batch: Batch) -> None:
        self._batch = batch
        self._accept, self._required, self._open = EVERYTHING, 0, 0
        self._low, self._high = UNKNOWN, _NO_HIGH
        self._area: Within | None = None
        self._places: list[Place] = []
        self._names: list[Place] = []
        """Places that a search looked up by them need not check; none of them is packed."""

    def _add(self, condition: Expression) -> None:
        self._handlers.get(type(condition), self._decide_otherwise)(condition)

    def _all_of(self, condition: And) -> None:
        for part in condition.parts:
            self._add(part)

    def _decide_otherwise(self, condition: Expression) -> None:
        accept, is_all = accepted_by(condition)
        self._accept &= accept
        if not is_all:
            self._leave_open(condition)
            if place := place_of(condition):
                self._places.append(place)

    def _leave_open(self, condition: Expression) -> None:
        self._batch.check(Kind.OPEN, self._vocabulary.open_condition(condition))
        self._open += 1

    def _range(self, condition: Range) -> None:
        field, low, high = condition.field, condition.low, condition.high
        if field == "ListPrice":
            self._price(condition)
        elif not self._accept_group(condition, (field, low, high)):
            self._measured(condition, low, high)

    def _price(self, condition: Range) -> None:
        low = LOWEST if condition.low is None else condition.low
        high = HIGHEST if condition.high is None else condition.high
        if not (isinstance(low, int) and isinstance(high, int) and low >= LOWEST and high <= HIGHEST):
            self._leave_open(condition)
            return
        self._low, self._high = max(self._low, low), min(self._high, high)
        accept, is_all = accepted_currency(condition.unit or "")
        self._accept &= accept
        if not is_all:
            self._leave_open(condition)

    def _compare(self, condition: Compare) -> None:
        field, value, operator = condition.field, condition.value, condition.operator
        if isinstance(value, bool) or not isinstance(value, int | float) or operator == "ne":
            self._decide_otherwise(condition)
        elif not self._accept_group(condition, (field, operator, value)):
            low = value if operator in ("eq", "ge") else math.nextafter(value, math.inf) if operator == "gt" else None
            high = value if operator in ("eq", "le") else math.nextafter(value, -math.inf) if operator == "lt" else None
            self._measured(condition, low, high)

    def _accept_group(self, condition: Expression, key: Hashable) -> bool:
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            known = self._known[key] = accepted_by(condition)
        self._accept &= known[0]
        return known[1]

    def _measured(self, condition: Range | Compare, low: float | None, high: float | None) -> None:
        is_exact = all(bound is None or abs(bound) <= LARGEST_EXACT for bound in (low, high))
        measure = self._vocabulary.measure(condition) if is_exact else None
        if measure is None:
            self._leave_open(condition)
            return
        bounds = -math.inf if low is None else low, math.inf if high is None else high
        whole = isinstance(low, int) * WHOLE_LOW + isinstance(high, int) * WHOLE_HIGH
        self._batch.check(Kind.RANGE, measure, *bounds, whole)

    def _one_of(self, condition: OneOf) -> None:
        field, words = condition.field, condition.words
        if field in PLACES and words:
            self._names.append(Place((), (condition,)))
        elif not self._accept_group(condition, (field, words)):
            self._leave_open(condition)

    def _has_all(self, condition: HasAll) -> None:
        if has_terms(condition.field) and condition.words:
            self._terms(condition.field, keys_of(condition.field, condition.words))
        else:
            self._leave_open(condition)

    def _keywords(self, condition: Keywords) -> None:
        if words := words_in(" ".join(condition.words)):
            self._terms(KEYWORDS, words)
        else:
            self._leave_open(condition)

    def _terms(self, field: str, keys: Iterable[str]) -> None:
        for key in sorted(keys):
            term = self._vocabulary.term(field, key)
            self._required |= 1 << term % 64
            self._batch.check(Kind.TERM, term)

    def _within(self, condition: Within) -> None:
        if self._area is None and can_be_packed(condition.area):
            self._area = condition
            self._pack(condition.area)
            return
        self._leave_open(condition)
        if place := place_of(condition):
            self._places.append(place)

    def _pack(self, area: Area) -> None:
        batch = self._batch
        if isinstance(area, Circle):
            batch.check(Kind.CIRCLE, 0, area.longitude, area.latitude, area.radius)
            return
        for ring in rings_of(area):
            batch.check(Kind.POLYGON, len(batch.vertices) // 2, len(ring))
            batch.vertices.extend(chain.from_iterable(ring))

    def _add_keys(self) -> None:
        """Choose the smallest place to look the search up by. The names of other places become open conditions."""
        if self._area is not None:
            if not self._places and not self._names and has_plain_box(self._area.area):
                self._batch.box_of_area()
                return
            self._places.append(Place(boxes_of(self._area.area), ()))
        chosen = smallest([*self._places, *self._names])
        for place in self._names:
            if place is not chosen:
                self._leave_open(place.names[0])
        if chosen is None:
            self._batch.box(-180, -90, 180, 90)
        else:
            self._add_keys_of(chosen)

    def _add_keys_of(self, place: Place) -> None:
        for box in place.boxes:
            self._batch.box(box.west, box.south, box.east, box.north)
        if not place.names:
            return
        types = _types_of(self._accept & TYPES)
        for name in place.names:
            for key in {key_of(name.field, word) for word in name.words}:
                for one in types:
                    self._batch.bucket(self._vocabulary.place(name.field, key, one))


@lru_cache(4_096)
def _types_of(taken: int) -> tuple[int, ...]:
    """By which property types a search is looked up that accepts these bits."""
    types = tuple(1 << bit for bit in range(64) if taken >> bit & 1)
    return types if 0 < len(types) <= _MOST_TYPES else (ANY_TYPE,)
