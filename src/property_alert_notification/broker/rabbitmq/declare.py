"""Declares the queues one by one, so that a queue which RabbitMQ refuses does not affect the others.

RabbitMQ closes the channel on which it refuses a queue. So each queue is first declared on a channel of its own.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from aio_pika.abc import AbstractChannel, AbstractQueue
from aio_pika.exceptions import ChannelClosed, ChannelNotFoundEntity, ChannelPreconditionFailed
from aiormq.exceptions import ChannelAccessRefused, ChannelLockedResource

from property_alert_notification.base.errors import BrokerUnavailable
from property_alert_notification.broker.rabbitmq.connection import Opened

# RabbitMQ refuses to declare a queue again with other arguments: a change here needs other queue names.
_QUEUE_ARGUMENTS: dict[str, Any] = {
    "x-queue-type": "quorum",
    "x-overflow": "reject-publish",
    "x-max-length": 100_000,
}


class QueueRefused(BrokerUnavailable):
    """RabbitMQ refuses this queue; an operator has to act."""


class QueueDeclarer:
    """Declares queues for one session."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened
        self._tried: set[str] = set()

    async def declare(self, name: str) -> AbstractQueue:
        """The queue, on the channel of the session.

        Raises:
            QueueRefused: it exists with other arguments, belongs to another connection, or may not be used.
        """
        if name not in self._tried:
            await self.check([name])
            self._tried.add(name)
        return await _declare(self._opened.channel, name)

    async def check(self, names: Sequence[str]) -> None:
        """Make sure that all of these can be used, without using the channel of the session.

        Raises:
            QueueRefused: some cannot; the text names each of them, and says what to do.
        """
        problems: list[str] = []
        channel: AbstractChannel | None = None
        try:
            for name in names:
                channel = channel or await self._opened.new_channel()
                try:
                    await _declare(channel, name)
                except ChannelClosed as error:
                    problems.append(_explain(name, error))
                    channel = None
        finally:
            if channel is not None:
                with suppress(Exception):
                    await channel.close()
        if problems:
            raise QueueRefused(" ".join(problems))


async def _declare(channel: AbstractChannel, queue: str) -> AbstractQueue:
    return await channel.declare_queue(queue, durable=True, arguments=_QUEUE_ARGUMENTS)


def _explain(name: str, error: ChannelClosed) -> str:
    """What is wrong with a queue, and what to do about it, in one sentence each."""
    reply = " ".join(str(part) for part in error.args if part is not None)
    if isinstance(error, ChannelPreconditionFailed):
        problem = f"exists with other arguments ({reply})"
        cure = f"Stop what else uses it and delete it (`rabbitmqctl delete_queue {name}`)"
    elif isinstance(error, ChannelLockedResource):
        problem = "belongs to another connection alone"
        cure = "Close that connection"
    elif isinstance(error, ChannelAccessRefused):
        problem = "may not be used by this user"
        cure = "Grant it by `rabbitmqctl set_permissions`, as docs/operations.md shows"
    elif isinstance(error, ChannelNotFoundEntity):
        problem = f"is down ({reply})"
        cure = "Start the node that holds it"
    else:
        problem, cure = f"is refused ({reply})", "Ask RabbitMQ's log"
    return f"The queue {name} {problem}. {cure}, or set QUEUE_ROUTING_KEY to names of your own."
