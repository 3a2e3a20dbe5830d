"""CSV (RFC 4180) that people may open with a spreadsheet."""

import csv
import io
from collections.abc import Iterable

_FORMULA = ("=", "+", "-", "@", "\t")
"""A spreadsheet calculates a cell that begins with one of these."""


def cell(value: str) -> str:
    """A value in one line. A quote before the sign of a formula lets a spreadsheet show it as text."""
    value = " ".join(value.splitlines())
    return f"'{value}" if value.lstrip(" ").startswith(_FORMULA) else value


def lines_of(rows: Iterable[Iterable[str]]) -> str:
    """The lines of some rows."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
