"""Finds the time zones and the legal places in which a person may be. Pure.

The zone in the preferences or the profile counts alone. Without one, every zone of the known countries counts: the
country of the profile and that of each phone number. A number gives a country but no zone, since people keep their
number when they move. For a user without a known country every zone counts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from property_alert_notification.base.zones import ZoneUnknown, zone_named
from property_alert_notification.people.hours import north_america
from property_alert_notification.people.hours.countries import (
    Zones,
    code_of,
    countries_of_zone,
    every_zone,
    zones_of_country,
)


@dataclass(frozen=True, slots=True, eq=False)
class Whereabouts:
    """Where a person may be. Compared by identity: equal locations share one object, so that caches find it quickly."""

    zones: Zones
    """At least one zone. A message may be sent only at moments that are allowed in all of them."""
    places: tuple[str, ...]
    """Countries, and states of the USA. The laws of all of them apply."""
    is_known: bool = True
    """Whether any zone or country of the person is known."""


def whereabouts(
    *,
    time_zone: str | None,
    country: str | None = None,
    phone_numbers: Iterable[str | None] = (),
    default_time_zone: str | None = None,
) -> Whereabouts:
    """Where a person may be.

    Args:
        time_zone: that of the preferences, or else of the profile.
        country: that of the profile.
        phone_numbers: the person's; anything else than an international number is ignored.
        default_time_zone: applies if no zone and no country of the person is known.
    """
    beginnings = tuple([number[:_AREA] for number in phone_numbers if number and number.startswith("+")])
    found = _located(time_zone, country or None, beginnings)
    return found if found.is_known or default_time_zone is None else _whereabouts(default_time_zone, None, ())


def area_of(phone_number: str) -> str:
    """The digits of an international number that identify its area: `44`, or `1214` in North America.

    Empty for a number that is not international.
    """
    return _area_of(phone_number[:_AREA])


@lru_cache(maxsize=8192)
def _area_of(beginning: str) -> str:
    if beginning.startswith("+1"):
        return beginning[1:]
    if beginning.startswith("+"):
        digits = beginning[1:]
        return next((digits[:n] for n in (1, 2, 3) if _is_calling_code(digits[:n])), "")
    return ""


def _is_calling_code(digits: str) -> bool:
    return digits.isascii() and digits.isdigit() and int(digits) in COUNTRY_CODE_TO_REGION_CODE


@lru_cache(maxsize=8192)
def _located(time_zone: str | None, country: str | None, beginnings: tuple[str, ...]) -> Whereabouts:
    areas = tuple(sorted({area for beginning in beginnings if (area := area_of(beginning))}))
    return _whereabouts(time_zone, country, areas)


@lru_cache(maxsize=8192)
def _whereabouts(time_zone: str | None, country: str | None, areas: tuple[str, ...]) -> Whereabouts:
    zone = _zone(time_zone)
    found = [place for area in areas for place in _places_of(area)]
    countries = [*([code_of(country)] if country else []), *(place[:2] for place in found)]
    if zone and not countries:
        countries = list(countries_of_zone(zone))
    zones = (zone,) if zone else tuple(each for of in countries for each in zones_of_country(of))
    states = _states(zone, [place for place in found if place in north_america.STATES]) if "US" in countries else ()
    places = tuple(dict.fromkeys([*countries, *states]))
    return Whereabouts(tuple(dict.fromkeys(zones)) or every_zone(), places, is_known=bool(zones))


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return None if name is None else zone_named(name)
    except ZoneUnknown:  # another machine with newer zone data may have stored it
        return None


def _places_of(area: str) -> tuple[str, ...]:
    """The places of an area: several if countries share a calling code."""
    if area.startswith("1") and (place := north_america.place_of(area[1:])):
        return (place,)
    regions = COUNTRY_CODE_TO_REGION_CODE.get(1 if area.startswith("1") else int(area), ())
    return tuple(region for region in regions if region != _NO_COUNTRY)


def _states(zone: ZoneInfo | None, of_numbers: list[str]) -> tuple[str, ...]:
    """The states of the USA whose laws apply: of the numbers, and of the zone if no number's state uses the zone."""
    of_zone = north_america.states_of(zone) if zone else ()
    if not of_numbers:
        return of_zone or north_america.STATES
    return (*of_numbers, *(of_zone if not set(of_numbers) & set(of_zone) else ()))


_AREA = len("+1214")
"""How many characters of a number identify its area."""

_NO_COUNTRY = "001"
"""The region of calling codes that belong to no country."""
