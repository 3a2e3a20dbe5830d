"""The embedded broker: the table of due deliveries is the queue, and every listener reads it."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.broker.base import Listener, Queue

ReadDue = Callable[[Channel, int], Awaitable[Sequence[UUID]]]
"""Reads at most so many due deliveries of a channel, urgent ones first, then the longest due."""

_LONGEST_WAIT = timedelta(seconds=1)
# Listeners shuffle blocks of this size.
_BLOCK = 32


class EmbeddedBroker:
    """Hands due deliveries straight from the store to the workers; any number of processes may share the store.

    No relay publishes: `publish` only wakes the listeners of this process before their next poll. Unlike with
    RabbitMQ, two listeners may get the same delivery; the claim decides which has it. `take` raises StoreUnavailable
    when the store does.
    """

    needs_relay = False

    def __init__(
        self,
        due: ReadDue,
        *,
        poll: timedelta = timedelta(milliseconds=50),
        window: int = 256,
        clock: Clock | None = None,
    ) -> None:
        """`poll` is how often an idle listener reads, at most a second; `window` is how much it reads at a time."""
        self._due = due
        self._poll = min(poll, _LONGEST_WAIT)
        self._window = window
        self._clock = clock or Clock()
        self._listeners: set[EmbeddedListener] = set()

    async def publish(self, queue: Queue, deliveries: Sequence[UUID]) -> None:
        """Wake the listeners of this process."""
        self.wake()

    async def waiting(self, queue: Queue) -> int:
        """Always 0: listeners read due deliveries from the store; nothing is queued."""
        return 0

    async def consumed_until(self, queue: Queue) -> datetime:
        """Always now: no message is ever on its way."""
        return self._clock.now()

    async def listen(self, channel: Channel) -> Listener:
        """Begin to read the due deliveries of a channel, urgent or not."""
        listener = EmbeddedListener(
            lambda: self._due(channel, self._window), self._poll, self._clock, self._listeners.discard
        )
        self._listeners.add(listener)
        return listener

    async def check(self) -> None:
        """Never fails: there is no broker besides the store, which has its own check."""

    def wake(self) -> None:
        """Wake every listener of this process. Cheap enough to be called for every commit."""
        for listener in self._listeners:
            listener.wake()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for listener in tuple(self._listeners):
            await listener.close()


class EmbeddedListener:
    """Reads a window of due deliveries at a time and hands it out in parts."""

    def __init__(
        self,
        read: Callable[[], Awaitable[Sequence[UUID]]],
        poll: timedelta,
        clock: Clock,
        on_close: Callable[["EmbeddedListener"], None],
    ) -> None:
        self._read = read
        self._poll = poll.total_seconds()
        self._clock = clock
        self._on_close = on_close
        self._buffer: deque[UUID] = deque()
        self._stale_at = 0.0
        self._last_taken: set[UUID] = set()
        self._idle = False
        self._woken = asyncio.Event()

    async def take(self, limit: int) -> Sequence[UUID]:
        """Wait for up to `limit` due deliveries, at most one poll interval; no delivery twice from one read.

        The caller claims what it took before it takes again, so that the next read no longer sees it.

        Raises:
            StoreUnavailable: the store could not be read; calling again later works.
        """
        # Other workers have claimed most of an old window, and it lacks urgent deliveries that came since.
        if not self._buffer or self._clock.monotonic() > self._stale_at:
            await self._refill()
        taken = [self._buffer.popleft() for _ in range(min(limit, len(self._buffer)))]
        self._last_taken.update(taken)
        return taken

    async def done(self, deliveries: Sequence[UUID]) -> None:
        """Nothing to acknowledge: a claimed delivery is no longer due."""

    async def close(self) -> None:
        """Stop listening; deliveries that were read and not claimed are still due."""
        self._buffer.clear()
        self._on_close(self)

    def wake(self) -> None:
        """Read at once instead of at the next poll."""
        self._woken.set()

    async def _refill(self) -> None:
        self._buffer.clear()
        if self._idle:
            await self._wait()
        # Cleared before the read: the next read finds deliveries that become due during this one.
        self._woken.clear()
        self._idle = True  # also if the read fails: an unavailable store must not be read in a tight loop
        found = await self._read()
        # Only deliveries that were just handed out: a worker is about to claim them. Reading on would be a tight loop.
        self._idle = self._last_taken.issuperset(found)
        self._last_taken.clear()
        self._stale_at = self._clock.monotonic() + self._poll
        if not self._idle:
            self._buffer.extend(self._spread(found))

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self._poll):
                await self._woken.wait()
        except TimeoutError:
            pass

    def _spread(self, found: Sequence[UUID]) -> Sequence[UUID]:
        """Keep the first block, which holds the urgent deliveries, and shuffle the other blocks.

        Listeners that read the same window then seldom try to claim the same rows. When more than a block is
        urgent, the rest of it waits behind others for one window at most.
        """
        first, *blocks = (found[start : start + _BLOCK] for start in range(0, len(found), _BLOCK))
        blocks.sort(key=lambda _: self._clock.jitter())
        return [delivery for block in (first, *blocks) for delivery in block]
