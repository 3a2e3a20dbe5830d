"""Compiling a stored expression: where its listings can be, and the packed conditions that a listing must meet.

Conditions are compiled from the lists that the store has, because a matcher starts with a million of them. What cannot
be packed becomes an expression again and stays as an open condition, which `evaluate` decides.
"""

import math
import struct
from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

from property_alert_notification.homes.criteria.areas import boxes_of
from property_alert_notification.homes.criteria.comparable import keys_of, words_in
from property_alert_notification.homes.criteria.expression import Compare, Expression, OneOf, Range, area_of, from_list
from property_alert_notification.homes.matching.accept_word import EVERYTHING, TYPES, accepted_by, accepted_currency
from property_alert_notification.homes.matching.limits import UNKNOWN
from property_alert_notification.homes.matching.places import (
    Place,
    can_be_packed,
    has_plain_box,
    place_of,
    rings_of,
    smallest,
)
from property_alert_notification.homes.matching.searches import NO_RADIUS, WHOLE_HIGH, WHOLE_LOW, Batch, Kind
from property_alert_notification.homes.matching.vocabulary import (
    ANY_TYPE,
    KEYWORDS,
    NO_TERM,
    PLACES,
    Vocabulary,
    has_terms,
)
from property_alert_notification.homes.reso.currencies import LARGEST_MINOR

LOWEST, HIGHEST = -LARGEST_MINOR, LARGEST_MINOR
_NO_HIGH: Final = 2**63 - 1
LARGEST_EXACT: Final = 2**52
"""Of the numbers that a float has exactly."""
_NO_CIRCLE: Final = (0.0, 0.0, NO_RADIUS)
_MOST_KNOWN: Final = 65_536
_MOST_TYPES: Final = 4
"""A search of more property types is looked up without them: it would be in as many buckets."""

Stored = list[Any]
"""A condition as `as_list` lists it."""


