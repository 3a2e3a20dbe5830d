"""Publishes to the queues of the service, as a stranger would, and counts what is in them."""

from collections.abc import Sequence

import aio_pika

from chaos.cluster import ROUTING_KEY
from tests.services.rabbitmq import RabbitMQ


async def publish(url: str, messages: Sequence[tuple[str, bytes]]) -> None:
    """Publish each body to the plain queue of its channel."""
    connection = await aio_pika.connect(url)
    async with connection:
        channel = await connection.channel()
        for name, body in messages:
            await channel.default_exchange.publish(aio_pika.Message(body), routing_key=f"{ROUTING_KEY}.{name}")


def count_unacknowledged(broker: RabbitMQ) -> int:
    """Messages in all queues that no consumer has acknowledged."""
    return sum(int(number) for number in broker.ctl("list_queues", "--silent", "messages").split())
