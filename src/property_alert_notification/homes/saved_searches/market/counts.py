"""Counts what a search matches on the market, and what it would match without each of its conditions. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from property_alert_notification.homes.criteria.expression import Expression, Within
from property_alert_notification.homes.reso.display import may_be_displayed
from property_alert_notification.homes.saved_searches.market.columns import SomeRows, is_kept
from property_alert_notification.homes.saved_searches.market.listing import (
    Fields,
    conditions_of,
    matches_condition,
)

SHOWN = 20
"""Matching listings of one preview."""

_OUT = 2
"""Conditions that a listing does not meet, if it matches neither the search nor the search without one of them."""


@dataclass(frozen=True, slots=True)
class Matches:
    """What a search matches among some listings, the newest ones. A home with several listings counts once."""

    compared: int
    """How many listings were compared."""
    matching: int
    """How many homes match under one of their listings."""
    compared_without: int
    """How many were also compared without each condition. That takes longer, and is done last."""
    without: Sequence[int]
    """For each condition, how many more homes of these would match without it."""
    first: Sequence[int]
    """The places of the newest matching listings, one of each home."""


class Comparison:
    """Compares listings with a search: how many of its conditions each does not meet, and which if it is one.

    The listings have places: the newest is the first.
    """

    def __init__(self, expression: Expression, listings: int) -> None:
        self._conditions = conditions_of(expression)
        # An area may have hundreds of corners, so it is compared last.
        self._order = sorted(enumerate(self._conditions), key=lambda one: isinstance(one[1], Within))
        self._unmet = np.zeros(listings, np.uint8)
        """Up to `_OUT`."""
        self._last_unmet = np.zeros(listings, np.int16)
        self._is_open = np.ones(listings, np.bool_)

    def open(self, most: int) -> list[int]:
        """The places of listings, up to so many, that are to be compared by their records next.

        Those that may match are first, then those that may match without one condition.
        """
        [places] = self._may_match().nonzero()
        if not len(places):
            [places] = self._is_open.nonzero()
        first: list[int] = places[:most].tolist()
        return first

    def _may_match(self) -> npt.NDArray[np.bool_]:
        """Of which listings it is not known yet whether they match."""
        may_match: npt.NDArray[np.bool_] = self._is_open & (self._unmet == 0)
        return may_match

    def compare_rows(self, places: npt.NDArray[np.int64], rows: SomeRows) -> None:
        """Compare listings by their rows. Those that conditions on other fields decide about stay open."""
        unmet = np.where(rows.may_be_displayed, 0, _OUT).astype(np.uint8)
        last_unmet = np.zeros(len(places), np.int16)
        kept = [is_kept(condition) for condition in self._conditions]
        for number, condition in enumerate(self._conditions):
            if kept[number]:
                fails = ~rows.meet(condition)
                unmet[fails] = np.minimum(unmet[fails] + 1, _OUT)
                last_unmet[fails] = number
        self._unmet[places], self._last_unmet[places] = unmet, last_unmet
        self._is_open[places] = False if all(kept) else unmet < _OUT

    def is_open(self, place: int) -> bool:
        """Whether it is not known yet if the listing at a place matches."""
        return bool(self._is_open[place])

    def compare(self, place: int, fields: Fields) -> None:
        """Compare a listing by its record; one that has no fields matches nothing."""
        self._is_open[place], self._unmet[place] = False, _OUT
        if not fields or not may_be_displayed(fields):
            return
        unmet: int | None = None
        for number, condition in self._order:
            if not matches_condition(condition, fields):
                if unmet is not None:
                    return
                unmet = number
        self._unmet[place], self._last_unmet[place] = (0, 0) if unmet is None else (1, unmet)

    def matches(self, home_of: Callable[[int], str]) -> Matches:
        """What was found among the listings before the first that is open; `home_of` names the home at a place."""
        compared, compared_without = _first_of(self._may_match()), _first_of(self._is_open)
        [matching] = (self._unmet[:compared] == 0).nonzero()
        found: dict[str, int] = {}
        for place in matching.tolist():
            found.setdefault(home_of(place), place)
        [missing] = (self._unmet[:compared_without] == 1).nonzero()
        others: list[set[str]] = [set() for _ in self._conditions]
        for place, number in zip(missing.tolist(), self._last_unmet[missing].tolist(), strict=True):
            if (home := home_of(place)) not in found:
                others[number].add(home)
        without = [len(one) for one in others]
        return Matches(compared, len(found), compared_without, without, list(found.values())[:SHOWN])


def _first_of(flags: npt.NDArray[np.bool_]) -> int:
    """The first place at which there is True; without one the number of places."""
    return int(flags.argmax()) if flags.any() else len(flags)
