"""Points on the globe as vectors of length 1: whether a listing lies in a circle takes no sine.

What is compared is the product of two vectors, the cosine of their angle: the farther apart, the less it is.
"""

from math import cos, radians, sin
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from property_alert_notification.homes.criteria.areas import EARTH_RADIUS
from property_alert_notification.homes.matching.tolerance import CHORD, PRODUCT

NOWHERE: Final = (0.0, 0.0, 0.0)
"""Is farther from any point than any circle reaches: the cosine is 0, a quarter of the globe."""


def vector_of(longitude: float, latitude: float) -> tuple[float, float, float]:
    """The vector of a point."""
    east, north = radians(longitude), radians(latitude)
    across = cos(north)
    return across * cos(east), across * sin(east), sin(north)


def vectors_of(points: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """The vectors of many points, as rows."""
    east, north = np.radians(points["longitude"]), np.radians(points["latitude"])
    across = np.cos(north)
    return np.stack([across * np.cos(east), across * np.sin(east), np.sin(north)], axis=1)


def cosines_of(radius: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The least product of the centre of circles with a point that is in them, or in doubt."""
    chord = 2 * np.sin(radius / (2 * EARTH_RADIUS)) + CHORD
    return 1 - (chord * chord + PRODUCT) / 2
