"""Checks rows of profiles: SQLite keeps values of any type in any column. Pure."""

from collections.abc import Sequence
from typing import Any

_TEXT = frozenset((str, type(None)))


def is_readable(row: Sequence[Any]) -> bool:
    """Whether the columns of a profile have the right types. A damaged row is treated as missing."""
    return type(row[0]) is int and _TEXT.issuperset(map(type, row[1:]))
