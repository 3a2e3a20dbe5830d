"""Questions to a part that may never answer: the asker waits for a bounded time and not for the question to end."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Answer = TypeVar("Answer")


class Questions:
    """Every question of one process that is still open.

    `asyncio.timeout` is not enough: it waits until the cancelled call has ended, and a database driver that cancels a
    statement on a frozen server takes seconds for it.
    """

    def __init__(self) -> None:
        """None is open yet."""
        self._open: set[asyncio.Task[Any]] = set()

    async def ask(self, question: Coroutine[Any, Any, Answer], *, within: float) -> Answer:
        """The answer to a question.

        Raises:
            TimeoutError: there was none within so many seconds; the question is cancelled and ends in the background.
        """
        task = asyncio.create_task(question)
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
        """Wait until every cancelled question has ended."""
        await asyncio.gather(*self._open, return_exceptions=True)

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._open.discard(task)
        if not task.cancelled():
            task.exception()  # the asker has it, or has gone away
