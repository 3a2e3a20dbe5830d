"""RabbitMQ when things break: a real node is stopped, killed, filled up and robbed of its queues."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import aio_pika
import pytest
import uvloop
from aio_pika.abc import AbstractChannel
from structlog.testing import capture_logs

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import BrokerUnavailable
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.broker.base import Queue
from property_alert_notification.broker.rabbitmq import RabbitMQBroker
from property_alert_notification.broker.rabbitmq.listener import RabbitMQListener
from tests.broker.conftest import EMAIL, LONG, until, until_refused
from tests.services.process import free_port
from tests.services.rabbitmq import RabbitMQ

CLOCK = Clock()
URGENT = Queue(Channel("email"), urgent=True)
SHORT = timedelta(seconds=1)
"""How long a call waits for a node that is away."""


def some_ids(count: int) -> list[UUID]:
    return [CLOCK.new_id() for _ in range(count)]


def broker_at(url: str, routing_key: str, *, patience: timedelta = LONG) -> RabbitMQBroker:
    return RabbitMQBroker(
        url,
        routing_key,
        patience=patience,
        confirm_within=3 * patience,
        reconnect_after=timedelta(milliseconds=100),
    )


@pytest.fixture
async def broker(rabbitmq_url: str, routing_key: str) -> AsyncIterator[RabbitMQBroker]:
    async with broker_at(rabbitmq_url, routing_key) as broker:
        yield broker


@pytest.fixture
async def impatient_broker(rabbitmq_url: str, routing_key: str) -> AsyncIterator[RabbitMQBroker]:
    """One whose calls soon fail while the node is away; on a busy machine they may fail at any other time, too."""
    async with broker_at(rabbitmq_url, routing_key, patience=SHORT) as broker:
        yield broker


@pytest.fixture
async def channel(rabbitmq_url: str) -> AsyncIterator[AbstractChannel]:
    """Another process's connection to the same node."""
    async with await aio_pika.connect(rabbitmq_url) as connection:
        yield await connection.channel()


async def receive(listener: RabbitMQListener, wanted: Sequence[UUID]) -> set[UUID]:
    """Take, and do, until all the wanted ones were received; a broker that is away is waited for."""
    received: set[UUID] = set()
    async with asyncio.timeout(LONG.total_seconds()):
        while not received >= set(wanted):
            try:
                taken = await listener.take(64)
            except BrokerUnavailable:
                continue
            received.update(taken)
            await listener.done(taken)
    return received


async def works(call: Callable[[], Awaitable[None]]) -> bool:
    try:
        await call()
    except BrokerUnavailable:
        return False
    return True


async def until_nothing_waits(broker: RabbitMQBroker, queue: Queue) -> None:
    """RabbitMQ counts what was acknowledged a moment later, and an impatient broker may get no answer."""

    async def is_empty() -> bool:
        with suppress(BrokerUnavailable):
            return await broker.waiting(queue) == 0
        return False

    await until(is_empty)


async def until_it_works(call: Callable[[], Awaitable[None]]) -> None:
    await until(lambda: works(call))


async def until_connected(listener: RabbitMQListener, *, after: object = None) -> None:
    """Until the listener has a session that is not the one before."""

    async def is_connected() -> bool:
        return listener.session not in (None, after)

    await until(is_connected)


async def test_the_wire_carries_ids_and_nothing_else(broker: RabbitMQBroker, channel: AbstractChannel) -> None:
    ids = some_ids(51)
    await broker.publish(EMAIL, ids)

    queue = await channel.get_queue(broker.queue_name(EMAIL))
    first, second = await queue.get(no_ack=True), await queue.get(no_ack=True)

    bodies = [json.loads(message.body) for message in (first, second)]
    assert bodies == [
        {"v": 1, "deliveries": [str(id_) for id_ in ids[:50]]},
        {"v": 1, "deliveries": [str(ids[50])]},
    ]
    assert first.delivery_mode is aio_pika.DeliveryMode.PERSISTENT
    assert first.content_type == "application/json"
    assert set(first.headers) <= {"x-delivery-count"}  # the broker's own
    assert (first.user_id, first.app_id, first.reply_to) == (None, None, None)


