"""When an open house is: by the clocks where it is, or at moments in UTC if its record does not say where. Pure."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any

_LAST_ZONE = timezone(timedelta(hours=-12))
"""Where a day ends last: what is over there is over everywhere."""

_DAY = timedelta(days=1)
_LAST_DAY = date.max - _DAY
_DATE = len("2026-12-06")
_CLOCK = len("2026-12-06T13:00:00")


def is_over(one: Mapping[str, Any], now: datetime) -> bool:
    """Whether an open house in a record is over."""
    return end_of(*time_of(one)) <= now


def end_of(day: str, start: str | None, end: str | None) -> datetime:
    """When an open house is over, everywhere if it is not known where it is. Without an end it is over with its day."""
    if end is None:
        zone: tzinfo = _LAST_ZONE
        # A moment in UTC does not say where the day is.
        if start is not None and is_moment(start) and start[-1] != "Z":
            zone = datetime.fromisoformat(start).tzinfo or zone
        return datetime.combine(_day_after(day), time(), zone)
    if is_moment(end):
        return datetime.fromisoformat(end)
    return datetime.fromisoformat(_end_by_the_clock(day, start, end)).replace(tzinfo=_LAST_ZONE)


def _end_by_the_clock(day: str, start: str | None, end: str) -> str:
    is_next_day = start is not None and not is_moment(start) and end <= start
    return f"{_day_after(day) if is_next_day else day}T{end}"


def _day_after(day: str) -> date:
    return min(date.fromisoformat(day), _LAST_DAY) + _DAY


def clock_of(text: str) -> str:
    """The time of day of a time, by the clock where it is if that is known."""
    return text[_DATE + 1 : _CLOCK] if is_moment(text) else text


def day_of(text: str, day: str) -> str:
    """The day of a time: its own if it is a moment, or else that of its open house."""
    return text[:_DATE] if is_moment(text) else day


def lasts_a_day(start: str, end: str) -> bool:
    """Whether the end has the same time of day as the start, or a later one, on another day."""
    if not (is_moment(start) and is_moment(end)):
        return False
    return datetime.fromisoformat(end) - datetime.fromisoformat(start) >= _DAY


def is_moment(text: str) -> bool:
    """Whether a time is a moment, and not a time of day."""
    return "T" in text


def names_of(one: Mapping[str, Any]) -> tuple[object, ...]:
    """What the time of an open house in a record is called: see `names_of_time`."""
    return names_of_time(*time_of(one))


def time_of(one: Mapping[str, Any]) -> tuple[str, str | None, str | None]:
    """The day, start and end of an open house."""
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
