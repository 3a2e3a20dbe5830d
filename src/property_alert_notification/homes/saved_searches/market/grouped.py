"""Compares some listings with many expressions: those with the same values are compared once for a condition. Pure."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

from property_alert_notification.homes.criteria.expression import Expression, Within
from property_alert_notification.homes.criteria.fields_read import fields_read
from property_alert_notification.homes.reso.display import may_be_displayed
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


class GroupedListings:
    """Some listings, which do not change."""

    def __init__(self, listings: Sequence[Fields]) -> None:
        self._listings = listings
        self._shown = places_of([may_be_displayed(fields) for fields in listings])
        self._each = [_Group(fields, 1 << place) for place, fields in enumerate(listings)]
        self._alike: dict[tuple[str, ...], Sequence[_Group]] = {}

    def matching(self, expression: Expression, among: Places = -1) -> Places:
        """Those of these listings that match and may be shown."""
        left = self._shown & among
        for groups, condition in sorted(map(self._asked, conditions_of(expression)), key=_cost):
            met = 0
            for fields, places in groups:
                if places & left and matches_condition(condition, fields):
                    met |= places
            left &= met
        return left

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
