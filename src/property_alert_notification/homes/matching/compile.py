"""Compiling an expression: where its listings can be, and the packed conditions that a listing must meet.

What cannot be packed stays as an open condition, which `evaluate` decides.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from property_alert_notification.homes.criteria.areas import Area, Box, Circle, Point, Polygons, box_of, boxes_of
from property_alert_notification.homes.criteria.comparable import keys_of, words_in
from property_alert_notification.homes.criteria.expression import (
    And,
    Compare,
    Expression,
    HasAll,
    Keywords,
    OneOf,
    Or,
    Range,
    Within,
)
from property_alert_notification.homes.matching.accept_word import EVERYTHING, accepted_by, accepted_currency
from property_alert_notification.homes.matching.cells import EVERYWHERE
from property_alert_notification.homes.matching.searches import Batch, Kind
from property_alert_notification.homes.matching.tolerance import LARGEST_RADIUS
from property_alert_notification.homes.matching.vocabulary import KEYWORDS, PLACES, Measure, Vocabulary, has_terms

UNKNOWN: Final = -(2**63)
"""The price of a listing without one. No bound of a search is as low, but every search without bounds accepts it."""
LOWEST, HIGHEST = -(2**62), 2**62
LARGEST_EXACT: Final = 2**52
"""Of the numbers that a float has exactly."""
MOST_MEASURES: Final = 64
"""Each costs a listing a microsecond. Ranges of other fields are open conditions."""

Place = tuple[float, tuple[Within | OneOf, ...]]
"""About how many degrees across a place is, and the conditions of which one is true there."""


class Compiler:
    """Writes searches into a batch."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._batch = Batch()
        self._accept = EVERYTHING
        self._low, self._high = UNKNOWN, 2**63 - 1
        self._required, self._open = 0, 0
        self._has_area = False
        self._places: list[Place] = []
        self._names: list[Place] = []
        """Places that a search looked up by them need not check; and none of them is packed."""
        self._handlers: Mapping[type[Expression], Callable[[Any], None]] = {
            Range: self._range,
            Compare: self._compare,
            OneOf: self._one_of,
            HasAll: self._has_all,
            Keywords: self._keywords,
            Within: self._within,
        }

    def compile(self, searches: Iterable[tuple[int, Expression]]) -> Batch:
        """The batch of these searches."""
        self._batch = Batch()
        for number, expression in searches:
            self._add(number, expression)
        return self._batch

    def _add(self, number: int, expression: Expression) -> None:
        batch = self._batch
        self._accept, self._required, self._open = EVERYTHING, 0, 0
        self._low, self._high = UNKNOWN, 2**63 - 1
        self._has_area, self._places, self._names = False, [], []
        before = len(batch.kind)
        for condition in conditions_of(expression):
            self._handlers.get(type(condition), self._decide_otherwise)(condition)
        self._add_keys()
        batch.number.append(number)
        batch.accept.append(self._accept)
        batch.required.append(self._required)
        batch.low.append(self._low)
        batch.high.append(self._high)
        batch.count.append(len(batch.kind) - before)
        batch.open.append(self._open)

    def _decide_otherwise(self, condition: Expression) -> None:
        accept, is_all = accepted_by(condition)
        self._accept &= accept
        if not is_all:
            self._leave_open(condition)
            if place := _place_of(condition):
                self._places.append(place)

    def _leave_open(self, condition: Expression) -> None:
        self._batch.check(Kind.OPEN, self._vocabulary.open_condition(condition))
        self._open += 1

    def _range(self, condition: Range) -> None:
        if condition.field == "ListPrice":
            self._price(condition)
        elif not self._accept_group(condition):
            whole_low, whole_high = isinstance(condition.low, int), isinstance(condition.high, int)
            measure = Measure(condition.field, condition.unit, whole_low, whole_high, converted=True)
            self._measured(condition, measure, condition.low, condition.high)

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
        value, operator = condition.value, condition.operator
        if isinstance(value, bool) or not isinstance(value, int | float) or operator == "ne":
            self._decide_otherwise(condition)
        elif not self._accept_group(condition):
            measure = Measure(condition.field, None, whole_low=True, whole_high=True, converted=False)
            low = value if operator in ("eq", "ge") else math.nextafter(value, math.inf) if operator == "gt" else None
            high = value if operator in ("eq", "le") else math.nextafter(value, -math.inf) if operator == "lt" else None
            self._measured(condition, measure, low, high)

    def _accept_group(self, condition: Range | Compare) -> bool:
        accept, is_all = accepted_by(condition)
        self._accept &= accept
        return is_all

    def _measured(self, condition: Expression, measure: Measure, low: float | None, high: float | None) -> None:
        numbers = [bound for bound in (low, high) if bound is not None]
        measures = self._vocabulary.measures
        if any(abs(bound) > LARGEST_EXACT for bound in numbers) or (
            measure not in measures and len(measures) >= MOST_MEASURES
        ):
            self._leave_open(condition)
            return
        code = self._vocabulary.measure(measure)
        self._batch.check(Kind.RANGE, code, -math.inf if low is None else low, math.inf if high is None else high)

    def _one_of(self, condition: OneOf) -> None:
        if condition.field in PLACES and condition.words:
            self._names.append((PLACES[condition.field], (condition,)))
        else:
            self._decide_otherwise(condition)

    def _has_all(self, condition: HasAll) -> None:
        if has_terms(condition.field) and condition.words:
            self._terms(condition.field, keys_of(condition.field, condition.words))
        else:
            self._leave_open(condition)

    def _keywords(self, condition: Keywords) -> None:
        words = words_in(" ".join(condition.words))
        if words:
            self._terms(KEYWORDS, words)
        else:
            self._leave_open(condition)

    def _terms(self, field: str, keys: Iterable[str]) -> None:
        for key in sorted(keys):
            term = self._vocabulary.term(field, key)
            self._required |= 1 << term % 64
            self._batch.check(Kind.TERM, term)

    def _within(self, condition: Within) -> None:
        if self._has_area or not _can_be_packed(condition.area):
            self._leave_open(condition)
        else:
            self._pack(condition.area)
        self._has_area = True
        self._places.append((_degrees_across(condition.area), (condition,)))

    def _pack(self, area: Area) -> None:
        batch = self._batch
        if isinstance(area, Circle):
            batch.check(Kind.CIRCLE, 0, area.longitude, area.latitude, area.radius)
            return
        for ring in _rings_of(area):
            batch.check(Kind.POLYGON, len(batch.vertices) // 2, len(ring))
            for point in ring:
                batch.vertices.extend(point)

    def _add_keys(self) -> None:
        """Choose the smallest place to look the search up by. The names of other places become open conditions."""
        chosen = min((*self._places, *self._names), key=lambda place: place[0], default=None)
        for name in self._names:
            if name is not chosen:
                self._leave_open(name[1][0])
        if chosen is None:
            self._batch.bucket_owner.append(len(self._batch))
            self._batch.buckets.append(self._vocabulary.tile(EVERYWHERE))
        else:
            for condition in chosen[1]:
                self._add_key(condition)

    def _add_key(self, condition: Within | OneOf) -> None:
        batch, search = self._batch, len(self._batch)
        if isinstance(condition, Within):
            for box in boxes_of(condition.area):
                batch.box_owner.append(search)
                batch.boxes.extend((box.west, box.south, box.east, box.north))
        else:
            for key in keys_of(condition.field, condition.words):
                batch.bucket_owner.append(search)
                batch.buckets.append(self._vocabulary.place(condition.field, key))


def conditions_of(expression: Expression) -> Iterator[Expression]:
    """The conditions that must all be true."""
    if isinstance(expression, And):
        for part in expression.parts:
            yield from conditions_of(part)
    else:
        yield expression


def _place_of(condition: Expression) -> Place | None:
    """Where a listing must be for a condition to be true; None if it can be anywhere."""
    match condition:
        case Within(area):
            return _degrees_across(area), (condition,)
        case OneOf(field, words) if field in PLACES and words:
            return PLACES[field], (condition,)
        case Compare(field, "eq", str(word)) if field in PLACES:
            return PLACES[field], (OneOf(field, (word,)),)
        case And(parts):
            return min(filter(None, map(_place_of, parts)), key=lambda place: place[0], default=None)
        case Or(parts):
            places = [_place_of(part) for part in parts]
            found = [place for place in places if place is not None]
            if found and len(found) == len(parts):
                return max(size for size, _ in found), tuple(one for _, conditions in found for one in conditions)
    return None


def _can_be_packed(area: Area) -> bool:
    """Whether the packed arithmetic knows such an area: no holes, and away from the antimeridian."""
    match area:
        case Circle():
            return area.radius <= LARGEST_RADIUS
        case Box():
            return area.west > -180 and area.east < 180
        case Polygons():
            boxes = [box_of(rings[0]) for rings in area.polygons]
            return all(len(rings) == 1 for rings in area.polygons) and all(map(_can_be_packed, boxes))


def _rings_of(area: Box | Polygons) -> Iterator[tuple[Point, ...]]:
    if isinstance(area, Polygons):
        yield from (rings[0] for rings in area.polygons)
    else:
        west, south, east, north = area.west, area.south, area.east, area.north
        yield (west, south), (east, south), (east, north), (west, north)


def _degrees_across(area: Area) -> float:
    return max(max(box.east - box.west, box.north - box.south) for box in boxes_of(area))
