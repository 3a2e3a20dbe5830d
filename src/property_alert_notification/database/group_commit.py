"""Commits what concurrent callers ask for together."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from typing import Any, Generic, TypeVar

from property_alert_notification.errors import StoreUnavailable

Item = TypeVar("Item")
Result = TypeVar("Result")


class GroupCommit(Generic[Item, Result]):
    """Commits what concurrent callers ask for together: one transaction for all that waits.

    While one transaction is on its way, the next callers gather; nobody waits for a timer. A caller alone
    gets a transaction of its own at once.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Item]], Awaitable[Sequence[Result | Exception]]],
        *,
        largest: int = 500,
        most_waiting: int = 5_000,
    ) -> None:
        """`write` puts a batch into one transaction and answers one result, or exception, per item.

        `largest` is the most that one transaction takes; with more than `most_waiting` behind it, the next is
        turned away at once.
        """
        self._write = write
        self._largest = largest
        self._most_waiting = most_waiting
        self._waiting: deque[tuple[Item, asyncio.Future[Result]]] = deque()
        self._runner: asyncio.Task[None] | None = None

    async def submit(self, item: Item, *, timeout: float | None = None) -> Result:  # noqa: ASYNC109 - part of the promise
        """Return what `write` answered for this item, after its commit.

        Raises:
            StoreUnavailable: the store failed or is slow, or `timeout` seconds passed. An item that was still
                waiting is then not written; one that was on its way may have been.
        """
        if len(self._waiting) >= self._most_waiting:
            raise StoreUnavailable("The store is slower than what comes in. Try again.")
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._runner is None:
            # Nobody's context: what it logs later is not about the caller who happened to come first.
            self._runner = asyncio.create_task(self._run(), context=Context())
        try:
            async with asyncio.timeout(timeout):
                return await future
        except TimeoutError:
            raise StoreUnavailable("The store did not answer in time. Try again.") from None

    async def _run(self) -> None:
        try:
            while self._waiting:
                if taken := self._take():
                    await self._commit(taken)
        finally:
            self._runner = None

    def _take(self) -> list[tuple[Item, asyncio.Future[Result]]]:
        taken = [self._waiting.popleft() for _ in range(min(self._largest, len(self._waiting)))]
        return [(item, future) for item, future in taken if not future.done()]

    async def _commit(self, taken: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._write([item for item, _ in taken])
        except StoreUnavailable as fault:
            _settle_all(taken, [fault] * len(taken))
        except Exception as fault:
            if len(taken) == 1:
                _settle_all(taken, [fault])
                return
            # One bad item must not spoil its neighbours: each gets a transaction of its own.
            await asyncio.gather(*(self._commit([one]) for one in taken))
        else:
            _settle_all(taken, results)


def _settle_all(taken: Sequence[tuple[Any, asyncio.Future[Result]]], results: Sequence[Result | Exception]) -> None:
    for (_, future), result in zip(taken, results, strict=True):
        if future.done():  # its caller stopped waiting
            continue
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)
