"""The inner loop of matching, of which there are two that find the same: numba's is faster, numpy's is always there."""

from importlib import import_module
from typing import Protocol

import numpy as np
import numpy.typing as npt

from property_alert_notification.homes.matching.listing import Listing
from property_alert_notification.homes.matching.postings import Postings
from property_alert_notification.homes.matching.searches import Searches
from property_alert_notification.homes.matching.tiles import Tiles


class Kernel(Protocol):
    """A module with the inner loop."""

    @staticmethod
    def find(
        tiles: Tiles, postings: Postings, searches: Searches, listing: Listing
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_]]:
        """The places of the searches whose packed conditions a listing meets, and which of them are in doubt.

        A search is in doubt if the listing is so close to the edge of its area that rounding could decide. A search
        may be found more than once.
        """


def fastest_kernel() -> Kernel:
    """The kernel of numba if the extra `fast` is installed, else that of numpy."""
    try:
        import_module("numba")
    except ImportError:
        name = "numpy_kernel"
    else:
        name = "numba_kernel"
    kernel: Kernel = import_module(f"{__package__}.{name}")  # type: ignore[assignment]
    return kernel
