"""Whether a listing meets the conditions of a search: true, false, or unknown where the listing has no value. Pure.

The logic is Kleene's: unknown and false is false, unknown or true is true, not unknown is unknown.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from property_alert_notification.homes.criteria.areas import covers
from property_alert_notification.homes.criteria.comparable import (
    DEFAULT_UNIT,
    converted,
    folded,
    key_of,
    keys_of,
    listed_keys,
    minor_units,
    texts_of,
    unit_of,
    words_in,
)
from property_alert_notification.homes.criteria.expression import (
    And,
    Compare,
    Excluding,
    Expression,
    HasAll,
    HasAny,
    IsMissing,
    Keywords,
    Not,
    OneOf,
    Or,
    Range,
    Text,
    Within,
)
from property_alert_notification.homes.criteria.known_fields import FEATURES, KINDS, Kind
from property_alert_notification.homes.reso import times, values
from property_alert_notification.homes.reso.words import AREAS, MONEY

REMARKS = "PublicRemarks"
"""The field that keywords are searched in."""

COORDINATES = "Coordinates"
"""The name that RESO gives to `Longitude` and `Latitude` together."""

Fields = Mapping[str, Any]


def evaluate(expression: Expression, fields: Fields) -> bool | None:
    """Whether a listing with these fields meets the expression; None if that is not known.

    `fields` are those of a `ListingRecord`.
    """
    return _EVALUATORS[type(expression)](expression, fields)


def _and(expression: And, fields: Fields) -> bool | None:
    known: bool | None = True
    for part in expression.parts:
        verdict = evaluate(part, fields)
        if verdict is False:
            return False
        if verdict is None:
            known = None
    return known


def _or(expression: Or, fields: Fields) -> bool | None:
    known: bool | None = False
    for part in expression.parts:
        verdict = evaluate(part, fields)
        if verdict is True:
            return True
        if verdict is None:
            known = None
    return known


def _not(expression: Not, fields: Fields) -> bool | None:
    verdict = evaluate(expression.part, fields)
    return None if verdict is None else not verdict


def _excluding(expression: Excluding, fields: Fields) -> bool:
    return evaluate(expression.part, fields) is not True


_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {"eq": eq, "ne": ne, "gt": gt, "ge": ge, "lt": lt, "le": le}


def _compare(expression: Compare, fields: Fields) -> bool | None:
    found = comparable_value(expression, fields)
    if found is None:
        return None
    wanted = expression.value
    if isinstance(wanted, str):
        wanted = key_of(expression.field, wanted)
    return _OPERATORS[expression.operator](found, wanted)


def comparable_value(expression: Compare, fields: Fields) -> Any:
    """The listing's value as it is compared with the value of the expression; None if it has none, or no such one."""
    given, wanted = fields.get(expression.field), expression.value
    try:
        if isinstance(wanted, bool):
            return values.switch(given)
        if isinstance(wanted, str):
            texts = texts_of(given)
            return key_of(expression.field, texts[0]) if texts else None
        if isinstance(wanted, datetime):
            return times.moment(given, None)
        if isinstance(wanted, date):
            day = times.day(given)
            return None if day is None else date.fromisoformat(day)
        return values.number(given)
    except ValueError:
        return None


def _range(expression: Range, fields: Fields) -> bool | None:
    number = number_of(expression, fields)
    if number is None:
        return None
    low, high = bounds_of(expression, fields)
    return (low is None or low <= number) and (high is None or number <= high)


def number_of(expression: Range, fields: Fields) -> int | float | Decimal | None:
    """The listing's number as it is compared with the bounds; None if it has none, or in another currency."""
    field = expression.field
    try:
        number = values.number(fields.get(field))
    except ValueError:
        return None
    if number is None:
        return None
    if field in MONEY:
        currency = fields.get("currency")
        return minor_units(number, currency) if currency and currency == expression.unit else None
    if field in AREAS and converted(0, expression.unit or DEFAULT_UNIT, unit_of(field, fields)) is None:
        return None
    # Areas are compared as decimal numbers: 0.1 is 0.1.
    return Decimal(repr(number)) if field in AREAS else number


def bounds_of(expression: Range, fields: Fields) -> tuple[int | float | Decimal | None, int | float | Decimal | None]:
    """The bounds as they are compared with the listing's number: of an area in the unit of the listing."""
    if expression.field not in AREAS:
        return expression.low, expression.high
    unit, to = expression.unit or DEFAULT_UNIT, unit_of(expression.field, fields)
    low, high = (None if bound is None else converted(bound, unit, to) for bound in (expression.low, expression.high))
    return low, high


def _one_of(expression: OneOf, fields: Fields) -> bool | None:
    found = listed_keys(expression.field, fields)
    return not found.isdisjoint(keys_of(expression.field, expression.words)) if found else None


def _has_all(expression: HasAll, fields: Fields) -> bool | None:
    found = listed_keys(expression.field, fields)
    return keys_of(expression.field, expression.words) <= found if found else None


def _text(expression: Text, fields: Fields) -> bool | None:
    texts, wanted = texts_of(fields.get(expression.field)), expression.text
    if expression.folded:
        texts, wanted = tuple(map(_folded_text, texts)), _folded_wanted(wanted)
    test = _TESTS[expression.kind]
    return any(test(text, wanted) for text in texts) if texts else None


_TESTS: Mapping[str, Callable[[str, str], bool]] = {
    "contains": lambda text, wanted: wanted in text,
    "startswith": str.startswith,
    "endswith": str.endswith,
    "equals": eq,
}


def _keywords(expression: Keywords, fields: Fields) -> bool | None:
    remarks = texts_of(fields.get(REMARKS))
    return words_in(" ".join(expression.words)) <= _words_of_remarks(remarks[0]) if remarks else None


# A listing is compared with many searches, of which each may look for hundreds of texts.
_words_of_remarks = lru_cache(32)(words_in)
_folded_text, _folded_wanted = lru_cache(32)(folded), lru_cache(1_024)(folded)


def _within(expression: Within, fields: Fields) -> bool | None:
    longitude, latitude = fields.get("Longitude"), fields.get("Latitude")
    if longitude is None or latitude is None:
        return None
    return covers(expression.area, longitude, latitude)


def _is_missing(expression: IsMissing, fields: Fields) -> bool:
    if expression.field == COORDINATES:
        return fields.get("Longitude") is None
    if expression.field == FEATURES:
        return not listed_keys(FEATURES, fields)
    value = fields.get(expression.field)
    if not isinstance(value, str):
        return value in (None, [])
    text = value.strip().lower()
    # A text that stands for no number or day is none; as a word it may mean something.
    return not text or (text in values.NO_VALUE and KINDS.get(expression.field) in _NO_TEXTS)


_NO_TEXTS = frozenset({Kind.NUMBER, Kind.SWITCH, Kind.DAY, Kind.TIME})

_EVALUATORS: Mapping[type[Expression], Callable[[Any, Fields], bool | None]] = {
    And: _and,
    Or: _or,
    Not: _not,
    Excluding: _excluding,
    Compare: _compare,
    Range: _range,
    OneOf: _one_of,
    HasAll: _has_all,
    HasAny: _one_of,
    Text: _text,
    Keywords: _keywords,
    Within: _within,
    IsMissing: _is_missing,
}
