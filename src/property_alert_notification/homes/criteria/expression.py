"""The one form of a saved search's conditions, and how it is stored. `Criteria` and `$filter` are compiled to it.

Words are kept as they are shown to people; `comparable.py` makes of them what is compared. An expression is true,
false or unknown for a listing (`evaluate.py`); a search matches a listing if its expression is true.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Literal

import pydantic_core

from property_alert_notification.homes.criteria.areas import Area, Box, Circle, Polygons

MOST_REMEMBERED = 4
"""Words of a list that a cache keeps. Longer lists are rarely alike, and would fill the memory."""

Operator = Literal["eq", "ne", "gt", "ge", "lt", "le"]
Value = str | int | float | bool | date | datetime


@dataclass(frozen=True, slots=True)
class And:
    """True if all parts are. Without parts it is true."""

    parts: "tuple[Expression, ...]"


@dataclass(frozen=True, slots=True)
class Or:
    """True if one part is."""

    parts: "tuple[Expression, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """True if the part is false; unknown if the part is unknown."""

    part: "Expression"


@dataclass(frozen=True, slots=True)
class Excluding:
    """True unless the part is true: what is not known excludes no home. It is never unknown."""

    part: "Expression"


@dataclass(frozen=True, slots=True)
class Compare:
    """A field compared with a value. Most conditions on numbers are a `Range`, most on words a `OneOf`."""

    field: str
    operator: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class Range:
    """A number from `low` to `high`, both included; None is no bound.

    Amounts of money are whole numbers of the smallest unit of the currency `unit`. Areas have the unit of RESO that
    the bounds are in. Other numbers have none.
    """

    field: str
    low: int | float | None
    high: int | float | None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class OneOf:
    """A field that has one of these words."""

    field: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HasAll:
    """A field with several values that has all of these. The field `Features` is all such fields together."""

    field: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HasAny:
    """A field with several values that has at least one of these."""

    field: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """A text, or one of several values, that contains, starts with, ends with or equals another text."""

    field: str
    kind: Literal["contains", "startswith", "endswith", "equals"]
    text: str
    folded: bool
    """Whether small and capital letters are the same."""


@dataclass(frozen=True, slots=True)
class Keywords:
    """All of these words, each a whole word of the public remarks."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Within:
    """The coordinates of the listing lie in the area; its edge belongs to it."""

    area: Area


@dataclass(frozen=True, slots=True)
class IsMissing:
    """The listing has no value for the field. It is never unknown."""

    field: str


Leaf = Compare | Range | OneOf | HasAll | HasAny | Text | Keywords | Within | IsMissing
Expression = And | Or | Not | Excluding | Leaf

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def to_json(expression: Expression) -> str:
    """The expression as the text of a row: lists that begin with the name of their kind."""
    return _encode(as_list(expression))


def from_json(stored: str) -> Expression:
    """The expression that `to_json` wrote."""
    return from_list(list_in(stored))


def list_in(stored: str) -> list[Any]:
    """What `as_list` made of the expression that `to_json` wrote."""
    listed: list[Any] = pydantic_core.from_json(stored)
    return listed


def as_list(expression: Expression) -> list[Any]:
    """The expression as a list that begins with the name of its kind. Its parts are such lists, too."""
    match expression:
        case And(parts) | Or(parts):
            return [_NAMES[type(expression)], *map(as_list, parts)]
        case Not(part) | Excluding(part):
            return [_NAMES[type(expression)], as_list(part)]
        case Compare(field, operator, value):
            return [_NAMES[Compare], field, operator, *_listed_value(value)]
        case Keywords(words):
            return [_NAMES[Keywords], *words]
        case Within(area):
            return [_NAMES[Within], *_listed_area(area)]
    return [_NAMES[type(expression)], *(getattr(expression, name) for name in expression.__slots__)]


def _listed_value(value: Value) -> list[Any]:
    if isinstance(value, datetime):
        return [value.isoformat(), "time"]
    return [value.isoformat(), "day"] if isinstance(value, date) else [value]


def _listed_area(area: Area) -> list[Any]:
    match area:
        case Box(west, south, east, north):
            return ["box", west, south, east, north]
        case Circle(longitude, latitude, radius):
            return ["circle", longitude, latitude, radius]
        case Polygons(polygons):
            return ["polygons", *([[n for point in ring for n in point] for ring in rings] for rings in polygons)]


def from_list(stored: list[Any]) -> Expression:
    """The expression that `as_list` made this of."""
    return _READERS[stored[0]](stored)


def _read_compare(stored: list[Any]) -> Compare:
    _, field, operator, value, *kind = stored
    if kind:
        value = datetime.fromisoformat(value) if kind == ["time"] else date.fromisoformat(value)
    return Compare(field, operator, value)


def area_of(within: list[Any]) -> Area:
    """The area of a condition that `as_list` made of a `Within`."""
    _, kind, *numbers = within
    if kind == "polygons":
        return Polygons(
            tuple(tuple(tuple(zip(ring[::2], ring[1::2], strict=True)) for ring in rings) for rings in numbers)
        )
    return Box(*numbers) if kind == "box" else Circle(*numbers)


# Many searches have the same ones.
_range, _short_list = lru_cache(16_384)(Range), lru_cache(16_384)(OneOf)


def _one_of(field: str, words: list[str]) -> OneOf:
    return OneOf(field, tuple(words)) if len(words) > MOST_REMEMBERED else _short_list(field, tuple(words))


_READERS: dict[str, Callable[[list[Any]], Expression]] = {
    "and": lambda stored: And(tuple([from_list(part) for part in stored[1:]])),
    "or": lambda stored: Or(tuple([from_list(part) for part in stored[1:]])),
    "not": lambda stored: Not(from_list(stored[1])),
    "excluding": lambda stored: Excluding(from_list(stored[1])),
    "compare": _read_compare,
    "range": lambda stored: _range(stored[1], stored[2], stored[3], stored[4]),
    "one": lambda stored: _one_of(stored[1], stored[2]),
    "all": lambda stored: HasAll(stored[1], tuple(stored[2])),
    "any": lambda stored: HasAny(stored[1], tuple(stored[2])),
    "text": lambda stored: Text(stored[1], stored[2], stored[3], stored[4]),
    "words": lambda stored: Keywords(tuple(stored[1:])),
    "in": lambda stored: Within(area_of(stored)),
    "missing": lambda stored: IsMissing(stored[1]),
}
_KINDS = (And, Or, Not, Excluding, Compare, Range, OneOf, HasAll, HasAny, Text, Keywords, Within, IsMissing)
_NAMES: dict[type[Expression], str] = dict(zip(_KINDS, _READERS, strict=True))
