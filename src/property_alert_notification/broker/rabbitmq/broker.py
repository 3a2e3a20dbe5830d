"""The broker on RabbitMQ: publishes to the queues, opens listeners, and reports how far the queues have been consumed.

A queue keeps the order of its messages. So a message that was published well before one that has been delivered has
been delivered as well, or is lost.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.supervise import Supervisor
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.broker.base import QUEUES, Queue
from property_alert_notification.broker.rabbitmq.connection import Opened, PersistentConnection, Prepare, Session
from property_alert_notification.broker.rabbitmq.declare import QueueDeclarer
from property_alert_notification.broker.rabbitmq.listener import RabbitMQListener
from property_alert_notification.broker.rabbitmq.message import DELIVERIES_PER_MESSAGE, due_messages
from property_alert_notification.broker.rabbitmq.publisher import Publisher

_SPREAD = timedelta(seconds=5)
"""How much older the messages may be that other listeners hold than the last one that a listener handed out."""


class RabbitMQBroker:
    """Publishes and consumes through RabbitMQ, and reconnects whenever RabbitMQ is back.

    A connection is opened when it is first needed. While RabbitMQ is away, only the calls that need it fail.
    """

    needs_relay = True

    def __init__(
        self,
        url: str,
        routing_key: str,
        *,
        patience: timedelta = timedelta(seconds=1),
        confirm_within: timedelta = timedelta(seconds=5),
        reconnect_after: timedelta = timedelta(milliseconds=500),
        clock: Clock | None = None,
        supervisor: Supervisor | None = None,
    ) -> None:
        """Nothing is opened yet.

        Args:
            url: one node or several, as `broker_url` reads it.
            routing_key: how the names of the queues begin. The queue of exactly this name is never touched.
            patience: how long a call waits for a connection, or for the answer of `check` and `waiting`.
            confirm_within: how long `publish` waits for the confirms of all it published.
            reconnect_after: the pause between two attempts to connect.
            clock: gives the messages their timestamp.
            supervisor: runs the tasks that keep the connections.
        """
        self._url = url
        self._routing_key = routing_key
        self._patience = patience
        self._confirm_within = confirm_within
        self._reconnect_after = reconnect_after
        self._clock = clock or Clock()
        self._supervisor = supervisor or Supervisor(Metrics())
        self._publishing = self._connection("publish", Publisher.on)
        self._asking = self._connection("ask", _open_queues)
        self._listeners: set[RabbitMQListener] = set()

    async def publish(self, queue: Queue, deliveries: Sequence[UUID]) -> None:
        """Publish messages that name these deliveries; returns when RabbitMQ has confirmed all of them.

        Raises:
            BrokerUnavailable: not connected, not confirmed in time, or the queue is full. They may still arrive.
        """
        if not deliveries:
            return
        publisher = await self._publishing.get()
        with self._publishing.faults():
            async with asyncio.timeout(self._confirm_within.total_seconds()):
                await publisher.publish(self.queue_name(queue), due_messages(deliveries, self._clock.now()))

    async def waiting(self, queue: Queue) -> int:
        """An upper bound: RabbitMQ counts messages, and each may name 50 deliveries, or one.

        Raises:
            BrokerUnavailable: the broker gave no answer.
        """
        declarer = await self._asking.get()
        with self._asking.faults():
            async with asyncio.timeout(self._patience.total_seconds()):
                declared = await declarer.declare(self.queue_name(queue))
        return (declared.declaration_result.message_count or 0) * DELIVERIES_PER_MESSAGE

    async def consumed_until(self, queue: Queue) -> datetime | None:
        """Now when no message of the queue waits; else _SPREAD before the last one that this process handed out.

        Raises:
            BrokerUnavailable: the broker gave no answer.
        """
        asked_at, name = self._clock.now(), self.queue_name(queue)
        sessions = [listener.session for listener in self._listeners if listener.listens_to(name)]
        if not all(sessions):
            return None
        if not any(one.holds(urgent=queue.urgent) for one in sessions if one) and not await self.waiting(queue):
            return asked_at
        taken_at = [at for one in sessions if one and (at := one.last_published(urgent=queue.urgent))]
        # Another process's clock may be ahead of this one's.
        return min(max(taken_at), asked_at) - _SPREAD if taken_at else None

    async def listen(self, channel: Channel) -> "RabbitMQListener":
        """Begin to consume the two queues of a channel, as soon as RabbitMQ is there."""
        listener = RabbitMQListener(
            lambda prepare: self._connection(f"listen {channel}", prepare),
            urgent=self.queue_name(Queue(channel, urgent=True)),
            plain=self.queue_name(Queue(channel)),
            has_waiting=lambda urgent: self._has_waiting(Queue(channel, urgent)),
            on_close=self._listeners.discard,
        )
        self._listeners.add(listener)
        return listener

    async def _has_waiting(self, queue: Queue) -> bool:
        return await self.waiting(queue) > 0

    async def check(self) -> None:
        """Prove that a message can be published now, by publishing one to a queue of this process.

        Declaring or connecting would prove nothing: both work during an alarm, while a publish hangs. Each queue
        is declared as well.

        Raises:
            BrokerUnavailable: it cannot; the text names the broker and the cause, or the queue and what to do.
        """
        publisher = await self._publishing.get()
        with self._publishing.faults():
            async with asyncio.timeout(self._patience.total_seconds()):
                await publisher.publish_probe()
            # Where the queues are not there yet they are made, which takes longer.
            async with asyncio.timeout(self._confirm_within.total_seconds()):
                await publisher.queues.check([self.queue_name(queue) for queue in QUEUES])

    def wake(self) -> None:
        """Nothing to do: RabbitMQ pushes messages."""

    def queue_name(self, queue: Queue) -> str:
        """The name of the queue in RabbitMQ."""
        return f"{self._routing_key}.{queue.channel}" + (".urgent" if queue.urgent else "")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(
            self._publishing.close(), self._asking.close(), *(listener.close() for listener in tuple(self._listeners))
        )

    def _connection(self, purpose: str, prepare: Prepare[Session]) -> PersistentConnection[Session]:
        return PersistentConnection(
            self._url,
            f"{self._routing_key} {purpose}",
            prepare,
            self._supervisor,
            patience=self._patience,
            pause=self._reconnect_after,
        )


async def _open_queues(opened: Opened) -> QueueDeclarer:
    return QueueDeclarer(opened)
