"""Says in a sentence what a search asks for: RESO's SearchQueryHumanReadable. Pure."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from property_alert_notification.homes.criteria import formats
from property_alert_notification.homes.criteria.areas import Circle
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
from property_alert_notification.homes.criteria.known_fields import FEATURES
from property_alert_notification.homes.criteria.wording import Wording, wording_of
from property_alert_notification.homes.reso.words import AREAS, MONEY

LONGEST = 255
"""Characters of a sentence, as RESO has it."""

_PLACES = ("City", "PostalCode", "CountyOrParish", "StateOrProvince")
_WITHOUT_LABEL = frozenset({"PropertyType", "PropertySubType", "StandardStatus"})


def sentence(expression: Expression, language: str | None = None) -> str:
    """What a search asks for: `Homes in Seattle, 3 or more bedrooms, up to $650,000`. `language` is a BCP 47 tag."""
    words = wording_of(language)
    parts = expression.parts if isinstance(expression, And) else (expression,)
    if not parts:
        return words.all_homes
    phrases = [_phrase(part, words) for part in sorted(parts, key=_rank)]
    is_place = phrases[0].startswith("(") or min(map(_rank, parts)) == 0
    return _fitting([f"{words.homes}{' ' if is_place else ', '}{phrases[0]}", *phrases[1:]], words)


def phrase(expression: Expression, language: str | None = None) -> str:
    """One condition in words."""
    return _phrase(expression, wording_of(language))


def _fitting(phrases: Sequence[str], words: Wording) -> str:
    """As many phrases as a sentence may have, and how many more there are."""
    for left_out in range(len(phrases)):
        shown = list(phrases[: len(phrases) - left_out])
        text = ", ".join([*shown, words.further.format(left_out)] if left_out else shown)
        if len(text) <= LONGEST:
            return text
    return f"{phrases[0][: LONGEST - 1]}…"


def _rank(part: Expression) -> int:
    """Places are said first, then what a home is, then what it has, and what is excluded at last."""
    match part:
        case Within() | OneOf("City" | "PostalCode" | "CountyOrParish" | "StateOrProvince"):
            return 0
        case OneOf():
            return 1
        case Range("ListPrice"):
            return 3
        case Range():
            return 2
        case Excluding():
            return 5
    return 4


def _phrase(part: Expression, words: Wording, *, negative: bool = False) -> str:
    return _PHRASES[type(part)](part, words, negative)


def _negated(text: str, words: Wording, negative: bool) -> str:
    return words.is_not.format(text) if negative else text


def _and(part: And, words: Wording, negative: bool) -> str:
    return _negated("({})".format(", ".join(_phrase(one, words) for one in part.parts)), words, negative)


def _or(part: Or, words: Wording, negative: bool) -> str:
    if negative and all(isinstance(one, Keywords) for one in part.parts):
        found = [word for one in part.parts if isinstance(one, Keywords) for word in one.words]
        return words.lacking.format(formats.listed([words.keyword.format(formats.cut(word)) for word in found], words))
    return _negated(f"({words.either.join(_phrase(one, words) for one in part.parts)})", words, negative)


def _not(part: Not, words: Wording, negative: bool) -> str:
    if negative:
        return _phrase(part.part, words)
    match part.part:
        case Range(_, None, high) if high is not None:
            return words.more_than.format(formats.label(part.part.field), _amount(part.part, high, words))
        case Range(_, low, None) if low is not None:
            return words.less_than.format(formats.label(part.part.field), _amount(part.part, low, words))
    return _phrase(part.part, words, negative=True)


def _excluding(part: Excluding, words: Wording, negative: bool) -> str:
    return _phrase(part.part, words, negative=not negative)


def _one_of(part: OneOf, words: Wording, negative: bool) -> str:
    found = formats.listed([formats.member(word, words) for word in part.words], words)
    if part.field in _PLACES:
        return (words.not_place if negative else words.place).format(found)
    if part.field not in _WITHOUT_LABEL:
        found = words.labelled.format(formats.label(part.field), found)
    return _negated(found, words, negative)


def _has(part: HasAll | HasAny, words: Wording, negative: bool) -> str:
    found = [formats.member(word, words) for word in part.words]
    text = formats.listed(found, words) if isinstance(part, HasAny) else formats.all_of(found, words)
    if part.field != FEATURES:
        text = words.labelled.format(formats.label(part.field), text)
    return (words.lacking if negative else words.having).format(text)


def _keywords(part: Keywords, words: Wording, negative: bool) -> str:
    text = formats.all_of([words.keyword.format(formats.cut(word)) for word in part.words], words)
    return (words.lacking if negative else words.having).format(text)


def _within(part: Within, words: Wording, negative: bool) -> str:
    if isinstance(part.area, Circle):
        return (words.not_near if negative else words.near).format(formats.length(part.area.radius, words))
    return words.not_drawn if negative else words.drawn


def _range(part: Range, words: Wording, negative: bool) -> str:
    low, high = (None if bound is None else _amount(part, bound, words) for bound in (part.low, part.high))
    if low is not None and part.low == part.high:
        text = _exactly(part, low, words)
    elif part.field in MONEY or part.field in words.ranges:
        templates = words.price if part.field == "ListPrice" else words.ranges.get(part.field)
        text = _filled(templates, part, low, high, words)
    else:
        text = _filled(None, part, low, high, words)
    return _negated(text, words, negative)


def _exactly(part: Range, amount: str, words: Wording) -> str:
    if (templates := words.exact.get(part.field)) is not None:
        return templates[part.low != 1].format(amount)
    return amount if part.field == "ListPrice" else words.exactly.format(formats.label(part.field), amount)


def _filled(
    templates: tuple[str, str, str] | None, part: Range, low: str | None, high: str | None, words: Wording
) -> str:
    bounds = [bound for bound in (low, high) if bound is not None]
    which = 2 if len(bounds) == 2 else 0 if low is not None else 1
    if templates is not None:
        return templates[which].format(*bounds)
    return (words.at_least, words.at_most, words.between)[which].format(formats.label(part.field), *bounds)


def _amount(part: Range, bound: float, words: Wording) -> str:
    if part.field in MONEY and part.unit:
        return formats.money(int(bound), part.unit, words)
    if part.field in AREAS and part.unit:
        # The unit is said once: 1,500 to 2,000 sq ft.
        is_followed = part.high is not None and bound != part.high
        unit = "" if is_followed else f" {words.units.get(part.unit, part.unit)}"
        return f"{formats.number(Decimal(repr(bound)), words)}{unit}"
    return str(bound) if "Year" in part.field else formats.number(Decimal(repr(bound)), words)


def _compare(part: Compare, words: Wording, negative: bool) -> str:
    label, value = formats.label(part.field), part.value
    if isinstance(value, bool):
        return words.labelled.format(label, words.yes if (value == (part.operator == "eq")) != negative else words.no)
    shown = _shown(value, words)
    if part.operator in ("ge", "le"):
        text = words.labelled.format(label, words.price[part.operator == "le"].format(shown))
    else:
        templates = {"gt": words.more_than, "lt": words.less_than}
        text = templates.get(part.operator, words.exactly).format(label, shown)
    return _negated(text, words, negative)


def _shown(value: Any, words: Wording) -> str:
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes")
    if isinstance(value, date):
        return value.isoformat()
    return formats.cut(value) if isinstance(value, str) else formats.number(Decimal(repr(value)), words)


def _text(part: Text, words: Wording, negative: bool) -> str:
    return _negated(words.text[part.kind].format(formats.label(part.field), formats.cut(part.text)), words, negative)


def _is_missing(part: IsMissing, words: Wording, negative: bool) -> str:
    return (words.stated if negative else words.not_stated).format(formats.label(part.field))


_PHRASES: Mapping[type[Expression], Callable[[Any, Wording, bool], str]] = {
    And: _and,
    Or: _or,
    Not: _not,
    Excluding: _excluding,
    Compare: _compare,
    Range: _range,
    OneOf: _one_of,
    HasAll: _has,
    HasAny: _has,
    Text: _text,
    Keywords: _keywords,
    Within: _within,
    IsMissing: _is_missing,
}
