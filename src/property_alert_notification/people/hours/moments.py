"""Finds the first moment at which a message may be sent, by the clocks of several zones and the allowed hours. Pure.

A moment is allowed when the clock on the wall shows an allowed time in every zone in which the person may be. So an
hour that daylight saving skips opens nothing by itself: a window that would open in it opens when the skipped hour is
over. In an hour that is repeated, the clock decides both times.

Times are counted in microseconds since 1970. What the law allows is computed once for each set of windows, each set of
zones and each span of eight days. Quiet hours differ from person to person, so they are looked at only where the answer
may be: at the first moment that the law allows, and where the quiet hours end that hold then.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from property_alert_notification.people.hours.legal import LegalWindow
from property_alert_notification.people.hours.spans import DAY, Span, allowed_on, intersect, quiet_on
from property_alert_notification.people.preferences.rules import QuietHours

HORIZON = timedelta(days=8)
"""How far ahead the search for an allowed moment goes: a week, and one day for clock changes."""

Zones = tuple[ZoneInfo, ...]


class Law:
    """The hours that legal windows allow. Compared by identity, so that caches find it quickly."""

    def __init__(self, windows: tuple[LegalWindow, ...]) -> None:
        self._by_weekday = tuple(tuple(allowed_on(weekday, windows)) for weekday in range(7))
        self._windows = tuple(window for window in windows if window.closed)

    def on(self, day: int) -> Sequence[Span]:
        """The allowed spans of one day, which is counted from 1970, by the clock on the wall."""
        if self._windows:
            local = date.fromordinal(_EPOCH_ORDINAL + day)
            if any(window.is_closed(local) for window in self._windows):
                return ()
        return self._by_weekday[(day + _EPOCH_WEEKDAY) % 7]


def first_allowed(moment: datetime, law: Law, quiet_hours: Sequence[QuietHours], zones: Zones) -> datetime | None:
    """The moment itself if it is allowed, else the first allowed one; None if the next eight days have none."""
    if not _FIRST <= moment <= _LAST:
        return moment
    asked = (moment - _EPOCH) // _MICROSECOND
    quiet = _Quiet(quiet_hours)
    found, lawful = asked, _first_lawful(asked, law, zones)
    while lawful is not None and lawful - asked <= _HORIZON:
        found = quiet.end(lawful, zones) if quiet_hours else lawful
        if found == lawful:
            return moment if found == asked else _EPOCH + found * _MICROSECOND
        lawful = _first_lawful(found, law, zones)
    return None


def _first_lawful(at: int, law: Law, zones: Zones) -> int | None:
    """The first moment that the law allows, from this one on; None if the next eight days have none."""
    for span in (at // _SPAN, at // _SPAN + 1):
        allowed = allowed_in(law, zones, span)
        place = bisect_right(allowed, (at, _INFINITE)) - 1
        if place >= 0 and at < allowed[place][1]:
            return at
        if place + 1 < len(allowed):
            return allowed[place + 1][0]
    return None


class _Quiet:
    """The quiet hours of one person."""

    def __init__(self, quiet_hours: Sequence[QuietHours]) -> None:
        self._quiet_hours = quiet_hours
        self._by_weekday: dict[int, list[Span]] = {}

    def end(self, at: int, zones: Zones) -> int:
        """The moment itself if no zone's clock shows quiet hours then; else a later one, before which it is quiet."""
        span = at // _SPAN
        for clock in _clocks(zones, span):
            for start, end, offset in clock:
                if start <= at < end:
                    day, time_of_day = divmod(at + offset, DAY)
                    quiet_for = self._until(day, time_of_day) - time_of_day
                    # After a clock change the local time may be outside the quiet hours.
                    at = min(at + quiet_for, end)
        return at

    def _until(self, day: int, time_of_day: int) -> int:
        weekday = (day + _EPOCH_WEEKDAY) % 7
        if (spans := self._by_weekday.get(weekday)) is None:
            spans = self._by_weekday[weekday] = list(quiet_on(weekday, self._quiet_hours))
        return max((end for start, end in spans if start <= time_of_day < end), default=time_of_day)


@lru_cache(maxsize=4096)
def allowed_in(law: Law, zones: Zones, span: int) -> tuple[Span, ...]:
    """The times in one span of eight days that the law allows in every zone."""
    found: Sequence[Span] | None = None
    for clock in _clocks(zones, span):
        in_this = _joined(_allowed_by(clock, law))
        found = in_this if found is None else intersect(found, in_this)
        if not found:
            break
    return tuple(found or ())


def _allowed_by(clock: "Clock", law: Law) -> Iterator[Span]:
    for start, end, offset in clock:
        for day in range((start + offset) // DAY, (end + offset - 1) // DAY + 1):
            midnight = day * DAY - offset
            for opens, closes in law.on(day):
                if (first := max(midnight + opens, start)) < (last := min(midnight + closes, end)):
                    yield first, last


def _joined(spans: Iterable[Span]) -> list[Span]:
    """The same spans, in which two that touch are one."""
    found: list[Span] = []
    for start, end in spans:
        if found and found[-1][1] == start:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


Clock = tuple[tuple[int, int, int], ...]
"""The periods of a zone's clock: start, end, and offset from UTC."""


@lru_cache(maxsize=4096)
def _clocks(zones: Zones, span: int) -> tuple[Clock, ...]:
    """The distinct clocks of these zones in one span of eight days. Many zones share one."""
    return tuple({_clock(zone, span) for zone in zones})


@lru_cache(maxsize=4096)
def _clock(zone: ZoneInfo, span: int) -> Clock:
    """The clock of a zone in one span of eight days."""
    first, end = span * _SPAN // _SECOND, (span + 1) * _SPAN // _SECOND
    changes = [(first, _offset(zone, first))]
    for second in range(first, end, _STEP):
        while _offset(zone, second + _STEP) != changes[-1][1]:
            at = _change(zone, max(second, changes[-1][0]), second + _STEP)
            if at >= end:
                break
            changes.append((at, _offset(zone, at)))
    ends = [*(at for at, _ in changes[1:]), end]
    return tuple(
        (at * _SECOND, until * _SECOND, offset * _SECOND) for (at, offset), until in zip(changes, ends, strict=True)
    )


def _change(zone: ZoneInfo, before: int, after: int) -> int:
    """The second at which the offset of `before` ends, which is not that of `after`."""
    offset = _offset(zone, before)
    while after - before > 1:
        middle = (before + after) // 2
        if _offset(zone, middle) == offset:
            before = middle
        else:
            after = middle
    return after


def _offset(zone: ZoneInfo, second: int) -> int:
    ahead = datetime.fromtimestamp(second, zone).utcoffset()
    return 0 if ahead is None else round(ahead.total_seconds())


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_EPOCH_WEEKDAY = date(1970, 1, 1).weekday()
_FIRST = datetime(1900, 1, 1, tzinfo=UTC)
_LAST = datetime(9990, 1, 1, tzinfo=UTC)
"""Outside these limits Python cannot compute dates, and everything is allowed. No message is ever due there."""

_MICROSECOND = timedelta(microseconds=1)
_SECOND = 1_000_000
_SPAN = 8 * DAY
_HORIZON = HORIZON // _MICROSECOND
_STEP = 3 * 3_600
"""Seconds between two samples of a zone's offset: no zone ever changed twice within so few hours."""

_INFINITE = 1 << 62
