"""Finds the row that breaks a batch, so that the other rows are processed."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from property_alert_notification.database.faults import is_row_fault

Item = TypeVar("Item")
Result = TypeVar("Result")


async def process_due(
    due_ids: Callable[[], Awaitable[Sequence[Item]]],
    process: Callable[[Sequence[Item] | None], Awaitable[Result]],
    skip: Callable[[Item, Exception], Awaitable[None]],
) -> list[Result]:
    """Process what is due together; if a row breaks that, read what is due, and halve it as `halve_on_error` does.

    `process` gets the items to process, those of them that are still due; with None it takes what is due itself.

    Raises:
        StoreUnavailable: the store is away, which is no item's fault; so does any other error that is none.
    """
    try:
        return [await process(None)]
    except Exception as error:
        if not is_row_fault(error):
            raise
    return await halve_on_error(await due_ids(), process, skip)


async def halve_on_error(
    items: Sequence[Item],
    work: Callable[[Sequence[Item]], Awaitable[Result]],
    skip: Callable[[Item, Exception], Awaitable[None]],
) -> list[Result]:
    """Process all items together; after a failure process the halves, until `skip` gets the broken item.

    It costs nothing as long as no item breaks. `work` is one transaction, so a broken batch stores nothing.

    Raises:
        StoreUnavailable: the store is away, which is no item's fault; so does any other error that is none, and one
            that `work` raises for no items at all.
    """
    try:
        return [await work(items)]
    except Exception as error:
        if not items or not is_row_fault(error):
            raise
        await work(items[:0])
        return await _halve(items, error, work, skip)


async def _halve(
    items: Sequence[Item],
    error: Exception,
    work: Callable[[Sequence[Item]], Awaitable[Result]],
    skip: Callable[[Item, Exception], Awaitable[None]],
) -> list[Result]:
    """Work on each half of what broke by this error."""
    if len(items) == 1:
        await skip(items[0], error)
        return []
    results: list[Result] = []
    middle = len(items) // 2
    for half in (items[:middle], items[middle:]):
        try:
            results.append(await work(half))
        except Exception as its_error:
            if not is_row_fault(its_error):
                raise
            results += await _halve(half, its_error, work, skip)
    return results
