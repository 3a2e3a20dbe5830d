"""The open houses of a listing, as its record has them."""

from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from property_alert_notification.base.errors import InvalidField
from property_alert_notification.homes.reso import times, values

OPEN_HOUSES = ("OpenHouse", "OpenHouses")
"""Where feeds have them."""

MOST = 100

LAST_ZONE = timezone(timedelta(hours=-12))
"""Where a day ends last: what is over there is over everywhere."""

_DAY = timedelta(days=1)


def open_houses_of(record: Mapping[str, Any], zone: ZoneInfo | None) -> list[dict[str, Any]] | None:
    """The open houses in the order of their keys; None if the record does not speak of any.

    Raises:
        InvalidField: one cannot be understood.
    """
    name = next((name for name in OPEN_HOUSES if name in record), None)
    if name is None or (given := record[name]) is None:
        return None
    given = [given] if isinstance(given, dict) else given
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given) or len(given) > MOST:
        raise InvalidField(name, f"must be a list of at most {MOST} open houses")
    by_key = {one["OpenHouseKey"]: one for one in (_read(one, name, zone) for one in given)}
    return [by_key[key] for key in sorted(by_key)]


def _read(given: Mapping[str, Any], place: str, zone: ZoneInfo | None) -> dict[str, Any]:
    def field(name: str, understand: Callable[[Any], Any]) -> Any:
        try:
            return understand(given.get(name))
        except ValueError as fault:
            raise InvalidField(f"{place}.{name}", str(fault)) from None

    day = field("OpenHouseDate", times.day) or field("OpenHouseStartTime", times.day)
    if day is None:
        raise InvalidField(f"{place}.OpenHouseDate", "is missing")
    start = field("OpenHouseStartTime", lambda value: times.clock_time(value, zone, day))
    key = given.get("OpenHouseKey") or given.get("OpenHouseId") or f"{day} {start}"
    if not isinstance(key, str | int) or not 0 < len(str(key)) <= 255 or not str(key).isprintable():
        raise InvalidField(f"{place}.OpenHouseKey", "must be 1 to 255 printable characters")
    found = {
        "OpenHouseKey": str(key),
        "OpenHouseDate": day,
        "OpenHouseStartTime": start,
        "OpenHouseEndTime": field("OpenHouseEndTime", lambda value: times.clock_time(value, zone, day)),
        "OpenHouseStatus": field("OpenHouseStatus", lambda value: values.word_of("OpenHouseStatus", value)) or "Active",
    }
    return {name: value for name, value in found.items() if value is not None}


def is_over(one: Mapping[str, Any], now: datetime, zones: Collection[tzinfo]) -> bool:
    """Whether an open house is over in all of these zones: a record does not say in which it is.

    Without an end it is over with its day.
    """
    return all(_end_of(one, zone) <= now for zone in zones)


def _end_of(one: Mapping[str, Any], zone: tzinfo) -> datetime:
    day = date.fromisoformat(one["OpenHouseDate"])
    start, end = one.get("OpenHouseStartTime"), one.get("OpenHouseEndTime")
    if end is None:
        return datetime.combine(day + _DAY, time(), zone)
    if _is_moment(end):
        return datetime.fromisoformat(end)
    is_next_day = start is not None and not _is_moment(start) and end <= start
    return datetime.combine(day + _DAY if is_next_day else day, time.fromisoformat(end), zone)


def _is_moment(text: str) -> bool:
    """Whether a time is a moment, and not a time of day."""
    return "T" in text
