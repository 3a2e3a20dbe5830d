"""Says in a sentence what a search asks for: RESO's SearchQueryHumanReadable. Pure."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from property_alert_notification.homes.criteria import formats
from property_alert_notification.homes.criteria.areas import Circle
from property_alert_notification.homes.criteria.both_bounds import is_next_to_round, with_both_bounds
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
from property_alert_notification.homes.criteria.wording.form import Bounds, Wording
from property_alert_notification.homes.criteria.wording.languages import wording_of
from property_alert_notification.homes.reso.words import AREAS, MONEY

LONGEST = 255
"""Characters of a sentence, as RESO has it."""

PLACES = ("City", "PostalCode", "CountyOrParish", "StateOrProvince")


def sentence(expression: Expression, language: str | None = None) -> str:
    """What a search asks for: `Homes in Seattle, 3 or more bedrooms, up to $650,000`. `language` is a BCP 47 tag."""
    words = wording_of(language)
    parts = _said(expression.parts) if isinstance(expression, And) else [expression]
    if not parts:
        return words.all_homes
    parts = sorted(parts, key=_rank)
    phrases = [_phrase(part, words) for part in parts]
    is_place = phrases[0].startswith("(") or _rank(parts[0]) == 0
    return _fitting([f"{words.homes}{' ' if is_place else ', '}{phrases[0]}", *phrases[1:]], words)


def _said(parts: Sequence[Expression]) -> Sequence[Expression]:
    """The conditions that are said: both bounds as one, and no currency that an amount names."""
    currencies = {part.unit for part in parts if isinstance(part, Range) and part.field in MONEY}
    named = [OneOf("currency", (one,)) for one in currencies if one is not None]
    return with_both_bounds([part for part in parts if part not in named])


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


def _unless(text: str, words: Wording, negative: bool) -> str:
    return words.unless.format(text) if negative else text


def _labelled(field: str, text: str, words: Wording) -> str:
    return words.labelled.format(formats.label(field, words), text)


def _and(part: And, words: Wording, negative: bool) -> str:
    if (text := _from_to(part.parts, words)) is not None:
        return _labelled(part.parts[0].field, _unless(text, words, negative), words)  # type: ignore[union-attr]
    # What is not in euros is excluded by no amount in euros.
    parts = with_both_bounds(part.parts) if negative else _said(part.parts)
    if len(parts) == 1:
        return _phrase(parts[0], words, negative=negative)
    found = [_phrase(one, words) for one in parts]
    return _unless(f"({_joined(found, words.both.between(found[-1]))})", words, negative)


def _from_to(parts: Sequence[Expression], words: Wording) -> str | None:
    """The first and the last value of one field in words; None if these are other conditions."""
    match parts:
        case (Compare(field, "ge", low), Compare(same, "le", high)) if field == same and type(low) is type(high):
            bounds, shown = _shown(low, words)
            return _filled(bounds, "between", [shown, _shown(high, words)[1]])
    return None


def _or(part: Or, words: Wording, negative: bool) -> str:
    if negative and all(isinstance(one, Keywords) for one in part.parts):
        found = [word for one in part.parts if isinstance(one, Keywords) for word in one.words]
        quoted = [words.keyword.format(formats.cut(word)) for word in found]
        return words.lacking.format(formats.listed(quoted, words.neither, words))
    found = [_phrase(one, words) for one in part.parts]
    return _unless(f"({_joined(found, words.either.between(found[-1]))})", words, negative)


def _joined(found: Sequence[str], joiner: str) -> str:
    return f"{', '.join(found[:-1])}{joiner}{found[-1]}" if len(found) > 1 else found[0]


def _not(part: Not | Excluding, words: Wording, negative: bool) -> str:
    return _phrase(part.part, words, negative=not negative)


def _one_of(part: OneOf, words: Wording, negative: bool) -> str:
    found = [formats.member(word, words) for word in part.words]
    if part.field in PLACES:
        joiner = words.outside if negative else words.either
        return (words.not_place if negative else words.place).format(formats.listed(found, joiner, words))
    text = _unless(formats.listed(found, words.either, words), words, negative)
    return text if part.field in words.frames else _labelled(part.field, text, words)


def _has(part: HasAll | HasAny, words: Wording, negative: bool) -> str:
    is_any = isinstance(part, HasAny)
    text = _several([formats.member(word, words) for word in part.words], words, negative, is_any=is_any)
    if part.field != FEATURES:
        return _labelled(part.field, text, words)
    return text if negative else words.having.format(text)


def _keywords(part: Keywords, words: Wording, negative: bool) -> str:
    text = _several([words.keyword.format(formats.cut(word)) for word in part.words], words, negative, is_any=False)
    return text if negative else words.having.format(text)


def _several(found: Sequence[str], words: Wording, negative: bool, *, is_any: bool) -> str:
    if not negative:
        return formats.listed(found, words.either if is_any else words.both, words)
    if is_any or len(found) == 1:
        return words.lacking.format(formats.listed(found, words.neither, words))
    return words.lacking_one.format(formats.listed(found, words.both, words))


def _within(part: Within, words: Wording, negative: bool) -> str:
    if isinstance(part.area, Circle):
        return (words.not_near if negative else words.near).format(formats.length(part.area.radius, words))
    return words.not_drawn if negative else words.drawn


def _range(part: Range, words: Wording, negative: bool) -> str:
    if part.high == 0 and not part.low and (noun := words.nouns.get(part.field)) is not None:
        return (words.having if negative else words.none).format(noun.many)
    if part.low is not None and part.high is not None:
        return _compared(part, "exactly" if part.low == part.high else "between", words, negative=negative)
    if part.low is None:
        return _compared(part, "more_than" if negative else "at_most", words)
    return _compared(part, "less_than" if negative else "at_least", words)


def _compared(part: Range, how: str, words: Wording, *, negative: bool = False) -> str:
    """A range in words; `how` is one of `Bounds`."""
    frame, noun = words.frames.get(part.field), words.nouns.get(part.field)
    numbers: Sequence[int | float] = [bound for bound in (part.low, part.high) if bound is not None]
    if part.field in MONEY and part.unit:
        how, numbers = _round_money(how, numbers, part.unit)
    # The unit of an area is said once: 1,500 to 2,000 sq ft.
    once = None if how == "between" and part.field in AREAS else part.unit
    amounts = [amount_of(part.field, one, once, words) for one in numbers[:-1]]
    amounts.append(amount_of(part.field, numbers[-1], part.unit, words))
    if noun is not None:
        is_one = numbers[-1] == 1 and how != "at_least"
        text = f"{_filled(words.counts, how, amounts)} {noun.one if is_one else noun.many}"
        return _unless(text, words, negative)
    text = _filled((frame and frame.bounds) or (words.money if part.field in MONEY else words.numbers), how, amounts)
    if frame is None:
        return _labelled(part.field, _unless(text, words, negative), words)
    return _unless(frame.text.format(text), words, negative)


def _round_money(how: str, numbers: Sequence[int | float], currency: str) -> tuple[str, Sequence[int | float]]:
    """What is less than $5 is stored as $4.99 at most, and what is more as $5.01 at least."""
    if how == "at_most" and is_next_to_round(numbers[0], currency, -1):
        return "less_than", [numbers[0] + 1]
    if how == "at_least" and is_next_to_round(numbers[0], currency, 1):
        return "more_than", [numbers[0] - 1]
    return how, numbers


def _filled(bounds: Bounds, how: str, amounts: Sequence[str]) -> str:
    # Both bounds of `exactly` are the same.
    return str(getattr(bounds, how)).format(*amounts)


def amount_of(field: str, bound: float, unit: str | None, words: Wording) -> str:
    """A number of a field; `unit` is that of a `Range`."""
    if field in MONEY and unit:
        return formats.money(int(bound), unit, words)
    if field in AREAS and unit:
        return formats.area(bound, unit, words)
    return str(bound) if _is_name(field) else formats.plain(bound, words)


def _is_name(field: str) -> bool:
    """Whether a number is a year, or another one that stands for a name, so that it is written without commas."""
    return field.endswith("KeyNumeric") or field in ("StreetNumberNumeric", "TaxYear") or field.startswith("YearB")


_BOUNDS = {"ge": "at_least", "le": "at_most", "gt": "more_than", "lt": "less_than"}
_OPPOSITES = {"ge": "lt", "le": "gt", "gt": "le", "lt": "ge"}


def _compare(part: Compare, words: Wording, negative: bool) -> str:
    value, operator = part.value, part.operator
    if isinstance(value, bool):
        is_true = (value == (operator == "eq")) != negative
        return _labelled(part.field, words.yes if is_true else words.no, words)
    if negative and operator in _OPPOSITES:
        operator, negative = _OPPOSITES[operator], False  # type: ignore[assignment]
    bounds, shown = _shown(value, words)
    text = _filled(bounds, _BOUNDS.get(operator, "exactly"), [shown])
    return _labelled(part.field, _unless(text, words, negative), words)


def _shown(value: Any, words: Wording) -> tuple[Bounds, str]:
    if isinstance(value, date):
        return words.dates, formats.day(value, words)
    return (words.texts, formats.cut(value)) if isinstance(value, str) else (words.numbers, formats.plain(value, words))


def _text(part: Text, words: Wording, negative: bool) -> str:
    texts = words.not_text if negative else words.text
    return _labelled(part.field, texts[part.kind].format(formats.cut(part.text)), words)


def _is_missing(part: IsMissing, words: Wording, negative: bool) -> str:
    return _labelled(part.field, words.stated if negative else words.not_stated, words)


_PHRASES: Mapping[type[Expression], Callable[[Any, Wording, bool], str]] = {
    And: _and,
    Or: _or,
    Not: _not,
    Excluding: _not,
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
