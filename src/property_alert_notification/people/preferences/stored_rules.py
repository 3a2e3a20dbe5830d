"""Reads and writes the stored form of preferences besides the channel switches: JSON, or NULL for most users. Pure."""

import json
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time
from functools import lru_cache
from typing import Any

from pydantic_core import from_json

from property_alert_notification.base.errors import UnreadableRow
from property_alert_notification.base.vocabulary import Channel, Frequency
from property_alert_notification.people.preferences.rules import Cap, DigestTimes, PersonalRules, QuietHours

_CHANNELS = {channel.value: channel for channel in Channel}
"""Entries of a channel whose file was removed are kept, and apply again when the file is back."""

_FREQUENCIES = {frequency.value: frequency for frequency in Frequency}

_REMEMBERED = 10_000
"""How many parsed texts are kept in memory. Users with equal preferences share one."""

_SHORT = 500
"""The longest text whose rules are kept in memory, so that no user can fill it."""


_LAST_SECOND = 2**33
"""Seconds of 1970, in the year 2242."""


def write_rules(rules: PersonalRules) -> str | None:
    """The stored form of rules. Equal rules have the same text."""
    parts: dict[str, Any] = {
        "language": rules.language,
        "time_zone": rules.time_zone,
        "quiet_hours": [[sorted(one.days), _clock(one.start), _clock(one.end)] for one in rules.quiet_hours],
        "caps": {channel: [cap.day, cap.week] for channel, cap in sorted(rules.caps.items())},
        "categories": {
            category: dict(sorted(by_channel.items())) for category, by_channel in sorted(rules.frequencies.items())
        },
        "digest": None if rules.digest is None else [_clock(rules.digest.at), rules.digest.weekday, rules.digest.day],
        "unconfirmed": {
            category: {channel: int(until.timestamp()) for channel, until in sorted(by_channel.items())}
            for category, by_channel in sorted(rules.unconfirmed.items())
        },
    }
    said = {name: part for name, part in parts.items() if part}
    return json.dumps(said, separators=(",", ":")) if said else None


def read_rules(text: str) -> PersonalRules:
    """Parse the stored form of rules.

    Raises:
        UnreadableRow: `write_rules` cannot have written the text; the error names the damaged part.
    """
    return _remembered(text) if len(text) <= _SHORT else _parse(text)


def _parse(text: str) -> PersonalRules:
    part = ""
    values: dict[str, Any] = {}
    try:
        for part, value in from_json(text).items():
            if (known := _PARTS.get(part)) is not None:
                field, read = known
                values[field] = read(value)
    except (AttributeError, LookupError, TypeError, ValueError, RecursionError):
        raise UnreadableRow(f"{part} of the user's rules" if part else "the user's rules") from None
    return PersonalRules(**values)


_remembered = lru_cache(_REMEMBERED)(_parse)


def _clock(moment: time) -> str:
    return moment.isoformat("minutes")


def _text(value: Any) -> str:
    if type(value) is not str:
        raise ValueError
    return value


# Millions of users share these values, so each is checked once.
@lru_cache(_REMEMBERED)
def _time(text: str) -> time:
    moment = time.fromisoformat(text)
    if moment.tzinfo is not None:
        raise ValueError
    return moment


def _number(value: Any, first: int, last: int) -> int:
    if type(value) is not int or not first <= value <= last:
        raise ValueError
    return value


# `typed`, because 1, 1.0 and true are equal keys.
@lru_cache(_REMEMBERED, typed=True)
def _days(*days: Any) -> frozenset[int]:
    if not days:
        raise ValueError
    return frozenset([_number(day, 0, 6) for day in days])


def _quiet_hours(several: list[Any]) -> tuple[QuietHours, ...]:
    hours = tuple([QuietHours(_days(*days), _time(start), _time(end)) for days, start, end in several])
    for one in hours:
        if one.start == one.end:
            raise ValueError
    return hours


def _caps(by_channel: Mapping[str, list[Any]]) -> dict[Channel, Cap]:
    return {_CHANNELS[name]: _cap(*cap) for name, cap in by_channel.items() if name in _CHANNELS}


@lru_cache(_REMEMBERED, typed=True)
def _cap(day: Any, week: Any) -> Cap:
    return Cap(*[None if one is None else _number(one, 0, sys.maxsize) for one in (day, week)])


def _frequencies(by_category: Mapping[str, Mapping[str, str]]) -> dict[str, dict[Channel, Frequency]]:
    known = {}
    for category, said in by_category.items():
        by_channel = {_CHANNELS[name]: _FREQUENCIES[word] for name, word in said.items() if name in _CHANNELS}
        if by_channel:
            known[category] = by_channel
    return known


def _digest(said: list[Any]) -> DigestTimes:
    at, weekday, day = said
    return DigestTimes(_time(at), _number(weekday, 0, 6), _number(day, 1, 31))


def _unconfirmed(by_category: Mapping[str, Mapping[str, int]]) -> dict[str, dict[Channel, datetime]]:
    return {
        category: {_CHANNELS[name]: _second(until) for name, until in by_channel.items() if name in _CHANNELS}
        for category, by_channel in by_category.items()
    }


def _second(value: Any) -> datetime:
    return datetime.fromtimestamp(_number(value, 0, _LAST_SECOND), UTC)


_PARTS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "language": ("language", _text),
    "time_zone": ("time_zone", _text),
    "quiet_hours": ("quiet_hours", _quiet_hours),
    "caps": ("caps", _caps),
    "categories": ("frequencies", _frequencies),
    "digest": ("digest", _digest),
    "unconfirmed": ("unconfirmed", _unconfirmed),
}
"""The field of each part, and what reads it. Parts of a newer version are left out."""
