"""Commits the writes of concurrent callers together."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from typing import Any, Generic, TypeVar, cast

from property_alert_notification.base.errors import CommitInDoubt, StoreLocked, StoreUnavailable
from property_alert_notification.base.supervise import is_cancelled

Item = TypeVar("Item")
Result = TypeVar("Result")


_WORTH_ANOTHER = 8
"""How many items must wait before a second transaction runs beside the first."""


class GroupCommit(Generic[Item, Result]):
    """Commits the writes of concurrent callers in shared transactions.

    While a transaction runs, the next callers gather; no caller waits for a timer. A single caller gets a transaction
    of its own at once.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Item]], Awaitable[Sequence[Result | Exception]]],
        *,
        at_once: int = 1,
        largest: int = 500,
        most_waiting: int = 5_000,
    ) -> None:
        """`write` puts a batch into one transaction and answers one result, or exception, per item.

        At most `at_once` transactions run together, each with at most `largest` items. With more than `most_waiting`
        items waiting, the next one is refused at once.
        """
        self._write = write
        self._at_once = at_once
        self._largest = largest
        self._most_waiting = most_waiting
        self._waiting: deque[tuple[Item, asyncio.Future[Result]]] = deque()
        self._runners: set[asyncio.Task[None]] = set()
        self._under_way: set[asyncio.Future[Result]] = set()

    async def submit(self, item: Item, *, timeout: float | None = None) -> Result:  # noqa: ASYNC109 - part of the contract
        """Return what `write` answered for this item, after its commit.

        Raises:
            StoreUnavailable: the store failed or is slow, or `timeout` seconds passed. An item that was still
                waiting is then not written; one that was on its way may have been.
        """
        if len(self._waiting) >= self._most_waiting:
            raise StoreUnavailable("The store is slower than the calls that arrive. Try again.")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        self._waiting.append((item, future))
        self._start_runner()
        if timeout is None:
            return await future
        too_late = loop.call_later(timeout, self._time_out, future)
        try:
            return await future
        finally:
            too_late.cancel()

    def _time_out(self, future: "asyncio.Future[Result]") -> None:
        if future.done():
            return
        if future in self._under_way:
            future.set_exception(CommitInDoubt())
        else:
            future.set_exception(StoreUnavailable("The store did not answer in time. Try again."))

    def _start_runner(self) -> None:
        """Start a task that commits what waits, unless one runs. A second one is worth it for many items only."""
        running = len(self._runners)
        if running == 0 or (running < self._at_once and len(self._waiting) >= _WORTH_ANOTHER):
            # An empty context: what the task logs later is not about the caller that started it.
            runner = asyncio.create_task(self._run(), context=Context())
            self._runners.add(runner)

    async def _run(self) -> None:
        try:
            while self._waiting:
                if taken := self._take():
                    await self._commit(taken)
                    self._under_way.difference_update([future for _, future in taken])
        finally:
            # At once, not in a later turn of the loop: the next `submit` must see that no task runs.
            self._runners.discard(cast("asyncio.Task[None]", asyncio.current_task()))

    def _take(self) -> list[tuple[Item, asyncio.Future[Result]]]:
        taken = [self._waiting.popleft() for _ in range(min(self._largest, len(self._waiting)))]
        wanted = [(item, future) for item, future in taken if not future.done()]
        self._under_way.update(future for _, future in wanted)
        return wanted

    async def _commit(self, taken: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._write([item for item, _ in taken])
            _settle_all(taken, results)
        except asyncio.CancelledError:
            # Only a closing loop cancels a runner. Its waiting callers must not wait for ever.
            _settle_all(taken, [CommitInDoubt()] * len(taken))
            if is_cancelled():
                raise
        except Exception as fault:
            if len(taken) == 1 or _concerns_all(fault):
                _settle_all(taken, [fault] * len(taken))
                return
            # One invalid item must not fail the others of its batch.
            if isinstance(fault, StoreLocked):  # concurrently: only items that need the locked row wait for it
                await asyncio.gather(*(self._commit([one]) for one in taken))
                return
            middle = len(taken) // 2
            await self._commit(taken[:middle])
            await self._commit(taken[middle:])


def _concerns_all(fault: Exception) -> bool:
    """Whether a fault fails every item: an unavailable store does; a locked row fails only the items that need it."""
    return isinstance(fault, StoreUnavailable) and not isinstance(fault, StoreLocked)


def _settle_all(taken: Sequence[tuple[Any, asyncio.Future[Result]]], results: Sequence[Result | Exception]) -> None:
    for (_, future), result in zip(taken, results, strict=True):
        if future.done():  # its caller stopped waiting
            continue
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)
