"""Events are recorded in the transaction of what they tell, for the endpoints that want them, on each store."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select, update

from property_alert_notification.api.access.admission import ANONYMOUS
from property_alert_notification.base.errors import Refused
from property_alert_notification.base.vocabulary import Channel, DeliveryState, Outcome
from property_alert_notification.channels.callback import ReportedEvent, ReportedResult, SuppressionCause
from property_alert_notification.channels.email_smtp import SmtpSender
from property_alert_notification.database import run_within, table_of
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.events.event_types import EventType
from property_alert_notification.events.models import WebhookDelivery, WebhookEndpoint, WebhookEvent
from property_alert_notification.events.new_event import about_user
from property_alert_notification.events.scripts import record
from property_alert_notification.notifications import changes
from property_alert_notification.notifications.release import release_due
from property_alert_notification.operators.quarantine.service import QuarantineService
from property_alert_notification.people.consent.models import ConsentRecord
from tests.pipeline.test_callbacks import report, rows, sending, sent, settled
from tests.pipeline.world import EMAIL, World


async def an_endpoint(
    world: World, events: str = "*", *, caller: str | None = None, test: bool = False, state: str = "enabled"
) -> UUID:
    """An endpoint that wants these types, separated by spaces."""
    id_, now = world.parts.clock.new_id(), world.parts.clock.now()
    row = WebhookEndpoint(
        id=id_,
        url="https://example.com/hook",
        events=events if events == "*" else f" {events} ",
        state=state,
        caller=caller,
        test=test,
        secret="sealed",
        created_at=now,
        changed_at=now,
    )
    async with world.parts.database.transaction() as connection:
        await connection.execute(insert(table_of(WebhookEndpoint)).values(**row.model_dump()))
    return id_


async def recorded(world: World) -> Sequence[Any]:
    """All events, oldest first."""
    events = table_of(WebhookEvent)
    async with world.parts.database.reading() as connection:
        return (await connection.execute(select(events).order_by(events.c.id))).all()


async def types(world: World) -> list[str]:
    return [event.type for event in await recorded(world)]


async def due(world: World) -> dict[UUID, int]:
    """How many events are due for each endpoint."""
    deliveries = table_of(WebhookDelivery)
    async with world.parts.database.reading() as connection:
        found = (await connection.execute(select(deliveries.c.endpoint_id, deliveries.c.due_at))).all()
    return {id_: sum(one.endpoint_id == id_ and one.due_at is not None for one in found) for id_, _ in found}


async def test_a_worker_records_what_it_sent_also_for_an_endpoint_that_is_new(world: World) -> None:
    await world.a_user(1)
    await world.a_worker()
    await world.until(await world.accept(1, channels=[EMAIL]), "sent")
    assert await recorded(world) == []

    every, others = await an_endpoint(world), await an_endpoint(world, "notification.failed recipient.opted_out")
    notifications = [await world.accept(1, channels=[EMAIL]) for _ in range(3)]
    for notification in notifications:
        await world.until(notification, "sent")

    events = await recorded(world)
    assert {(one.type, one.notification_id, one.channel, one.user_id) for one in events} == {
        ("notification.sent", notification, "email", None) for notification in notifications
    }
    assert await due(world) == {every: 3}
    assert others not in await due(world)


async def test_what_moved_nothing_and_what_was_rolled_back_is_no_event(world: World) -> None:
    await an_endpoint(world)
    _, claim = await sending(world)
    await settled(world, claim._replace(fence=claim.fence + 1), DeliveryState.FAILED, Outcome.REFUSED)
    notification = await world.accept(1, channels=[EMAIL])
    async with world.parts.database.transaction() as connection, connection.begin_nested() as undone:
        await changes.cancel(connection, notification, ANONYMOUS, now=world.parts.clock.now())
        await undone.rollback()

    assert await recorded(world) == []


@pytest.mark.parametrize("state", ["sent", "failed", "expired", "suppressed", "cancelled"])
async def test_every_end_that_a_worker_settles_is_an_event(world: World, state: str) -> None:
    await an_endpoint(world)
    notification, claim = await sending(world)
    await settled(world, claim, DeliveryState(state), Outcome.SENT if state == "sent" else Outcome.REFUSED)

    (event,) = await recorded(world)
    assert (event.type, event.notification_id, event.channel) == (f"notification.{state}", notification, "email")
    assert event.reason_code == "sent"  # as the worker settled it


async def test_reports_of_providers_are_events_once_and_of_users_too(world: World) -> None:
    endpoint = await an_endpoint(world)
    _, claim = await sent(world, user=7)
    arrived = ReportedEvent(ReportedResult.ARRIVED, delivery_id=claim.delivery_id)
    bounced = ReportedEvent(
        ReportedResult.BOUNCED, delivery_id=claim.delivery_id, cause=SuppressionCause.HARD_BOUNCE, event_id="b"
    )
    for event in (arrived, arrived, bounced, bounced):
        await report(world, event)

    assert sorted(await types(world)) == [
        "notification.delivered",
        "notification.failed",
        "notification.sent",
        "recipient.bounced",
    ]
    about = next(one for one in await recorded(world) if one.type == "recipient.bounced")
    assert (about.user_id, about.channel, about.reason_code, about.notification_id) == (7, "email", "hard_bounce", None)
    assert await due(world) == {endpoint: 4}


@pytest.mark.parametrize(
    ("cause", "type_", "source"),
    [
        (SuppressionCause.COMPLAINT, "recipient.complained", "complaint"),
        (SuppressionCause.STOP, "recipient.opted_out", "provider"),
        (SuppressionCause.UNSUBSCRIBE, "recipient.opted_out", "provider"),
    ],
)
async def test_a_refusal_of_a_user_is_an_event_with_the_source_of_its_consent_record(
    world: World, cause: SuppressionCause, type_: str, source: str
) -> None:
    await an_endpoint(world, type_)
    _, claim = await sent(world, user=7)
    await report(world, ReportedEvent(ReportedResult.ARRIVED, delivery_id=claim.delivery_id, cause=cause))

    assert [(one.type, one.user_id, one.reason_code) for one in await recorded(world)] == [(type_, 7, source)]
    assert [record.source for record in await rows(world, ConsentRecord)] == [source]


async def test_a_refusal_of_an_address_is_an_event_of_its_user(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_: object) -> None:
        raise Refused("no such address", cause="hard_bounce")

    monkeypatch.setattr(SmtpSender, "send", refuse)
    await an_endpoint(world)
    await world.a_user(1)
    await world.a_worker()
    await world.until(await world.accept(1, channels=[EMAIL]), "failed")

    assert sorted(await types(world)) == ["notification.failed", "recipient.bounced"]


async def test_what_ends_when_it_is_planned_is_an_event(world: World) -> None:
    await an_endpoint(world)
    await world.a_user(1, email=False)
    now = await world.accept(1, channels=[EMAIL])
    await world.accept(1, channels=[EMAIL], send_at=world.parts.clock.now() + timedelta(hours=1))
    async with world.parts.database.transaction() as connection:
        table = table_of(WebhookEvent).metadata.tables["notifications"]
        await connection.execute(update(table).values(send_at=world.parts.clock.now()))
    async with world.parts.database.transaction() as connection:
        assert await release_due(connection, world.planner) == 1

    events = await recorded(world)
    assert {(one.type, one.reason_code) for one in events} == {("notification.suppressed", "user_opted_out")}
    assert len({one.notification_id for one in events}) == 2
    assert now in {one.notification_id for one in events}


async def test_cancelling_is_an_event_for_each_delivery_or_for_one_that_has_none(world: World) -> None:
    await an_endpoint(world)
    await world.a_user(1, sms=True)
    planned, later = await world.accept(1), await world.accept(1, send_at=world.parts.clock.now() + timedelta(hours=1))
    async with world.parts.database.transaction() as connection:
        for notification in (planned, later):
            await changes.cancel(connection, notification, ANONYMOUS, now=world.parts.clock.now())

    assert {(one.notification_id, one.type, one.channel) for one in await recorded(world)} == {
        (planned, "notification.cancelled", "email"),
        (planned, "notification.cancelled", "sms"),
        (later, "notification.cancelled", None),
    }


async def test_discarding_is_an_event(world: World) -> None:
    await an_endpoint(world)
    await world.a_user(1)
    delivery = await world.delivery(await world.accept(1, channels=[EMAIL]))
    async with world.parts.database.transaction() as connection:
        await connection.execute(update(table_of(Delivery)).values(state="quarantined", due_at=None))
        await QuarantineService(connection, world.parts.clock, "ada").discard(delivery.id)

    assert await types(world) == ["notification.failed"]


async def test_endpoints_get_their_callers_events_of_their_mode_and_only_while_they_listen(world: World) -> None:
    clock, subject = world.parts.clock, uuid4()
    endpoints = {
        "all": await an_endpoint(world),
        "its": await an_endpoint(world, caller="listings"),
        "other": await an_endpoint(world, caller="offers"),
        "test": await an_endpoint(world, test=True),
        "paused": await an_endpoint(world, state="paused"),
        "disabled": await an_endpoint(world, state="disabled"),
    }
    notification, claim = await sending(world)
    async with world.parts.database.transaction() as connection:
        table = table_of(WebhookEvent).metadata.tables["notifications"]
        await connection.execute(update(table).values(caller="listings"))
    await settled(world, claim, DeliveryState.SENT, Outcome.SENT)
    opted_out = about_user(EventType.RECIPIENT_OPTED_OUT, 1, clock.now(), subject=subject, channel=Channel("email"))
    async with world.parts.database.transaction() as connection:
        await run_within(connection, record([opted_out]))
        await run_within(connection, record([opted_out]))

    assert await due(world) == {endpoints["all"]: 2, endpoints["its"]: 2, endpoints["other"]: 1}
    assert [(one.type, one.notification_id, one.caller) for one in await recorded(world)] == [
        ("notification.sent", notification, "listings"),
        ("recipient.opted_out", None, None),
    ]


async def test_events_are_recorded_for_a_paused_endpoint_and_not_for_a_disabled_one(world: World) -> None:
    await an_endpoint(world, state="disabled")
    await sent(world, user=1)
    assert await recorded(world) == []

    await an_endpoint(world, state="paused")
    await sent(world, user=2)
    assert (await types(world), await due(world)) == (["notification.sent"], {})
