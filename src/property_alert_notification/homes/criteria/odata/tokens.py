"""The parts of a `$filter`: names, values and signs, each with its position. Pure."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, NoReturn

from property_alert_notification.base.errors import InvalidField
from property_alert_notification.homes.criteria.expression import Value
from property_alert_notification.homes.criteria.odata.advice import about_character
from property_alert_notification.homes.criteria.shown import shown
from property_alert_notification.homes.reso import times, values

LONGEST_FILTER = 8_000
"""Characters of a `$filter`: as many as RESO's SearchQuery has."""

TokenKind = Literal["name", "text", "typed", "number", "time", "day", "sign", "end"]

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<typed>[A-Za-z_][\w.]*'(?:[^']|'')*')
    | (?P<text>'(?:[^']|'')*')
    | (?P<time>\d{4}-\d\d-\d\dT[\d:.]*(?:Z|[+-]\d\d:\d\d)?)(?!\w)
    | (?P<day>\d{4}-\d\d-\d\d)(?!\w)
    | (?P<number>[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?)(?![\w.])
    | (?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)
    | (?P<sign>[(),:/])
    | (?P<end>$)
    )""",
    re.VERBOSE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Token:
    """One part of a filter."""

    kind: TokenKind
    text: str
    at: int
    """The number of characters before it."""
    value: Value | None = None
    """Of a literal."""


def tokens_of(filter_: str, field: str) -> list[Token]:
    """All parts, and at last one of the kind `end`. `field` is the field of the call that has the filter.

    Raises:
        InvalidField: a part is none of OData, or the filter is too long.
    """
    if len(filter_) > LONGEST_FILTER:
        raise InvalidField(field, f"must have at most {LONGEST_FILTER:,} characters")
    found, at = list[Token](), 0
    while not found or found[-1].kind != "end":
        matched = _TOKEN.match(filter_, at)
        if matched is None:
            _refuse_character(filter_, at, field)
        kind: TokenKind = matched.lastgroup  # type: ignore[assignment]  # the groups are named after the kinds
        text, at = matched[kind], matched.end()
        token = Token(kind, text, at - len(text))
        found.append(_with_value(token, field))
    return found


def _refuse_character(filter_: str, at: int, field: str) -> NoReturn:
    at += len(filter_[at:]) - len(filter_[at:].lstrip())
    part = re.match(r"\w[\w.:+-]*|.", filter_[at:], re.DOTALL)
    text = part[0] if part else ""
    raise fault(Token("sign", text, at), about_character(filter_[at:]), field)


def fault(token: Token, problem: str, field: str) -> InvalidField:
    """The error about a part, which it names with its column, counted from 1."""
    if token.kind == "end":
        return InvalidField(field, f"at column {token.at + 1}, the end: {problem}")
    return InvalidField(field, f"at column {token.at + 1}, {shown(token.text)}: {problem}")


def _with_value(token: Token, field: str) -> Token:
    try:
        value = _value_of(token)
    except ValueError as problem:
        raise fault(token, str(problem), field) from None
    return token if value is None else Token(token.kind, token.text, token.at, value)


def _value_of(token: Token) -> Value | None:
    match token.kind:
        case "text" | "typed":
            text = token.text[token.text.index("'") + 1 : -1].replace("''", "'")
            if not text.isprintable():
                raise ValueError("has characters that cannot be printed")
            return text
        case "number":
            return values.number(float(token.text) if "e" in token.text.lower() else token.text.lstrip("+"))
        case "day":
            return date.fromisoformat(times.day(token.text) or "")
        case "time":
            return _moment(token.text)
    return None


def _moment(text: str) -> datetime:
    if text[-1] != "Z" and text[-6:-5] not in ("+", "-"):
        raise ValueError("has no offset: write 2026-11-29T09:30:00Z, or 2026-11-29T09:30:00-05:00")
    found = times.moment(text, None)
    if found is None:
        raise ValueError("must be a time, such as 2026-11-29T09:30:00Z")
    return found
