"""Which numbers of a home mean that a value is unknown, and which no home has. Pure.

Prices are not among them, which have limits of their own, and neither are fees and taxes, which may be 0.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from property_alert_notification.base.errors import InvalidField


class Limits(NamedTuple):
    """What a field may have."""

    least: int
    most: int
    unknown: frozenset[int] = frozenset()
    """Numbers that systems write where they know none."""


_NINES = frozenset({999, 9_999, 99_999})
_ROOMS = Limits(0, 999, _NINES)
"""Of a kind. There may be none of them: a studio has no bedroom."""
_YEAR = Limits(1_000, 2_100, frozenset({0, 1, 9_999}))
_STORIES = Limits(0, 200, _NINES | {0})
_DAYS = Limits(0, 36_500, frozenset({99_999}))
_MANY = Limits(0, 100_000, frozenset({99_999}))

COUNTS: Mapping[str, Limits] = {
    "BathroomsFull": _ROOMS,
    "BathroomsHalf": _ROOMS,
    "BathroomsOneQuarter": _ROOMS,
    "BathroomsPartial": _ROOMS,
    "BathroomsThreeQuarter": _ROOMS,
    "BathroomsTotalDecimal": _ROOMS,
    "BedroomsPossible": _ROOMS,
    "BedroomsTotal": _ROOMS,
    "CarportSpaces": _MANY,
    "CoveredSpaces": _MANY,
    "CumulativeDaysOnMarket": _DAYS,
    "DaysOnMarket": _DAYS,
    "FireplacesTotal": _ROOMS,
    "GarageSpaces": _MANY,
    "MainLevelBedrooms": _ROOMS,
    "NumberOfBuildings": _MANY,
    "NumberOfUnitsTotal": Limits(0, 100_000, frozenset({0, 99_999})),
    "OpenParkingSpaces": _MANY,
    "ParkingTotal": _MANY,
    "PhotosCount": _MANY,
    "RoomsTotal": Limits(0, 100_000, frozenset({0, 99_999})),
    "Stories": _STORIES,
    "StoriesTotal": _STORIES,
    "TaxYear": _YEAR,
    "YearBuilt": _YEAR,
    "YearBuiltEffective": _YEAR,
}

# The largest building has some 20 million square feet, the largest ranch some million acres.
_BUILDING = Limits(0, 10**8, frozenset({0, 1}))
_LOT = Limits(0, 10**13, frozenset({0}))

SUMS_AND_AREAS: Mapping[str, Limits] = {
    "BathroomsTotalInteger": _ROOMS,
    "BuildingAreaTotal": _BUILDING,
    "LivingArea": _BUILDING,
    "LotSizeAcres": Limits(0, 10**8, frozenset({0})),
    "LotSizeArea": _LOT,
    "LotSizeSquareFeet": _LOT,
    "TaxAssessedValue": Limits(0, 10**14, frozenset({0})),
}


def keep_possible(kept: dict[str, Any], limits: Mapping[str, Limits]) -> None:
    """Remove numbers that mean that a value is unknown.

    Raises:
        InvalidField: no home has the number.
    """
    for name in kept.keys() & limits.keys():
        value = kept[name]
        if value is None:
            continue
        least, most, unknown = limits[name]
        if value in unknown:
            kept[name] = None
        elif not least <= value <= most:
            raise InvalidField(name, f"must lie between {least} and {most}")
