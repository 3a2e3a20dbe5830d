"""Reads rows of the store of which some may be damaged: such a row is left out, so that it does not hold up others."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import structlog

from property_alert_notification.base.damaged_rows import LEFT_OUT
from property_alert_notification.base.logs import origin

log = structlog.get_logger()

Row = TypeVar("Row")
Result = TypeVar("Result")

UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)
"""What reading a damaged row raises."""


def left_out(event: str, error: BaseException, **names: str | int | None) -> None:
    """Log and count a damaged row that is left out; a row may hold data that must not get into a log."""
    LEFT_OUT[event] += 1
    log.error(event, **names, **origin(error))


def readable(
    rows: Iterable[Row], read: Callable[[Row], Result], event: str, name: Callable[[Row], Any] | None = None
) -> Iterator[Result]:
    """What `read` makes of each of these rows, without the damaged ones.

    A damaged row is logged and counted as `event`, with what `name` calls it.
    """
    for row in rows:
        try:
            found = read(row)
        except UNREADABLE as error:
            left_out(event, error, row=None if name is None else str(name(row)))
        else:
            yield found
