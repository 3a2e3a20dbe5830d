"""Reads and writes the stored form of preferences besides the channel switches: JSON, or NULL for most users. Pure."""

import json
from collections.abc import Mapping
from datetime import time
from functools import lru_cache
from typing import Any

from pydantic_core import from_json

from property_alert_notification.base.errors import UnreadableRow
from property_alert_notification.base.vocabulary import Channel, Frequency
from property_alert_notification.people.preferences.rules import NO_RULES, Cap, DigestTimes, PersonalRules, QuietHours

_CHANNELS = {channel.value: channel for channel in Channel}
"""Entries of a channel whose file was removed are kept, and apply again when the file is back."""

_FREQUENCIES = {frequency.value: frequency for frequency in Frequency}

_REMEMBERED = 10_000
"""How many parsed texts are kept in memory. Users with equal preferences share one."""

_SHORT = 500
"""The longest text whose rules are kept in memory, so that no user can fill it."""


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
    }
    said = {name: part for name, part in parts.items() if part}
    return json.dumps(said, separators=(",", ":")) if said else None


def read_rules(text: str) -> PersonalRules:
    """Parse the stored form of rules.

    Raises:
        UnreadableRow: `write_rules` cannot have written the text.
    """
    return _remembered(text) if len(text) <= _SHORT else _parse(text)


def _parse(text: str) -> PersonalRules:
    if not text:
        return NO_RULES
    try:
        said = from_json(text)
        return PersonalRules(
            language=said.get("language"),
            time_zone=said.get("time_zone"),
            quiet_hours=tuple([_quiet_hours(*one) for one in said.get("quiet_hours", ())]),
            caps={_CHANNELS[name]: Cap(*cap) for name, cap in said.get("caps", {}).items() if name in _CHANNELS},
            frequencies={
                name: known
                for name, by_channel in said.get("categories", {}).items()
                if (known := _frequencies(by_channel))
            },
            digest=_digest(*said["digest"]) if "digest" in said else None,
        )
    except (AttributeError, LookupError, TypeError, ValueError, RecursionError):
        raise UnreadableRow("the rules of its user's preferences") from None


_remembered = lru_cache(_REMEMBERED)(_parse)


def _clock(moment: time) -> str:
    return moment.isoformat("minutes")


def _quiet_hours(days: list[int], start: str, end: str) -> QuietHours:
    return QuietHours(frozenset(days), time.fromisoformat(start), time.fromisoformat(end))


def _frequencies(by_channel: Mapping[str, str]) -> dict[Channel, Frequency]:
    return {_CHANNELS[name]: _FREQUENCIES[said] for name, said in by_channel.items() if name in _CHANNELS}


def _digest(at: str, weekday: int, day: int) -> DigestTimes:
    return DigestTimes(time.fromisoformat(at), weekday, day)
