"""Converts between the fields of preferences calls and the rules of a user, and applies patches to rules. Pure."""

from collections.abc import Mapping
from datetime import time
from typing import Any, TypeVar

from property_alert_notification.base.errors import InvalidField
from property_alert_notification.base.vocabulary import Channel, Frequency
from property_alert_notification.people.preferences.rule_fields import (
    MOST_CATEGORIES,
    CapFields,
    DigestFields,
    DigestPatch,
    QuietHoursFields,
    RuleFields,
    RulePatch,
    Weekday,
)
from property_alert_notification.people.preferences.rules import NO_RULES, Cap, DigestTimes, PersonalRules, QuietHours

Key = TypeVar("Key")
Value = TypeVar("Value")


def rules_of(fields: RuleFields) -> PersonalRules:
    """The rules of a POST or PUT, which replaces all rules of the user."""
    rules = PersonalRules(
        language=fields.language,
        time_zone=fields.time_zone,
        quiet_hours=_quiet_hours(fields.quiet_hours),
        caps=_without_none({channel: _cap(cap) for channel, cap in (fields.caps or {}).items()}),
        frequencies={name: by_channel for name, by_channel in (fields.categories or {}).items() if by_channel},
        digest=None if fields.digest is None else _digest(fields.digest),
    )
    return NO_RULES if rules == NO_RULES else rules


def changed_by(rules: PersonalRules, patch: RulePatch) -> PersonalRules:
    """Returns the rules with a PATCH applied (RFC 7396).

    Raises:
        InvalidField: a field would have more entries than it may.
    """
    changes = {name: getattr(patch, name) for name in patch.model_fields_set & RulePatch.model_fields.keys()}
    if not changes:
        return rules
    if "quiet_hours" in changes:
        changes["quiet_hours"] = _quiet_hours(changes["quiet_hours"])
    if "caps" in changes:
        changes["caps"] = _changed_caps(rules.caps, changes["caps"])
    if "categories" in changes:
        changes["frequencies"] = _changed_frequencies(rules.frequencies, changes.pop("categories"))
    if "digest" in changes:
        changes["digest"] = _changed_digest(rules.digest, changes["digest"])
    return rules._replace(**changes)


def fields_of(rules: PersonalRules) -> dict[str, Any]:
    """Returns the fields of an answer: only those that the user has set."""
    if rules == NO_RULES:
        return {}
    shown = {
        "language": rules.language,
        "time_zone": rules.time_zone,
        "quiet_hours": [_shown_quiet_hours(one) for one in rules.quiet_hours],
        "caps": {channel: CapFields(day=cap.day, week=cap.week) for channel, cap in rules.caps.items()},
        "categories": {name: dict(by_channel) for name, by_channel in rules.frequencies.items()},
        "digest": None if rules.digest is None else _shown_digest(rules.digest),
        "unconfirmed": {name: dict(by_channel) for name, by_channel in rules.unconfirmed.items()},
    }
    return {name: value for name, value in shown.items() if value}


def _quiet_hours(fields: list[QuietHoursFields] | None) -> tuple[QuietHours, ...]:
    return tuple(
        QuietHours(
            frozenset(day.number for day in one.days), time.fromisoformat(one.start), time.fromisoformat(one.end)
        )
        for one in fields or ()
    )


def _shown_quiet_hours(hours: QuietHours) -> QuietHoursFields:
    days = list(Weekday)
    return QuietHoursFields.model_validate(
        {"days": [days[day] for day in sorted(hours.days)], "from": _written(hours.start), "to": _written(hours.end)}
    )


def _cap(fields: CapFields) -> Cap | None:
    return None if fields.day is None and fields.week is None else Cap(fields.day, fields.week)


def _changed_caps(caps: Mapping[Channel, Cap], patch: Mapping[Channel, CapFields | None] | None) -> dict[Channel, Cap]:
    if patch is None:
        return {}
    changed: dict[Channel, Cap | None] = dict(caps)
    for channel, change in patch.items():
        before = caps.get(channel, Cap())
        given = {} if change is None else {name: getattr(change, name) for name in change.model_fields_set}
        now = before._replace(**given)
        changed[channel] = None if change is None or now == Cap() else now
    return _without_none(changed)


def _changed_frequencies(
    before: Mapping[str, Mapping[Channel, Frequency]],
    patch: Mapping[str, Mapping[Channel, Frequency | None] | None] | None,
) -> dict[str, Mapping[Channel, Frequency]]:
    if patch is None:
        return {}
    changed = dict(before)
    for name, change in patch.items():
        changed[name] = {} if change is None else _without_none({**changed.get(name, {}), **change})
    kept = {name: by_channel for name, by_channel in changed.items() if by_channel}
    if len(kept) > MOST_CATEGORIES:
        raise InvalidField("categories", f"must have {MOST_CATEGORIES} or fewer entries, the stored ones included")
    return kept


def _digest(fields: DigestFields) -> DigestTimes:
    return DigestTimes(time.fromisoformat(fields.at), fields.weekday.number, fields.day)


def _shown_digest(times: DigestTimes) -> DigestFields:
    return DigestFields(at=_written(times.at), weekday=list(Weekday)[times.weekday], day=times.day)


def _changed_digest(before: DigestTimes | None, patch: DigestPatch | None) -> DigestTimes | None:
    if patch is None:
        return None
    shown = _shown_digest(before or DigestTimes()).model_dump()
    given = {name: getattr(patch, name) for name in patch.model_fields_set}
    kept = _without_none({**shown, **given})
    return _digest(DigestFields.model_validate(kept))


def _written(moment: time) -> str:
    return moment.isoformat("minutes")


def _without_none(values: Mapping[Key, Value | None]) -> dict[Key, Value]:
    return {key: value for key, value in values.items() if value is not None}
