"""A search beside a listing, condition by condition: what is asked for, and what the listing has. Pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from property_alert_notification.homes.criteria.areas import Box, Circle, Polygons, distance
from property_alert_notification.homes.criteria.comparable import listed_keys, main_units, unit_of, words_in
from property_alert_notification.homes.criteria.evaluate import COORDINATES, REMARKS, Fields, evaluate
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
from property_alert_notification.homes.reso.words import AREAS, MONEY, MULTIPLE

_LONGEST_TEXT = 200
"""Characters of a listing's text that are shown."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition. `value` and `bound` are as JSON has them."""

    test: str
    """`range`, `one_of`, `has_all`, `has_any`, `keywords`, `within`, `missing`, `eq` and the other operators,
    `contains` and the other tests of texts; `and`, `or`, `not` and `excluding` have `parts`."""
    field: str | None
    value: Any
    """Of the listing; None if it has none."""
    bound: Any
    """What the search asks for."""
    verdict: bool | None
    """None if it is unknown, since the listing has no value, or one in another currency."""
    expression: Expression
    """The condition itself, which `sentence.phrase` puts in words."""
    parts: "tuple[Clause, ...]" = ()


def clauses_of(expression: Expression, fields: Fields) -> list[Clause]:
    """The conditions that must all hold, in the order of the search."""
    return [_clause(part, fields) for part in _conjuncts(expression)]


def _conjuncts(expression: Expression) -> Iterator[Expression]:
    if not isinstance(expression, And):
        yield expression
        return
    for part in expression.parts:
        yield from _conjuncts(part)


def _clause(expression: Expression, fields: Fields) -> Clause:
    verdict = evaluate(expression, fields)
    match expression:
        case And(parts) | Or(parts):
            test = "and" if isinstance(expression, And) else "or"
            return Clause(test, None, None, None, verdict, expression, tuple(_clause(part, fields) for part in parts))
        case Not(part) | Excluding(part):
            test = "not" if isinstance(expression, Not) else "excluding"
            return Clause(test, None, None, None, verdict, expression, (_clause(part, fields),))
    test, field, value, bound = _DESCRIBE[type(expression)](expression, fields)
    return Clause(test, field, value, bound, verdict, expression)


_Described = tuple[str, str, Any, Any]
"""The test, the field, what the listing has, and what is asked for."""


def _compare(leaf: Compare, fields: Fields) -> _Described:
    bound = leaf.value.isoformat() if isinstance(leaf.value, date) else leaf.value
    return leaf.operator, leaf.field, fields.get(leaf.field), bound


def _range(leaf: Range, fields: Fields) -> _Described:
    value: Any = fields.get(leaf.field)
    bound: dict[str, Any] = {"min": leaf.low, "max": leaf.high}
    if leaf.field in MONEY and leaf.unit:
        amounts = {name: None if minor is None else main_units(int(minor), leaf.unit) for name, minor in bound.items()}
        bound = {name: None if amount is None else _plain(float(amount)) for name, amount in amounts.items()}
        bound["currency"] = leaf.unit
        value = None if value is None else {"amount": value, "currency": fields.get("currency")}
    elif leaf.field in AREAS:
        bound["units"] = leaf.unit
        value = None if value is None else {"amount": value, "units": unit_of(leaf.field, fields)}
    return "range", leaf.field, value, {name: part for name, part in bound.items() if part is not None}


def _plain(number: float) -> int | float:
    return int(number) if number.is_integer() else number


def _words(test: str) -> Callable[[Any, Fields], _Described]:
    def describe(leaf: OneOf | HasAll | HasAny, fields: Fields) -> _Described:
        value = fields.get(leaf.field)
        if leaf.field == FEATURES and listed_keys(FEATURES, fields):
            value = sorted({word for name in fields.keys() & MULTIPLE for word in fields[name]})
        return test, leaf.field, value, list(leaf.words)

    return describe


def _text(leaf: Text, fields: Fields) -> _Described:
    value = fields.get(leaf.field)
    return leaf.kind, leaf.field, value[:_LONGEST_TEXT] if isinstance(value, str) else value, leaf.text


def _keywords(leaf: Keywords, fields: Fields) -> _Described:
    remarks = fields.get(REMARKS)
    found = words_in(remarks) if isinstance(remarks, str) else None
    value = None if found is None else [word for word in leaf.words if words_in(word) <= found]
    return "keywords", REMARKS, value, list(leaf.words)


def _within(leaf: Within, fields: Fields) -> _Described:
    longitude, latitude = fields.get("Longitude"), fields.get("Latitude")
    value: dict[str, Any] | None = None
    if longitude is not None and latitude is not None:
        value = {"longitude": longitude, "latitude": latitude}
        if isinstance(leaf.area, Circle):
            value["distance"] = round(distance(longitude, latitude, leaf.area.longitude, leaf.area.latitude))
    return "within", COORDINATES, value, _shape(leaf)


def _shape(leaf: Within) -> dict[str, Any]:
    match leaf.area:
        case Circle(longitude, latitude, radius):
            return {"type": "Circle", "center": [longitude, latitude], "radius": radius}
        case Box(west, south, east, north):
            return {"bbox": [west, south, east, north]}
        case Polygons(polygons):
            rings = [[[list(point) for point in (*ring, ring[0])] for ring in polygon] for polygon in polygons]
            return {"type": "MultiPolygon", "coordinates": rings}


def _is_missing(leaf: IsMissing, fields: Fields) -> _Described:
    return "missing", leaf.field, fields.get(leaf.field), None


_DESCRIBE: Mapping[type[Expression], Callable[[Any, Fields], _Described]] = {
    Compare: _compare,
    Range: _range,
    OneOf: _words("one_of"),
    HasAll: _words("has_all"),
    HasAny: _words("has_any"),
    Text: _text,
    Keywords: _keywords,
    Within: _within,
    IsMissing: _is_missing,
}
