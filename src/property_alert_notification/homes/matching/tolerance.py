"""How close to the edge of an area a listing is in doubt.

The packed arithmetic may round otherwise than `criteria.areas`, which alone decides there. So both agree on every edge.
"""

CHORD = 1.6e-10
"""Of the straight line to a circle's centre, in radii of the globe: a millimetre, far more than both ways to compute
the distance can differ by."""

PRODUCT = 1e-14
"""Of the square of that line, which follows from a product of vectors whose rounding error is a tenth of it."""

SURE_SHARE, SURE = 1 - 1e-5, 1e-5 + 2e-14
"""A listing is in a circle for sure if its product with the centre is greater than this share of the least one, plus
this. It is beyond the edge by more than twice both tolerances then, however large the circle is."""

OF_TURN = 1e-15
"""Of the parts of the product that says on which side of an edge a point lies; its rounding error is a third of it."""

LARGEST_RADIUS = 2_000_000.0
"""Metres. The distance of points that are nearly opposite on the globe is inexact: larger circles are not packed."""
