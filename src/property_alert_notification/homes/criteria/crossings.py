"""Finds where the edges of a polygon cross. Exact: no rounding decides. Pure."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from property_alert_notification.homes.criteria.areas import Ring, side_of

Place = tuple[int, int]
"""The number of a ring, and of the point at which an edge of it begins."""
_Edge = tuple[float, float, float, float, Place]


def first_crossing(rings: Sequence[Ring]) -> tuple[Place, Place] | None:
    """The two most western edges that must not meet.

    Edges of one ring must not meet but at the point that joins them. Edges of two rings must not cross; they may touch.
    """
    for one, other in _neighbours(rings):
        if (_cross if one[4][0] != other[4][0] else _meet)(one, other, rings):
            return min(one[4], other[4]), max(one[4], other[4])
    return None


def _edges(rings: Sequence[Ring]) -> Iterator[_Edge]:
    for number, ring in enumerate(rings):
        for at, ((x1, y1), (x2, y2)) in enumerate(pairwise([*ring, ring[0]])):
            yield x1, y1, x2, y2, (number, at)


def _neighbours(rings: Sequence[Ring]) -> Iterator[tuple[_Edge, _Edge]]:
    """All pairs of edges whose boxes meet, by a sweep from west to east."""
    open_edges: list[_Edge] = []
    for edge in sorted(_edges(rings), key=lambda edge: min(edge[0], edge[2])):
        x1, y1, x2, y2, _ = edge
        west, south, north = min(x1, x2), min(y1, y2), max(y1, y2)
        open_edges = [other for other in open_edges if other[0] >= west or other[2] >= west]
        for other in open_edges:
            if not (other[1] > north < other[3] or other[1] < south > other[3]):
                yield other, edge
        open_edges.append(edge)


def _sides(one: _Edge, other: _Edge) -> tuple[int, int]:
    x1, y1, x2, y2, _ = one
    return side_of(x1, y1, x2, y2, other[0], other[1]), side_of(x1, y1, x2, y2, other[2], other[3])


def _cross(one: _Edge, other: _Edge, _: Sequence[Ring]) -> bool:
    first, second = _sides(one, other)
    if first * second >= 0:
        return False
    first, second = _sides(other, one)
    return first * second < 0


def _meet(one: _Edge, other: _Edge, rings: Sequence[Ring]) -> bool:
    """Whether two edges of one ring meet elsewhere than where they are joined."""
    count = len(rings[one[4][0]])
    if (one[4][1] - other[4][1]) % count in (1, count - 1):
        # The point that joins them is on both lines; to find that out would take an exact computation.
        x, y = other[2:4] if other[:2] in (one[:2], one[2:4]) else other[:2]
        return side_of(*one[:4], x, y) == 0 and _turns_back(one, other)
    sides = _sides(one, other)
    if sides[0] * sides[1] > 0:
        return False
    first, second = _sides(other, one)
    # Edges on one line meet, since their boxes do.
    return first * second <= 0


def _turns_back(one: _Edge, other: _Edge) -> bool:
    """Whether two joined edges on one line lie upon each other."""
    if one[:2] == other[2:4]:
        one, other = other, one
    (x1, y1, x2, y2, _), (_, _, x3, y3, _) = one, other
    return (x2 - x1) * (x3 - x2) < 0 or (y2 - y1) * (y3 - y2) < 0
