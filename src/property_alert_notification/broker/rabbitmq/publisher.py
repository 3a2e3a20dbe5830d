"""Publishes messages on one channel and waits for RabbitMQ's confirms."""

import asyncio
from collections.abc import Sequence
from typing import Self

import structlog
from aio_pika import Message
from aio_pika.exceptions import DeliveryError, PublishError

from property_alert_notification.base.errors import BrokerUnavailable
from property_alert_notification.broker.rabbitmq.connection import Opened
from property_alert_notification.broker.rabbitmq.declare import QueueDeclarer
from property_alert_notification.broker.rabbitmq.message import persistent_message

log = structlog.get_logger()


class Publisher:
    """A channel with publisher confirms."""

    def __init__(self, opened: Opened, probe_queue: str) -> None:
        """`probe_queue` is the name of a queue that belongs to this connection alone."""
        self._channel = opened.channel
        self._probe_queue = probe_queue
        self._declared: set[str] = set()
        self.queues = QueueDeclarer(opened)

    @classmethod
    async def on(cls, opened: Opened) -> Self:
        """A publisher on a fresh channel, and its probe queue."""
        # Probe messages have no consumer: the queue keeps the last one, and RabbitMQ deletes it with the connection.
        probe = await opened.channel.declare_queue(exclusive=True, auto_delete=True, arguments={"x-max-length": 1})
        return cls(opened, probe.name)

    async def publish(self, queue: str, messages: Sequence[Message]) -> None:
        """Publish all and wait for their confirms; a queue that was deleted meanwhile is declared again.

        Raises:
            BrokerUnavailable: the queue is full, refused or missing.
        """
        if queue not in self._declared:
            await self.queues.declare(queue)
            self._declared.add(queue)
        returned = await self._send(queue, messages)
        if returned:
            log.warning("queue.missing", queue=queue)
            await self.queues.check([queue])
            if await self._send(queue, returned):
                raise BrokerUnavailable(f"RabbitMQ has no queue {queue}.")

    async def publish_probe(self) -> None:
        """Publish a message to the probe queue, to see whether RabbitMQ takes messages now.

        Raises:
            BrokerUnavailable: the probe queue is missing or full.
        """
        if await self._send(self._probe_queue, [persistent_message(b"{}")]):
            raise BrokerUnavailable("RabbitMQ lost this process's own queue.")

    async def _send(self, queue: str, messages: Sequence[Message]) -> Sequence[Message]:
        """Returns the messages for which there is no queue; raises the first other failure."""
        exchange = self._channel.default_exchange
        results = await asyncio.gather(
            *(exchange.publish(message, routing_key=queue, mandatory=True) for message in messages),
            return_exceptions=True,
        )
        for result in results:
            if isinstance(result, DeliveryError) and not isinstance(result, PublishError):
                raise BrokerUnavailable(f"RabbitMQ refused a message: the queue {queue} is full.")
            if isinstance(result, BaseException) and not isinstance(result, PublishError):
                raise result
        return [message for message, result in zip(messages, results, strict=True) if isinstance(result, PublishError)]
