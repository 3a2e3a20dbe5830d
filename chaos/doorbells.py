"""Somebody else who publishes to the queues of the service."""

from collections.abc import Sequence

import aio_pika

from chaos.stage import ROUTING_KEY
from tests.services.rabbitmq import RabbitMQ


async def ring(url: str, bells: Sequence[tuple[str, bytes]]) -> None:
    """Publish each body to the plain queue of its channel."""
    connection = await aio_pika.connect(url)
    async with connection:
        channel = await connection.channel()
        for name, body in bells:
            await channel.default_exchange.publish(aio_pika.Message(body), routing_key=f"{ROUTING_KEY}.{name}")


def waiting(broker: RabbitMQ) -> int:
    """Messages in all queues that nobody has taken, or not acknowledged."""
    return sum(int(number) for number in broker.ctl("list_queues", "--silent", "messages").split())
