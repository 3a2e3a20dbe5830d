"""Tiles of the map. An area is found by the few tiles that cover it, a listing by the tiles that it lies in.

A tile of level n is a square of 360 / 2**n degrees. Tiles of one level nest in those of the level before.
"""

import numpy as np
import numpy.typing as npt

from property_alert_notification.homes.matching.columns import ragged

FIRST_LEVEL, LAST_LEVEL = 4, 16
MOST_TILES = 9
"""Of one box. With more of them a search takes more memory, with fewer a listing meets more searches in vain."""

EVERYWHERE = 0
"""The key of what no few tiles cover. Every listing is looked up under it, too."""

_SCALE = 2**LAST_LEVEL / 360
_LAST_COLUMN = 2**LAST_LEVEL - 1
_BITS = LAST_LEVEL + 1
_LEVELS = np.arange(FIRST_LEVEL, LAST_LEVEL + 1)
_SHIFTS = np.array([LAST_LEVEL + 1, *(LAST_LEVEL - _LEVELS)])
_LEVEL_KEYS = np.array([EVERYWHERE, *(_LEVELS << (2 * _BITS))])
"""Of a point. The first shift leaves no bit of it."""


def keys_of_point(longitude: float, latitude: float) -> npt.NDArray[np.int64]:
    """The keys of the tiles that a point lies in: `EVERYWHERE`, and one of each level."""
    column = min(int((longitude + 180) * _SCALE), _LAST_COLUMN)
    row = int((latitude + 90) * _SCALE)
    keys: npt.NDArray[np.int64] = _LEVEL_KEYS | ((column >> _SHIFTS) << _BITS) | (row >> _SHIFTS)
    return keys


def keys_of_boxes(boxes: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The tiles that cover each box, of the finest level that needs no more than `MOST_TILES` of them.

    Args:
        boxes: rows of west, south, east and north.

    Returns:
        For each tile the row of its box, and its key. A box without tiles has the key `EVERYWHERE`.
    """
    corners = boxes + np.array([180.0, 90.0, 180.0, 90.0])
    west, south, east, north = np.minimum((corners * _SCALE).astype(np.int64), _LAST_COLUMN).T
    shift = np.full(len(boxes), -1, np.int64)
    for coarser in range(LAST_LEVEL - FIRST_LEVEL, -1, -1):
        columns = (east >> coarser) - (west >> coarser) + 1
        rows = (north >> coarser) - (south >> coarser) + 1
        shift[columns * rows <= MOST_TILES] = coarser
    everywhere = shift < 0
    shift[everywhere] = 0
    columns = np.where(everywhere, 1, (east >> shift) - (west >> shift) + 1)
    rows = np.where(everywhere, 1, (north >> shift) - (south >> shift) + 1)
    tiles = columns * rows
    owner = np.repeat(np.arange(len(boxes)), tiles)
    place = ragged(np.zeros(len(boxes), np.int64), tiles)
    column = (west >> shift)[owner] + place % columns[owner]
    row = (south >> shift)[owner] + place // columns[owner]
    keys = ((LAST_LEVEL - shift)[owner] << (2 * _BITS)) | (column << _BITS) | row
    return owner, np.where(everywhere[owner], EVERYWHERE, keys)
