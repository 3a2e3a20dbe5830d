"""The limits of a posting: 64 bits that bound the price and the place in a tile by one subtraction.

There are six numbers, each below a bit that guards it: what a listing has must be as great as what a search wants. So a
listing meets the limits if no guard is borrowed from. They let too much through, but never too little.
"""

from struct import Struct
from typing import Final

import numpy as np
import numpy.typing as npt

from property_alert_notification.homes.matching.cells import LAST_STEP

GUARDS: Final = 0x8000_8000_80808080
UNKNOWN: Final = -(2**63)
"""The price of a listing without one. No bound of a search is as low, but every search without bounds accepts it."""

_LOW_BIT, _HIGH_BIT, WEST_BIT, SOUTH_BIT, EAST_BIT = 48, 32, 24, 16, 8
"""Where the numbers begin. The last one is the north."""
_DEAREST: Final = 2**15 - 1
_ONE: Final = 0x3F80_0000
"""The bits of 1.0 as a float."""
_DROPPED_BITS: Final = 14

Numbers = npt.NDArray[np.int64]


def limits_of(low: Numbers, high: Numbers, steps: Numbers) -> npt.NDArray[np.uint64]:
    """The limits of searches.

    Args:
        low: the least price of each, in minor units, or `UNKNOWN`.
        high: the greatest price of each.
        steps: the first and last steps of each in its tile, in rows of west, south, east and north.
    """
    west, south, east, north = steps.T
    limits = _steps_of(low) << _LOW_BIT | (_DEAREST - _steps_of(high)) << _HIGH_BIT
    limits |= west << WEST_BIT | south << SOUTH_BIT | (LAST_STEP - east) << EAST_BIT | LAST_STEP - north
    return limits.view(np.uint64)


def price_met(price: int) -> int:
    """What a price meets, of limits. `Tiles` adds what the place meets."""
    step = 0
    if price != UNKNOWN:
        [bits] = _unpack_bits(_pack_float(max(price, 1)))
        step = (bits - _ONE >> _DROPPED_BITS) + 1
    return GUARDS | step << _LOW_BIT | _DEAREST - step << _HIGH_BIT


def _steps_of(prices: Numbers) -> Numbers:
    # The bits of floats are in the order of the floats, and the first ones are exact enough. Both ways to compute them
    # round twice: an integer to a double, and that to a float.
    bits = np.maximum(prices, 1).astype(np.float64).astype(np.float32).view(np.int32).astype(np.int64)
    return np.where(prices == UNKNOWN, 0, (bits - _ONE >> _DROPPED_BITS) + 1)


_pack_float, _unpack_bits = Struct("=f").pack, Struct("=i").unpack
