"""Some fields of listings as arrays: a condition on them is compared with each different value once. Pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from property_alert_notification.base.damaged import UNREADABLE, left_out
from property_alert_notification.homes.criteria.evaluate import evaluate
from property_alert_notification.homes.criteria.expression import (
    And,
    Excluding,
    Expression,
    Leaf,
    Not,
    Or,
    Within,
)
from property_alert_notification.homes.criteria.fields_read import CURRENCY, fields_read
from property_alert_notification.homes.matching.accept_word import leaves_of
from property_alert_notification.homes.matching.columns import Column
from property_alert_notification.homes.reso.display import may_be_displayed
from property_alert_notification.homes.saved_searches.market.listing import Fields
from property_alert_notification.homes.saved_searches.market.points import covered

Rows: TypeAlias = npt.NDArray[np.int32]
_Known: TypeAlias = npt.NDArray[np.int8]
"""For each listing 1 if a condition is true, -1 if it is false, 0 if that is not known."""

KEPT = (
    *("PropertyType", "PropertySubType", "StandardStatus", "City", "PostalCode", "StateOrProvince", "CountyOrParish"),
    *("ListPrice", CURRENCY, "BedroomsTotal", "BathroomsTotalInteger", "YearBuilt"),
    *("LivingArea", "LivingAreaUnits", "LotSizeArea", "LotSizeUnits"),
)
"""The fields that `Criteria` ask for, but for the texts and the lists, which differ from listing to listing."""
_PLACE = ("Longitude", "Latitude")
NONE = -1
"""The row of a listing that is not kept."""
_MOST_LEAVES = 50
"""Conditions that are compared without a look at the clock."""

PLAIN = frozenset({str, int, float, type(None)})
"""The types of single values. True is not among them: it is equal to 1, and is no number."""
_NUMBERS = frozenset({int, float, type(None)})


class MarketColumns:
    """Fields of listings, a row for each listing."""

    def __init__(self) -> None:
        self._values: dict[str, list[Any]] = {name: [] for name in KEPT}
        """The different values of each field, in the order of their codes."""
        self._codes: dict[str, dict[Any, int]] = {name: {} for name in KEPT}
        self._columns = {name: Column(np.int32) for name in KEPT}
        self._points = Column(np.float64, 2)
        self._may_be_displayed = Column(np.bool_)

    @property
    def size(self) -> int:
        """How many rows there are."""
        return self._points.size

    def add(self, listings: Sequence[Fields]) -> Rows:
        """Add listings; returns the row of each, `NONE` for one that cannot be kept, and is compared by its record.

        It has no fields, or others than single values, as a damaged one may have.
        """
        plain = [place for place, fields in enumerate(listings) if _is_plain(fields)]
        rows = np.full(len(listings), NONE, np.int32)
        if not plain:
            return rows
        added = [listings[place] for place in plain]
        for name, column in self._columns.items():
            column.append(np.array(self._codes_of(name, [fields.get(name) for fields in added]), np.int32))
        points = [[fields.get(name) for name in _PLACE] for fields in added]
        first = self._points.append(np.array(points, np.float64))  # None is NaN
        self._may_be_displayed.append(np.array([may_be_displayed(fields) for fields in added], np.bool_))
        rows[plain] = np.arange(first, first + len(added))
        return rows

    def _codes_of(self, name: str, values: Sequence[Any]) -> list[int]:
        codes = self._codes[name]
        # 1 and 1.0 are equal, and differ as texts.
        keys = [(value,) if type(value) is float else value for value in values]
        for key in set(keys) - codes.keys():
            codes[key] = len(codes)
            self._values[name].append(key[0] if type(key) is tuple else key)
        return [codes[key] for key in keys]

    def at(self, rows: Rows) -> "SomeRows":
        """Some of the listings."""
        columns = {name: column.rows[rows] for name, column in self._columns.items()}
        return SomeRows(self._values, columns, self._points.rows[rows], self._may_be_displayed.rows[rows])


def _is_plain(fields: Fields) -> bool:
    return (
        bool(fields)
        and PLAIN.issuperset([type(fields.get(name)) for name in KEPT])
        and _NUMBERS.issuperset([type(fields.get(name)) for name in _PLACE])
    )


def is_kept(condition: Expression) -> bool:
    """Whether the columns alone say if a listing meets a condition."""
    leaves = list(leaves_of(condition))
    return len(leaves) <= _MOST_LEAVES and all(map(_is_kept, leaves))


def _is_kept(leaf: Leaf) -> bool:
    return isinstance(leaf, Within) or (bool(names := fields_read(leaf)) and set(names) <= set(KEPT))


class SomeRows:
    """Some listings of the columns, which conditions are compared with."""

    def __init__(
        self,
        values: Mapping[str, Sequence[Any]],
        columns: Mapping[str, Rows],
        points: npt.NDArray[np.float64],
        may_be_displayed: npt.NDArray[np.bool_],
    ) -> None:
        self.may_be_displayed = may_be_displayed
        self._values = values
        self._columns = columns
        self._points = points
        self._groups: dict[tuple[str, ...], tuple[Sequence[Fields], npt.NDArray[np.int64]]] = {}

    def meet(self, condition: Expression) -> npt.NDArray[np.bool_]:
        """Whether each of the listings meets a condition, which `is_kept`."""
        met: npt.NDArray[np.bool_] = self._known(condition) == 1
        return met

    def _known(self, expression: Expression) -> _Known:
        match expression:
            case And(parts):
                return self._all_of(parts, np.minimum, 1)
            case Or(parts):
                return self._all_of(parts, np.maximum, -1)
            case Not(part):
                return -self._known(part)
            case Excluding(part):
                return np.where(self._known(part) == 1, -1, 1).astype(np.int8)
            case Within(area):
                return self._covered(area)
        return self._of_leaf(expression)

    def _all_of(self, parts: Sequence[Expression], reduce: Callable[..., _Known], start: int) -> _Known:
        known: _Known = np.full(len(self._points), start, np.int8)
        for part in parts:
            reduce(known, self._known(part), out=known)
        return known

    def _covered(self, area: Any) -> _Known:
        known: _Known = np.zeros(len(self._points), np.int8)
        has_place = np.isfinite(self._points).all(axis=1)
        known[has_place] = np.where(covered(area, *self._points[has_place].T), 1, -1)
        return known

    def _of_leaf(self, leaf: Leaf) -> _Known:
        names = fields_read(leaf)
        if names not in self._groups:
            self._groups[names] = self._group(names)
        different, place = self._groups[names]
        verdicts: _Known = np.array([_verdict(leaf, fields) for fields in different], np.int8)
        return verdicts[place]

    def _group(self, names: tuple[str, ...]) -> tuple[Sequence[Fields], npt.NDArray[np.int64]]:
        """The different values of some fields, and which of them each listing has."""
        codes = np.zeros(len(self._points), np.int64)
        for name in names:
            codes = codes * len(self._values[name]) + self._columns[name]
        _, first, place = np.unique(codes, return_index=True, return_inverse=True)
        values = [[self._values[name][code] for code in self._columns[name][first].tolist()] for name in names]
        return [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)], place


_VERDICTS = {True: 1, False: -1, None: 0}


def _verdict(leaf: Leaf, fields: Fields) -> int:
    try:
        return _VERDICTS[evaluate(leaf, fields)]
    except UNREADABLE as error:
        left_out("listing.unreadable", error)
        return 0
