"""How close to the edge of an area a listing is in doubt.

The packed arithmetic may round otherwise than `criteria.areas`, which alone decides there. So both agree on every edge.
"""

OF_CHORD, CHORD = 1e-7, 1.6e-10
"""Of the distance to a circle's centre, by the radius and at least: a circle has its radius with seven digits. The
least is a millimetre, far more than both ways to compute the distance can differ by."""

OF_TURN = 1e-15
"""Of the parts of the product that says on which side of an edge a point lies; its rounding error is a third of it."""

LARGEST_RADIUS = 2_000_000.0
"""Metres. The distance of points that are nearly opposite on the globe is inexact: larger circles are not packed."""
