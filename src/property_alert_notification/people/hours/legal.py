"""Legal windows: reads them from a file, and finds those that apply to a person. Pure."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from importlib import resources
from itertools import pairwise
from typing import Any

from property_alert_notification.base.vocabulary import CategoryKind, Channel
from property_alert_notification.people.hours import closed_days
from property_alert_notification.people.hours.closed_days import WEEKDAYS

EVERYWHERE = "*"
"""The place of windows that apply everywhere."""

_PLACE = re.compile(r"\*|[A-Z]{2}(-[A-Z0-9]{1,3})?")
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)")
_MINUTE = 60 * 1_000_000


@dataclass(frozen=True, slots=True)
class LegalWindow:
    """The local hours at which the law of one place allows messages of one kind on one channel."""

    place: str
    """A country (ISO 3166-1) or a part of one (ISO 3166-2); `*` is every place."""
    channel: Channel
    kind: CategoryKind
    hours: tuple[tuple[tuple[int, int], ...], ...]
    """The allowed spans of each weekday, Monday first, in microseconds since midnight."""
    closed: tuple[str, ...]
    """Days of the year on which no message is allowed, in the syntax of closed_days.py."""
    source: str

    def is_closed(self, day: date) -> bool:
        """Whether no message is allowed on this date."""
        return day in closed_days.dates_in(self.closed, day.year)


@dataclass(frozen=True, eq=False)
class LegalWindows:
    """All windows of a file. The window of a country narrows that of `*`, and a state narrows its country."""

    windows: tuple[LegalWindow, ...]

    @cached_property
    def _by_place(self) -> Mapping[tuple[str, Channel, CategoryKind], LegalWindow]:
        return {(window.place, window.channel, window.kind): window for window in self.windows}

    @cached_property
    def _narrowed(self) -> frozenset[tuple[Channel, CategoryKind]]:
        return frozenset((window.channel, window.kind) for window in self.windows)

    def limit(self, channel: Channel, kind: CategoryKind) -> bool:
        """Whether any window applies to messages of this kind on this channel."""
        return (channel, kind) in self._narrowed

    def of(self, channel: Channel, kind: CategoryKind, places: Iterable[str]) -> tuple[LegalWindow, ...]:
        """The windows that apply to a person who may be in any of these places."""
        keys = ((place, channel, kind) for place in (EVERYWHERE, *places))
        return tuple(self._by_place[key] for key in keys if key in self._by_place)


NO_WINDOWS = LegalWindows(())
"""No windows: every hour is allowed."""


@cache
def built_in() -> LegalWindows:
    """The windows that come with this package."""
    return read((resources.files(__package__) / "legal_windows.toml").read_text("utf-8"))


def read(text: str) -> LegalWindows:
    """Read a file of windows.

    Raises:
        ValueError: the file is invalid; the text names the window and the problem.
    """
    tables = tomllib.loads(text)
    if unknown := tables.keys() - {"window"}:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}; only [[window]] is known")
    entries = tables.get("window", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError("windows are written as [[window]]")
    windows = tuple(_numbered(number, entry) for number, entry in enumerate(entries, start=1))
    keys = [(window.place, window.channel, window.kind) for window in windows]
    for key in keys:
        if keys.count(key) > 1:
            raise ValueError(f"{key[0]} has two windows for {key[2]} messages on {key[1]}")
    return LegalWindows(windows)


def _numbered(number: int, entry: Mapping[str, Any]) -> LegalWindow:
    try:
        return _window(entry)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        place = f" ({entry['place']})" if isinstance(entry.get("place"), str) else ""
        why = f"{error.args[0]} is missing" if isinstance(error, KeyError) else error
        raise ValueError(f"window {number}{place}: {why}") from None


_FIELDS = {"place", "channel", "kind", "hours", "closed", "source"}


def _window(entry: Mapping[str, Any]) -> LegalWindow:
    if unknown := entry.keys() - _FIELDS:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    if not _PLACE.fullmatch(entry["place"]):
        raise ValueError("place must be a country such as FR, a part of one such as US-TX, or *")
    if not str(entry["source"]).strip():
        raise ValueError("source must say where the rule is written")
    return LegalWindow(
        place=entry["place"],
        channel=Channel(entry["channel"]),
        kind=CategoryKind(entry.get("kind", CategoryKind.PROMOTIONAL)),
        hours=_week(entry["hours"]),
        closed=tuple(closed_days.check(day) for day in entry.get("closed", ())),
        source=entry["source"],
    )


def _week(hours: Mapping[str, Any]) -> tuple[tuple[tuple[int, int], ...], ...]:
    """The spans of each weekday. A day that is not named has none."""
    found: dict[int, tuple[tuple[int, int], ...]] = {}
    for days, spans in hours.items():
        for weekday in _days(days):
            if weekday in found:
                raise ValueError(f"hours name {WEEKDAYS[weekday]} twice")
            found[weekday] = _spans([spans] if isinstance(spans, str) else spans)
    return tuple(found.get(weekday, ()) for weekday in range(7))


def _days(text: str) -> range:
    first, _, last = text.partition("-")
    if first not in WEEKDAYS or (last or first) not in WEEKDAYS:
        raise ValueError(f"{text!r} are not days: write mon, or mon-sat")
    days = range(WEEKDAYS.index(first), WEEKDAYS.index(last or first) + 1)
    if not days:
        raise ValueError(f"{text!r} ends before it begins: the week begins on mon")
    return days


def _spans(texts: list[str]) -> tuple[tuple[int, int], ...]:
    found = sorted(_span(text) for text in texts)
    if any(one[1] > other[0] for one, other in pairwise(found)):
        raise ValueError(f"{' and '.join(texts)} overlap")
    return tuple(found)


def _span(text: str) -> tuple[int, int]:
    match = _HOURS.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} are not hours: write 08:00-21:00")
    start = int(match[1]) * 60 + int(match[2])
    end = 24 * 60 if match[3] is None else int(match[3]) * 60 + int(match[4])
    if start >= end:
        raise ValueError(f"{text} ends before it begins: a window does not go over midnight")
    return start * _MINUTE, end * _MINUTE
