"""Every event happens to every state, in the store: it moves what docs/states.md says, and nothing else."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import run_within
from property_alert_notification.deliveries import queries
from property_alert_notification.deliveries.queries import Settlement
from property_alert_notification.deliveries.states import Event, after
from property_alert_notification.notification_worker.settle import settle
from property_alert_notification.pauses import queries as pauses
from property_alert_notification.quarantine import queries as quarantine
from property_alert_notification.vocabulary import DeliveryState
from tests.pipeline.world import World, only

NOT_HEARD_YET = {Event.ARRIVED, Event.BOUNCED}
BY_A_WORKER = set(Event) - NOT_HEARD_YET - {Event.CLAIMED, Event.REPLAYED, Event.DISCARDED}


@pytest.mark.parametrize("event", [event for event in Event if event not in NOT_HEARD_YET])
async def test_an_event_moves_what_it_may_and_nothing_else(world: World, event: Event) -> None:
    await world.a_user()
    notification = await world.accept()
    delivery = (await world.delivery(notification)).id
    moved = {}
    for state in DeliveryState:
        async with world.parts.database.transaction() as connection:
            reset = text("UPDATE deliveries SET state = :state, due_at = changed_at, fence = 7, attempts = 1")
            await connection.execute(reset, {"state": state})
            await _happen(world, connection, event, notification, delivery)
        moved[state] = (await world.delivery(notification)).state

    assert moved == {state: after(state, event) for state in DeliveryState}


async def test_a_worker_whose_fence_was_raised_moves_nothing(world: World) -> None:
    await world.a_user()
    notification = await world.accept()
    delivery = (await world.delivery(notification)).id
    for event in BY_A_WORKER:
        async with world.parts.database.transaction() as connection:
            await connection.execute(text("UPDATE deliveries SET state = 'sending', fence = 8"))
            await _settle(world, connection, event, delivery)
        assert (await world.delivery(notification)).state is DeliveryState.SENDING, event


async def _happen(world: World, connection: AsyncConnection, event: Event, notification: UUID, delivery: UUID) -> None:
    now = world.parts.clock.now()
    later = now + timedelta(hours=1)
    if event is Event.CLAIMED:
        await run_within(connection, queries.claim([delivery], now=now, leased_until=later))
    elif event is Event.REPLAYED:
        await quarantine.replay(connection, delivery, reason="", now=now)
    elif event is Event.DISCARDED:
        await quarantine.discard(connection, delivery, now=now)
    else:
        await _settle(world, connection, event, delivery)
    if event is Event.TOO_LATE:
        await quarantine.expire(connection, [delivery], now=now)
    if event is Event.CANCELLED:
        await queries.cancel(connection, notification, reason="", now=now)
    if event is Event.PAUSED:
        await run_within(connection, only(pauses.hold([delivery], "email", category=None, now=now, until=later)))


async def _settle(world: World, connection: AsyncConnection, event: Event, delivery: UUID) -> None:
    """What a worker writes down that claimed it under fence 7."""
    settlement = Settlement(
        delivery_id=delivery,
        fence=7,
        state=after(DeliveryState.SENDING, event),
        reason="",
        due_at=None,
        outcome=None,
        settled_at=world.parts.clock.now(),
    )
    await run_within(connection, settle([settlement]))
