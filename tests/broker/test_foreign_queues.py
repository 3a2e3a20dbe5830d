"""QueueDeclarer that RabbitMQ refuses to one queue: they are named, with what to do, and the other queues go on."""

from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.broker.base import Queue
from property_alert_notification.broker.rabbitmq import RabbitMQBroker
from tests.broker.conftest import EMAIL, until_refused
from tests.broker.test_rabbitmq import SHORT, URGENT, broker_at, receive, some_ids, until_it_works
from tests.services.process import free_port
from tests.services.rabbitmq import RabbitMQ

SMS = Queue(Channel("sms"))
NO_VHOST = "no-such-vhost"


@pytest.fixture
async def broker(rabbitmq: RabbitMQ, routing_key: str) -> AsyncIterator[RabbitMQBroker]:
    async with broker_at(rabbitmq.url, routing_key) as broker:
        yield broker


@pytest.fixture
async def stranger(rabbitmq: RabbitMQ) -> AsyncIterator[AbstractChannel]:
    """Another process's connection to the same node."""
    async with await aio_pika.connect(rabbitmq.url) as connection:
        yield await connection.channel()


@pytest.fixture
def limited(rabbitmq: RabbitMQ, routing_key: str) -> Iterator[str]:
    """The URL of a user who may do nothing with the queue of email."""
    allowed = rf"^({routing_key}\.(email\.urgent|sms.*)|amq\..*)$"
    rabbitmq.ctl("add_user", routing_key, "secret")
    rabbitmq.ctl("set_permissions", routing_key, allowed, allowed, allowed)
    yield rabbitmq.url.replace("guest:guest", f"{routing_key}:secret")
    rabbitmq.ctl("delete_user", routing_key)


async def assert_only_email_is_refused(broker: RabbitMQBroker, words: str) -> None:
    """The queue is refused by name at every call; the others, urgent email too, are served."""
    refused = broker.queue_name(EMAIL)
    email, sms = await broker.listen(Channel("email")), await broker.listen(Channel("sms"))
    for _ in range(2):
        for call in (broker.check, partial(broker.publish, EMAIL, some_ids(1)), partial(broker.waiting, EMAIL)):
            await until_refused(call, rf"The queue {refused} {words}.*QUEUE_ROUTING_KEY")
        for queue, listener in ((SMS, sms), (URGENT, email)):
            ids = some_ids(3)
            await until_it_works(partial(broker.publish, queue, ids))
            assert await receive(listener, ids) == set(ids)


OURS = {"x-queue-type": "quorum", "x-overflow": "reject-publish", "x-max-length": 100_000}


@pytest.mark.parametrize(
    "arguments",
    [
        {},  # a classic one
        OURS | {"x-max-length": 10},
        OURS | {"x-message-ttl": 60_000},
        OURS | {"x-dead-letter-exchange": "amq.fanout"},
        OURS | {"x-overflow": "drop-head"},
    ],
    ids=["classic", "max-length", "message-ttl", "dead-letter", "overflow"],
)
async def test_a_queue_with_other_arguments(
    broker: RabbitMQBroker, stranger: AbstractChannel, arguments: dict[str, Any]
) -> None:
    await stranger.declare_queue(broker.queue_name(EMAIL), durable=True, arguments=arguments)

    await assert_only_email_is_refused(broker, "exists with other arguments .*rabbitmqctl delete_queue")

    await stranger.queue_delete(broker.queue_name(EMAIL))
    await until_it_works(broker.check)
    listener = await broker.listen(Channel("email"))
    ids = some_ids(2)
    await broker.publish(EMAIL, ids)
    assert await receive(listener, ids) == set(ids)


async def test_a_listener_takes_from_a_queue_again_once_it_is_repaired(
    broker: RabbitMQBroker, stranger: AbstractChannel
) -> None:
    await stranger.declare_queue(broker.queue_name(EMAIL), durable=True)
    listener = await broker.listen(Channel("email"))
    urgent = some_ids(1)
    await until_it_works(lambda: broker.publish(URGENT, urgent))
    assert await receive(listener, urgent) == set(urgent)

    await stranger.queue_delete(broker.queue_name(EMAIL))
    ids = some_ids(2)
    await until_it_works(lambda: broker.publish(EMAIL, ids))

    assert await receive(listener, ids) == set(ids)


async def test_a_queue_of_another_connection_alone(broker: RabbitMQBroker, stranger: AbstractChannel) -> None:
    await stranger.declare_queue(broker.queue_name(EMAIL), exclusive=True)

    await assert_only_email_is_refused(broker, "belongs to another connection alone")


async def test_a_queue_that_the_user_may_not_use(limited: str, routing_key: str) -> None:
    async with broker_at(limited, routing_key) as broker:
        await assert_only_email_is_refused(broker, "may not be used by this user. .*set_permissions")


async def test_a_queue_that_was_deleted_is_declared_again(broker: RabbitMQBroker, stranger: AbstractChannel) -> None:
    await until_it_works(broker.check)
    await stranger.queue_delete(broker.queue_name(EMAIL))

    await broker.check()

    assert await broker.waiting(EMAIL) == 0


async def test_a_virtual_host_that_is_not_there_is_named(rabbitmq: RabbitMQ, routing_key: str) -> None:
    async with broker_at(f"{rabbitmq.url}{NO_VHOST}", routing_key, patience=SHORT) as broker:
        await until_refused(broker.check, "the virtual host at the end of QUEUE_BROKER_URL is not there")


async def test_of_several_nodes_the_next_one_is_tried(rabbitmq: RabbitMQ, routing_key: str) -> None:
    dead = f"127.0.0.1:{free_port()}"
    async with broker_at(rabbitmq.url.replace("@", f"@{dead},"), routing_key) as broker:
        listener = await broker.listen(Channel("email"))
        ids = some_ids(3)
        await until_it_works(lambda: broker.publish(EMAIL, ids))
        assert await receive(listener, ids) == set(ids)


async def test_without_any_node_all_of_them_are_named(routing_key: str) -> None:
    dead = sorted(f"127.0.0.1:{free_port()}" for _ in range(2))
    async with broker_at(f"amqp://{','.join(dead)}/", routing_key, patience=SHORT) as broker:
        await until_refused(broker.check, ", ".join(dead))
