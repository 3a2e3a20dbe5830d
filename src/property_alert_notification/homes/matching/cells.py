"""Tiles of the map. An area is found by the few tiles that cover it, a listing by the tiles that it lies in.

A tile of level n is a square of 360 / 2**n degrees. Tiles of one level nest in those of the level before. A tile has
128 steps in both directions: where an area lies in a tile is known by steps, so most listings that lie in one of its
tiles but not in the area are ruled out without looking at the area.
"""

import numpy as np
import numpy.typing as npt

from property_alert_notification.homes.matching.columns import ragged

FIRST_LEVEL, LAST_LEVEL = 4, 16
MOST_TILES = 9
"""Of one box. With more of them a search takes more memory, with fewer a listing meets more searches in vain."""

EVERYWHERE = 0
"""The key of what no few tiles cover. Every listing is looked up under it, too: it is the tile of level 0."""

STEP_BITS = 7
LAST_STEP = 2**STEP_BITS - 1
WHOLE_TILE = 0, 0, LAST_STEP, LAST_STEP
_SCALE = 2 ** (LAST_LEVEL + STEP_BITS) / 360
_LAST = 2 ** (LAST_LEVEL + STEP_BITS) - 1
COLUMN_BIT = LAST_LEVEL + 1
LEVEL_BIT = 2 * COLUMN_BIT
"""Where the column and the level of a tile begin in its key; the first bits are its row."""


def steps_of_point(longitude: float, latitude: float) -> tuple[int, int]:
    """The column and the row of a point, in steps of the finest level."""
    return min(int((longitude + 180) * _SCALE), _LAST), int((latitude + 90) * _SCALE)


def keys_of_boxes(
    boxes: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The tiles that cover each box, of the finest level that needs no more than `MOST_TILES` of them.

    Args:
        boxes: rows of west, south, east and north.

    Returns:
        For each tile the row of its box, its key, and the first and last steps of the box in it: west, south, east and
        north. A box without tiles has the key `EVERYWHERE`.
    """
    corners = boxes + np.array([180.0, 90.0, 180.0, 90.0])
    finest = np.minimum((corners * _SCALE).astype(np.int64), _LAST)
    west, south, east, north = finest.T >> STEP_BITS
    shift = np.full(len(boxes), -1, np.int64)
    # Where the longer side is one to two tiles, at most 3 x 3 cover the box. Three levels finer it is at least 8 tiles,
    # and at most there may be 9.
    enough = np.maximum(np.frexp(np.maximum(east - west, north - south))[1] - 1, 0)
    for finer in range(4):
        coarser = np.maximum(enough - finer, 0)
        columns = (east >> coarser) - (west >> coarser) + 1
        rows = (north >> coarser) - (south >> coarser) + 1
        fits = (columns * rows <= MOST_TILES) & (coarser <= LAST_LEVEL - FIRST_LEVEL)
        np.copyto(shift, coarser, where=fits)
    everywhere = shift < 0
    shift[everywhere] = 0
    columns = np.where(everywhere, 1, (east >> shift) - (west >> shift) + 1)
    rows = np.where(everywhere, 1, (north >> shift) - (south >> shift) + 1)
    tiles = columns * rows
    owner = np.repeat(np.arange(len(boxes)), tiles)
    place = ragged(np.zeros(len(boxes), np.int64), tiles)
    column = (west >> shift)[owner] + place % columns[owner]
    row = (south >> shift)[owner] + place // columns[owner]
    keys = ((LAST_LEVEL - shift)[owner] << LEVEL_BIT) | (column << COLUMN_BIT) | row
    origin = np.stack([column, row, column, row], axis=1) << STEP_BITS
    steps = (finest >> shift[:, None])[owner] - origin
    np.maximum(steps, 0, out=steps)  # `clip` takes twice the time of these two
    np.minimum(steps, LAST_STEP, out=steps)
    nowhere = everywhere[owner]
    steps[nowhere] = WHOLE_TILE
    return owner, np.where(nowhere, EVERYWHERE, keys), steps
