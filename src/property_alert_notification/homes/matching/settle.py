"""Deciding what the packed conditions leave open, by the functions that `evaluate` uses."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from property_alert_notification.homes.criteria.areas import Circle, Polygons, covers
from property_alert_notification.homes.criteria.evaluate import evaluate
from property_alert_notification.homes.criteria.expression import Range
from property_alert_notification.homes.matching.batch import Kind, bounds_of
from property_alert_notification.homes.matching.columns import ragged
from property_alert_notification.homes.matching.listing import Listing
from property_alert_notification.homes.matching.searches import NO_CIRCLE, Searches
from property_alert_notification.homes.matching.vocabulary import Vocabulary

# A member of an enumeration is compared at twice the cost of a number.
_RANGE, _POLYGON, _OPEN = int(Kind.RANGE), int(Kind.POLYGON), int(Kind.OPEN)


def settle_open(
    searches: Searches, vocabulary: Vocabulary, places: npt.NDArray[np.int32], listing: Listing
) -> npt.NDArray[np.bool_]:
    """Which of the searches at these places have only open conditions that are true."""
    verdicts: npt.NDArray[np.bool_] = searches.row.rows["open"][places] == 0
    waiting = np.flatnonzero(~verdicts)
    if not len(waiting):
        return verdicts
    rows = searches.row.rows[places[waiting]]
    counts = rows["count"].astype(np.int64)
    at = ragged(rows["first"].astype(np.int64), counts)
    owner = np.repeat(waiting, counts)
    is_open = searches.check.rows["kind"][at] == _OPEN
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
        self._probes = vocabulary.probes

    def matches(self, place: int) -> bool:
        """Whether the ranges and the area of a search match exactly."""
        row = self._searches.row.rows[place]
        areas: list[Circle | Polygons] = []
        if row["cosine"] != NO_CIRCLE:
            areas.append(Circle(*self._searches.circle_at(place)))
        for kind, code, a, b, c in self._searches.check.rows[row["first"] : row["first"] + row["count"]].tolist():
            if kind == _RANGE and not self._is_in_range(code, a, b, c):
                return False
            if kind == _POLYGON:
                ring = tuple(map(tuple, self._searches.vertex.rows[code : code + int(a)].tolist()))
                areas.append(Polygons(((ring,),)))
        listing = self._listing
        return not areas or any(covers(area, listing.longitude, listing.latitude) for area in areas)

    def _is_in_range(self, code: int, low: float, high: float, whole: float) -> bool:
        least, greatest = self._listing.spans[code]
        if low <= least and greatest <= high:
            return True
        probe = self._probes[code]
        if not isinstance(probe, Range):
            return False
        lowest, highest = bounds_of(low, high, whole)
        return evaluate(replace(probe, low=lowest, high=highest), self._listing.fields) is True
