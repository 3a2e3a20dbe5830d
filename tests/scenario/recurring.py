"""When a recurring notification comes, by the words of docs/people.md: a few rules of RFC 5545, in plain Python."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Self

from tests.scenario.actions import Repeat
from tests.scenario.model import at_local, local_of

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass(frozen=True)
class Recurring:
    """One that is under way."""

    repeat: Repeat
    locals: tuple[datetime, ...]
    zone: str
    passed_at: datetime
    passed_local: datetime | None = None

    @classmethod
    def begin(cls, repeat: Repeat, zone: str, now: datetime, end: datetime) -> Self:
        """Nothing is made up for that was before."""
        until = end.replace(tzinfo=None) + timedelta(days=2)
        times = takewhile(lambda local: local <= until, occurrences(repeat.rrule, repeat.start))
        return cls(repeat, tuple(times), zone, now)

    def moments(self) -> list[datetime]:
        """Those that are to come, or were missed: no local time twice, even to a user who moves."""
        after = self.passed_at
        if self.passed_local is not None:
            after = max(after, _moment(self.passed_local, self.zone))
        return sorted({moment for local in self.locals if (moment := _moment(local, self.zone)) > after})

    def moved(self, zone: str) -> "Recurring":
        """The same in another zone."""
        return replace(self, zone=zone)

    def passed(self, moment: datetime) -> "Recurring":
        """The same after the occurrence of this moment."""
        return replace(self, passed_at=moment, passed_local=local_of(self.zone, moment).replace(tzinfo=None, fold=0))


def _moment(local: datetime, zone: str) -> datetime:
    return at_local(local.date(), local.time(), zone)


def occurrences(rrule: str, start: datetime) -> Iterator[datetime]:
    """Every local time of a rule from `start` on."""
    parts = dict(part.split("=") for part in rrule.split(";"))
    count, local = int(parts.get("COUNT", 10_000)), start
    while count:
        if fits(parts, start, local):
            count -= 1
            yield local
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
