"""Spans of a local day in microseconds: the allowed hours of legal windows, and quiet hours. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import time

from property_alert_notification.people.hours.legal import LegalWindow
from property_alert_notification.people.preferences.rules import QuietHours

Span = tuple[int, int]
"""From the first to the second, without the latter."""

DAY = 24 * 3_600 * 1_000_000


def since_midnight(at: time) -> int:
    """The microseconds from midnight to this time."""
    return ((at.hour * 60 + at.minute) * 60 + at.second) * 1_000_000 + at.microsecond


def allowed_on(weekday: int, windows: Iterable[LegalWindow]) -> Sequence[Span]:
    """The spans that all windows allow on a weekday; 0 is Monday."""
    found: Sequence[Span] = [(0, DAY)]
    for window in windows:
        found = intersect(found, window.hours[weekday])
    return found


def quiet_on(weekday: int, quiet_hours: Iterable[QuietHours]) -> Iterator[Span]:
    """The quiet spans of a weekday. Hours over midnight belong to the day on which they begin."""
    for quiet in quiet_hours:
        start, end = since_midnight(quiet.start), since_midnight(quiet.end)
        if weekday in quiet.days:
            yield start, (end if start < end else DAY)
        if start > end and (weekday - 1) % 7 in quiet.days:
            yield 0, end


def intersect(one: Sequence[Span], other: Sequence[Span]) -> list[Span]:
    """The intersection of two lists of spans. Each list is sorted, and its spans do not overlap."""
    found: list[Span] = []
    here = there = 0
    while here < len(one) and there < len(other):
        start, end = max(one[here][0], other[there][0]), min(one[here][1], other[there][1])
        if start < end:
            found.append((start, end))
        if one[here][1] < other[there][1]:
            here += 1
        else:
            there += 1
    return found
