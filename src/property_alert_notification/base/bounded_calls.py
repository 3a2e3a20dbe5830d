"""Calls a part that may never answer: the caller waits for a bounded time only."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Answer = TypeVar("Answer")


class BoundedCalls:
    """The open calls of one process.

    `asyncio.timeout` is not enough: it waits until the cancelled call has ended, and a database driver that cancels a
    statement on a frozen server takes seconds for it.
    """

    def __init__(self) -> None:
        """No call is open yet."""
        self._open: set[asyncio.Task[Any]] = set()

    async def run(self, call: Coroutine[Any, Any, Answer], *, within: float) -> Answer:
        """Await a call for a bounded time.

        Raises:
            TimeoutError: the call took longer than `within` seconds; it is cancelled and ends in the background.
        """
        task = asyncio.create_task(call)
        self._open.add(task)
        task.add_done_callback(self._forget)
        try:
            await asyncio.wait([task], timeout=within)
        finally:
            answered = task.done()
            task.cancel()
        if not answered:
            raise TimeoutError
        return task.result()

    async def close(self) -> None:
        """Wait until every cancelled call has ended."""
        await asyncio.gather(*self._open, return_exceptions=True)

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._open.discard(task)
        if not task.cancelled():
            task.exception()  # marks the exception as retrieved: the caller has it, or was cancelled
