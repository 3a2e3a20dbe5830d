"""Where the listings of a search can be: the boxes and names of places by which it is looked up."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from property_alert_notification.homes.criteria.areas import Area, Box, Circle, Point, Polygons, box_of, boxes_of
from property_alert_notification.homes.criteria.expression import And, Compare, Expression, OneOf, Or, Within
from property_alert_notification.homes.matching.tolerance import LARGEST_RADIUS
from property_alert_notification.homes.matching.vocabulary import PLACES


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


def can_be_packed(area: Area) -> bool:
    """Whether the packed arithmetic knows such an area: no holes, and away from the antimeridian."""
    match area:
        case Circle():
            return area.radius <= LARGEST_RADIUS
        case Box():
            return area.west > -180 and area.east < 180
        case Polygons():
            return all(len(rings) == 1 and can_be_packed(box_of(rings[0])) for rings in area.polygons)


def rings_of(area: Box | Polygons) -> Iterator[tuple[Point, ...]]:
    """The rings of an area without holes."""
    if isinstance(area, Polygons):
        yield from (rings[0] for rings in area.polygons)
    else:
        west, south, east, north = area.west, area.south, area.east, area.north
        yield (west, south), (east, south), (east, north), (west, north)
