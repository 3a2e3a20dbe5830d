"""Conditions of a `$filter`: a field, an operator and a value. Pure.

The text of each error says what is wrong and what to write.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from math import nextafter
from typing import Literal, cast

from property_alert_notification.homes.criteria.comparable import PLACES
from property_alert_notification.homes.criteria.expression import (
    Compare,
    Expression,
    HasAll,
    HasAny,
    IsMissing,
    Not,
    OneOf,
    Operator,
    Or,
    Text,
)
from property_alert_notification.homes.criteria.known_fields import Kind
from property_alert_notification.homes.criteria.odata.tokens import Token
from property_alert_notification.homes.criteria.odata.units import BATHROOMS, COUNTED, HALF
from property_alert_notification.homes.reso import texts, values
from property_alert_notification.homes.reso.words import LOOKUPS, member

LITERALS = frozenset({"text", "typed", "number", "time", "day"})


@dataclass(frozen=True, slots=True)
class Operand:
    """What stands on one side of a condition: a field, or one value of a field with several."""

    field: str
    kind: Kind
    token: Token
    folded: bool = False
    """In small or capital letters, so that they are the same."""
    is_one_value: bool = False
    """Within `any`."""

    def in_any_case(self) -> "Operand":
        return replace(self, folded=True)

    def one_value(self) -> "Operand":
        return replace(self, is_one_value=True)


def compare(operand: Operand, operator: str, literal: Token) -> Expression:
    """The condition that a field has a value.

    Raises:
        ValueError: the field has no such values, or not this operator.
    """
    if literal.text.lower() == "null" and literal.kind == "name":
        return _with_null(operand, operator)
    value = _value_of(literal)
    wrong = _why_not(operand, operator, value)
    if wrong is not None:
        raise ValueError(wrong)
    if isinstance(value, str):
        return _with_text(operand, operator, value)
    if operator == "ne":
        return Not(Compare(operand.field, "eq", value))
    return Compare(operand.field, cast(Operator, operator), value)


def _value_of(literal: Token) -> str | int | float | bool | date | datetime:
    if literal.kind == "name":
        return literal.text.lower() == "true"
    if literal.kind == "typed" and literal.text.lower().startswith(("geography'", "datetime'", "guid'", "duration'")):
        raise ValueError("cannot be compared: write a date as 2026-11-29, a time as 2026-11-29T09:30:00Z")
    value = literal.value
    assert value is not None  # noqa: S101 - literals have one
    return value


def _with_null(operand: Operand, operator: str) -> Expression:
    if operand.is_one_value or operator not in ("eq", "ne"):
        raise ValueError("can only be compared by eq and ne, and not inside any(…)")
    missing = IsMissing(operand.field)
    return missing if operator == "eq" else Not(missing)


def _why_not(operand: Operand, operator: str, value: object) -> str | None:
    """What is wrong with the value or the operator."""
    field, kind = operand.field, operand.kind
    if operand.is_one_value:
        return _why_not_inside_any(operator, value)
    if kind is Kind.SEVERAL:
        return f"cannot be compared with a field of several values: write {field}/any(x: x eq 'Dishwasher')"
    if kind is Kind.PLACE:
        return "cannot be compared with Coordinates: use geo.distance or geo.intersects"
    wanted = _WANTED.get(kind)
    if wanted is not None and not _is_of(value, wanted[0]):
        return f"is no value of {field}: {wanted[1]}"
    if (kind is Kind.WORD or isinstance(value, bool)) and operator not in ("eq", "ne"):
        return f"is not more or less than {field}: use eq, ne or in"
    if operator in ("eq", "ne") and field in COUNTED and isinstance(value, float) and not _is_count(field, value):
        return f"is no value of {field}: write a whole number"
    if operand.folded and not isinstance(value, str):
        return "must be a text: tolower and toupper are for texts"
    return None


def _is_count(field: str, value: float) -> bool:
    return value.is_integer() or (field == BATHROOMS and (value % 1) == HALF)


_WANTED: dict[Kind, tuple[type | tuple[type, ...], str]] = {
    Kind.NUMBER: ((int, float), "write a number, without quotes"),
    Kind.WORD: (str, "write a text in single quotes"),
    Kind.TEXT: (str, "write a text in single quotes"),
    Kind.SWITCH: (bool, "write true or false, without quotes"),
    Kind.DAY: (date, "write a date, such as 2026-11-29"),
    Kind.TIME: (datetime, "write a time with an offset, such as 2026-11-29T09:30:00Z"),
}


def _is_of(value: object, wanted: type | tuple[type, ...]) -> bool:
    # In Python true is a number and a time is a date.
    if isinstance(value, bool | datetime):
        return type(value) is wanted
    return isinstance(value, wanted)


def _why_not_inside_any(operator: str, value: object) -> str | None:
    if operator != "eq":
        return "can only be compared by eq, in, contains, startswith and endswith inside any(…)"
    return None if isinstance(value, str) else "must be a text in single quotes"


def _with_text(operand: Operand, operator: str, text: str) -> Expression:
    field = operand.field
    found: Expression
    if not text.strip() and operator in ("eq", "ne"):
        instead = f"{field}/any()" if operand.is_one_value else f"{field} {operator} null"
        raise ValueError(f"is empty, and no home has an empty value: write {instead}")
    if operand.is_one_value:
        found = Text(field, "equals", text, folded=True) if _is_local_and_folded(operand) else HasAny(field, (text,))
    elif operator not in ("eq", "ne"):
        if operand.folded and field not in PLACES:
            raise ValueError("can only be compared by eq, ne and in with tolower and toupper")
        return Compare(field, cast(Operator, operator), text)
    elif operand.folded and operand.kind is not Kind.WORD and field not in PLACES:
        found = Text(field, "equals", text, folded=True)
    else:
        found = OneOf(field, (_member(field, text),))
    return Not(found) if operator == "ne" else found


def _is_local_and_folded(operand: Operand) -> bool:
    return operand.folded and operand.kind is Kind.LOCAL


def _member(field: str, text: str) -> str:
    if field == "currency":
        return values.currency(text) or text
    return (texts.word_of(field, text) if field in LOOKUPS else member(text)) or text


def joined(parts: list[Expression]) -> Expression:
    """One of several conditions; words of one field are one condition."""
    for kind in (OneOf, HasAny):
        same = [part for part in parts if isinstance(part, kind)]
        if len(same) == len(parts):
            return kind(same[0].field, tuple(dict.fromkeys(word for part in same for word in part.words)))
    return parts[0] if len(parts) == 1 else Or(tuple(parts))


def has(operand: Operand, literal: Token) -> Expression:
    """The condition that a field has all members that a literal names.

    Raises:
        ValueError: the field is no enumeration.
    """
    if operand.kind not in (Kind.SEVERAL, Kind.WORD, Kind.LOCAL) or operand.is_one_value:
        raise ValueError(f"is for fields of enumerations, which {operand.field} is not")
    if literal.kind not in ("text", "typed"):
        raise ValueError("must be a member, such as 'Dishwasher'")
    if operand.kind is Kind.WORD and str(literal.value).strip():
        return _with_text(operand, "eq", str(literal.value))
    words = tuple(member(word.strip()) for word in str(literal.value).split(",") if word.strip())
    if not words:
        raise ValueError("must be a member, such as 'Dishwasher'")
    return HasAll(operand.field, words)


_Test = Literal["contains", "startswith", "endswith"]


def text_test(operand: Operand, name: str, literal: Token) -> Expression:
    """The condition that a field contains, starts with or ends with a text.

    Raises:
        ValueError: the field has no texts, or the value is none.
    """
    if literal.kind != "text":
        raise ValueError("must be a text in single quotes")
    if operand.kind is Kind.SEVERAL and not operand.is_one_value:
        raise ValueError(
            f"cannot be compared with a field of several values: write {operand.field}/any(x: {name}(x, …))"
        )
    if operand.kind not in (Kind.TEXT, Kind.WORD, Kind.SEVERAL, Kind.LOCAL):
        raise ValueError(f"cannot be a part of {operand.field}, which is no text")
    folded = operand.folded or operand.field in PLACES
    return Text(operand.field, cast(_Test, name), str(literal.value), folded)


def below(number: float) -> float:
    """The largest number that is less."""
    return nextafter(number, 0)
