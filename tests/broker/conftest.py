"""Both brokers, each on its real server, behind one small face that the conformance suite talks to."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial
from typing import Protocol
from uuid import UUID

import pytest
from sqlalchemy import insert

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import BrokerUnavailable
from property_alert_notification.base.vocabulary import Channel, DeliveryState
from property_alert_notification.broker.base import Broker, Listener, Queue
from property_alert_notification.broker.embedded import EmbeddedBroker
from property_alert_notification.broker.rabbitmq import RabbitMQBroker
from property_alert_notification.broker.rabbitmq.listener import RabbitMQListener
from property_alert_notification.database import Database, table_of
from property_alert_notification.deliveries import queues
from property_alert_notification.deliveries import scripts as delivery_scripts
from property_alert_notification.notifications.models import Notification
from tests.services.process import PATIENCE
from tests.services.rabbitmq import RabbitMQ, speaks_amqp

CLOCK = Clock()
EMAIL = Queue(Channel("email"))
LONG = timedelta(seconds=PATIENCE)
"""How long a call may wait for RabbitMQ on a busy machine, in all tests but those of a node that is away."""


class BrokerSetup(Protocol):
    """What carries the messages of one test, however many brokers are connected to it."""

    async def connect(self, *, poll: timedelta = timedelta(milliseconds=50)) -> Broker:
        """What one process would use."""

    async def make_due(self, broker: Broker, count: int, queue: Queue = EMAIL) -> list[UUID]:
        """Let this many deliveries become due, and publish them."""

    async def until_received(self, listener: Listener, queues: Collection[Queue]) -> None:
        """Wait until the listener has a delivery of each of these queues to hand out."""

    async def claim(self, deliveries: Sequence[UUID]) -> list[UUID]:
        """Those of the deliveries that are the caller's own from now on."""


class StoreCarrier:
    """The table of due deliveries in a SQLite database."""

    def __init__(self, database: Database, stack: AsyncExitStack) -> None:
        self._database = database
        self._stack = stack

    async def connect(self, *, poll: timedelta = timedelta(milliseconds=50)) -> Broker:
        return await self._stack.enter_async_context(EmbeddedBroker(self._read_due, poll=poll))

    async def _read_due(self, channel: Channel, limit: int) -> Sequence[UUID]:
        async with self._database.reading() as connection:
            return await queues.due(connection, channel, now=CLOCK.now(), limit=limit)

    async def make_due(self, broker: Broker, count: int, queue: Queue = EMAIL) -> list[UUID]:
        deliveries = [self._delivery(queue) for _ in range(count)]
        async with self._database.transaction() as connection:
            await connection.execute(
                insert(table_of(Notification)),
                [
                    {"id": delivery.notification_id, "user_id": 1, "category": "general", "title": "A home",
                     "message": "Come and see", "urgent": queue.urgent, "accepted_at": delivery.changed_at}
                    for delivery in deliveries
                ],
            )  # fmt: skip
            adding = delivery_scripts.add(deliveries)
            await adding.statement.run(connection, adding.rows)
        ids = [delivery.id for delivery in deliveries]
        await broker.publish(queue, ids)
        return ids

    async def until_received(self, listener: Listener, queues: Collection[Queue]) -> None:
        """What is due is in the store, where every read finds it."""

    def _delivery(self, queue: Queue) -> delivery_scripts.NewDelivery:
        now = CLOCK.now()
        return delivery_scripts.NewDelivery(
            id=CLOCK.new_id(),
            notification_id=CLOCK.new_id(),
            channel=queue.channel,
            address="somebody@homes.test",
            urgent=queue.urgent,
            test=False,
            state=DeliveryState.QUEUED,
            reason_code="user_opted_in",
            reason_parameters=None,
            held_by=None,
            due_at=now,
            changed_at=now,
        )

    async def claim(self, deliveries: Sequence[UUID]) -> list[UUID]:
        now = CLOCK.now()
        claims = await self._database.run(
            delivery_scripts.claim(deliveries, now=now, leased_until=now + timedelta(minutes=5))
        )
        return [claim.delivery_id for claim in claims]


class RabbitMQCarrier:
    """A node, and queues of this test's own. Only the broker decides which listener gets what."""

    def __init__(self, url: str, routing_key: str, stack: AsyncExitStack) -> None:
        self._new_broker = partial(RabbitMQBroker, url, routing_key, patience=LONG, confirm_within=LONG)
        self._stack = stack

    async def connect(self, *, poll: timedelta = timedelta(milliseconds=50)) -> Broker:
        return await self._stack.enter_async_context(self._new_broker())

    async def make_due(self, broker: Broker, count: int, queue: Queue = EMAIL) -> list[UUID]:
        ids = [CLOCK.new_id() for _ in range(count)]
        await broker.publish(queue, ids)
        return ids

    async def until_received(self, listener: Listener, queues: Collection[Queue]) -> None:
        assert isinstance(listener, RabbitMQListener)

        async def has_all() -> bool:
            return all(listener.session and listener.session.holds(urgent=queue.urgent) for queue in queues)

        await until(has_all)

    async def claim(self, deliveries: Sequence[UUID]) -> list[UUID]:
        return list(deliveries)


@pytest.fixture
def routing_key() -> str:
    """How the queues of this test, and of no other, begin."""
    return f"test-{CLOCK.new_id()}"


@pytest.fixture(params=["embedded", "rabbitmq"])
async def setup(
    request: pytest.FixtureRequest, migrated_sqlite_url: str, routing_key: str
) -> AsyncIterator[BrokerSetup]:
    async with AsyncExitStack() as stack:
        if request.param == "rabbitmq":
            yield RabbitMQCarrier(request.getfixturevalue("rabbitmq_url"), routing_key, stack)
        else:
            database = Database(migrated_sqlite_url.replace("sqlite:", "sqlite+aiosqlite:"), wait=30)
            stack.push_async_callback(database.close)
            yield StoreCarrier(database, stack)


@pytest.fixture
def node(rabbitmq: RabbitMQ) -> Iterator[RabbitMQ]:
    """The node, for tests that hurt it: it is up and well again afterwards, whatever became of the test."""
    yield rabbitmq
    if not speaks_amqp(rabbitmq.port):
        rabbitmq.stop()
        rabbitmq.start()


async def take_all(
    setup: BrokerSetup, listener: Listener, count: int, *, limit: int = 64, patience: timedelta = LONG
) -> list[UUID]:
    """Take, claim and do until `count` deliveries have been claimed, in the order in which they came."""
    claimed: list[UUID] = []
    async with asyncio.timeout(patience.total_seconds()):
        while len(claimed) < count:
            taken = await listener.take(limit)
            if taken:
                claimed += await setup.claim(taken)
                await listener.done(taken)
    return claimed


async def until(condition: Callable[[], Awaitable[bool]], *, patience: timedelta = LONG) -> None:
    """Ask again and again until the answer is yes."""
    async with asyncio.timeout(patience.total_seconds()):
        while not await condition():  # noqa: ASYNC110 - another process is asked, which sets no event of ours
            await asyncio.sleep(0.02)


async def until_refused(call: Callable[[], Awaitable[object]], words: str) -> BrokerUnavailable:
    """Call until it is refused in these words: before, the connection may not be there yet."""
    async with asyncio.timeout(LONG.total_seconds()):
        while True:
            try:
                await call()
            except BrokerUnavailable as refusal:
                if re.search(words, str(refusal)):
                    return refusal
