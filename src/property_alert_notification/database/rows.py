"""Reads rows one by one, so that an unreadable row hides no other, and checks the types of their values."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import structlog
from sqlalchemy import CursorResult, RowMapping

from property_alert_notification.base.errors import UnreadableRow
from property_alert_notification.base.logs import origin

log = structlog.get_logger()

Row = TypeVar("Row")


def readable(found: "CursorResult[*tuple[Any, ...]]", build: Callable[[RowMapping], Row]) -> list[Row]:
    """Apply `build` to each row; an unreadable row is logged and left out."""
    rows, built = found.mappings(), []
    is_over = False
    while not is_over:
        try:
            row = rows.fetchone()
            is_over = row is None
            if row is not None:
                built.append(build(row))
        except (ValueError, TypeError, AttributeError) as error:
            log.error("row.unreadable", **origin(error))  # noqa: TRY400 - its text may hold personal data
    return built


def plain_rows(found: "CursorResult[*tuple[Any, ...]]") -> list[Sequence[Any]]:
    """All rows as the driver read them, for many rows of numbers and texts: SQLAlchemy takes as long again.

    No value is converted, so a column of times or truth values is not what its model says.
    """
    cursor: Any = found.cursor
    rows: list[Sequence[Any]] = cursor.fetchall()
    return rows


def of_kinds(row: Row, kinds: Iterable[tuple[str, type | tuple[type, ...]]]) -> Row:
    """Check that each of these columns has a value of its type: SQLite keeps values of any type in any column.

    Raises:
        UnreadableRow: a value has a wrong type.
    """
    for column, kind in kinds:
        found = type(getattr(row, column))
        if found is kind:  # of nearly every value
            continue
        allowed = kind if isinstance(kind, tuple) else (kind,)
        if found not in allowed:
            raise UnreadableRow(f"{column} is not {allowed[0].__name__}")
    return row
