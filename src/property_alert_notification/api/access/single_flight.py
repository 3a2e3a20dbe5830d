"""Shares a query among callers: one query runs at a time, and callers that arrive while it runs share the next one."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context

from property_alert_notification.base.errors import StoreUnavailable
from property_alert_notification.base.supervise import Loop

Round = asyncio.Task[StoreUnavailable | None]


class SingleFlight:
    """Runs one kind of query for many callers. At most two rounds exist: one runs, one collects callers."""

    def __init__(self, ask: Callable[[], Awaitable[None]], loop: Loop, *, patience: float) -> None:
        """`ask` runs the query; `loop` gets the result of each run; a caller waits at most `patience` seconds."""
        self._ask = ask
        self._loop = loop
        self._patience = patience
        self._one_at_a_time = asyncio.Lock()
        self._gathering: Round | None = None
        self._alive: set[Round] = set()

    def begin(self) -> Round:
        """The next round, whose query includes all requests until it starts; a caller need not wait for it."""
        if self._gathering is None:
            # A fresh context: its log lines must not carry the ids of the first caller.
            self._gathering = asyncio.create_task(self._run(), context=Context())
            self._alive.add(self._gathering)
            self._gathering.add_done_callback(self._alive.discard)
        return self._gathering

    async def join(self) -> None:
        """Wait for a round that starts after this call.

        Raises:
            StoreUnavailable: the store did not answer.
        """
        try:
            async with asyncio.timeout(self._patience):
                fault = await asyncio.shield(self.begin())
        except TimeoutError:
            raise StoreUnavailable("The store did not answer in time. Try again.") from None
        if fault is not None:
            raise StoreUnavailable(fault.detail) from fault

    async def close(self) -> None:
        """End the running query."""
        alive = list(self._alive)
        for one in alive:
            one.cancel()
        await asyncio.gather(*alive, return_exceptions=True)

    async def _run(self) -> StoreUnavailable | None:
        async with self._one_at_a_time:
            self._gathering = None
            try:
                await self._ask()
            except StoreUnavailable as fault:
                self._loop.waits(fault)
                return fault
            except Exception as error:  # the next caller starts another run
                self._loop.broke(error)
                return StoreUnavailable("The answer of the store was unreadable. Try again.")
            self._loop.went_well()
            return None
