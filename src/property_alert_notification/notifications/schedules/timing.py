"""Computes the instants of a schedule's occurrences from its local times and a zone. Pure.

A local time in the gap of a clock change moves forward by the length of the gap (RFC 5545, 3.3.5). Of a repeated local
time the first instant counts. Two local times that become the same instant are one occurrence. So an hourly rule occurs
once at each local hour, and not again in the repeated hour of autumn.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from property_alert_notification.notifications.schedules.expand import occurrences
from property_alert_notification.notifications.schedules.rrule import Rule

_LONGEST_GAP = timedelta(days=2)
"""Some islands skipped a whole day when they moved across the date line."""

_WINDOWS = (timedelta(days=2), timedelta(days=62), timedelta(days=800))
"""How far back the search for the last occurrence goes, step by step: a frequent rule has one nearby."""


@dataclass(frozen=True, slots=True)
class Timing:
    """The rule of a schedule with its last processed occurrence."""

    rule: Rule
    start: datetime
    """Local."""
    passed_at: datetime
    """Only occurrences after this instant count."""
    passed_local: datetime | None = None
    """Only occurrences after this local time count: a user who moves to another zone gets no local time twice."""
    final: datetime | None = None
    """The local time of the last occurrence that COUNT allows; None without COUNT."""

    def next(self, zone: ZoneInfo) -> datetime | None:
        """The instant of the next occurrence, which may be in the past; None if there is none."""
        return next(self._moments(zone, self._after(zone)), None)

    def last_missed(self, zone: ZoneInfo, now: datetime) -> datetime | None:
        """The last occurrence in the past that was not processed. Earlier missed ones are skipped."""
        after = self._after(zone)
        for window in _WINDOWS:
            if now - window <= after:
                break
            if (found := self._last(zone, now - window, now)) is not None:
                return found
        return self._last(zone, after, now)

    def coming(self, zone: ZoneInfo, count: int) -> list[datetime]:
        """The next occurrences."""
        return list(islice(self._moments(zone, self._after(zone)), count))

    def passed(self, moment: datetime, zone: ZoneInfo) -> "Timing":
        """This timing after the occurrence at this moment was processed."""
        return replace(self, passed_at=moment, passed_local=local_time(moment, zone))

    def _after(self, zone: ZoneInfo) -> datetime:
        if self.passed_local is None:
            return self.passed_at
        return max(self.passed_at, instant_of(self.passed_local, zone))

    def _last(self, zone: ZoneInfo, after: datetime, now: datetime) -> datetime | None:
        found = None
        for moment in self._moments(zone, after):
            if moment > now:
                break
            found = moment
        return found

    def _moments(self, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
        """The instants of occurrences after this one, in order, without duplicates."""
        last, moved = after, list[datetime]()
        for local in self._locals(after, zone):
            moment = instant_of(local, zone)
            if local_time(moment, zone) != local:
                moved.append(moment)  # a time moved out of a gap may be later than the local times that follow it
                continue
            earlier = [one for one in moved if one < moment]
            for one in (*earlier, moment):
                if self._is_over(one):
                    return
                if one > last:
                    yield (last := one)
            moved = moved[len(earlier) :]
        for one in moved:
            if one > last and not self._is_over(one):
                yield (last := one)

    def _locals(self, after: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        since = local_time(after, zone)
        if after.astimezone(zone).utcoffset() != (after - _LONGEST_GAP).astimezone(zone).utcoffset():
            since -= _LONGEST_GAP
        for local in occurrences(self.rule, self.start, since=since):
            if self.final is not None and local > self.final:
                return
            yield local

    def _is_over(self, moment: datetime) -> bool:
        until = self.rule.until
        return until is not None and until.tzinfo is not None and moment > until


def instant_of(local: datetime, zone: ZoneInfo) -> datetime:
    """The instant of a local time: moved forward out of a gap, and the first of two."""
    return local.replace(tzinfo=zone, fold=0).astimezone(UTC)


def local_time(moment: datetime, zone: ZoneInfo) -> datetime:
    """The local time of an instant in a zone."""
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)
