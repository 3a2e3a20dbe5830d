"""A listing as the index reads it: its bits, numbers, terms and keys."""

import math
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from property_alert_notification.homes.criteria.comparable import (
    DEFAULT_UNIT,
    LARGE_UNITS,
    SQUARE_METRES,
    minor_units,
    unit_of,
)
from property_alert_notification.homes.criteria.evaluate import comparable_value, number_of
from property_alert_notification.homes.criteria.expression import Compare, Range
from property_alert_notification.homes.matching.accept_word import TYPES, word_of
from property_alert_notification.homes.matching.cells import steps_of_point
from property_alert_notification.homes.matching.limits import UNKNOWN, price_met
from property_alert_notification.homes.matching.sphere import NOWHERE, vector_of
from property_alert_notification.homes.matching.vocabulary import Vocabulary
from property_alert_notification.homes.reso import values
from property_alert_notification.homes.reso.words import AREAS

_ROUNDING = 1e-12
"""The share by which the span of an area is wider: more than the error of computing with floats."""


@dataclass(slots=True)
class Listing:
    """What the packed conditions of searches are compared with."""

    fields: Mapping[str, Any]
    word: int
    price: int
    """In minor units of its currency, or `UNKNOWN`."""
    longitude: float
    latitude: float
    """NaN if they are missing."""
    vector: tuple[float, float, float]
    """The place on the globe, or `NOWHERE`."""
    spans: npt.NDArray[np.float64]
    """Two numbers between which the value of each measure lies, which differ if the unit is another one; NaN if it is
    missing."""
    terms: npt.NDArray[np.bool_]
    steps: tuple[int, int] | None
    """Its column and its row, if it has coordinates."""
    named: set[int]
    """The buckets of the places that it names."""
    met: int
    """What it meets there, of limits: what its price does."""


def read(fields: Mapping[str, Any], vocabulary: Vocabulary) -> Listing:
    """Read the fields of a `ListingRecord`."""
    longitude, latitude = fields.get("Longitude"), fields.get("Latitude")
    if longitude is None or latitude is None:
        longitude = latitude = math.nan
        steps, vector = None, NOWHERE
    else:
        steps, vector = steps_of_point(longitude, latitude), vector_of(longitude, latitude)
    word, price = word_of(fields), _price_of(fields)
    spans = array("d")
    for probe in vocabulary.probes:
        spans.extend(_span_of(probe, fields))
    return Listing(
        fields=fields,
        word=word,
        price=price,
        longitude=longitude,
        latitude=latitude,
        vector=vector,
        spans=np.frombuffer(spans).reshape(-1, 2),
        terms=np.frombuffer(vocabulary.terms_in(fields), np.bool_),
        steps=steps,
        named=vocabulary.named_by(fields, word & TYPES),
        met=price_met(price),
    )


def _price_of(fields: Mapping[str, Any]) -> int:
    price, currency = values.number(fields.get("ListPrice")), fields.get("currency")
    return UNKNOWN if price is None or not currency else minor_units(price, currency)


def _span_of(probe: Range | Compare, fields: Mapping[str, Any]) -> tuple[float, float]:
    value = number_of(probe, fields) if isinstance(probe, Range) else comparable_value(probe, fields)
    if value is None:
        return math.nan, math.nan
    if isinstance(probe, Range) and probe.field in AREAS:
        return _area_span(float(value), probe.unit or DEFAULT_UNIT, unit_of(probe.field, fields))
    return float(value), float(value)


def _area_span(value: float, unit: str, listed: str) -> tuple[float, float]:
    """What an area is in the unit of searches.

    `evaluate` converts the bounds of searches to the unit of the listing, and rounds them: so much is not known here.
    """
    if unit == listed:
        return value, value
    rounding = 0.005 if listed in LARGE_UNITS else 0.5
    factor = float(SQUARE_METRES[listed] / SQUARE_METRES[unit])
    lowest, highest = (value - rounding) * factor, (value + rounding) * factor
    return lowest - abs(lowest) * _ROUNDING, highest + abs(highest) * _ROUNDING
