"""Sends due events to their endpoints. Each endpoint is served by a task of its own, so a slow one delays no other."""

import asyncio
from collections.abc import Sequence
from functools import partial
from uuid import UUID

import structlog

from property_alert_notification.base.errors import Unavailable
from property_alert_notification.base.logs import origin
from property_alert_notification.base.supervise import Loop, end
from property_alert_notification.database import GroupCommit
from property_alert_notification.feedback.webhooks.sending import queries
from property_alert_notification.feedback.webhooks.sending.batch import Batch, BatchSender, SendingContext
from property_alert_notification.feedback.webhooks.sending.queries import WebhookSettlement
from property_alert_notification.feedback.webhooks.sending.verdict import BREAK_AFTER

log = structlog.get_logger()

UNTIL_WOKEN = 10.0
"""Seconds after which a turn is taken without being woken."""

AFTER_A_FAULT = 0.5
"""Seconds to wait when the store is away."""

AHEAD = 32
"""How many events are claimed for each that an endpoint gets at once, while its calls succeed. With fewer, calls wait
for commits; what is not called before the lease ends is given back."""


class WebhookDispatcher:
    """Sends due events. Any number of dispatchers may share one store."""

    def __init__(self, context: SendingContext, *, woken: asyncio.Event) -> None:
        """`woken` is set when an event is due."""
        self._context = context
        self._woken = woken
        self._tasks: dict[UUID, asyncio.Task[None]] = {}
        self._settlements: GroupCommit[WebhookSettlement, None] = GroupCommit(self._settle)

    async def run(self, loop: Loop) -> None:
        """Send until cancelled. Waits while the store is unavailable."""
        self._context.stopping.clear()
        try:
            await loop.repeat(self._start_tasks, woken=self._woken)
        finally:
            await self.stop()

    async def stop(self) -> None:
        """Let calls in progress end. What is cut off is repeated after its lease."""
        self._context.stopping.set()
        if tasks := list(self._tasks.values()):
            await asyncio.wait(tasks, timeout=self._context.timeout.total_seconds())
        await end(*tasks)
        self._context.connections.close()

    async def _start_tasks(self) -> float:
        """Start a task for each endpoint with due events that has none."""
        async with self._context.database.quick_reading() as connection:
            due = await queries.endpoints_with_due(connection, now=self._context.clock.now())
        for endpoint in due:
            if endpoint not in self._tasks:
                task = asyncio.create_task(self._serve(endpoint), name=f"webhook {endpoint}")
                self._tasks[endpoint] = task
                task.add_done_callback(partial(self._ended, endpoint))
        return UNTIL_WOKEN

    def _ended(self, endpoint: UUID, task: "asyncio.Task[None]") -> None:
        self._tasks.pop(endpoint, None)
        if task.cancelled() or (error := task.exception()) is None:
            return
        log.error("webhook.broke", endpoint_id=str(endpoint), **origin(error))

    async def _serve(self, endpoint: UUID) -> None:
        """Send what is due for one endpoint until nothing is, or until it may not be called."""
        is_any_left = True
        while is_any_left and not self._context.stopping.is_set():
            is_any_left = await self._send_batch(endpoint)

    async def send_due(self) -> None:
        """Send what is due for every endpoint, and return when nothing is left."""
        await self._start_tasks()
        while self._tasks:
            await asyncio.wait(list(self._tasks.values()))

    async def _send_batch(self, endpoint_id: UUID) -> bool:
        """Send some events of one endpoint; returns whether more may be due."""
        try:
            batch = await self._claim(endpoint_id)
        except Unavailable:
            await asyncio.sleep(AFTER_A_FAULT)
            return True
        if batch is None:
            return False
        return await BatchSender(self._context, self._settlements, batch).send()

    async def _claim(self, endpoint_id: UUID) -> Batch | None:
        """Claim due events of an endpoint; None if there are none, or if it must not be called now."""
        now = self._context.clock.now()
        leased_until = now + self._context.lease
        async with self._context.database.transaction() as connection:
            endpoint = await queries.endpoint_to_call(connection, endpoint_id, now=now)
            if endpoint is None:
                return None
            most = self._context.concurrency * (1 if endpoint.failures else AHEAD)
            most = 1 if endpoint.failures >= BREAK_AFTER else most
            claims = await queries.claim(connection, endpoint_id, most=most, now=now, leased_until=leased_until)
            if not claims:
                return None
            events = await queries.events(connection, [one.event_id for one in claims])
        return Batch(endpoint, claims, events, leased_until)

    async def _settle(self, settlements: Sequence[WebhookSettlement]) -> list[None]:
        async with self._context.database.transaction() as connection:
            await queries.settle(connection, settlements)
        return [None] * len(settlements)
