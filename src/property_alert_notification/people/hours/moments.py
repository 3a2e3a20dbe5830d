"""From when on a message may be sent: what the clocks of some zones show, laid over the hours that rules allow. Pure.

A moment is allowed when the clock on the wall shows an allowed time in every zone in which the person may be. So an
hour that daylight saving skips opens nothing by itself: a window that would open in it opens when the skipped hour is
over. In an hour that is repeated, the clock decides both times.

Times are counted in microseconds since 1970. What was computed is kept for each set of rules, each set of zones and
each span of eight days, so that a batch costs one look-up for each person.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from property_alert_notification.people.hours.legal import LegalWindow
from property_alert_notification.people.hours.spans import DAY, Span, allowed_on, intersect
from property_alert_notification.people.preferences.rules import QuietHours

HORIZON = timedelta(days=8)
"""How far the first allowed moment is looked for: a week, and a day for changes of the clock."""

Zones = tuple[ZoneInfo, ...]


class Rules:
    """The hours that some legal windows and quiet hours leave. Two are the same only if they are one object."""

    def __init__(self, windows: tuple[LegalWindow, ...], quiet_hours: tuple[QuietHours, ...]) -> None:
        self.always = not windows and not quiet_hours
        self._by_weekday = tuple(tuple(allowed_on(weekday, windows, quiet_hours)) for weekday in range(7))
        self._windows = tuple(window for window in windows if window.closed)

    def on(self, day: int) -> Sequence[Span]:
        """The allowed spans of one day, which is counted from 1970, by the clock on the wall."""
        if self._windows:
            local = date.fromordinal(_EPOCH_ORDINAL + day)
            if any(window.is_closed(local) for window in self._windows):
                return ()
        return self._by_weekday[(day + _EPOCH_WEEKDAY) % 7]


def is_allowed(moment: datetime, rules: Rules, zones: Zones) -> bool:
    """Whether a message may be sent at this moment."""
    return first_allowed(moment, rules, zones) == moment


def first_allowed(moment: datetime, rules: Rules, zones: Zones) -> datetime | None:
    """The moment itself if it is allowed, else the first that is; None if there is none in the next eight days."""
    if rules.always or not _FIRST <= moment <= _LAST:
        return moment
    asked = (moment - _EPOCH) // _MICROSECOND
    for span in (asked // _SPAN, asked // _SPAN + 1):
        found = allowed_in(rules, zones, span)
        place = bisect_right(found, (asked, _INFINITE)) - 1
        if place >= 0 and asked < found[place][1]:
            return moment
        if place + 1 < len(found):
            later = found[place + 1][0]
            return _EPOCH + later * _MICROSECOND if later - asked <= _HORIZON else None
    return None


@lru_cache(maxsize=4096)
def allowed_in(rules: Rules, zones: Zones, span: int) -> tuple[Span, ...]:
    """The allowed times of one span of eight days: those that are allowed in every zone."""
    clocks = {_clock(zone, span) for zone in zones}
    found: Sequence[Span] | None = None
    for clock in clocks:
        in_this = _joined(_allowed_by(clock, rules))
        found = in_this if found is None else intersect(found, in_this)
        if not found:
            break
    return tuple(found or ())


def _allowed_by(clock: "Clock", rules: Rules) -> Iterator[Span]:
    for start, end, offset in clock:
        for day in range((start + offset) // DAY, (end + offset - 1) // DAY + 1):
            midnight = day * DAY - offset
            for opens, closes in rules.on(day):
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
"""How a zone's clock runs for a while: from when to when, and how far it is ahead of UTC."""


@lru_cache(maxsize=4096)
def _clock(zone: ZoneInfo, span: int) -> Clock:
    """The clock of a zone in one span of eight days. Many zones have the same."""
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
"""Outside these, where dates cannot be computed with, everything is allowed. No message is ever due there."""

_MICROSECOND = timedelta(microseconds=1)
_SECOND = 1_000_000
_SPAN = 8 * DAY
_HORIZON = HORIZON // _MICROSECOND
_STEP = 3 * 3_600
"""Seconds between two samples of a zone's offset: no zone ever changed twice within so few hours."""

_INFINITE = 1 << 62
