"""The relay publishes each delivery, publishes it again when its message is lost, and publishes no backlog twice."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import event, func, select, text

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import BrokerUnavailable
from property_alert_notification.base.settings import Settings
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.broker.base import Listener, Queue
from property_alert_notification.broker.rabbitmq import RabbitMQBroker
from property_alert_notification.database import table_of
from property_alert_notification.deliveries import queues
from property_alert_notification.deliveries import scripts as delivery_scripts
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.notification_worker import relay as relay_module
from property_alert_notification.notification_worker.relay import Relay
from tests.pipeline.conftest import STORES
from tests.pipeline.world import World, eventually
from tests.services.rabbitmq import RabbitMQ
from tests.services.smtp import SmtpServer

EMAIL = Queue(Channel("email"))
WINDOW = 1_000
"""Messages of a queue in the broker at once; a fifth of what relays have, so that a backlog of ten windows is cheap."""
BACKLOG = 10 * WINDOW
AT_ONCE = 5_000

_deliveries = table_of(Delivery)


class CountingBroker(RabbitMQBroker):
    """RabbitMQ, and how often each delivery was published, confirmed or not."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        super().__init__(
            settings.queue_broker_url,
            settings.queue_routing_key,
            clock=clock,
            confirm_within=timedelta(seconds=2),
            reconnect_after=timedelta(milliseconds=100),
        )
        self.confirmed: Counter[UUID] = Counter()
        self.tried: Counter[UUID] = Counter()

    async def publish(self, queue: Queue, deliveries: Sequence[UUID]) -> None:
        self.tried.update(deliveries)
        await super().publish(queue, deliveries)
        self.confirmed.update(deliveries)


class Relayed:
    """A running relay, and a listener that claims instead of a worker."""

    def __init__(self, world: World, broker: CountingBroker, listener: Listener, relay: "asyncio.Task[None]") -> None:
        self.world = world
        self._relay = relay
        self.broker = broker
        self.claimed: Counter[UUID] = Counter()
        self._listener = listener

    async def stop(self) -> None:
        """End the relay."""
        self._relay.cancel()
        await asyncio.gather(self._relay, return_exceptions=True)

    async def claim_some(self, limit: int = 500) -> None:
        """What a worker does with what it receives; a broker that is away is waited for."""
        try:
            taken = await self._listener.take(limit)
        except BrokerUnavailable:
            return
        if taken:
            now, database = self.world.parts.clock.now(), self.world.parts.database
            claims = await database.run(delivery_scripts.claim(taken, now=now, leased_until=now + timedelta(hours=1)))
            self.claimed.update(claim.delivery_id for claim in claims)
            await self._listener.done(taken)


@asynccontextmanager
async def relaying(world: World) -> AsyncIterator[Relayed]:
    parts = world.parts
    async with CountingBroker(world.settings, parts.clock) as broker:
        listener = await broker.listen(Channel("email"))
        relay = parts.supervisor.start("relay", Relay(parts.database, broker, parts.clock).run)
        relayed = Relayed(world, broker, listener, relay)
        try:
            yield relayed
        finally:
            await relayed.stop()


_NEW_IDS = """
    CREATE TEMPORARY TABLE new ON COMMIT DROP AS
    SELECT gen_random_uuid() AS id, CAST(:at AS timestamptz) + number * interval '1 microsecond' AS at
    FROM generate_series(1, CAST(:count AS int)) AS number
"""
_NEW_NOTIFICATIONS = """
    INSERT INTO notifications (id, user_id, category, title, message, urgent, accepted_at)
    SELECT id, 1, 'general', 'A home', 'Come and see', false, at FROM new
"""
_NEW_DELIVERIES = """
    INSERT INTO deliveries (id, notification_id, channel, address, urgent, state, due_at, changed_at, fence, attempts,
    unknowns) SELECT id, id, 'email', 'a@example.com', false, 'queued', at, at, 0, 0, 0 FROM new
"""


@pytest.fixture
def small_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """Relays keep fewer messages in the broker."""
    assert relay_module.WINDOW == 5 * WINDOW
    monkeypatch.setattr(relay_module, "WINDOW", WINDOW)


