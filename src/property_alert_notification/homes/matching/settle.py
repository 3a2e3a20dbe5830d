"""Deciding what the packed conditions leave open, by the functions that `evaluate` uses."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from property_alert_notification.homes.criteria.areas import Circle, Polygons, covers
from property_alert_notification.homes.criteria.evaluate import evaluate
from property_alert_notification.homes.criteria.expression import Range
from property_alert_notification.homes.matching.columns import ragged
from property_alert_notification.homes.matching.listing import Listing
from property_alert_notification.homes.matching.searches import Kind, Searches
from property_alert_notification.homes.matching.vocabulary import Measure, Vocabulary


def settle_open(
    searches: Searches, vocabulary: Vocabulary, places: npt.NDArray[np.int32], listing: Listing
) -> npt.NDArray[np.bool_]:
    """Which of the searches at these places have only open conditions that are true."""
    rows = searches.row.rows[places]
    verdicts: npt.NDArray[np.bool_] = rows["open"] == 0
    waiting = np.flatnonzero(~verdicts)
    if not len(waiting):
        return verdicts
    counts = rows["count"][waiting].astype(np.int64)
    at = ragged(rows["first"][waiting].astype(np.int64), counts)
    owner = np.repeat(waiting, counts)
    is_open = searches.check.rows["kind"][at] == Kind.OPEN
    numbers, which = np.unique(searches.check.rows["code"][at[is_open]], return_inverse=True)
    # However many searches have a condition, it is evaluated once.
    true = np.array([evaluate(vocabulary.open[number], listing.fields) is True for number in numbers.tolist()])
    verdicts[waiting] = True
    verdicts[owner[is_open][~true[which]]] = False
    return verdicts


class DoubtSettler:
    """Decides about searches in doubt: a listing at the edge of an area, or with another unit than the search."""

    def __init__(self, searches: Searches, vocabulary: Vocabulary, listing: Listing) -> None:
        self._searches, self._listing = searches, listing
        self._measures = list(vocabulary.measures)
        self._known: dict[tuple[int, float, float], bool] = {}

    def matches(self, place: int) -> bool:
        """Whether the ranges and the area of a search match exactly."""
        row = self._searches.row.rows[place]
        areas = []
        for check in self._searches.check.rows[row["first"] : row["first"] + row["count"]]:
            if check["kind"] == Kind.RANGE and not self._is_in_range(int(check["code"]), check["a"], check["b"]):
                return False
            if check["kind"] in (Kind.CIRCLE, Kind.POLYGON):
                areas.append(self._area_of(check))
        listing = self._listing
        return not areas or any(covers(area, listing.longitude, listing.latitude) for area in areas)

    def _is_in_range(self, code: int, low: float, high: float) -> bool:
        listing = self._listing
        if listing.lowest[code] == listing.highest[code]:
            return True
        key = (code, float(low), float(high))
        if key not in self._known:
            self._known[key] = evaluate(_range_of(self._measures[code], *key[1:]), listing.fields) is True
        return self._known[key]

    def _area_of(self, check: np.void) -> Circle | Polygons:
        if check["kind"] == Kind.CIRCLE:
            return Circle(float(check["a"]), float(check["b"]), float(check["c"]))
        first = int(check["code"])
        ring: list[Any] = self._searches.vertex.rows[first : first + int(check["a"])].tolist()
        return Polygons(((tuple((x, y) for x, y in ring),),))


def _range_of(measure: Measure, low: float, high: float) -> Range:
    return Range(
        measure.field,
        None if math.isinf(low) else int(low) if measure.whole_low else low,
        None if math.isinf(high) else int(high) if measure.whole_high else high,
        measure.unit,
    )
