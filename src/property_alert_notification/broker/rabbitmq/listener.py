"""Consumes the urgent and the plain queue of one channel, and hands out the deliveries that their messages name."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

import structlog
from aio_pika.abc import AbstractIncomingMessage

from property_alert_notification.broker.rabbitmq.connection import Opened, PersistentConnection, Prepare
from property_alert_notification.broker.rabbitmq.consumer_session import ConsumerSession
from property_alert_notification.broker.rabbitmq.declare import QueueDeclarer, QueueRefused
from property_alert_notification.broker.rabbitmq.message import read_deliveries

log = structlog.get_logger()

# Messages of one queue that a listener holds at most, unacknowledged.
_PREFETCH = 8


class RabbitMQListener:
    """Holds a few messages of both queues and hands out the deliveries they name."""

    def __init__(
        self,
        connect: Callable[[Prepare[ConsumerSession]], PersistentConnection[ConsumerSession]],
        *,
        urgent: str,
        plain: str,
        has_waiting: Callable[[bool], Awaitable[bool]],
        on_close: Callable[["RabbitMQListener"], None],
    ) -> None:
        """Begins to connect.

        Args:
            connect: makes the connection on which the listener's sessions live.
            urgent: the name of the queue of urgent deliveries.
            plain: the name of the other queue.
            has_waiting: asks RabbitMQ whether messages wait in the urgent (True) or the plain (False) queue.
            on_close: is called when the listener has closed.
        """
        self._connection = connect(self._prepare)
        self._queues = {urgent: True, plain: False}
        self._has_waiting = has_waiting
        self._on_close = on_close
        self._connection.open()

    @property
    def session(self) -> ConsumerSession | None:
        """The session on the connection that there is now; None while there is none."""
        return self._connection.current

    def listens_to(self, queue: str) -> bool:
        """Whether it consumes the queue of this name."""
        return queue in self._queues

    async def take(self, limit: int) -> Sequence[UUID]:
        """Wait, about a second at most, for up to `limit` due deliveries, urgent ones first.

        Raises:
            BrokerUnavailable: the connection is gone; calling again later works.
        """
        session = await self._connection.get()
        for urgent in session.silent_queues():
            if await self._is_overlooked(urgent):
                # Seen when a queue was deleted while two workers redeclared it: RabbitMQ keeps a consumer that
                # it never serves, and sends no error.
                session.disconnect("receives nothing of what is waiting")
        return await session.take(limit)

    async def _is_overlooked(self, urgent: bool) -> bool:
        with suppress(QueueRefused):  # a refused queue delivers nothing, and the other queue goes on
            return await self._has_waiting(urgent)
        return False

    async def done(self, deliveries: Sequence[UUID]) -> None:
        """Forget these deliveries; a message is acknowledged when all its deliveries are done.

        Never raises when the connection is lost: RabbitMQ delivers the messages again, and nothing is left to claim.
        """
        if self.session is not None:
            await self.session.finish(deliveries)

    async def close(self) -> None:
        """Stop consuming; RabbitMQ puts unacknowledged messages back into their queue."""
        await self._connection.close()
        self._on_close(self)

    async def _prepare(self, opened: Opened) -> ConsumerSession:
        # RabbitMQ cancels a consumer when its queue is deleted; a new session declares the queue again.
        underlay = await opened.channel.get_underlay_channel()
        underlay.on_consumer_cancel_callbacks.add(lambda _frame: opened.disconnect("a queue was deleted"))
        await opened.channel.set_qos(prefetch_count=_PREFETCH)
        session = ConsumerSession(underlay.basic_ack, opened.disconnect)
        queues, refusals = QueueDeclarer(opened), list[QueueRefused]()
        for name, urgent in self._queues.items():
            try:
                queue = await queues.declare(name)
            except QueueRefused as refusal:
                log.warning("queue.refused", queue=name, cause=refusal.detail)
                refusals.append(refusal)
            else:
                await queue.consume(self._receiver(session, name, urgent=urgent))
        if len(refusals) == len(self._queues):
            raise refusals[0]
        return session

    def _receiver(
        self, session: ConsumerSession, queue: str, *, urgent: bool
    ) -> Callable[[AbstractIncomingMessage], Any]:
        async def receive(message: AbstractIncomingMessage) -> None:
            if message.delivery_tag is None:
                return
            try:
                deliveries = read_deliveries(message.body)
            except ValueError as problem:
                log.warning("message.unreadable", queue=queue, bytes=message.body_size, problem=str(problem))
                deliveries = []
            await session.receive(message.delivery_tag, deliveries, urgent=urgent, published_at=message.timestamp)

        return receive
