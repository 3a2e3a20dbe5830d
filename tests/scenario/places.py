"""Where the people of the scenario live, and what the law of these places says of promotional SMS.

Written from the tables of docs/people.md and from an atlas; it shares nothing with the implementation.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

Hours = tuple[float, float]
"""From one hour of the day until another."""

NEVER: Hours = (24, 24)
SUNDAY = 6


@dataclass(frozen=True)
class Place:
    """A place where people have telephones."""

    zone: str
    country: str
    prefix: str
    """Of its telephone numbers; six or four digits follow."""
    law: str
    """A key of `LAWS`."""
    moves_to: tuple[str, ...] = ()
    """Zones to which its people move, and keep their number."""


PLACES = (
    Place("America/Los_Angeles", "US", "+1415555", "", moves_to=("America/Phoenix",)),
    Place("America/Chicago", "US", "+1512555", "US-TX", moves_to=("America/Los_Angeles", "America/Denver")),
    Place("America/Chicago", "US", "+1405555", "US-OK", moves_to=("America/Los_Angeles",)),
    Place("America/Phoenix", "US", "+1602555", "", moves_to=("America/Los_Angeles",)),
    Place("America/Halifax", "CA", "+1902555", "CA"),
    Place("America/Sao_Paulo", "BR", "+5511912", "", moves_to=("America/Noronha",)),
    Place("Europe/London", "GB", "+4479460", "", moves_to=("Europe/Berlin", "Asia/Kathmandu")),
    Place("Europe/Paris", "FR", "+3361234", "FR", moves_to=("Europe/London", "Asia/Kolkata")),
    Place("Europe/Berlin", "DE", "+4915123", "", moves_to=("Europe/London", "Australia/Lord_Howe")),
    Place("Asia/Kathmandu", "NP", "+9779841", "", moves_to=("Europe/London",)),
    Place("Asia/Kolkata", "IN", "+9198765", "IN", moves_to=("Asia/Kathmandu",)),
    Place("Australia/Lord_Howe", "AU", "+6149157", "", moves_to=("Australia/Perth",)),
    Place("Pacific/Auckland", "NZ", "+6421123", "", moves_to=("Pacific/Chatham",)),
)

ZONES_OF = {
    "US": (
        "America/New_York",
        "America/Chicago",
        "America/Denver",
        "America/Phoenix",
        "America/Los_Angeles",
        "America/Anchorage",
        "America/Adak",
        "Pacific/Honolulu",
    ),
    "CA": (
        "America/St_Johns",
        "America/Halifax",
        "America/Toronto",
        "America/Winnipeg",
        "America/Regina",
        "America/Edmonton",
        "America/Vancouver",
    ),
    "BR": ("America/Noronha", "America/Sao_Paulo", "America/Manaus", "America/Rio_Branco"),
    "GB": ("Europe/London",),
    "FR": ("Europe/Paris",),
    "DE": ("Europe/Berlin",),
    "NP": ("Asia/Kathmandu",),
    "IN": ("Asia/Kolkata",),
    "AU": (
        "Australia/Perth",
        "Australia/Eucla",
        "Australia/Darwin",
        "Australia/Brisbane",
        "Australia/Adelaide",
        "Australia/Sydney",
        "Australia/Lord_Howe",
    ),
    "NZ": ("Pacific/Auckland", "Pacific/Chatham"),
}
"""The zones of a country, as far as their clocks differ: people of whom no zone is known may be in any of them."""

ALSO_BY_NUMBER = {"AU": ("Indian/Christmas", "Indian/Cocos")}
"""Zones of other places that have the telephone numbers of a country."""


@cache
def everywhere() -> Sequence[str]:
    """The zones in which people live, one of those whose clocks agree: someone of whom nothing is known is in any."""
    rows = (resources.files("tzdata.zoneinfo") / "zone.tab").read_text("utf-8").splitlines()
    zones = sorted(row.split("\t")[2] for row in rows if not row.startswith("#"))
    days = [datetime(2026, 10, 15, tzinfo=UTC) + timedelta(hours=12 * number) for number in range(400)]
    clocks = {tuple(day.astimezone(ZoneInfo(zone)).utcoffset() for day in days): zone for zone in zones}
    return tuple(clocks.values())


STATES_OF_ZONE = {
    "America/Los_Angeles": ("US-NV", "US-WA"),
}
"""States with laws of their own, of zones to which people from other states move: their laws count as well there."""

AT_HOME = {("US-TX", "America/Denver")}
"""Zones that belong to a state beside the one of its `Place`: El Paso is in Texas."""

_EVERYWHERE: Hours = (8, 21)
_FRENCH_HOLIDAYS = {date(2026, 11, 1), date(2026, 11, 11), date(2027, 3, 29)}


def legal_hours(law: str, day: date) -> Hours:
    """When a law allows promotional SMS on a local day."""
    weekday = day.weekday()
    match law:
        case "US-TX":
            return (12, 21) if weekday == SUNDAY else (9, 21)
        case "US-OK" | "US-WA":
            return (8, 20)
        case "US-NV":
            return (9, 20)
        case "CA":
            return (10, 18) if weekday > 4 else (9, 21)
        case "FR":
            return NEVER if weekday == SUNDAY or day in _FRENCH_HOLIDAYS else (8, 21)
        case "IN":
            return (9, 21)
    return _EVERYWHERE


def laws_of(place: Place, zone: str | None) -> Sequence[str]:
    """The laws that count for a telephone number of a place, when its owner is in a zone; None is unknown."""
    laws = ["", place.law]
    is_at_home = zone == place.zone or (place.law, zone) in AT_HOME
    if place.country == "US" and not is_at_home and zone is not None:
        laws += STATES_OF_ZONE.get(zone, ())
    return laws
