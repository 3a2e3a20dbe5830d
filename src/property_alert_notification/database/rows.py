"""Rows as a store has them: read one by one, so that one that cannot be read hides no other, and checked."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import structlog
from sqlalchemy import CursorResult, RowMapping

from property_alert_notification.base.errors import UnreadableRow
from property_alert_notification.base.logs import origin

log = structlog.get_logger()

Row = TypeVar("Row")


def readable(found: "CursorResult[*tuple[Any, ...]]", build: Callable[[RowMapping], Row]) -> list[Row]:
    """What `build` makes of each row; one that cannot be read is left out, and logged."""
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


def of_kinds(row: Row, kinds: Iterable[tuple[str, type]]) -> Row:
    """The row, when each of these columns has a value of its kind: SQLite keeps any kind of value in any column.

    Raises:
        UnreadableRow: a value is of another kind than its column.
    """
    for column, kind in kinds:
        if type(getattr(row, column)) is not kind:
            raise UnreadableRow(f"{column} is not {kind.__name__}")
    return row
