"""Reads rows of the store of which some may be damaged: such a row is left out, so that it does not hold up others."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import structlog

from property_alert_notification.base.logs import origin

log = structlog.get_logger()

Row = TypeVar("Row")
Result = TypeVar("Result")

UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)
"""What reading a damaged row raises."""


def readable(
    rows: Iterable[Row], read: Callable[[Row], Result], event: str, name: Callable[[Row], Any] | None = None
) -> Iterator[Result]:
    """What `read` makes of each of these rows, without the damaged ones.

    A damaged row is logged as `event`, with what `name` calls it; a row may hold data that must not get into a log.
    """
    for row in rows:
        try:
            found = read(row)
        except UNREADABLE as error:
            log.error(event, row=None if name is None else str(name(row)), **origin(error))  # noqa: TRY400
        else:
            yield found
