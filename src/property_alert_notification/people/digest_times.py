"""Computes when the next digest of a person is made: every day, on a weekday or on a day of the month. Pure.

The hour is local, and resolved anew for each day. An hour that daylight saving skips moves forward by what is
skipped; one that it repeats counts the first time.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import MAXYEAR, UTC, date, datetime, timedelta, tzinfo
from itertools import count

from property_alert_notification.base.vocabulary import Frequency
from property_alert_notification.people.preferences.rules import DigestTimes

DEFAULT = DigestTimes()
"""The digest times of users without a `digest` preference: 08:00, Mondays, the first of the month."""

_DAY = timedelta(days=1)
_NEVER = datetime(MAXYEAR, 12, 31, tzinfo=UTC)
_LAST = datetime(MAXYEAR - 1, 12, 1, tzinfo=UTC)


def next_digest(frequency: Frequency, times: DigestTimes | None, zones: Sequence[tzinfo], after: datetime) -> datetime:
    """The first digest time after a moment, in UTC.

    Args:
        frequency: `daily`, `weekly` or `monthly`.
        times: the `digest` preference of the user; None means `DEFAULT`.
        zones: the zones in which the user may be. Of several, the one counts in which the hour comes last on that day,
            so that it has come in all of them. An empty list means UTC.
        after: the digest is later than this.
    """
    if after >= _LAST:
        return _NEVER
    wanted = times or DEFAULT
    # The search begins a day earlier: a zone may set its clock back over midnight.
    first = local_day(zones, after) - _DAY
    moments = (latest(datetime.combine(day, wanted.at), zones or (UTC,)) for day in _DAYS[frequency](first, wanted))
    return next(moment for moment in moments if moment > after)


def local_day(zones: Sequence[tzinfo], moment: datetime) -> date:
    """The local date of a person at a moment, by the clock that is furthest behind."""
    return moment.astimezone(_furthest_behind(zones, moment)).date()


def latest(local: datetime, zones: Sequence[tzinfo]) -> datetime:
    """When a local time has come in all of these zones."""
    return max(local.replace(tzinfo=zone).astimezone(UTC) for zone in zones)


def _furthest_behind(zones: Sequence[tzinfo], moment: datetime) -> tzinfo:
    if len(zones) < 2:
        return zones[0] if zones else UTC
    return min(zones, key=lambda zone: moment.astimezone(zone).utcoffset() or timedelta())


def _every_day(first: date, _: DigestTimes) -> Iterator[date]:
    return (first + number * _DAY for number in count())


def _every_week(first: date, times: DigestTimes) -> Iterator[date]:
    return (day for day in _every_day(first, times) if day.weekday() == times.weekday)


def _every_month(first: date, times: DigestTimes) -> Iterator[date]:
    for day in _every_day(first, times):
        is_last_of_month = (day + _DAY).month != day.month
        if day.day == times.day or (is_last_of_month and day.day < times.day):
            yield day


_DAYS: dict[Frequency, Callable[[date, DigestTimes], Iterator[date]]] = {
    Frequency.DAILY: _every_day,
    Frequency.WEEKLY: _every_week,
    Frequency.MONTHLY: _every_month,
}
