"""How SQLite keeps values: the one place that converts them, for whatever way a statement is executed. Pure."""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any
from uuid import UUID

from asyncpg.pgproto import pgproto

AS_THEY_ARE = frozenset({str, int, float, bytes, type(None)})
"""Types of values that SQLite keeps as they are."""


def stored(value: Any) -> Any:
    """A value as SQLite keeps it: times sort as text, an id is its 32 digits, and a truth value is a number.

    Its driver would convert others than the plainest types too, but by asking around for who can.
    """
    kind = type(value)
    if kind in AS_THEY_ARE:
        return value
    if (convert := _BY_KIND.get(kind)) is None:
        convert = _BY_KIND[kind] = _conversion(kind)
    return convert(value)


def _conversion(kind: type[Any]) -> Callable[[Any], Any]:
    if issubclass(kind, UUID):
        return attrgetter("hex")
    if issubclass(kind, datetime):
        return _in_utc
    # Of an enum of words, the word.
    return str.__str__ if issubclass(kind, str) else int


_BY_KIND: dict[type[Any], Callable[[Any], Any]] = {}
"""The conversions of the types that were met: there are few, and each batch has hundreds of such values."""


@lru_cache(64)
def _in_utc(time: datetime) -> str:
    """Of a batch, most rows have the same few."""
    return time.astimezone(UTC).isoformat(timespec="microseconds")


def read_time(text: str) -> datetime:
    """The time that a text is; in UTC if it has no offset, as another program may have written it.

    Raises:
        TypeError: it is no text.
        ValueError: it is no time.
    """
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def read_id(text: Any) -> UUID | None:
    """The id that a text is, as the driver of PostgreSQL reads it: in C, an eighth of what Python's own class takes.

    Raises:
        TypeError: it is no text.
        ValueError: it is no id.
    """
    if text is None:
        return None
    if type(text) is not str:
        raise TypeError
    return pgproto.UUID(text)


def document(rows: Iterable[Sequence[Any]]) -> str:
    """A batch as one JSON array of rows, which are arrays; rows that a statement found may be the batch of another."""
    return json.dumps(list(map(tuple, rows)), ensure_ascii=False, separators=(",", ":"), default=stored)
