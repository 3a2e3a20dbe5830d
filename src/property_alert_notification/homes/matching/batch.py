"""Searches on their way into the index, as arrays."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

import numpy as np
import numpy.typing as npt


class Kind(IntEnum):
    """What a check asks. A search matches if all its checks pass; of those of its area one is enough."""

    RANGE = 0
    """The value of measure `code` lies from `a` to `b`; `c` says which of them were given without decimals."""
    TERM = 1
    """The listing has the term `code`, beside the one of the row."""
    POLYGON = 2
    """The listing lies in the polygon whose `a` vertices begin at `code`."""
    OPEN = 3
    """`evaluate` decides the condition `code`."""


WHOLE_LOW, WHOLE_HIGH = 1, 2


def bounds_of(low: float, high: float, whole: float) -> tuple[float | None, float | None]:
    """The bounds of a range as they were given, from those of its check."""
    lowest = None if math.isinf(low) else int(low) if int(whole) & WHOLE_LOW else low
    highest = None if math.isinf(high) else int(high) if int(whole) & WHOLE_HIGH else high
    return lowest, highest


CHECK: Final = np.dtype(
    [("kind", np.int32), ("code", np.int32), ("a", np.float64), ("b", np.float64), ("c", np.float64)]
)

NO_RADIUS: Final = -1.0
"""The radius of a search without a circle."""

COMPILED: Final = np.dtype(
    [
        ("number", np.int64),
        ("accept", np.uint64),
        ("term", np.int32),
        ("low", np.int64),
        ("high", np.int64),
        ("longitude", np.float64),
        ("latitude", np.float64),
        ("radius", np.float64),
        ("count", np.int32),
        ("open", np.int32),
    ]
)
"""Of each search: its number, its accept word, a term, its price range, its circle, its checks, and how many of them
are open."""

BOX: Final = np.dtype([("search", np.int64), ("corners", np.float64, 4)])
POLYGON: Final = np.dtype([("search", np.int64), ("check", np.int64)])
BUCKET: Final = np.dtype([("search", np.int64), ("bucket", np.int64)])


@dataclass(frozen=True, slots=True)
class Batch:
    """Some searches. Others name them, and their checks and vertices, by their places in this batch."""

    rows: npt.NDArray[Any]
    """As of `COMPILED`."""
    checks: npt.NDArray[Any]
    """Of one search after the other."""
    vertices: npt.NDArray[np.float64]
    boxes: npt.NDArray[Any]
    buckets: npt.NDArray[Any]
    circles: npt.NDArray[np.int64]
    polygons: npt.NDArray[Any]
    """What searches are looked up by: boxes of the map, buckets, their circles, and polygons by their checks."""


def joined(batches: Sequence[Batch]) -> Batch:
    """The searches of all these batches, which must not be used any more."""
    if len(batches) == 1:
        return batches[0]
    searches = checks = vertices = 0
    for batch in batches:
        batch.circles[:] += searches
        for part in (batch.boxes, batch.buckets, batch.polygons):
            part["search"] += searches
        batch.polygons["check"] += checks
        batch.checks["code"][batch.checks["kind"] == Kind.POLYGON] += vertices
        searches += len(batch.rows)
        checks += len(batch.checks)
        vertices += len(batch.vertices)
    return Batch(*(np.concatenate([getattr(batch, name) for batch in batches]) for name in Batch.__slots__))
