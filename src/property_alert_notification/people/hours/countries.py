"""Maps countries to time zones and back, by the table in the `tzdata` package. Pure."""

from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

from property_alert_notification.base.zones import zone_named

Zones = tuple[ZoneInfo, ...]

_ALSO = {"UK": "GB", "XK": "RS"}
"""Country codes that the table lacks, with the country whose zones they use."""


@cache
def _table() -> tuple[tuple[tuple[str, ...], ZoneInfo], ...]:
    """Each zone of the table with its countries."""
    text = (resources.files("tzdata.zoneinfo") / "zone1970.tab").read_text("utf-8")
    rows = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    return tuple((tuple(row[0].split(",")), zone_named(row[2])) for row in rows)


@cache
def _by_country() -> Mapping[str, Zones]:
    found: dict[str, list[ZoneInfo]] = defaultdict(list)
    for countries, zone in _table():
        for country in countries:
            found[country].append(zone)
    return {country: tuple(zones) for country, zones in found.items()}


def code_of(country: str) -> str:
    """The code under which the table lists a country."""
    return _ALSO.get(country.upper(), country.upper())


def zones_of_country(country: str) -> Zones:
    """The zones of a country (ISO 3166-1, two letters); none if the code is unknown."""
    return _by_country().get(code_of(country), ())


def countries_of_zone(zone: ZoneInfo) -> tuple[str, ...]:
    """The countries that a zone belongs to; none for an outdated name, which the table does not list."""
    return next((countries for countries, listed in _table() if listed is zone), ())


@cache
def every_zone() -> Zones:
    """All zones of the table: the candidates for a user whose location is unknown."""
    return tuple(zone for _, zone in _table())
