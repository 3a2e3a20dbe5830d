"""What `people/hours` must answer, computed another way: minute by minute, with `zoneinfo` alone and no tables."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)


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


def is_allowed(moment: datetime, case: Case, clocks: Sequence[ZoneInfo]) -> bool:
    """Whether the clocks of all zones show an allowed time."""
    return all(_allowed(moment.astimezone(clock), case) for clock in clocks)


def _allowed(local: datetime, case: Case) -> bool:
    minute = local.hour * 60 + local.minute
    for window in case.windows:
        if local.date() in window.closed:
            return False
        if not any(start <= minute < end for start, end in window.week[local.weekday()]):
            return False
    return not any(_is_quiet(local, quiet) for quiet in case.quiet)


def _is_quiet(local: datetime, quiet: Quiet) -> bool:
    shown, today = local.time(), local.weekday()
    if quiet.start < quiet.end:
        return today in quiet.days and quiet.start <= shown < quiet.end
    return (today in quiet.days and shown >= quiet.start) or ((today - 1) % 7 in quiet.days and shown < quiet.end)


def wrong(case: Case, answer: datetime | None) -> str | None:
    """What is wrong with an answer: the first allowed moment, or None if the next eight days have none."""
    clocks = [ZoneInfo(zone) for zone in case.zones]
    if answer is not None and not case.now <= answer <= case.now + timedelta(days=8):
        return "it is not in the next eight days"
    if answer is not None and not is_allowed(answer, case, clocks):
        return "it is not allowed"
    end = case.now + timedelta(days=8, microseconds=1) if answer is None else answer
    for moment in _minutes(case.now, end):
        if is_allowed(moment, case, clocks):
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
