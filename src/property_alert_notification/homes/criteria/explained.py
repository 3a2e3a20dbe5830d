"""Says in words whether a listing meets a condition of a search, and what it has instead. Pure."""

from datetime import date, datetime
from typing import Any

from property_alert_notification.homes.criteria import formats
from property_alert_notification.homes.criteria.clauses import Clause
from property_alert_notification.homes.criteria.comparable import minor_units
from property_alert_notification.homes.criteria.known_fields import Kind, kind_of
from property_alert_notification.homes.criteria.sentence import PLACES, amount_of, phrase
from property_alert_notification.homes.criteria.wording.form import Wording
from property_alert_notification.homes.criteria.wording.languages import wording_of


def explained(clause: Clause, language: str | None = None) -> str:
    """A condition and what is true of it: `3 or more bedrooms → no, it has 2`."""
    return f"{phrase(clause.expression, language)} → {_verdict(clause, wording_of(language))}"


MOST_PARTS = 5
"""The parts of a condition that are explained in one sentence; the others are counted."""


def explained_in_full(clause: Clause, language: str | None = None) -> str:
    """The same with the parts of a condition behind it, each with what is true of it."""
    words = explained(clause, language)
    if not clause.parts:
        return words
    parts = [explained_in_full(one, language) for one in clause.parts[:MOST_PARTS]]
    if more := len(clause.parts) - len(parts):
        parts.append(wording_of(language).others.format(more))
    return f"{words} ({'; '.join(parts)})"


def _verdict(clause: Clause, words: Wording) -> str:
    value = _value(clause, words)
    if clause.verdict is None:
        return words.not_comparable.format(value) if value else words.unknown
    fits = words.fits if clause.verdict else words.fits_not
    if not value:
        return fits
    if clause.test == "within":
        return words.away.format(fits, value)
    if clause.field in PLACES and isinstance(clause.value, str):
        return words.is_there.format(fits, value)
    counts = clause.field in words.nouns or isinstance(clause.value, list)
    return (words.has_value if counts else words.is_value).format(fits, value)


def _value(clause: Clause, words: Wording) -> str:
    """What the listing has; empty if it has nothing that can be said in a few words."""
    match clause.value:
        case {"amount": amount, "currency": str(currency)}:
            return formats.money(minor_units(amount, currency), currency, words)
        case {"amount": amount, "units": units}:
            return formats.area(amount, units, words)
        case {"distance": metres}:
            return formats.length(round(metres, -1), words)
        case bool():
            return ""
        case [*found]:
            shown = [formats.member(str(word), words) for word in found]
            return formats.listed(shown, words.both, words) if shown else ""
        case int() | float():
            frame = words.frames.get(clause.field or "")
            number = amount_of(clause.field or "", clause.value, None, words)
            return number if frame is None else frame.value.format(number)
        case str(text) if clause.test not in ("contains", "startswith", "endswith", "equals"):
            return _text(clause.field or "", text, words)
    return ""


def _text(field: str, text: str, words: Wording) -> str:
    if field in PLACES:
        return words.place.format(formats.cut(text))
    return _moment(field, text, words) or formats.member(text, words)


def _moment(field: str, text: Any, words: Wording) -> str | None:
    """The date or the time of a field; None if it has another kind of value."""
    kind = kind_of(field)
    try:
        if kind is Kind.TIME:
            return formats.day(datetime.fromisoformat(text), words)
        return formats.day(date.fromisoformat(text), words) if kind is Kind.DAY else None
    except ValueError:
        return None
