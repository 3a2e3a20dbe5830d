"""Lets only a few calls of a kind work at the same time, so that they leave the store and the processor to others."""

import asyncio
from datetime import timedelta

from property_alert_notification.base.errors import TooManyAtOnce

LONGEST_WAIT = timedelta(seconds=1)
"""For the end of other calls of the kind."""


class Turns:
    """The turns of one process, as an asynchronous context manager: a call works within it."""

    def __init__(self, at_once: int) -> None:
        """`at_once` is how many calls may work at the same time."""
        self._free = asyncio.Semaphore(at_once)

    async def __aenter__(self) -> None:
        """Wait for a turn.

        Raises:
            TooManyAtOnce: no other call ended in time.
        """
        try:
            async with asyncio.timeout(LONGEST_WAIT.total_seconds()):
                await self._free.acquire()
        except TimeoutError:
            raise TooManyAtOnce from None

    async def __aexit__(self, *_: object) -> None:
        """Let the next call work."""
        self._free.release()
