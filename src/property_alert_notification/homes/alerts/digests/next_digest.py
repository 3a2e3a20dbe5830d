"""Computes when the matches of a saved search go into a digest, by its own schedule. Pure."""

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from itertools import count

from property_alert_notification.base.vocabulary import Frequency
from property_alert_notification.homes.saved_searches.words import ScheduleType
from property_alert_notification.people.digest_times import DEFAULT, latest, local_day, next_digest
from property_alert_notification.people.preferences.rules import DigestTimes

_NOON, _MORNING, _EVENING = time(12), time(8), time(18)
_FREQUENCIES = {
    ScheduleType.DAILY: Frequency.DAILY,
    ScheduleType.WEEKLY: Frequency.WEEKLY,
    ScheduleType.MONTHLY: Frequency.MONTHLY,
}
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def next_digest_of(
    schedule: ScheduleType,
    half_days: Collection[str],
    times: DigestTimes | None,
    zones: Sequence[tzinfo],
    after: datetime,
) -> datetime:
    """The first digest of a search after a moment, in UTC.

    Args:
        schedule: any but ASAP.
        half_days: those of a daily search, such as `MondayAM`, or the one of a weekly search. Without any the digest of
            the user counts that is as frequent.
        times: the `digest` preference of the user; None means the default.
        zones: the zones in which the user may be, as for any digest.
        after: the digest is later than this.
    """
    if not half_days:
        return next_digest(_FREQUENCIES[schedule], times, zones, after)
    return next(moment for moment in _moments(half_days, times or DEFAULT, zones, after) if moment > after)


def _moments(
    half_days: Collection[str], times: DigestTimes, zones: Sequence[tzinfo], after: datetime
) -> Iterator[datetime]:
    # In the half of the day in which the user's digests are made their hour counts.
    hours = {"AM": times.at if times.at < _NOON else _MORNING, "PM": times.at if times.at >= _NOON else _EVENING}
    first = local_day(zones, after) - timedelta(days=1)
    for number in count():
        day = first + timedelta(days=number)
        for half, at in hours.items():
            if f"{_DAYS[day.weekday()]}{half}" in half_days:
                yield latest(datetime.combine(day, at), zones or (UTC,))
