"""Rows of profiles as a store has them: SQLite keeps any kind of value in any column. Pure."""

from collections.abc import Sequence
from typing import Any

_TEXT = frozenset((str, type(None)))


def is_readable(row: Sequence[Any]) -> bool:
    """Whether the fields of a profile have values of their kinds; one that is damaged is as good as none."""
    return type(row[0]) is int and _TEXT.issuperset(map(type, row[1:]))
