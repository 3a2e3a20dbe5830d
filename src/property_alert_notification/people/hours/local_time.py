"""Converts a user's local time to a moment in UTC. Pure."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from property_alert_notification.base import times
from property_alert_notification.people.hours import current
from property_alert_notification.people.hours.countries import Zones
from property_alert_notification.people.hours.hold import where
from property_alert_notification.people.person import Person

_FURTHEST_AHEAD = timedelta(hours=14)
"""No time zone is further ahead of UTC."""


def moment_of(local: datetime, person: Person, *addresses: str | None) -> datetime:
    """The moment at which it is this local time for a person.

    If several zones are possible it is the latest of their moments, so that it is never too early for the person.
    A time that daylight saving skips moves forward by the length of the gap. Of a repeated time the first one counts.
    """
    return _latest(local, where(person, addresses, current.default_time_zone()).zones)


@lru_cache(maxsize=4096)
def _latest(local: datetime, zones: Zones) -> datetime:
    return max(_in(zone, local) for zone in zones)


def _in(zone: ZoneInfo, local: datetime) -> datetime:
    try:
        return local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    except OverflowError:  # on the last day that Python can express
        return times.LAST


def earliest_of(local: datetime) -> datetime:
    """The earliest moment at which it can be this local time in any zone."""
    return times.later(local.replace(tzinfo=UTC), -_FURTHEST_AHEAD)
