"""What `people/hours` must answer, computed another way: minute by minute, with `zoneinfo` alone and no tables."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)

DAY = 24 * 60
"""Minutes."""


@dataclass(frozen=True)
class Quiet:
    """From one time to another on these days; over midnight if the second is earlier."""

    days: frozenset[int]
    start: time
    end: time


@dataclass(frozen=True)
class Window:
    """What one law allows: for each weekday from one minute of the day to another."""

    week: tuple[tuple[tuple[int, int], ...], ...]
    closed: frozenset[date] = frozenset()


@dataclass(frozen=True)
class Case:
    now: datetime
    zones: tuple[str, ...]
    quiet: tuple[Quiet, ...] = ()
    windows: tuple[Window, ...] = ()


class Allowed:
    """The minutes of each weekday, and whether its clock may show them."""

    def __init__(self, case: Case) -> None:
        self._closed = frozenset().union(*(window.closed for window in case.windows))
        self._minutes = [bytearray(b"\1" * DAY) for _ in range(7)]
        for window in case.windows:
            for minutes, spans in zip(self._minutes, window.week, strict=True):
                open_ = bytearray(DAY)
                for start, end in spans:
                    open_[start:end] = b"\1" * (end - start)
                minutes[:] = bytes(a & b for a, b in zip(minutes, open_, strict=True))
        for quiet in case.quiet:
            for day in quiet.days:
                self._disturb_not(day, quiet)

    def _disturb_not(self, day: int, quiet: Quiet) -> None:
        start, end = (time.hour * 60 + time.minute for time in (quiet.start, quiet.end))
        spans = [(day, start, end)] if start < end else [(day, start, DAY), ((day + 1) % 7, 0, end)]
        for on, first, last in spans:
            self._minutes[on][first:last] = bytes(last - first)

    def covers(self, moment: datetime, clocks: Sequence[ZoneInfo]) -> bool:
        """Whether the clocks of all zones show an allowed minute."""
        return all(map(self._shows, map(moment.astimezone, clocks)))

    def _shows(self, local: datetime) -> bool:
        if not self._minutes[local.weekday()][local.hour * 60 + local.minute]:
            return False
        return not self._closed or local.date() not in self._closed


def wrong(case: Case, answer: datetime | None) -> str | None:
    """What is wrong with an answer: the first allowed moment, or None if the next eight days have none."""
    clocks, allowed = [ZoneInfo(zone) for zone in case.zones], Allowed(case)
    if answer is not None and not case.now <= answer <= case.now + timedelta(days=8):
        return "it is not in the next eight days"
    if answer is not None and not allowed.covers(answer, clocks):
        return "it is not allowed"
    end = case.now + timedelta(days=8, microseconds=1) if answer is None else answer
    for moment in _minutes(case.now, end):
        if allowed.covers(moment, clocks):
            return f"{moment} is allowed and earlier"
    return None


def _minutes(start: datetime, end: datetime) -> Iterator[datetime]:
    """The moment itself and every whole minute behind it: nothing else can be the first that is allowed."""
    yield from (moment for moment in [start] if start < end)
    moment = start.replace(second=0, microsecond=0) + MINUTE
    while moment < end:
        yield moment
        moment += MINUTE


@cache
def changes(zone: str, first: int = 2026, last: int = 2030) -> Sequence[datetime]:
    """The moments at which a zone's clock is changed in some years."""
    here, found = ZoneInfo(zone), []
    day, end = datetime(first, 1, 1, tzinfo=UTC), datetime(last + 1, 1, 1, tzinfo=UTC)
    while day < end:
        after = day + timedelta(days=1)
        if day.astimezone(here).utcoffset() != after.astimezone(here).utcoffset():
            found.append(_exactly(day, after, here))
        day = after
    return found


def _exactly(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    offset = before.astimezone(zone).utcoffset()
    while after - before > MINUTE:
        middle = before + (after - before) // MINUTE // 2 * MINUTE
        before, after = (middle, after) if middle.astimezone(zone).utcoffset() == offset else (before, middle)
    return after
