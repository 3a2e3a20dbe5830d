"""What the controls of the page hold, as the store has it or as the user sent it. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar
from urllib.parse import parse_qs, urlencode

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.feedback.preference_page.cells import Cell, Place
from property_alert_notification.people.preferences.conversion import fields_of
from property_alert_notification.people.preferences.rule_fields import DigestFields, Weekday
from property_alert_notification.people.preferences.rules import PersonalRules

Value = TypeVar("Value")

Given = Mapping[str, Sequence[str]]
"""The fields of a form, each with all its values."""

ON, OFF = "on", "off"
ZONE, LANGUAGE = "zone", "language"
QUIET = "quiet"
TOPICS = "topics"
"""The whole of the frequencies: it has errors, and no value."""
SHOWN = "shown"
"""All values as the page showed them: only what the user changed since then is changed."""
DIGEST_AT, DIGEST_WEEKDAY, DIGEST_DAY = "digest.at", "digest.weekday", "digest.day"

WEEKDAYS = tuple(day.value for day in Weekday)

_MOST_ROWS = 40
"""Rows of quiet hours that are read from a form; more than any user may have."""


class QuietRow(NamedTuple):
    """One row of quiet hours. A field may have an invalid value: the page shows it again with an error."""

    days: frozenset[str] = frozenset()
    start: str = ""
    end: str = ""
    remove: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing was entered: such a row is there to add hours."""
        return not (self.days or self.start or self.end)


class Values(NamedTuple):
    """The value of every control."""

    switches: Mapping[Channel, bool]
    frequencies: Mapping[Place, str]
    """Of the cells that the user may change."""
    quiet: tuple[QuietRow, ...]
    """Without the empty row at the end."""
    zone: str
    language: str
    digest_at: str
    digest_weekday: str
    digest_day: str


def switch_field(channel: Channel) -> str:
    """The name of the control that switches a channel."""
    return f"switch.{channel}"


def cell_field(place: Place) -> str:
    """The name of the control of a category on a channel."""
    return f"often.{place[0]}.{place[1]}"


def quiet_field(row: int, part: str) -> str:
    """The name of a control of a row of quiet hours: `days`, `from`, `to` or `remove`."""
    return f"{QUIET}.{row}.{part}"


def stored_values(switches: Mapping[Channel, bool], rules: PersonalRules, cells: Mapping[Place, Cell]) -> Values:
    """The values of a user as the store has them."""
    fields = fields_of(rules)
    digest = fields.get("digest") or DigestFields()
    quiet = (QuietRow(frozenset(hours.days), hours.start, hours.end) for hours in fields.get("quiet_hours", ()))
    return Values(
        switches=switches,
        frequencies={place: cell.frequency.value for place, cell in cells.items() if cell.is_open},
        quiet=tuple(quiet),
        zone=rules.time_zone or "",
        language=rules.language or "",
        digest_at=digest.at,
        digest_weekday=digest.weekday,
        digest_day=str(digest.day),
    )


def wanted_values(given: Given, stored: Values) -> Values:
    """The values of a form; what the user did not change on the page stays as it is stored.

    A page may be older than a change elsewhere. Saving it must not undo that change, least of all an opt-out.
    """
    sent = sent_values(given, stored)
    if not (shown_text := _last(given, SHOWN, "")):
        return sent
    shown = sent_values(parse_qs(shown_text, keep_blank_values=True), stored)
    switches = {one: _newer(stored.switches[one], shown.switches[one], on) for one, on in sent.switches.items()}
    frequencies = {
        place: _newer(stored.frequencies[place], shown.frequencies[place], often)
        for place, often in sent.frequencies.items()
    }
    return Values(
        switches=switches,
        frequencies=frequencies,
        quiet=_newer(stored.quiet, shown.quiet, sent.quiet),
        zone=_newer(stored.zone, shown.zone, sent.zone),
        language=_newer(stored.language, shown.language, sent.language),
        digest_at=_newer(stored.digest_at, shown.digest_at, sent.digest_at),
        digest_weekday=_newer(stored.digest_weekday, shown.digest_weekday, sent.digest_weekday),
        digest_day=_newer(stored.digest_day, shown.digest_day, sent.digest_day),
    )


def _newer(stored: Value, shown: Value, sent: Value) -> Value:
    return stored if sent == shown else sent


def written(values: Values) -> str:
    """The form that the user sends without changing anything, as the text of one field."""
    return urlencode(list(_fields(values)))


def _fields(values: Values) -> Iterator[tuple[str, str]]:
    yield from ((switch_field(channel), ON if on else OFF) for channel, on in values.switches.items())
    yield from ((cell_field(place), often) for place, often in values.frequencies.items())
    for number, row in enumerate([*values.quiet, QuietRow()]):
        yield from ((quiet_field(number, "days"), day) for day in sorted(row.days))
        yield quiet_field(number, "from"), row.start
        yield quiet_field(number, "to"), row.end
    yield ZONE, values.zone
    yield LANGUAGE, values.language
    yield DIGEST_AT, values.digest_at
    yield DIGEST_WEEKDAY, values.digest_weekday
    yield DIGEST_DAY, values.digest_day


def sent_values(given: Given, stored: Values) -> Values:
    """The values of a form. Those that it leaves out stay as they are stored."""
    return Values(
        switches={
            channel: _last(given, switch_field(channel), ON if is_on else OFF) == ON
            for channel, is_on in stored.switches.items()
        },
        frequencies={place: _last(given, cell_field(place), value) for place, value in stored.frequencies.items()},
        quiet=_quiet_rows(given, stored.quiet),
        zone=_last(given, ZONE, stored.zone),
        language=_last(given, LANGUAGE, stored.language),
        digest_at=_last(given, DIGEST_AT, stored.digest_at),
        digest_weekday=_last(given, DIGEST_WEEKDAY, stored.digest_weekday),
        digest_day=_last(given, DIGEST_DAY, stored.digest_day),
    )


def _last(given: Given, name: str, stored: str) -> str:
    values = given.get(name)
    return values[-1].strip() if values else stored


def _quiet_rows(given: Given, stored: tuple[QuietRow, ...]) -> tuple[QuietRow, ...]:
    """The rows of the form without the empty ones; the stored ones if it has none at all."""
    numbers = [number for number in range(_MOST_ROWS) if quiet_field(number, "from") in given]
    rows = [_quiet_row(given, number) for number in numbers]
    return tuple(row for row in rows if not row.is_empty) if numbers else stored


def _quiet_row(given: Given, number: int) -> QuietRow:
    return QuietRow(
        frozenset(given.get(quiet_field(number, "days"), ())),
        _last(given, quiet_field(number, "from"), ""),
        _last(given, quiet_field(number, "to"), ""),
        quiet_field(number, "remove") in given,
    )
