"""Every event happens to every state, in the store: it moves what docs/states.md says, and nothing else."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.vocabulary import Channel, DeliveryState
from property_alert_notification.channels.callback import ReportedEvent, ReportedResult
from property_alert_notification.database import run_within
from property_alert_notification.deliveries import queries
from property_alert_notification.deliveries import scripts as delivery_scripts
from property_alert_notification.deliveries.records import Settlement, Submission
from property_alert_notification.deliveries.states import Event, after
from property_alert_notification.feedback.reports.apply import apply_reports
from property_alert_notification.feedback.reports.incoming import reports_of
from property_alert_notification.homes.alerts.approvals import queries as approvals
from property_alert_notification.notification_worker.settlement import settle_within
from property_alert_notification.operators.pauses import scripts as pause_scripts
from property_alert_notification.operators.privacy.erasure import queries as erasure
from property_alert_notification.operators.quarantine import moves
from property_alert_notification.operators.quarantine.queries import Stuck
from property_alert_notification.wiring import report_context
from tests.pipeline.world import World, only

SOME = Reason(ReasonCode.STORE_AWAY)
REPORTED = {
    Event.CONFIRMED: ReportedResult.TAKEN,
    Event.ARRIVED: ReportedResult.ARRIVED,
    Event.BOUNCED: ReportedResult.BOUNCED,
}
NOT_HEARD_YET = {Event.COLLECTED, Event.RELEASED, Event.CARRIED, Event.DROPPED}
"""No feature has them happen yet."""
NOT_IN_A_DIGEST_YET = {(Event.UNWANTED, DeliveryState.COLLECTED)}
"""A digest will ask this of what it collected when it is sent."""
BY_A_PERSON = {Event.REPLAYED, Event.DISCARDED, Event.APPROVED, Event.REJECTED, Event.ERASED}
BY_A_WORKER = set(Event) - NOT_HEARD_YET - set(REPORTED) - BY_A_PERSON - {Event.CLAIMED}


@pytest.mark.parametrize("event", [event for event in Event if event not in NOT_HEARD_YET])
async def test_an_event_moves_what_it_may_and_nothing_else(world: World, event: Event) -> None:
    await world.a_user()
    notification = await world.accept()
    delivery = (await world.delivery(notification)).id
    opened = delivery_scripts.open_attempts([Submission(delivery, 7, "smtp", *[world.parts.clock.now()] * 2)])
    await world.parts.database.run(only(opened))
    moved = {}
    for state in DeliveryState:
        async with world.parts.database.transaction() as connection:
            reset = text("UPDATE deliveries SET state = :state, due_at = changed_at, fence = 7, attempts = 1")
            await connection.execute(reset, {"state": state})
            await _happen(world, connection, event, notification, delivery)
        moved[state] = (await world.delivery(notification)).state

    assert moved == {
        state: state if (event, state) in NOT_IN_A_DIGEST_YET else after(state, event) for state in DeliveryState
    }


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
    if event in BY_A_WORKER:
        await _settle(world, connection, event, delivery)
    by_others: dict[Event, Callable[[], Awaitable[object]]] = {
        Event.CLAIMED: lambda: run_within(connection, delivery_scripts.claim([delivery], now=now, leased_until=later)),
        Event.REPLAYED: lambda: moves.replay(connection, delivery, reason=SOME, now=now),
        Event.DISCARDED: lambda: moves.discard(connection, delivery, reason=SOME, now=now),
        Event.APPROVED: lambda: approvals.approve(connection, [delivery], reason=SOME, now=now),
        Event.REJECTED: lambda: approvals.reject(connection, [delivery], reason=SOME, now=now),
        Event.TOO_LATE: lambda: moves.expire(
            connection, [Stuck(delivery, notification, "email", "quarantined", None, None)], now=now
        ),
        Event.BROKE: lambda: moves.quarantine(connection, delivery, fence=None, reason=SOME, now=now),
        Event.UNUSED: lambda: queries.suppress(connection, Channel("email"), reason=SOME, most=1, now=now),
        Event.CANCELLED: lambda: queries.cancel(connection, notification, reason=SOME, now=now),
        Event.HELD: lambda: run_within(
            connection, only(pause_scripts.hold([delivery], "email", category=None, now=now, until=later))
        ),
    }
    if event in REPORTED:
        reports = reports_of(
            [ReportedEvent(REPORTED[event], delivery_id=delivery, event_id=str(world.parts.clock.new_id()))],
            b"",
            channel=Channel("email"),
            provider="smtp",
            new_id=world.parts.clock.new_id,
            now=now,
        )
        context = report_context(world.settings, world.parts.clock)
        await run_within(connection, apply_reports(reports, context, now=now))
    if event in by_others:
        await by_others[event]()
    if event is Event.ERASED:
        await erasure.end(connection, await erasure.lock(connection, 1, None), now=now)


async def _settle(world: World, connection: AsyncConnection, event: Event, delivery: UUID) -> None:
    """What a worker writes down that claimed it under fence 7."""
    settlement = Settlement(
        delivery_id=delivery,
        fence=7,
        state=after(DeliveryState.SENDING, event),
        reason=SOME,
        due_at=None,
        outcome=None,
        settled_at=world.parts.clock.now(),
    )
    await run_within(connection, settle_within([settlement]))
