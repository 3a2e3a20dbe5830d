"""No address and no word of a message reaches the broker (I9)."""

import json
from collections.abc import Callable

import aio_pika

from property_alert_notification.base.errors import BrokerUnavailable
from property_alert_notification.base.settings import Settings
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.broker.base import Queue
from tests.pipeline.world import World, eventually
from tests.services.smtp import SmtpServer

CANARY = "canary.address@example.com"


async def test_a_broker_message_carries_ids_and_nothing_else(
    make_settings: Callable[..., Settings], smtp_server: SmtpServer
) -> None:
    async with World(make_settings("sqlite", "rabbitmq"), smtp_server) as world:
        await _publish_and_read(world)


async def _publish_and_read(world: World) -> None:
    await world.a_user()
    notification = await world.accept(title="Canary title", user_email=CANARY)
    delivery = await world.delivery(notification)
    queue = Queue(Channel("email"))

    async def published() -> bool:
        try:
            await world.parts.broker.publish(queue, [delivery.id])
        except BrokerUnavailable:  # it is still connecting
            return False
        return True

    await eventually(published)
    connection = await aio_pika.connect(world.settings.queue_broker_url)
    async with connection:
        channel = await connection.channel()
        queue = await channel.get_queue(f"{world.settings.queue_routing_key}.email")
        message = await queue.get()
        assert message is not None
        assert json.loads(message.body) == {"v": 1, "deliveries": [str(delivery.id)]}
        assert CANARY not in str(message.headers)
        await message.ack()
