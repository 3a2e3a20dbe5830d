"""When a recurring notification comes, by the words of docs/people.md: a few rules of RFC 5545, in plain Python."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def occurrences(rrule: str, start: datetime, zone: str) -> Iterator[datetime]:
    """Every moment of a rule from `start` on, a local time of a zone, in UTC.

    A local time in the gap moves forward by what is left out; one in the fold counts the first time.
    """
    parts = dict(part.split("=") for part in rrule.split(";"))
    count, local = int(parts.get("COUNT", 10_000)), start
    while count:
        if fits(parts, start, local):
            count -= 1
            yield local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        local += timedelta(hours=1)


def fits(parts: Mapping[str, str], start: datetime, local: datetime) -> bool:
    """Whether a local time, some whole hours after the start, is one of the rule."""
    interval = int(parts.get("INTERVAL", 1))
    if parts["FREQ"] == "HOURLY":
        return (local - start) // timedelta(hours=1) % interval == 0
    hours = [int(hour) for hour in parts["BYHOUR"].split(",")] if "BYHOUR" in parts else [start.hour]
    if local.hour not in hours:
        return False
    match parts["FREQ"]:
        case "DAILY":
            return (local.date() - start.date()).days % interval == 0
        case "WEEKLY":
            return DAYS[local.weekday()] in parts["BYDAY"].split(",")
    return str(local.day) in parts["BYMONTHDAY"].split(",")
