"""Finds the occurrences of a rule, as local times without a zone. Pure.

It iterates over months, so that a start long ago, or a rule that never occurs, costs at most one pass over the months
until `FARTHEST`. Libraries iterate over intervals from the start, without an end.
"""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from functools import lru_cache
from math import gcd

from property_alert_notification.notifications.schedules.rrule import Freq, Rule, Weekday

FARTHEST = datetime(2200, 12, 31, 23, 59)  # noqa: DTZ001 - local by definition
"""No occurrence is after this."""

_HOURS = 24
_MONTHS = 12


def occurrences(rule: Rule, start: datetime, *, since: datetime) -> Iterator[datetime]:
    """The local times of a rule from `since` on, in order. COUNT and an UNTIL in UTC are ignored.

    The start is an occurrence only if it matches the rule.
    """
    first = max(start, since)
    last = FARTHEST if rule.until is None or rule.until.tzinfo else min(rule.until, FARTHEST)
    expander = _Expander(rule, start)
    year, month = first.year, first.month
    while (year, month) <= (last.year, last.month):
        for day in expander.days(year, month):
            for moment in expander.times(day):
                if moment > last:
                    return
                if moment >= first:
                    yield moment
        year, month = (year, month + 1) if month < _MONTHS else (year + 1, 1)


@lru_cache(4096)
def nth_occurrence(rule: Rule, start: datetime, count: int) -> datetime | None:
    """The local time of occurrence number `count`, the first being 1; None if it would be after `FARTHEST`.

    UNTIL is ignored. For some rules this takes a tenth of a second.
    """
    expander, left = _Expander(rule, start), count
    year, month = start.year, start.month
    while year <= FARTHEST.year:
        days = expander.days(year, month)
        since = start if (year, month) == (start.year, start.month) else None
        here = expander.count(days) if since is None else sum(1 for _ in expander.from_(days, start))
        if here >= left:
            return _nth(expander.from_(days, since or start), left)
        left -= here
        year, month = (year, month + 1) if month < _MONTHS else (year + 1, 1)
    return None


def _nth(moments: Iterator[datetime], number: int) -> datetime:
    for _ in range(number - 1):
        next(moments)
    return next(moments)


class _Expander:
    """The days of a month and the times of a day that match a rule."""

    def __init__(self, rule: Rule, start: datetime) -> None:
        self._rule = rule
        self._start = start
        self._day = start.toordinal()
        self._week = self._day - start.weekday()
        minutes = rule.minutes or (start.minute,)
        hours = rule.hours or (start.hour,)
        self._minutes = minutes
        self._times = [time(hour, minute) for hour in hours for minute in minutes]
        self._weekdays = {one.day for one in rule.weekdays if one.nth is None}
        self._nths = [one for one in rule.weekdays if one.nth is not None]
        if rule.freq is Freq.WEEKLY and not rule.weekdays:
            self._weekdays = {start.weekday()}
        apart = gcd(rule.interval, _HOURS)
        self._never = rule.freq is Freq.HOURLY and all(
            (hour - start.hour) % apart for hour in rule.hours or (start.hour,)
        )
        """The interval never reaches an hour of BYHOUR."""

    def days(self, year: int, month: int) -> Sequence[date]:
        """The days of a month, in order."""
        rule = self._rule
        if self._never or (rule.months and month not in rule.months):
            return ()
        weekday, length = monthrange(year, month)
        days: Sequence[int] = range(1, length + 1)
        if rule.freq is Freq.MONTHLY:
            away = (year - self._start.year) * _MONTHS + month - self._start.month
            if away % rule.interval:
                return ()
            if not rule.month_days and not rule.weekdays:
                days = (self._start.day,) if self._start.day <= length else ()
        if rule.month_days:
            days = [day for day in days if day in rule.month_days or day - length - 1 in rule.month_days]
        if self._weekdays or self._nths:
            days = [day for day in days if self._is_weekday(day, weekday, length)]
        found = [date(year, month, day) for day in days]
        return found if rule.freq in (Freq.MONTHLY, Freq.HOURLY) else [day for day in found if self._is_in_turn(day)]

    def _is_weekday(self, day: int, weekday_of_first: int, length: int) -> bool:
        weekday = (weekday_of_first + day - 1) % 7
        return weekday in self._weekdays or any(_is_nth(one, weekday, day, length) for one in self._nths)

    def _is_in_turn(self, day: date) -> bool:
        """Whether the interval reaches this day, or its week."""
        if self._rule.freq is Freq.DAILY:
            return (day.toordinal() - self._day) % self._rule.interval == 0
        return (day.toordinal() - self._week) // 7 % self._rule.interval == 0

    def times(self, day: date) -> Iterator[datetime]:
        """The times of a day, in order."""
        if self._rule.freq is not Freq.HOURLY:
            return (datetime.combine(day, one) for one in self._times)
        return (
            datetime(day.year, day.month, day.day, hour, minute)  # noqa: DTZ001 - local by definition
            for hour in self._hours(day)
            for minute in self._minutes
        )

    def _hours(self, day: date) -> Sequence[int]:
        """The hours of a day that the interval reaches, counted in local time."""
        interval = self._rule.interval
        first = (self._start.hour - (day.toordinal() - self._day) * _HOURS) % interval
        if first >= _HOURS:
            return ()
        hours = range(first, _HOURS, interval)
        return [hour for hour in hours if hour in self._rule.hours] if self._rule.hours else hours

    def count(self, days: Sequence[date]) -> int:
        """How many times the rule has on these days."""
        if self._rule.freq is not Freq.HOURLY:
            return len(days) * len(self._times)
        return sum(len(self._hours(day)) for day in days) * len(self._minutes)

    def from_(self, days: Sequence[date], first: datetime) -> Iterator[datetime]:
        """The times of the rule on these days, from `first` on."""
        return (moment for day in days for moment in self.times(day) if moment >= first)


def _is_nth(wanted: Weekday, weekday: int, day: int, length: int) -> bool:
    if wanted.nth is None or weekday != wanted.day:
        return False
    return (day - 1) // 7 + 1 == wanted.nth if wanted.nth > 0 else (length - day) // 7 + 1 == -wanted.nth