class Compiler:
    """Writes searches into a batch, until it is taken."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._known: dict[Hashable, tuple[int, bool]] = {}
        """What conditions accept that many searches have."""
        self._handlers: Mapping[str, Callable[[Stored], None]] = {
            "and": self._all_of,
            "range": self._range,
            "compare": self._compare,
            "one": self._one_of,
            "all": self._has_all,
            "words": self._keywords,
            "in": self._within,
        }
        self.batch = Batch()
        self._begin()

    def take(self) -> Batch:
        """The batch; the searches that come next are in another one."""
        taken, self.batch = self.batch, Batch()
        return taken

    def compile(self, number: int, stored: Stored) -> None:
        """Add a search to the batch.

        Raises:
            ValueError, LookupError, TypeError: the list is none that `as_list` made; nothing is added.
        """
        self._begin()
        handlers, otherwise = self._handlers, self._decide_otherwise
        try:
            # Nearly all are lists of conditions.
            for part in stored[1:] if stored[0] == "and" else (stored,):
                handlers.get(part[0], otherwise)(part)
            self._add_keys()
            prices = self._low, self._high
            self.batch.search(number, self._accept, self._term, prices, self._circle, self._open)
        except struct.error as error:
            self.batch.forget_unfinished()
            raise ValueError("must have numbers where areas and bounds have them") from error
        except Exception:
            self.batch.forget_unfinished()
            raise

    def _begin(self) -> None:
        self._accept, self._term, self._open = EVERYTHING, NO_TERM, 0
        self._low, self._high = UNKNOWN, _NO_HIGH
        self._area: Stored | None = None
        self._circle = _NO_CIRCLE
        self._polygon = 0
        """The check of its area, if that is no circle."""
        self._places: list[Place] = []
        self._names: list[Stored] = []
        """Places that a search looked up by them need not check; none of them is packed."""

    def _all_of(self, stored: Stored) -> None:
        handlers, otherwise = self._handlers, self._decide_otherwise
        for part in stored[1:]:
            handlers.get(part[0], otherwise)(part)

    def _decide_otherwise(self, stored: Stored) -> None:
        condition = from_list(stored)
        accept, is_all = accepted_by(condition)
        self._accept &= accept
        if not is_all:
            self._leave_open(condition)
            if place := place_of(condition):
                self._places.append(place)

    def _leave_open(self, condition: Expression) -> None:
        self.batch.check(Kind.OPEN, self._vocabulary.open_condition(condition))
        self._open += 1

    def _range(self, stored: Stored) -> None:
        _, field, low, high, unit = stored
        if field == "ListPrice":
            self._price(stored, low, high, unit)
            return
        key = (field, low, high)
        accept, is_all = self._known.get(key) or self._learn(key, stored)
        self._accept &= accept
        if not is_all:
            self._measured(stored, Range, unit, low, high)

    def _price(self, stored: Stored, low: Any, high: Any, currency: str | None) -> None:
        low = LOWEST if low is None else low
        high = HIGHEST if high is None else high
        is_whole = isinstance(low, int) and isinstance(high, int)
        if not (is_whole and LOWEST <= low <= HIGHEST and LOWEST <= high <= HIGHEST):
            self._leave_open(from_list(stored))
            return
        if low > self._low:
            self._low = low
        if high < self._high:
            self._high = high
        accept, is_all = accepted_currency(currency or "")
        self._accept &= accept
        if not is_all:
            self._leave_open(from_list(stored))

    def _compare(self, stored: Stored) -> None:
        _, field, operator, value, *_ = stored
        if isinstance(value, bool) or not isinstance(value, int | float) or operator == "ne":
            self._decide_otherwise(stored)
            return
        key = (field, operator, value)
        accept, is_all = self._known.get(key) or self._learn(key, stored)
        self._accept &= accept
        if not is_all:
            low = value if operator in ("eq", "ge") else math.nextafter(value, math.inf) if operator == "gt" else None
            high = value if operator in ("eq", "le") else math.nextafter(value, -math.inf) if operator == "lt" else None
            self._measured(stored, Compare, None, low, high)

    def _learn(self, key: Hashable, stored: Stored) -> tuple[int, bool]:
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        learned = self._known[key] = accepted_by(from_list(stored))
        return learned

    def _measured(
        self, stored: Stored, kind: type[Range | Compare], unit: str | None, low: float | None, high: float | None
    ) -> None:
        is_exact = (low is None or abs(low) <= LARGEST_EXACT) and (high is None or abs(high) <= LARGEST_EXACT)
        measure = self._vocabulary.measure(kind, stored[1], unit) if is_exact else None
        if measure is None:
            self._leave_open(from_list(stored))
            return
        bounds = -math.inf if low is None else low, math.inf if high is None else high
        whole = isinstance(low, int) * WHOLE_LOW + isinstance(high, int) * WHOLE_HIGH
        self.batch.check(Kind.RANGE, measure, *bounds, whole)

    def _one_of(self, stored: Stored) -> None:
        _, field, words = stored
        if field in PLACES and words:
            self._names.append(stored)
            return
        key = (field, *words)
        accept, is_all = self._known.get(key) or self._learn(key, stored)
        self._accept &= accept
        if not is_all:
            self._leave_open(from_list(stored))

    def _has_all(self, stored: Stored) -> None:
        _, field, words = stored
        if has_terms(field) and words:
            self._terms(field, keys_of(field, tuple(words)))
        else:
            self._leave_open(from_list(stored))

    def _keywords(self, stored: Stored) -> None:
        if words := words_in(" ".join(stored[1:])):
            self._terms(KEYWORDS, words)
        else:
            self._leave_open(from_list(stored))

    def _terms(self, field: str, keys: Iterable[str]) -> None:
        for key in sorted(keys):
            term = self._vocabulary.term(field, key)
            if self._term == NO_TERM:
                self._term = term
            else:
                self.batch.check(Kind.TERM, term)

    def _within(self, stored: Stored) -> None:
        if self._area is None and can_be_packed(stored):
            self._area = stored
            if stored[1] == "circle":
                _, _, longitude, latitude, radius = stored
                self._circle = longitude, latitude, radius
            else:
                self._pack_polygons(stored)
            return
        condition = from_list(stored)
        self._leave_open(condition)
        if place := place_of(condition):
            self._places.append(place)

    def _pack_polygons(self, area: Stored) -> None:
        batch = self.batch
        self._polygon = batch.check_count
        for ring in rings_of(area):
            corners, odd = divmod(len(ring), 2)
            if odd:
                raise ValueError("must have two numbers for each corner")
            batch.check(Kind.POLYGON, len(batch.vertices) // 2, corners)
            batch.vertices.extend(ring)

    def _add_keys(self) -> None:
        """Look the search up by the smallest place that it names. Most searches name one."""
        if self._area is None and not self._places and len(self._names) == 1:
            self._add_names(*self._names[0][1:])
        elif self._area is not None and not self._places and not self._names and has_plain_box(self._area):
            if self._circle is _NO_CIRCLE:
                self.batch.box_of_polygon(self._polygon)
            else:
                self.batch.box_of_circle()
        else:
            self._add_keys_of_smallest()

    def _add_keys_of_smallest(self) -> None:
        names = [Place((), (OneOf(field, tuple(words)),)) for _, field, words in self._names]
        areas = [] if self._area is None else [Place(boxes_of(area_of(self._area)), ())]
        chosen = smallest([*self._places, *areas, *names])
        for place in names:
            if place is not chosen:
                self._leave_open(place.names[0])
        if chosen is None:
            self.batch.box(-180, -90, 180, 90)
            return
        for box in chosen.boxes:
            self.batch.box(box.west, box.south, box.east, box.north)
        for name in chosen.names:
            self._add_names(name.field, name.words)

    def _add_names(self, field: str, words: Iterable[str]) -> None:
        types = _types_of(self._accept & TYPES)
        for key in keys_of(field, tuple(words)):
            for one in types:
                self.batch.bucket(self._vocabulary.place(field, key, one))


@lru_cache(4_096)
def _types_of(taken: int) -> tuple[int, ...]:
    """By which property types a search is looked up that accepts these bits."""
    types = tuple(1 << bit for bit in range(64) if taken >> bit & 1)
    return types if 0 < len(types) <= _MOST_TYPES else (ANY_TYPE,)
