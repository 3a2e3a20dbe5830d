"""What every broker must do, asked of each."""

import asyncio
from datetime import timedelta
from uuid import UUID

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.broker.base import Listener, Queue
from tests.broker.conftest import EMAIL, LONG, BrokerSetup, take_all, until

URGENT = Queue(Channel("email"), urgent=True)
SMS = Queue(Channel("sms"))


async def test_published_deliveries_are_consumed(setup: BrokerSetup) -> None:
    broker = await setup.connect()
    listener = await broker.listen(Channel("email"))

    due = await setup.make_due(broker, 3)

    assert sorted(await take_all(setup, listener, 3)) == sorted(due)


async def test_ringing_for_nothing_is_allowed(setup: BrokerSetup) -> None:
    broker = await setup.connect()
    listener = await broker.listen(Channel("email"))

    await broker.publish(EMAIL, [])

    assert list(await listener.take(10)) == []


async def test_take_returns_at_most_the_requested_number(setup: BrokerSetup) -> None:
    broker = await setup.connect()
    listener = await broker.listen(Channel("email"))
    due = await setup.make_due(broker, 120)

    taken: list[UUID] = []
    while len(taken) < 120:
        part = await listener.take(7)
        assert len(part) <= 7
        taken += await setup.claim(part) if part else []
        await listener.done(part)

    assert sorted(taken) == sorted(due)


async def test_urgent_deliveries_are_taken_first(setup: BrokerSetup) -> None:
    broker = await setup.connect()
    await setup.make_due(broker, 100, EMAIL)
    urgent = await setup.make_due(broker, 5, URGENT)
    listener = await broker.listen(Channel("email"))
    await setup.until_received(listener, [EMAIL, URGENT])

    taken = await take_all(setup, listener, 105, limit=20)

    assert set(urgent) <= set(taken[:20])
    assert len(set(taken)) == 105


async def test_a_listener_hears_its_own_channel_only(setup: BrokerSetup) -> None:
    broker = await setup.connect()
    email, sms = await broker.listen(Channel("email")), await broker.listen(Channel("sms"))

    due_by_email = await setup.make_due(broker, 2, EMAIL)
    due_by_sms = await setup.make_due(broker, 3, SMS)

    assert sorted(await take_all(setup, email, 2)) == sorted(due_by_email)
    assert sorted(await take_all(setup, sms, 3)) == sorted(due_by_sms)


async def test_an_idle_listener_answers_with_nothing(setup: BrokerSetup) -> None:
    broker = await setup.connect()
    listener = await broker.listen(Channel("email"))

    async with asyncio.timeout(LONG.total_seconds()):
        assert list(await listener.take(10)) == []


async def test_what_is_done_is_forgotten(setup: BrokerSetup) -> None:
    broker = await setup.connect()
    listener = await broker.listen(Channel("email"))
    await setup.make_due(broker, 60)
    await take_all(setup, listener, 60)

    await listener.close()

    later = await broker.listen(Channel("email"))
    assert list(await later.take(10)) == []


async def test_unprocessed_messages_are_redelivered_after_close(setup: BrokerSetup) -> None:
    broker = await setup.connect()
    due = await setup.make_due(broker, 60)
    listener = await broker.listen(Channel("email"))
    taken: list[UUID] = []
    while not taken:
        taken += await listener.take(10)

    await listener.close()

    later = await broker.listen(Channel("email"))
    assert set(await take_all(setup, later, 60)) == set(due)


async def test_two_processes_share_thousands_and_none_is_claimed_twice(setup: BrokerSetup) -> None:
    """With RabbitMQ a message goes to one listener; with the embedded broker the claim decides."""
    first, second = await setup.connect(), await setup.connect()
    listeners = [await first.listen(Channel("email")), await second.listen(Channel("email"))]
    due = await setup.make_due(first, 3_000)
    claimed: list[UUID] = []

    async def work(listener: Listener) -> None:
        while len(claimed) < len(due):
            taken = await listener.take(64)
            if taken:
                claimed.extend(await setup.claim(taken))
                await listener.done(taken)

    async with asyncio.timeout(LONG.total_seconds()):
        await asyncio.gather(*map(work, listeners))

    assert len(claimed) == len(due)
    assert set(claimed) == set(due)


async def test_waking_ends_the_wait(setup: BrokerSetup) -> None:
    broker = await setup.connect(poll=timedelta(seconds=1))
    listener = await broker.listen(Channel("email"))
    assert list(await listener.take(10)) == []  # from here on it waits for the next poll

    waiting = asyncio.create_task(take_all(setup, listener, 1))
    await asyncio.sleep(0)
    due = await setup.make_due(broker, 1)
    broker.wake()

    assert await waiting == due


async def test_nothing_waits_once_all_is_taken(setup: BrokerSetup) -> None:
    broker = await setup.connect()
    listener = await broker.listen(Channel("email"))
    await setup.make_due(broker, 10)
    await take_all(setup, listener, 10)

    async def nothing_waits() -> bool:
        return await broker.waiting(EMAIL) == 0

    await until(nothing_waits)


async def test_a_reachable_broker_is_reported_as_up(setup: BrokerSetup) -> None:
    broker = await setup.connect()

    await broker.check()
