"""Where the listings of a search can be: the boxes and names of places by which it is looked up."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from property_alert_notification.homes.criteria.areas import EARTH_RADIUS, Box, boxes_of
from property_alert_notification.homes.criteria.expression import And, Compare, Expression, OneOf, Or, Within
from property_alert_notification.homes.matching.columns import ragged
from property_alert_notification.homes.matching.tolerance import LARGEST_RADIUS
from property_alert_notification.homes.matching.vocabulary import PLACES

PLAIN_RADIUS: Final = 200_000.0
"""Metres. A circle of this radius is far from the antimeridian and from the poles if its centre is."""
_MARGIN: Final = 1e-9
"""Degrees by which boxes round circles are wider, so that no rounding makes them too small."""


@dataclass(slots=True)
class Place:
    """Where one condition of a search can be true."""

    boxes: Sequence[Box]
    names: Sequence[OneOf]

    @property
    def degrees_across(self) -> float:
        """About how large it is."""
        names = [PLACES[name.field] for name in self.names]
        return max([*names, *(max(box.east - box.west, box.north - box.south) for box in self.boxes)], default=0)


def place_of(condition: Expression) -> Place | None:
    """Where a listing must be for a condition to be true; None if it can be anywhere."""
    match condition:
        case Within(area):
            return Place(boxes_of(area), ())
        case OneOf(field, words) if field in PLACES and words:
            return Place((), (condition,))
        case Compare(field, "eq", str(word)) if field in PLACES:
            return Place((), (OneOf(field, (word,)),))
        case And(parts):
            return smallest([place for part in parts if (place := place_of(part))])
        case Or(parts):
            places = [place for part in parts if (place := place_of(part))]
            if places and len(places) == len(parts):
                boxes, names = (
                    [one for place in places for one in getattr(place, kind)] for kind in ("boxes", "names")
                )
                return Place(boxes, names)
    return None


def smallest(places: Sequence[Place]) -> Place | None:
    """The smallest of several places; None if there is none."""
    if len(places) < 2:
        return places[0] if places else None
    return min(places, key=lambda place: place.degrees_across)


def can_be_packed(within: list[Any]) -> bool:
    """Whether the packed arithmetic knows the area of a stored `Within`: no holes, and away from the antimeridian."""
    kind = within[1]
    if kind == "circle":
        return bool(0 <= within[4] <= LARGEST_RADIUS)
    if kind == "box":
        return bool(within[2] > -180 and within[4] < 180)
    return all(len(rings) == 1 and min(rings[0][::2]) > -180 and max(rings[0][::2]) < 180 for rings in within[2:])


def has_plain_box(within: list[Any]) -> bool:
    """Whether the box round a packed area is found together with others: one part, far from poles and antimeridian."""
    if within[1] == "circle":
        _, _, longitude, latitude, radius = within
        return bool(abs(latitude) < 80 and abs(longitude) < 170 and radius <= PLAIN_RADIUS)
    return within[1] == "box" or len(within) == 3


def boxes_round_circles(circles: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """What `boxes_of` finds for one circle, for many plain ones at once: rows of west, south, east and north."""
    centre = np.stack([circles["longitude"], circles["latitude"]], axis=1)
    angle = circles["radius"] / EARTH_RADIUS
    width = np.arcsin(np.sin(angle) / np.cos(np.radians(circles["latitude"])))
    reach = np.degrees(np.stack([width, angle], axis=1)) + _MARGIN
    return np.concatenate([centre - reach, centre + reach], axis=1)


def boxes_round_polygons(polygons: npt.NDArray[Any], vertices: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The same for polygons, which are checks, and vertices among which theirs are."""
    if not len(polygons):
        return np.empty((0, 4))
    counts = polygons["a"].astype(np.int64)
    corners = vertices[ragged(polygons["code"].astype(np.int64), counts)]
    starts = np.cumsum(counts) - counts
    return np.concatenate([np.minimum.reduceat(corners, starts), np.maximum.reduceat(corners, starts)], axis=1)


def rings_of(within: list[Any]) -> list[list[float]]:
    """The rings of a box or of polygons without holes: the numbers of one corner after the other."""
    _, kind, *numbers = within
    if kind == "polygons":
        return [rings[0] for rings in numbers]
    west, south, east, north = numbers
    return [[west, south, east, south, east, north, west, north]]