async def test_the_queue_that_bears_the_routing_key_alone_is_left_alone(
    broker: RabbitMQBroker, channel: AbstractChannel, routing_key: str
) -> None:
    await channel.declare_queue(routing_key, durable=True)
    listener = await broker.listen(Channel("email"))
    ids = some_ids(1)

    await broker.publish(EMAIL, ids)

    assert await receive(listener, ids) == set(ids)
    await channel.queue_delete(routing_key)


async def test_the_waiting_count_includes_published_deliveries(broker: RabbitMQBroker) -> None:
    await broker.publish(EMAIL, some_ids(120))

    async def three_messages_are_counted() -> bool:
        return await broker.waiting(EMAIL) == 150

    await until(three_messages_are_counted)  # a quorum queue counts a moment after it confirmed
    assert await broker.waiting(URGENT) == 0


async def test_a_delivery_rung_twice_is_handed_out_once(broker: RabbitMQBroker) -> None:
    once, twice = some_ids(2)
    await broker.publish(EMAIL, [twice])
    await broker.publish(EMAIL, [twice])
    await broker.publish(EMAIL, [once])
    listener = await broker.listen(Channel("email"))
    taken: list[UUID] = []
    while once not in taken:
        taken += await listener.take(64)
    await listener.done(taken)
    await listener.close()

    assert taken == [twice, once]
    assert list(await (await broker.listen(Channel("email"))).take(64)) == []


async def test_unreadable_messages_are_counted_and_do_no_harm(broker: RabbitMQBroker, channel: AbstractChannel) -> None:
    ids = some_ids(100)
    await broker.publish(EMAIL, ids[:50])
    secret = "person@homes.test"
    bodies = [
        secret.encode(),
        b"\xff\xfe",
        b"[" * 60_000,
        b"[]",
        b"7",
        b'{"v":2,"deliveries":[]}',
        b'{"v":1}',
        b'{"v":1,"deliveries":7}',
        b'{"v":1,"deliveries":[7]}',
        json.dumps({"v": 1, "deliveries": [secret]}).encode(),
        b" " * 1_000_000,
    ]
    for body in bodies:
        await channel.default_exchange.publish(aio_pika.Message(body), broker.queue_name(EMAIL))
    await broker.publish(EMAIL, ids[50:])

    with capture_logs() as logs:
        listener = await broker.listen(Channel("email"))
        assert await receive(listener, ids) == set(ids)

    assert sum(log["event"] == "message.unreadable" for log in logs) == len(bodies)
    assert secret not in str(logs)
    await listener.close()
    await until_nothing_waits(broker, EMAIL)


async def test_a_deleted_queue_is_made_again_by_the_next_publish(
    broker: RabbitMQBroker, channel: AbstractChannel
) -> None:
    await broker.publish(EMAIL, some_ids(1))
    await channel.queue_delete(broker.queue_name(EMAIL))
    ids = some_ids(120)

    await broker.publish(EMAIL, ids)

    assert await receive(await broker.listen(Channel("email")), ids) == set(ids)


async def test_a_listener_whose_queue_is_deleted_listens_again(
    broker: RabbitMQBroker, channel: AbstractChannel
) -> None:
    listener = await broker.listen(Channel("email"))
    await until_connected(listener)
    first = listener.session

    await channel.queue_delete(broker.queue_name(EMAIL))

    await until_connected(listener, after=first)
    ids = some_ids(3)
    await broker.publish(EMAIL, ids)
    assert await receive(listener, ids) == set(ids)


async def test_a_listener_without_consumers_notices_and_connects_again(broker: RabbitMQBroker) -> None:
    """Its connection is well and its consumers are gone, without a word from the broker."""
    listener = await broker.listen(Channel("email"))
    await until_connected(listener)
    session = listener.session
    assert session is not None
    underlay = session._acknowledge.__self__
    for consumer in list(underlay.consumers):
        await underlay.basic_cancel(consumer)

    deliveries = some_ids(3)
    await until_it_works(lambda: broker.publish(EMAIL, deliveries))

    assert await receive(listener, deliveries) == set(deliveries)


async def test_a_consumer_that_gets_nothing_is_noticed_while_the_other_is_busy(broker: RabbitMQBroker) -> None:
    listener = await broker.listen(Channel("email"))
    await until_connected(listener)
    session = listener.session
    assert session is not None
    underlay = session._acknowledge.__self__
    await underlay.basic_cancel(next(iter(underlay.consumers)))  # the urgent queue's, declared first
    urgent = some_ids(3)
    await until_it_works(lambda: broker.publish(URGENT, urgent))
    received: set[UUID] = set()

    async with asyncio.timeout(LONG.total_seconds()):
        while not received >= set(urgent):
            with suppress(BrokerUnavailable):
                await broker.publish(EMAIL, some_ids(1))
                taken = await listener.take(64)
                received.update(taken)
                await listener.done(taken)


