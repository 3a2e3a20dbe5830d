"""Says in words whether a listing meets a condition of a search, and what it has instead. Pure."""

from decimal import Decimal
from typing import Any

from property_alert_notification.homes.criteria import formats
from property_alert_notification.homes.criteria.clauses import Clause
from property_alert_notification.homes.criteria.comparable import minor_units
from property_alert_notification.homes.criteria.sentence import phrase
from property_alert_notification.homes.criteria.wording import Wording, wording_of
from property_alert_notification.homes.reso.words import WHOLE


def explained(clause: Clause, language: str | None = None) -> str:
    """A condition and what is true of it: `3 or more bedrooms → no, it has 2`."""
    return f"{phrase(clause.expression, language)} → {_verdict(clause, wording_of(language))}"


def _verdict(clause: Clause, words: Wording) -> str:
    value = _value(clause, words)
    if clause.verdict is None:
        return words.not_comparable.format(value) if value else words.unknown
    fits = words.fits if clause.verdict else words.fits_not
    if clause.test == "within" and value:
        return words.away.format(fits, value)
    return words.with_value.format(fits, value) if value else fits


def _value(clause: Clause, words: Wording) -> str:
    """What the listing has; empty if it has nothing that can be said in a few words."""
    match clause.value:
        case {"amount": amount, "currency": str(currency)}:
            return formats.money(minor_units(amount, currency), currency, words)
        case {"amount": amount, "units": units}:
            return f"{formats.number(Decimal(repr(amount)), words)} {words.units.get(units, units)}"
        case {"distance": metres}:
            return formats.length(round(metres, -1), words)
        case bool():
            return ""
        case [*found]:
            return formats.all_of([formats.member(str(word), words) for word in found], words) if found else ""
        case int() | float():
            return _number(clause.field, clause.value, words)
        case str(text) if clause.test not in ("contains", "startswith", "endswith", "equals"):
            return formats.member(text, words)
    return ""


def _number(field: str | None, number: Any, words: Wording) -> str:
    is_year = field in WHOLE and "Year" in (field or "")
    return str(number) if is_year else formats.number(Decimal(repr(number)), words)
