"""Reads the part of OData's query options that this server has. Pure."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

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
}


class NotUnderstood(ValueError):
    """The query has a part that this server does not have."""


def filtered(records: Iterable[Record], filter_: str | None) -> list[Record]:
    """The records that match a $filter: comparisons and `in`, connected by `and`.

    Raises:
        NotUnderstood: the filter has another part.
    """
    conditions = [_condition(part) for part in _AND.split(filter_.strip())] if filter_ else []
    return [record for record in records if all(holds(record) for holds in conditions)]


def ordered(records: list[Record], order: str | None) -> list[Record]:
    """The records in the order of an $orderby.

    Raises:
        NotUnderstood: it has another part than names with `asc` or `desc`.
    """
    for part in reversed(order.split(",") if order else []):
        name, _, way = part.strip().partition(" ")
        if way not in ("", "asc", "desc"):
            raise NotUnderstood("$orderby")
        records = sorted(records, key=lambda record, name=name: _value(record, name), reverse=way == "desc")  # type: ignore[misc]
    return records


def _condition(text: str) -> Callable[[Record], bool]:
    text = text.removeprefix("(").removesuffix(")") if text.startswith("(") else text
    if (found := _IN.match(text)) is not None:
        name, wanted = found[1], {part.replace("''", "'") for part in _TEXT.findall(found[2])}
        return lambda record: record.get(name) in wanted
    if (found := _COMPARISON.match(text)) is None:
        raise NotUnderstood("$filter")
    name, holds, value = found[1], _OPERATORS[found[2]], _literal(found[3])
    return lambda record: name in record and holds(_value(record, name), value)


def _literal(text: str) -> str | int | datetime:
    if (found := _TEXT.fullmatch(text)) is not None:
        return found[1].replace("''", "'")
    try:
        return int(text) if re.fullmatch(r"-?\d+", text) else datetime.fromisoformat(text)
    except ValueError:
        raise NotUnderstood("$filter") from None


def _value(record: Record, name: str) -> Any:
    """The value of a field; a time is compared as such, since it can be written in several ways."""
    return datetime.fromisoformat(record[name]) if name.endswith("Timestamp") else record.get(name)