async def test_a_full_queue_refuses_and_takes_again_when_there_is_room(
    broker: RabbitMQBroker, rabbitmq: RabbitMQ, routing_key: str
) -> None:
    await asyncio.to_thread(rabbitmq.ctl, "set_policy", routing_key, f"^{routing_key}", '{"max-length":1}')
    published: list[UUID] = []

    async def publish_one_more() -> None:
        published.extend(some_ids(1))
        await broker.publish(EMAIL, published[-1:])

    async def is_full() -> bool:
        return not await works(publish_one_more)

    await until(is_full)  # the limit is looked at a moment after it was passed
    with pytest.raises(BrokerUnavailable, match="is full"):
        await broker.publish(EMAIL, some_ids(1))

    assert await receive(await broker.listen(Channel("email")), published[:-1]) >= set(published[:-1])
    await until_it_works(publish_one_more)
    await asyncio.to_thread(rabbitmq.ctl, "clear_policy", routing_key)


async def test_what_was_done_after_the_connection_was_lost_does_no_harm(
    broker: RabbitMQBroker, rabbitmq: RabbitMQ
) -> None:
    listener = await broker.listen(Channel("email"))
    ids = some_ids(60)
    await broker.publish(EMAIL, ids)
    taken: list[UUID] = []
    while not taken:
        taken += await listener.take(64)
    first = listener.session

    await asyncio.to_thread(rabbitmq.ctl, "close_all_connections", "a test")
    await until_connected(listener, after=first)
    await listener.done(taken)

    assert await receive(listener, ids) == set(ids)


async def test_a_killed_broker_loses_nothing_it_confirmed(node: RabbitMQ, impatient_broker: RabbitMQBroker) -> None:
    broker = impatient_broker
    listening = await broker.listen(Channel("sms"))
    await until_connected(listening)
    email = await broker.listen(Channel("email"))
    await until_connected(email)
    await email.close()
    # RabbitMQ 3.10 may lose the Raft state of a queue that is younger than a few seconds when it is killed: its
    # leader is then never elected. An orderly restart makes the queues old enough.
    await asyncio.to_thread(node.stop)
    await asyncio.to_thread(node.start)
    confirmed = some_ids(500)
    await until_it_works(lambda: broker.publish(EMAIL, confirmed))

    await asyncio.to_thread(node.kill)
    with pytest.raises(BrokerUnavailable):
        await broker.publish(EMAIL, some_ids(1))
    await asyncio.to_thread(node.start)

    assert await receive(await broker.listen(Channel("email")), confirmed) >= set(confirmed)
    by_sms = some_ids(1)
    await until_it_works(lambda: broker.publish(Queue(Channel("sms")), by_sms))
    assert await receive(listening, by_sms) == set(by_sms)


async def test_calls_fail_quickly_and_name_the_broker_while_it_is_away(
    node: RabbitMQ, impatient_broker: RabbitMQBroker
) -> None:
    broker = impatient_broker
    await until_it_works(broker.check)
    listener = await broker.listen(Channel("email"))
    await until_connected(listener)

    await asyncio.to_thread(node.stop)

    async with asyncio.timeout(LONG.total_seconds()):
        for call in (
            lambda: broker.publish(EMAIL, some_ids(1)),
            lambda: broker.waiting(EMAIL),
            broker.check,
            lambda: listener.take(1),
        ):
            with pytest.raises(BrokerUnavailable) as raised:
                await _twice(call)
            assert f"127.0.0.1:{node.port}" in raised.value.detail
            assert "guest" not in raised.value.detail


async def _twice(call: Callable[[], Awaitable[object]]) -> None:
    """A call may still be answered from what was there before the broker left; the next is not."""
    await call()
    await call()


