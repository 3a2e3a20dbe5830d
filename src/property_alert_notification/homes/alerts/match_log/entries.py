"""The searches that a change of a listing concerns, as an entry of the match log keeps them. Pure.

An entry is a set of packed numbers: twice the number of each search, plus one if the listing is new to it.
"""

import numpy as np
from numpy.typing import NDArray

from property_alert_notification.homes.alerts.numbers import Numbers, are_in, pack, unpack


def entry_of(searches: Numbers, is_new: NDArray[np.bool_]) -> str:
    """The entry of these searches; `is_new` says of each whether the listing did not match it before."""
    return pack(searches * 2 + is_new)


def searches_in(entry: str) -> Numbers:
    """The searches that an entry has.

    Raises:
        ValueError: it is damaged.
    """
    return unpack(entry) >> 1


def found_in(entry: str, wanted: Numbers) -> list[tuple[int, bool]]:
    """Those of the `wanted` searches that an entry has, each with whether the listing was new to it.

    Raises:
        ValueError: it is damaged.
    """
    numbers = unpack(entry)
    return [(one >> 1, bool(one & 1)) for one in numbers[are_in(wanted, numbers >> 1)].tolist()]
