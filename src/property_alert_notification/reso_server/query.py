"""Reads the part of OData's query options that this server has, and finds the records of a page. Pure."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

Record = Mapping[str, Any]

_IN = re.compile(r"(\w+) in \((.*)\)$", re.DOTALL)
_COMPARISON = re.compile(r"(\w+) (eq|ne|gt|ge|lt|le) (.+)$", re.DOTALL)
_TEXT = re.compile(r"'((?:[^']|'')*)'")
_AND = re.compile(r"\s+and\s+(?=(?:[^']*'[^']*')*[^']*$)")

_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": lambda one, other: one == other,
    "ne": lambda one, other: one != other,
    "gt": lambda one, other: one > other,
    "ge": lambda one, other: one >= other,
    "lt": lambda one, other: one < other,
    "le": lambda one, other: one <= other,
    "in": lambda one, other: one in other,
}


class NotUnderstood(ValueError):
    """The query has a part that this server does not have."""


class Collection(NamedTuple):
    """The records of a resource in the order of one field."""

    field: str
    order: Sequence[tuple[Any, Any]]
    """The value of that field of each record, and the key of the record."""
    by_key: Mapping[Any, Record]
    """The records by their keys."""


class Condition(NamedTuple):
    """One comparison of a filter."""

    field: str
    operator: str
    value: Any

    def holds(self, record: Record) -> bool:
        """Whether it is true of a record. It is not if the record does not have the field."""
        return self.field in record and _OPERATORS[self.operator](value_of(record, self.field), self.value)


def search(collection: Collection, filter_: str | None, order: str | None) -> Iterator[Record]:
    """The records that match a $filter, in the order of an $orderby.

    A filter has comparisons and `in`, connected by `and`.

    Raises:
        NotUnderstood: the filter or the order has another part.
    """
    conditions = [_condition(part) for part in _AND.split(filter_.strip())] if filter_ else []
    found = (one for one in _candidates(collection, conditions) if all(each.holds(one) for each in conditions))
    names = [part.strip().partition(" ") for part in order.split(",")] if order else []
    if not names or (names[0][0] == collection.field and names[0][2] in ("", "asc")):
        return found
    if any(way not in ("", "asc", "desc") for _, _, way in names):
        raise NotUnderstood("$orderby")
    result = list(found)
    for name, _, way in reversed(names):
        result.sort(key=lambda record, name=name: value_of(record, name), reverse=way == "desc")  # type: ignore[misc]
    return iter(result)


def _candidates(collection: Collection, conditions: Sequence[Condition]) -> Iterable[Record]:
    for one in conditions:
        if one.operator == "in" and one.field == "ListingKey":
            return [collection.by_key[key] for key in sorted(one.value & collection.by_key.keys())]
    starts = [one.value for one in conditions if one.field == collection.field and one.operator in ("gt", "ge")]
    start = bisect_left(collection.order, (max(starts),)) if starts else 0
    return (collection.by_key[key] for _, key in islice(collection.order, start, None))


def value_of(record: Record, name: str) -> Any:
    """The value of a field. A time is compared as such, since it can be written in several ways."""
    return datetime.fromisoformat(record[name]) if name.endswith("Timestamp") else record[name]


def _condition(text: str) -> Condition:
    text = text.removeprefix("(").removesuffix(")") if text.startswith("(") else text
    if (found := _IN.match(text)) is not None:
        return Condition(found[1], "in", {part.replace("''", "'") for part in _TEXT.findall(found[2])})
    if (found := _COMPARISON.match(text)) is None:
        raise NotUnderstood("$filter")
    return Condition(found[1], found[2], _literal(found[3]))


def _literal(text: str) -> str | int | datetime:
    if (found := _TEXT.fullmatch(text)) is not None:
        return found[1].replace("''", "'")
    try:
        return int(text) if re.fullmatch(r"-?\d+", text) else datetime.fromisoformat(text)
    except ValueError:
        raise NotUnderstood("$filter") from None
