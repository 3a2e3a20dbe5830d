"""Compares some listings with many expressions: those with the same values are compared once for a condition. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import accumulate
from typing import Any, NamedTuple, TypeAlias

from property_alert_notification.base.damaged import UNREADABLE, left_out
from property_alert_notification.homes.criteria.evaluate import number_of
from property_alert_notification.homes.criteria.expression import Expression, Range, Within
from property_alert_notification.homes.criteria.fields_read import fields_read
from property_alert_notification.homes.reso.display import may_be_displayed
from property_alert_notification.homes.reso.words import AREAS
from property_alert_notification.homes.saved_searches.market.columns import PLAIN
from property_alert_notification.homes.saved_searches.market.listing import (
    Fields,
    conditions_of,
    matches_condition,
)

Places: TypeAlias = int
"""Some of the listings: the bit of each is set."""


class _Group(NamedTuple):
    """Listings that meet a condition, or all do not."""

    fields: Fields
    """Of the first of them."""
    places: Places


class _InOrder(NamedTuple):
    """The different numbers that listings have in a field, in their order: a range is looked up in them."""

    numbers: Sequence[int | float | Decimal]
    below: Sequence[Places]
    """The listings with less than each of the numbers, and at last those with any."""

    def between(self, low: float | None, high: float | None) -> Places:
        """The listings in a range."""
        first = 0 if low is None else bisect_left(self.numbers, low)
        end = len(self.numbers) if high is None else bisect_right(self.numbers, high)
        return self.below[end] & ~self.below[first]


class GroupedListings:
    """Some listings, which do not change."""

    def __init__(self, listings: Sequence[Fields]) -> None:
        self._listings = listings
        self._shown = places_of([may_be_displayed(fields) for fields in listings])
        self._each = [_Group(fields, 1 << place) for place, fields in enumerate(listings)]
        self._alike: dict[tuple[str, ...], Sequence[_Group]] = {}
        self._numbers: dict[tuple[str, str | None], _InOrder] = {}

    def matching(self, expression: Expression) -> Places:
        """Those of these listings that match and may be shown."""
        left = self._shown
        others = []
        for condition in conditions_of(expression):
            if isinstance(condition, Range) and condition.field not in AREAS:
                left &= self._in_order(condition).between(condition.low, condition.high)
            else:
                others.append(self._asked(condition))
        for groups, condition in sorted(others, key=_cost):
            met = 0
            for fields, places in groups:
                if places & left and matches_condition(condition, fields):
                    met |= places
            left &= met
        return left

    def _in_order(self, condition: Range) -> _InOrder:
        """The numbers that a range is compared with. Of an area its bounds depend on the unit of each listing."""
        key = condition.field, condition.unit
        if key not in self._numbers:
            self._numbers[key] = self._sorted(condition)
        return self._numbers[key]

    def _sorted(self, condition: Range) -> _InOrder:
        found: dict[int | float | Decimal, Places] = {}
        for fields, places in self._asked(condition)[0]:
            if (number := _number_of(condition, fields)) is not None:
                found[number] = found.get(number, 0) | places
        numbers = sorted(found)
        return _InOrder(numbers, [*accumulate(map(found.__getitem__, numbers), initial=0)])

    def _asked(self, condition: Expression) -> tuple[Sequence[_Group], Expression]:
        """A condition, and the groups that it does not tell apart."""
        if not (names := fields_read(condition)):
            return self._each, condition
        if names not in self._alike:
            self._alike[names] = list(self._groups(names))
        return self._alike[names], condition

    def _groups(self, names: Sequence[str]) -> Iterator[_Group]:
        known: dict[tuple[Any, ...], _Group] = {}
        for one in self._each:
            values = tuple([one.fields.get(name) for name in names])
            if not PLAIN.issuperset(map(type, values)):  # a list of values, or damaged
                yield one
            else:
                group = known.get(values, one)
                known[values] = group._replace(places=group.places | one.places)
        yield from known.values()


def _number_of(condition: Range, fields: Fields) -> int | float | Decimal | None:
    try:
        return number_of(condition, fields)
    except UNREADABLE as error:
        left_out("listing.unreadable", error)
        return None


def _cost(asked: tuple[Sequence[_Group], Expression]) -> tuple[bool, int]:
    """What is compared first costs least: there are few values. An area, with hundreds of corners maybe, is last."""
    groups, condition = asked
    return isinstance(condition, Within), len(groups)


def places_of(flags: Sequence[bool]) -> Places:
    """The places at which there is True."""
    return sum(1 << place for place, flag in enumerate(flags) if flag)


def numbers_of(places: Places) -> Iterator[int]:
    """The places one by one, in their order."""
    while places:
        last = places & -places
        yield last.bit_length() - 1
        places ^= last