async def test_a_disk_alarm_is_seen_and_survived(node: RabbitMQ, impatient_broker: RabbitMQBroker) -> None:
    broker = impatient_broker
    listener = await broker.listen(Channel("email"))
    before = some_ids(10)
    await until_it_works(lambda: broker.publish(EMAIL, before))

    await asyncio.to_thread(node.ctl, "set_disk_free_limit", "900GB")
    try:

        async def alarm_is_seen() -> bool:
            return not await works(broker.check) and not await works(lambda: broker.publish(EMAIL, some_ids(1)))

        await until(alarm_is_seen)
        assert await receive(listener, before) == set(before)  # listening goes on, acknowledgements included
        await until_nothing_waits(broker, EMAIL)
    finally:
        await asyncio.to_thread(node.ctl, "set_disk_free_limit", "50MB")

    await until_it_works(broker.check)
    after = some_ids(10)
    await until_it_works(lambda: broker.publish(EMAIL, after))
    assert await receive(listener, after) >= set(after)


async def test_a_broker_that_is_not_there_is_named_without_its_password(routing_key: str) -> None:
    port = free_port()
    async with broker_at(f"amqp://guest:secret@127.0.0.1:{port}/", routing_key, patience=SHORT) as broker:
        with capture_logs() as logs, pytest.raises(BrokerUnavailable) as raised:
            await broker.check()
        assert f"127.0.0.1:{port}" in raised.value.detail
        assert "secret" not in raised.value.detail + str(logs)


async def test_a_broker_that_starts_later_needs_no_restart_of_ours(node: RabbitMQ, routing_key: str) -> None:
    await asyncio.to_thread(node.stop)
    async with broker_at(node.url, routing_key, patience=SHORT) as broker:
        listener = await broker.listen(Channel("email"))
        with pytest.raises(BrokerUnavailable):
            await broker.check()
        with pytest.raises(BrokerUnavailable):
            await listener.take(1)

        await asyncio.to_thread(node.start)

        ids = some_ids(5)
        await until_it_works(lambda: broker.publish(URGENT, ids))
        assert await receive(listener, ids) == set(ids)


async def test_a_wrong_password_is_named_and_not_shown(rabbitmq_url: str, routing_key: str) -> None:
    url = rabbitmq_url.replace("guest:guest", "guest:my-secret")
    with capture_logs() as logs:
        async with broker_at(url, routing_key, patience=SHORT) as broker:
            refusal = await until_refused(broker.check, "refused")
    assert "my-secret" not in str(refusal) + str(logs)


def test_the_faster_event_loop_will_do_as_well(rabbitmq_url: str, routing_key: str) -> None:
    async def journey() -> None:
        async with broker_at(rabbitmq_url, routing_key) as broker:
            await broker.check()
            listener = await broker.listen(Channel("email"))
            ids = some_ids(500)
            await broker.publish(EMAIL, ids)
            assert await receive(listener, ids) == set(ids)

    uvloop.run(journey())


async def test_an_empty_queue_is_consumed_until_now(broker: RabbitMQBroker) -> None:
    before = CLOCK.now()

    reached = await broker.consumed_until(EMAIL)

    assert reached is not None
    assert before <= reached <= CLOCK.now()


async def test_a_queue_with_messages_on_their_way_is_consumed_up_to_what_was_handed_out(
    broker: RabbitMQBroker,
) -> None:
    listener = await broker.listen(Channel("email"))
    await until_connected(listener)
    await broker.publish(EMAIL, some_ids(50))
    while not await listener.take(1):
        pass

    reached = await broker.consumed_until(EMAIL)

    assert reached is not None
    assert reached < CLOCK.now() - timedelta(seconds=4)  # other listeners hold some that were published before
    assert await broker.consumed_until(URGENT) is not None


async def test_nothing_is_known_of_a_queue_where_something_waits_and_nothing_was_handed_out(
    broker: RabbitMQBroker,
) -> None:
    await broker.publish(EMAIL, some_ids(50))

    async def is_counted() -> bool:
        return await broker.waiting(EMAIL) > 0

    await until(is_counted)

    assert await broker.consumed_until(EMAIL) is None


async def test_messages_of_others_without_a_timestamp_are_taken(
    broker: RabbitMQBroker, channel: AbstractChannel
) -> None:
    listener = await broker.listen(Channel("email"))
    await until_connected(listener)
    (delivery,) = some_ids(1)
    body = json.dumps({"v": 1, "deliveries": [str(delivery)]}).encode()

    await channel.default_exchange.publish(aio_pika.Message(body), broker.queue_name(EMAIL))

    assert await receive(listener, [delivery]) == {delivery}
