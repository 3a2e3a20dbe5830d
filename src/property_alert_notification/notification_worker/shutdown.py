"""Runs the delivery tasks of one channel, and ends them when the worker stops."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.vocabulary import Channel

log = structlog.get_logger()


class DeliveryTasks:
    """The tasks that claim and deliver on one channel."""

    def __init__(self, channel: Channel, clock: Clock) -> None:
        self._channel = channel
        self._clock = clock
        self._running: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run this in a task of its own, which `finish` waits for."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def finish(self, give_back: Callable[[], None], *, grace: float) -> None:
        """Wait `grace` seconds for submitted deliveries, then cancel them.

        The leases must be renewed during the wait. The leases of cancelled deliveries expire, and the rescuer rescues
        them.

        Args:
            give_back: starts tasks that give back claims that were not submitted; called whenever a task ends.
            grace: in seconds.
        """
        ends = self._clock.monotonic() + grace
        while self._running and (left := ends - self._clock.monotonic()) > 0:
            give_back()
            await asyncio.wait(list(self._running), timeout=left, return_when=asyncio.FIRST_COMPLETED)
        remaining = list(self._running)
        for task in remaining:
            task.cancel()
        await asyncio.gather(*remaining, return_exceptions=True)
        if remaining:
            log.warning("worker.left_behind", channel=self._channel, deliveries=len(remaining))
