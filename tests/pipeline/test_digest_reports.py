"""Reports about a digest that come after its items have ended, on each store."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import text

from property_alert_notification.base.vocabulary import DeliveryState, Frequency, Outcome
from property_alert_notification.channels.callback import ReportedEvent, ReportedResult
from property_alert_notification.database import run_within
from property_alert_notification.digests import close
from property_alert_notification.events.models import WebhookEvent
from property_alert_notification.homes.alerts.before_sending.refresh.scripts import refreshed
from tests.pipeline.test_callbacks import report, rows, settled
from tests.pipeline.test_digests import a_user, accept, look, planner, states, the_digest, their_time_comes
from tests.pipeline.test_events import an_endpoint
from tests.pipeline.world import World, eventually

TAKEN, ARRIVED, BOUNCED = ReportedResult


async def a_sent_digest(world: World, items: int = 3) -> tuple[list[UUID], UUID, UUID]:
    """The items of a digest that a provider took, the digest, and its delivery."""
    await a_user(world, Frequency.DAILY)
    carried = await accept(world, items)
    await their_time_comes(world)
    await look(world)
    digest = await the_digest(world)
    delivery = (await world.delivery(digest)).id
    (claim,) = await world.claim(delivery)
    await settled(world, claim, DeliveryState.SENT, Outcome.SENT, "m-1")
    return carried, digest, delivery


async def follow(world: World, digest: UUID) -> None:
    await world.parts.database.run(close.process_ended([digest], planner(world), refreshed))


async def test_items_follow_what_is_reported_about_their_digest(world: World) -> None:
    await an_endpoint(world)
    items, digest, delivery = await a_sent_digest(world)
    [other] = await accept(world)
    await follow(world, digest)
    assert await states(world, items) == ["sent"] * 3

    for result, state in ((ARRIVED, "delivered"), (BOUNCED, "failed"), (ARRIVED, "failed")):
        await report(world, ReportedEvent(result, delivery_id=delivery, event_id=f"{result} then {state}"))
        assert await states(world, [digest, *items, other]) == [state] * 4 + ["collected"]
        assert {(await world.detail(one)).status for one in (digest, *items)} == {state}

    assert {(await world.delivery(one)).digest_id for one in items} == {digest}
    told = sorted((one.notification_id, one.type) for one in await rows(world, WebhookEvent))
    ends = ("notification.delivered", "notification.failed", "notification.sent")
    assert told == sorted((one, end) for one in (digest, *items) for end in ends)
    async with world.parts.database.reading() as connection:
        kept = await connection.execute(text("SELECT count(*) FROM notifications WHERE status = 'failed'"))
        assert kept.scalar_one() == 4


async def test_items_that_still_wait_end_with_the_report_about_their_digest(world: World) -> None:
    items, digest, delivery = await a_sent_digest(world)
    await report(world, ReportedEvent(BOUNCED, delivery_id=delivery))
    assert await states(world, items) == ["failed"] * 3

    await follow(world, digest)
    assert await states(world, items) == ["failed"] * 3


@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
async def test_a_report_comes_while_a_worker_ends_the_items(world: World) -> None:
    """SQLite has one writer."""
    items, digest, delivery = await a_sent_digest(world)
    database = world.parts.database
    async with asyncio.TaskGroup() as group, database.transaction() as connection:
        await run_within(connection, close.process_ended([digest], planner(world), refreshed))
        group.create_task(report(world, ReportedEvent(BOUNCED, delivery_id=delivery)))
        await eventually(lambda: _waits_for_a_lock(world))

    assert await states(world, [digest, *items]) == ["failed"] * 4


async def _waits_for_a_lock(world: World) -> bool:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    async with world.parts.database.reading() as connection:
        return bool((await connection.execute(text(waiting))).scalar_one())
