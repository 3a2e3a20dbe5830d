"""Workers of the scenario: each takes a turn when something is due, and may be killed in the middle of a turn."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from sqlalchemy import event

from property_alert_notification.broker.base import Listener
from property_alert_notification.database import Database
from property_alert_notification.notification_worker.consume import ChannelConsumer
from property_alert_notification.notification_worker.worker import Worker
from property_alert_notification.wiring import Parts


class Killed(asyncio.CancelledError):
    """Raised in place of a statement of a killed worker."""


class KillSwitch:
    """Kills a worker right before a statement: neither this statement nor a later one reaches the store."""

    def __init__(self, database: Database) -> None:
        self.is_killed = asyncio.Event()
        self._left: int | None = None
        event.listen(database.engine.sync_engine, "before_cursor_execute", lambda *_: self._count())
        for scripts in (database._sqlite, database._postgres):
            scripts._answer = self._counted(scripts._answer)  # type: ignore[method-assign, union-attr]

    def kill_before(self, statement: int | None) -> None:
        """Kill the worker before its nth statement from now on; None is never."""
        self._left = statement

    def _counted(self, answer: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def count_and_answer(*args: Any) -> Any:
            self._count()
            return await answer(*args)

        return count_and_answer

    def _count(self) -> None:
        task = asyncio.current_task()
        # Tasks with names are loops that read the store every second. They do not count.
        if self._left is None or task is None or not task.get_name().startswith("Task-"):
            return
        self._left -= 1
        if self._left <= 0:
            self.is_killed.set()
            raise Killed


def share_statements(one: Database, other: Database) -> None:
    """Let two stores share their translated statements: a new worker would translate all of them again."""
    other._sqlite._known = one._sqlite._known
    other._postgres._known = one._postgres._known


class SteppedWorker:
    """A worker without loops: each of its duties takes a turn when something is due for it."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.kill_switch = KillSwitch(parts.database)
        self._worker = Worker(parts)
        self._listeners: list[tuple[ChannelConsumer, Listener]] = []
        worker = self._worker
        self._duties: dict[str, Callable[[], Awaitable[object]]] = {
            "schedules": worker._scheduler.create_due,
            "addresses": worker._addresses._turn,
            "planning": worker._releaser.release,
            "windows": worker._digests.close,
            "leases": worker._rescuer.rescue,
            "deliveries": self._deliver,
        }

    async def __aenter__(self) -> Self:
        worker = self._worker
        worker._duties = [self.parts.supervisor.start("pauses", worker._pauses.watch)]
        await worker._pauses.was_read()
        self._listeners = [(each, await self.parts.broker.listen(each.channel)) for each in worker._consumers]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill_switch.kill_before(None)
        await self._worker.__aexit__(kind, error, trace)

    @property
    def has_answers(self) -> bool:
        """Whether it has to store what the User service said."""
        return self._worker._profiles is not None and bool(self._worker._profiles._answers)

    @property
    def may_ask(self) -> bool:
        """Whether it may ask the User service."""
        return self._worker._profiles is not None and self._worker._profiles.room() > 0

    async def turn(self, due: Collection[str]) -> bool:
        """Process what is due; returns False if the worker was killed."""
        turning = asyncio.create_task(self._turn(due))
        killing = asyncio.create_task(self.kill_switch.is_killed.wait())
        await asyncio.wait((turning, killing), return_when=asyncio.FIRST_COMPLETED)
        killing.cancel()
        if not self.kill_switch.is_killed.is_set():
            await turning
            return True
        await self._end([turning, *(task for consumer, _ in self._listeners for task in consumer._tasks._running)])
        return False

    async def _turn(self, due: Collection[str]) -> None:
        for name, duty in self._duties.items():
            if name in due or (name == "addresses" and self.has_answers):
                await duty()
        await self._worker._digests.follow()

    async def _deliver(self) -> None:
        await asyncio.gather(*(self._consume(consumer, listener) for consumer, listener in self._listeners))

    async def _consume(self, consumer: ChannelConsumer, listener: Listener) -> None:
        """Claim what is due on one channel, and wait until all of it is settled."""
        self.parts.broker.wake()  # type: ignore[attr-defined]
        await consumer._consume_once(listener)
        while running := list(consumer._tasks._running):
            await asyncio.wait(running)

    @staticmethod
    async def _end(tasks: Collection[asyncio.Task[Any]]) -> None:
        """Wait until the next statement of each task raises `Killed`, then cancel the others."""
        await asyncio.wait(tasks, timeout=0.05)
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task

    async def is_answered(self) -> None:
        """Wait until the User service has answered all that it was asked."""
        if self._worker._profiles is not None:
            await asyncio.gather(*self._worker._profiles._tasks)