async def make_due(world: World, count: int) -> None:
    """So many emails that have been due for minutes, on PostgreSQL."""
    at = world.parts.clock.now() - timedelta(minutes=5)
    # In parts: a slow disk writes all of them at once for longer than one statement may take.
    for written in range(0, count, AT_ONCE):
        values = {"count": min(AT_ONCE, count - written), "at": at + timedelta(microseconds=written)}
        async with world.parts.database.transaction() as connection:
            await connection.execute(text(_NEW_IDS), values)
            await connection.execute(text(_NEW_NOTIFICATIONS))
            await connection.execute(text(_NEW_DELIVERIES))


async def lose_messages(world: World, count: int, *, ago: timedelta = timedelta()) -> set[UUID]:
    """A relay marks some as published, and is killed before it publishes."""
    now = world.parts.clock.now() - ago
    async with world.parts.database.transaction() as connection:
        return set(await queues.take_due(connection, EMAIL, now=now, limit=count))


async def count_marked(world: World) -> int:
    marked = select(func.count()).where(_deliveries.c.published_at.is_not(None))
    async with world.parts.database.reading() as connection:
        return int((await connection.execute(marked)).scalar_one())


@pytest.mark.parametrize("store", STORES)
async def test_deliveries_marked_by_a_killed_relay_are_published_by_another(
    make_settings: Callable[..., Settings], smtp_server: SmtpServer, store: str
) -> None:
    async with World(make_settings(store, "rabbitmq"), smtp_server) as world:
        await world.a_user()
        notifications = [await world.accept() for _ in range(3)]
        assert len(await lose_messages(world, 10)) == 3

        await world.a_worker()

        for notification in notifications:
            await world.until(notification, "sent")


@pytest.mark.usefixtures("small_window")
async def test_lost_messages_are_found_while_a_backlog_stands_behind_them(
    make_settings: Callable[..., Settings], smtp_server: SmtpServer
) -> None:
    async with World(make_settings("postgresql", "rabbitmq"), smtp_server) as world:
        await make_due(world, BACKLOG)
        lost = await lose_messages(world, 140, ago=timedelta(minutes=1))
        async with relaying(world) as relayed, asyncio.timeout(60):
            while not lost <= set(relayed.claimed):
                await relayed.claim_some(20)

        assert len(lost) == 140
        assert len(relayed.claimed) < BACKLOG  # the queue had not been silent
        assert max(relayed.broker.confirmed.values()) == 1


