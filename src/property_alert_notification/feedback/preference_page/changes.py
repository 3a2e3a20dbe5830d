"""What saving the page changes: a patch of the preferences, and entries of the suppression list to release. Pure."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import ValidationError

from property_alert_notification.base.vocabulary import Channel, Frequency
from property_alert_notification.channels.edge import SWITCHES
from property_alert_notification.feedback.preference_page import values as fields
from property_alert_notification.feedback.preference_page.cells import Cell, Place
from property_alert_notification.feedback.preference_page.values import Values, cell_field, quiet_field, switch_field
from property_alert_notification.people.preferences.schemas import PreferencePatch

Errors = dict[str, str]
"""What is wrong, by the name of the control: the name of a text."""

_DIGEST = {"at": fields.DIGEST_AT, "weekday": fields.DIGEST_WEEKDAY, "day": fields.DIGEST_DAY}


class Changes(NamedTuple):
    """What is to be changed."""

    patch: Mapping[str, Any]
    """The fields of a `PreferencePatch`."""
    releases: frozenset[UUID]
    """The entries of the suppression list that the user takes back."""
    names: tuple[str, ...]
    """The names of the changed controls."""


class Invalid(NamedTuple):
    """Nothing is changed, because of these errors."""

    errors: Errors


def changes_of(stored: Values, sent: Values, cells: Mapping[Place, Cell]) -> Changes | Invalid:
    """Compare what the user sent with what is stored.

    `cells` are all cells, also of channels that the page does not show.
    """
    errors = _wrong_choices(sent, cells)
    patch, names = _changed_fields(stored, sent)
    releases = _released(stored, sent, cells)
    frequencies, changed = _changed_frequencies(stored, sent, cells, releases)
    if frequencies and not errors:
        patch["categories"] = frequencies
    errors |= _problems(patch, sent)
    return Invalid(errors) if errors else Changes(patch, releases, (*names, *changed))


def _changed_fields(stored: Values, sent: Values) -> tuple[dict[str, Any], list[str]]:
    """The patch without its frequencies, and the names of the controls behind it."""
    patch: dict[str, Any] = {}
    switches = {channel: on for channel, on in sent.switches.items() if stored.switches[channel] != on}
    patch |= switch_fields(switches)
    names = [switch_field(channel) for channel in switches]
    if _hours(sent) != _hours(stored):
        patch["quiet_hours"] = _hours(sent)
        names.append(fields.QUIET)
    for field, name, before, now in (
        ("time_zone", fields.ZONE, stored.zone, sent.zone),
        ("language", fields.LANGUAGE, stored.language, sent.language),
    ):
        if now != before:
            patch[field] = now or None
            names.append(name)
    if digest := _digest(stored, sent):
        patch["digest"] = digest
        names += [_DIGEST[part] for part in digest]
    return patch, names


def switch_fields(switches: Mapping[Channel, bool]) -> dict[str, Any]:
    """The fields of a call that switches these channels."""
    named = SWITCHES.shown({channel: switches.get(channel) for channel in Channel})
    others = {channel: on for channel, on in named.pop("channels", {}).items() if on is not None}
    return {name: on for name, on in named.items() if on is not None} | ({"channels": others} if others else {})


def _hours(values: Values) -> list[dict[str, Any]]:
    return [{"days": _in_order(row.days), "from": row.start, "to": row.end} for row in values.quiet if not row.remove]


def _in_order(days: frozenset[str]) -> list[str]:
    week = list(fields.WEEKDAYS)
    return sorted(days, key=lambda day: week.index(day) if day in week else len(week))


def _digest(stored: Values, sent: Values) -> dict[str, Any]:
    given = {"at": sent.digest_at, "weekday": sent.digest_weekday, "day": _number(sent.digest_day)}
    before = {"at": stored.digest_at, "weekday": stored.digest_weekday, "day": _number(stored.digest_day)}
    return {part: value for part, value in given.items() if value != before[part]}


def _number(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 2 else text


def _wrong_choices(sent: Values, cells: Mapping[Place, Cell]) -> Errors:
    return {
        cell_field(place): "error.choose"
        for place, value in sent.frequencies.items()
        if value not in {option.value for option in cells[place].options}
    }


def _released(stored: Values, sent: Values, cells: Mapping[Place, Cell]) -> frozenset[UUID]:
    """The entries that stop a message which the user wants again."""
    wanted = [place for place, value in sent.frequencies.items() if value != stored.frequencies[place]]
    return frozenset(
        entry
        for place in wanted
        if sent.frequencies[place] != Frequency.NEVER.value
        for entry in cells[place].unsubscribed
    )


def _changed_frequencies(
    stored: Values, sent: Values, cells: Mapping[Place, Cell], releases: frozenset[UUID]
) -> tuple[dict[str, dict[Channel, str]], list[str]]:
    """The rules to set. An entry may stop more than the user wants again: a rule goes on stopping the rest."""
    patch: dict[str, dict[Channel, str]] = {}
    names = []
    for place, cell in cells.items():
        wanted = sent.frequencies.get(place, cell.frequency.value)
        if wanted != stored.frequencies.get(place, wanted):
            names.append(cell_field(place))
        stays_unsubscribed = not releases.issuperset(cell.unsubscribed)
        if cell.category.required or stays_unsubscribed or wanted == cell.rule.value:
            continue
        if cell.blocked is None or set(cell.unsubscribed) & releases:
            patch.setdefault(cell.category.name, {})[cell.channel] = wanted
    return patch, names


def _problems(patch: Mapping[str, Any], sent: Values) -> Errors:
    try:
        PreferencePatch.model_validate(patch)
    except ValidationError as error:
        rows = [number for number, row in enumerate(sent.quiet) if not row.remove]
        found = [_problem(one["loc"], one["type"], rows) for one in error.errors()]
        return dict(reversed(found))  # the first one about a control counts
    return {}


def _problem(place: tuple[int | str, ...], kind: str, rows: list[int]) -> tuple[str, str]:
    """The control that an error of the validation is about, and the text that explains it."""
    match place:
        case ("quiet_hours", int() as number, *parts):
            return _quiet_problem(rows[number], parts[0] if parts else None)
        case ("quiet_hours",):
            return fields.QUIET, "error.quiet_many" if kind == "too_long" else "error.quiet_week"
        case ("digest", str() as part, *_):
            return _DIGEST[part], "error.time" if part == "at" else "error.choose"
        case (("time_zone" | "language") as field, *_):
            return fields.ZONE if field == "time_zone" else fields.LANGUAGE, "error.choose"
    return fields.TOPICS, "error.too_many"


def _quiet_problem(row: int, part: int | str | None) -> tuple[str, str]:
    if part == "days":
        return quiet_field(row, "days"), "error.quiet_days"
    if part is None:
        return quiet_field(row, "to"), "error.quiet_same"
    return quiet_field(row, str(part)), "error.quiet_time"
