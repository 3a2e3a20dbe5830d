"""A listing as the index reads it: its bits, numbers, terms and keys."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from property_alert_notification.homes.criteria.comparable import DEFAULT_UNIT, minor_units, unit_of
from property_alert_notification.homes.criteria.evaluate import comparable_value, number_of
from property_alert_notification.homes.criteria.expression import Compare, Range
from property_alert_notification.homes.matching.accept_word import word_of
from property_alert_notification.homes.matching.cells import EVERYWHERE, keys_of_point
from property_alert_notification.homes.matching.compile import UNKNOWN
from property_alert_notification.homes.matching.vocabulary import Measure, Vocabulary
from property_alert_notification.homes.reso import values
from property_alert_notification.homes.reso.words import AREAS


@dataclass(frozen=True, slots=True)
class Listing:
    """What the packed conditions of searches are compared with."""

    fields: Mapping[str, Any]
    word: int
    price: int
    """In minor units of its currency, or `UNKNOWN`."""
    longitude: float
    latitude: float
    """NaN if they are missing."""
    lowest: npt.NDArray[np.float64]
    highest: npt.NDArray[np.float64]
    """Between which the value of each measure lies; NaN if it is missing. They differ if the unit is another one."""
    terms: npt.NDArray[np.bool_]
    terms_word: int
    buckets: npt.NDArray[np.int64]


def read(fields: Mapping[str, Any], vocabulary: Vocabulary) -> Listing:
    """Read the fields of a `ListingRecord`."""
    longitude, latitude = fields.get("Longitude"), fields.get("Latitude")
    keys = [EVERYWHERE]
    if longitude is None or latitude is None:
        longitude = latitude = math.nan
    else:
        keys += keys_of_point(longitude, latitude)
    tiles = vocabulary.tiles
    buckets = [tiles[key] for key in keys if key in tiles]
    buckets.extend(vocabulary.buckets_of_places(fields))
    terms = np.zeros(vocabulary.term_count, np.bool_)
    terms_word = 0
    for term in vocabulary.terms_in(fields):
        terms[term] = True
        terms_word |= 1 << term % 64
    spans = np.array([_span_of(measure, fields) for measure in vocabulary.measures], np.float64).reshape(-1, 2).T.copy()
    return Listing(
        fields=fields,
        word=word_of(fields),
        price=_price_of(fields),
        longitude=longitude,
        latitude=latitude,
        lowest=spans[0],
        highest=spans[1],
        terms=terms,
        terms_word=terms_word,
        buckets=np.array(buckets, np.int64),
    )


def _price_of(fields: Mapping[str, Any]) -> int:
    price, currency = values.number(fields.get("ListPrice")), fields.get("currency")
    return UNKNOWN if price is None or not currency else minor_units(price, currency)


def _span_of(measure: Measure, fields: Mapping[str, Any]) -> tuple[float, float]:
    if measure.converted:
        value = number_of(Range(measure.field, None, None, measure.unit), fields)
    else:
        value = comparable_value(Compare(measure.field, "eq", 0), fields)
    if value is None:
        return math.nan, math.nan
    is_area = measure.converted and measure.field in AREAS
    if is_area and (measure.unit or DEFAULT_UNIT) != unit_of(measure.field, fields):
        # The bounds of searches are converted to the unit of the listing, and rounded: only `evaluate` does that.
        return -math.inf, math.inf
    return float(value), float(value)