@pytest.mark.usefixtures("small_window")
async def test_a_wiped_broker_loses_nothing_of_a_long_backlog_which_is_not_published_twice(
    make_settings: Callable[..., Settings], rabbitmq: RabbitMQ, smtp_server: SmtpServer
) -> None:
    async with World(make_settings("postgresql", "rabbitmq"), smtp_server) as world:
        await make_due(world, BACKLOG)
        async with relaying(world) as relayed, asyncio.timeout(120):

            async def window_is_full() -> bool:
                return len(relayed.broker.confirmed) >= WINDOW

            await eventually(window_is_full)
            while len(relayed.claimed) < WINDOW // 5:
                await relayed.claim_some(WINDOW // 10)
            await asyncio.to_thread(rabbitmq.wipe)
            lost = set(relayed.broker.confirmed) - set(relayed.claimed)
            await asyncio.to_thread(rabbitmq.start)
            while not lost <= set(relayed.claimed):
                await relayed.claim_some(WINDOW // 10)

        assert len(lost) >= WINDOW // 2
        assert set(relayed.claimed.values()) == {1}
        assert max(relayed.broker.confirmed.values()) == 2
        # Of what was published once more there is not more than there was in the broker; the rest was left alone.
        assert relayed.broker.confirmed.total() - len(relayed.broker.confirmed) <= len(lost) + WINDOW
        assert len(relayed.broker.confirmed) <= len(relayed.claimed) + 2 * WINDOW
        assert await count_marked(world) <= 2 * WINDOW


async def test_unconfirmed_deliveries_are_published_again(
    make_settings: Callable[..., Settings], rabbitmq: RabbitMQ, smtp_server: SmtpServer
) -> None:
    """During an alarm a publish hangs, and may arrive later all the same."""
    async with World(make_settings("postgresql", "rabbitmq"), smtp_server) as world:
        async with relaying(world) as relayed:
            await asyncio.to_thread(rabbitmq.ctl, "set_disk_free_limit", "900GB")
            try:
                await make_due(world, 120)

                async def was_tried_twice() -> bool:
                    return any(times > 1 for times in relayed.broker.tried.values())

                await eventually(was_tried_twice)
            finally:
                await asyncio.to_thread(rabbitmq.ctl, "set_disk_free_limit", "50MB")
            async with asyncio.timeout(60):
                while len(relayed.claimed) < 120:
                    await relayed.claim_some()

        assert set(relayed.claimed.values()) == {1}


async def test_a_queue_that_is_full_holds_up_no_other(
    make_settings: Callable[..., Settings], rabbitmq: RabbitMQ, smtp_server: SmtpServer
) -> None:
    async with World(make_settings("postgresql", "rabbitmq", sms_provider="mailbox"), smtp_server) as world:
        emails = f"{world.settings.queue_routing_key}.email"
        await asyncio.to_thread(rabbitmq.ctl, "set_policy", emails, f"^{emails}$", '{"max-length":1}')
        try:
            async with relaying(world) as relayed:
                await make_due(world, 5_000)

                async def is_full() -> bool:
                    return relayed.broker.tried.total() > relayed.broker.confirmed.total() > 0

                await eventually(is_full)
                await world.a_user(email=False, sms=True)
                sms = await world.delivery(await world.accept(), Channel("sms"))

                async def is_published() -> bool:
                    return sms.id in relayed.broker.confirmed

                await eventually(is_published)
                assert len(relayed.broker.confirmed) < 5_000
        finally:
            await asyncio.to_thread(rabbitmq.ctl, "clear_policy", emails)


@asynccontextmanager
async def publishing_into_silence(world: World, rabbitmq: RabbitMQ) -> AsyncIterator[Relayed]:
    """A relay with messages on their way to a broker that says nothing any more, until the block ends."""
    try:
        async with relaying(world) as relayed:
            await make_due(world, 1)
            while not relayed.claimed:
                await relayed.claim_some()
            await asyncio.to_thread(rabbitmq.freeze)
            await make_due(world, 10)

            async def publishes() -> bool:
                return relayed.broker.tried.total() == 11

            await eventually(publishes)
            yield relayed
    finally:
        await asyncio.to_thread(rabbitmq.thaw)


async def test_a_relay_that_is_stopped_while_it_publishes_leaves_no_mark(
    make_settings: Callable[..., Settings], rabbitmq: RabbitMQ, smtp_server: SmtpServer
) -> None:
    async with World(make_settings("postgresql", "rabbitmq"), smtp_server) as world:
        async with publishing_into_silence(world, rabbitmq) as relayed:
            await relayed.stop()

        assert await count_marked(world) == 0


async def test_a_relay_is_stopped_although_broker_and_store_are_away(
    make_settings: Callable[..., Settings], rabbitmq: RabbitMQ, smtp_server: SmtpServer
) -> None:
    """What it cannot take back is found by the search for lost messages."""
    async with (
        World(make_settings("postgresql", "rabbitmq"), smtp_server) as world,
        publishing_into_silence(world, rabbitmq) as relayed,
        world.parts.database.transaction() as connection,
    ):
        await connection.execute(text("LOCK TABLE deliveries IN ACCESS EXCLUSIVE MODE"))
        async with asyncio.timeout(30):
            await relayed.stop()


class ReachedBroker(CountingBroker):
    """RabbitMQ whose listeners have got the messages until a time."""

    reached: datetime | None = None

    async def consumed_until(self, queue: Queue) -> datetime | None:
        return self.reached if queue == EMAIL else None


@pytest.mark.parametrize(("behind", "looks"), [(timedelta(seconds=-1), 0), (timedelta(seconds=2), 1)])
async def test_the_window_is_read_only_when_its_front_has_lost_a_message(
    make_settings: Callable[..., Settings], smtp_server: SmtpServer, behind: timedelta, looks: int
) -> None:
    async with World(make_settings("postgresql", "rabbitmq"), smtp_server) as world:
        parts, published = world.parts, world.parts.clock.now() - timedelta(minutes=1)
        await make_due(world, 60)
        await lose_messages(world, 60, ago=timedelta(minutes=1))
        async with ReachedBroker(world.settings, parts.clock) as broker:
            broker.reached = published + behind
            seen: list[str] = []
            note = lambda _connection, _cursor, sql, *_: seen.append(sql)  # noqa: E731
            event.listen(parts.database.engine.sync_engine, "before_cursor_execute", note)
            relay = Relay(parts.database, broker, parts.clock)
            relay._searched_at = 0.0
            await relay._search_for_lost()

        assert sum("published_at <" in sql for sql in seen) == looks
