"""Where a home is: its coordinates, in the ways in which feeds write them. Pure."""

import re
from typing import Any

from property_alert_notification.base.errors import InvalidField
from property_alert_notification.homes.reso import values

_MOST = {"Longitude": 180, "Latitude": 90}
_WELL_KNOWN_TEXT = re.compile(r"(?:SRID=4326;)?\s*POINT\s*\(\s*(\S+)\s+(\S+?)\s*\)", re.IGNORECASE)
_LONGEST = 100
"""Characters of a point as a text."""


def read_coordinates(kept: dict[str, Any]) -> None:
    """Read the coordinates, which may be missing. 0, 0 is what many systems write for none.

    Raises:
        InvalidField: they are none, or one of them is missing.
    """
    longitude, latitude = (_number_of(kept.get(name), name) for name in _MOST)
    if longitude is None and latitude is None:
        longitude, latitude = _point_of(kept.get("Coordinates"))
    if longitude in (0, None) and latitude in (0, None):
        longitude = latitude = None
    for name, value in (("Longitude", longitude), ("Latitude", latitude)):
        if value is not None and abs(value) > _MOST[name]:
            raise InvalidField(name, f"must lie between -{_MOST[name]} and {_MOST[name]}")
    if (longitude is None) != (latitude is None):
        missing = "Longitude" if longitude is None else "Latitude"
        raise InvalidField(missing, "is missing: send both coordinates, or none")
    kept |= {"Longitude": longitude, "Latitude": latitude}
    kept.pop("Coordinates", None)


def _number_of(value: Any, name: str) -> values.Number | None:
    try:
        return values.number(value)
    except ValueError as fault:
        raise InvalidField(name, str(fault)) from None


def _point_of(value: Any) -> tuple[values.Number | None, values.Number | None]:
    """The longitude and latitude of a point."""
    try:
        match value:
            case None | {"type": "Point", "coordinates": None | []}:
                return None, None
            case {"type": "Point", "coordinates": [longitude, latitude, *_]}:
                return values.number(longitude), values.number(latitude)
            case [one, other]:
                return _in_order(values.number(one), values.number(other))
            case str() if len(value) <= _LONGEST and (point := _WELL_KNOWN_TEXT.fullmatch(value.strip())):
                return values.number(point[1]), values.number(point[2])
    except ValueError:
        pass
    raise InvalidField("Coordinates", "must be a Point of GeoJSON, such as one with [longitude, latitude]")


def _in_order(one: values.Number | None, other: values.Number | None) -> tuple[Any, Any]:
    """Two numbers as longitude and latitude. A bare list has them in either order, if nothing says which is which.

    Raises:
        ValueError: it could be either.
    """
    if one is None or other is None:
        if one is other:
            return None, None
    elif abs(one) > _MOST["Latitude"] >= abs(other):
        return one, other
    elif abs(other) > _MOST["Latitude"] >= abs(one):
        return other, one
    elif one == other == 0:
        return None, None
    raise ValueError("could be in either order")
