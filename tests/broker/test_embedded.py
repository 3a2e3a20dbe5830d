"""What is true of the embedded broker alone: how it reads the store."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import StoreUnavailable
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.broker.embedded import EmbeddedBroker

CLOCK = Clock()


class Store:
    """A list of due deliveries that counts how often it is read."""

    def __init__(self, count: int = 0) -> None:
        self.due = [CLOCK.new_id() for _ in range(count)]
        self.reads = 0
        self.fault: Exception | None = None

    async def read(self, _channel: Channel, limit: int) -> Sequence[UUID]:
        self.reads += 1
        if self.fault:
            raise self.fault
        return self.due[:limit]


async def test_a_window_is_handed_out_in_parts_without_repeating_itself() -> None:
    store = Store(200)
    listener = await EmbeddedBroker(store.read, poll=timedelta(seconds=1)).listen(Channel("email"))

    parts = [await listener.take(64) for _ in range(4)]

    assert [len(part) for part in parts] == [64, 64, 64, 8]
    assert {delivery for part in parts for delivery in part} == set(store.due)
    assert store.reads == 1


async def test_the_head_of_the_window_is_consumed_first() -> None:
    store = Store(200)
    listener = await EmbeddedBroker(store.read).listen(Channel("email"))

    assert await listener.take(32) == store.due[:32]


async def test_deliveries_that_cannot_be_claimed_yet_are_not_read_in_a_hot_loop() -> None:
    store = Store(5)
    broker = EmbeddedBroker(store.read, poll=timedelta(milliseconds=200))
    listener = await broker.listen(Channel("email"))
    assert await listener.take(10) == store.due

    assert list(await listener.take(10)) == []
    assert await listener.take(10) == store.due

    assert store.reads == 3


async def test_a_wake_up_during_the_read_is_not_lost() -> None:
    store = Store()
    poll = timedelta(seconds=1)
    late = CLOCK.new_id()

    async def read(channel: Channel, limit: int) -> Sequence[UUID]:
        found = list(await store.read(channel, limit))
        if store.reads == 1:
            store.due.append(late)
            broker.wake()
        return found

    broker = EmbeddedBroker(read, poll=poll)
    listener = await broker.listen(Channel("email"))
    assert list(await listener.take(1)) == []

    async with asyncio.timeout(poll.total_seconds() / 2):
        assert await listener.take(1) == [late]


async def test_readiness_reports_a_store_that_is_down_and_its_recovery() -> None:
    store = Store(1)
    listener = await EmbeddedBroker(store.read).listen(Channel("email"))
    store.fault = StoreUnavailable()
    with pytest.raises(StoreUnavailable):
        await listener.take(1)

    store.fault = None

    assert await listener.take(1) == store.due


async def test_a_closed_listener_is_no_longer_woken() -> None:
    broker = EmbeddedBroker(Store(1).read)
    listener = await broker.listen(Channel("email"))

    await listener.close()
    broker.wake()

    assert not broker._listeners
