"""The open houses of a listing, as its record has them."""

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from property_alert_notification.base.errors import InvalidField
from property_alert_notification.homes.reso import times, values
from property_alert_notification.homes.reso.words import OpenHouseStatus

OPEN_HOUSES = ("OpenHouse", "OpenHouses")
"""Where feeds have them."""

MOST = 100

LAST_ZONE = timezone(timedelta(hours=-12))
"""Where a day ends last: what is over there is over everywhere."""

_NOT_PLANNED = frozenset({OpenHouseStatus.CANCELED, OpenHouseStatus.ENDED})
_DAY = timedelta(days=1)
_CLOCK = len("2026-12-06T13:00:00")


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
    return all(end_of(*_time_of(one), zone) <= now for zone in zones)


def end_of(day: str, start: str | None, end: str | None, zone: tzinfo) -> datetime:
    """When an open house is over, whose times of day are in this zone. Without an end it is over with its day."""
    if end is None:
        return datetime.combine(date.fromisoformat(day) + _DAY, time(), zone)
    if is_moment(end):
        return datetime.fromisoformat(end)
    return datetime.fromisoformat(_end_by_the_clock(day, start, end)).replace(tzinfo=zone)


def _end_by_the_clock(day: str, start: str | None, end: str) -> str:
    is_next_day = start is not None and not is_moment(start) and end <= start
    return f"{date.fromisoformat(day) + _DAY if is_next_day else day}T{end}"


def takes_place(status: str | None) -> bool:
    """Whether an open house of this status takes place: it is neither cancelled nor over."""
    return status not in _NOT_PLANNED


def is_moment(text: str) -> bool:
    """Whether a time is a moment, and not a time of day."""
    return "T" in text


def names_of(one: Mapping[str, Any]) -> tuple[object, ...]:
    """What the time of an open house in a record is called: see `names_of_time`."""
    return names_of_time(*_time_of(one))


def _time_of(one: Mapping[str, Any]) -> tuple[str, str | None, str | None]:
    """Its day, start and end."""
    return one["OpenHouseDate"], one.get("OpenHouseStartTime"), one.get("OpenHouseEndTime")


@lru_cache(4_096)
def names_of_time(day: str, start: str | None, end: str | None) -> tuple[object, ...]:
    """What the time of an open house is called: by the clocks where it is and, if that is known, in UTC.

    Two that have a name in common are at the same time, whichever way their feeds write it.
    """
    by_the_clock = (
        f"{day}T{start or ''}" if start is None or not is_moment(start) else start[:_CLOCK],
        None if end is None else end[:_CLOCK] if is_moment(end) else _end_by_the_clock(day, start, end),
    )
    if start is None or not is_moment(start) or not (end is None or is_moment(end)):
        return (by_the_clock,)
    moments = [one and datetime.fromisoformat(one).astimezone(UTC) for one in (start, end)]
    return by_the_clock, (moments[0], moments[1])
