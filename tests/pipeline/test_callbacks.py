"""Callbacks of providers: what their reports do to deliveries and addresses, on each store."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text
from structlog.testing import capture_logs

from property_alert_notification.base.errors import ForgedCallback, Refused, UnreadableCallback
from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.settings import Settings
from property_alert_notification.base.vocabulary import DeliveryState, Outcome
from property_alert_notification.channels.address_rules import AddressRules
from property_alert_notification.channels.callback import (
    Callback,
    ProviderCallbacks,
    ReportedEvent,
    ReportedResult,
    SuppressionCause,
    UsedToken,
)
from property_alert_notification.channels.email_smtp import SmtpSender
from property_alert_notification.database import table_of
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.deliveries.records import Claim, Settlement
from property_alert_notification.deliveries.reports.models import DeliveryReport
from property_alert_notification.deliveries.reports.scripts import MOST_ALIKE
from property_alert_notification.feedback.callbacks.intake import CallbackIntake
from property_alert_notification.feedback.replies.take import ReplyIntake
from property_alert_notification.feedback.reports.apply import match_parked
from property_alert_notification.feedback.reports.intake import ReportIntake
from property_alert_notification.feedback.reports.parked import ParkedReports
from property_alert_notification.feedback.reports.rules import KEEP_PARKED, KEEP_TOKENS
from property_alert_notification.notification_worker.settlement import settle
from property_alert_notification.people.consent.models import ConsentRecord
from property_alert_notification.people.suppressions.models import StoredSuppression
from property_alert_notification.people.suppressions.subjects import Subjects
from property_alert_notification.wiring import report_context
from tests.pipeline.conftest import STORES
from tests.pipeline.test_failures import a_held_line
from tests.pipeline.test_suppressions import claimed, ended
from tests.pipeline.world import EMAIL, World, eventually
from tests.services.smtp import SmtpServer

TAKEN, ARRIVED, BOUNCED = ReportedResult


def callback_intake(world: World, providers: Mapping[tuple[str, str], ProviderCallbacks]) -> CallbackIntake:
    """What takes the callbacks of these providers."""
    parts = world.parts
    context = report_context(world.settings, parts.clock)
    reports = ReportIntake(parts.database, context, parts.clock, parts.metrics, timeout=30)
    replies = ReplyIntake(
        parts.database, Subjects(world.settings.secrets), parts.clock, AddressRules(real=True), "Homes", world.confirmer
    )
    return CallbackIntake(reports, replies, parts.metrics, providers=providers)


async def report(world: World, *events: ReportedEvent | UsedToken, provider: str = "smtp") -> None:
    """The provider calls back once with these events."""
    parts = world.parts
    intake = callback_intake(world, {(EMAIL, provider): ProviderCallbacks(lambda _: events)})
    await intake.take(EMAIL, provider, Callback("https://a.example", {}, b"the \0 raw body", parts.clock.now()))


async def sending(world: World, user: int = 1, **fields: Any) -> tuple[UUID, Claim]:
    """A notification whose email is at the provider."""
    await world.a_user(user)
    notification = await world.accept(user, channels=[EMAIL], **fields)
    (claim,) = await world.claim((await world.delivery(notification)).id)
    return notification, claim


async def settled(
    world: World, claim: Claim, state: DeliveryState, outcome: Outcome, message_id: str | None = None
) -> None:
    """The worker stores the answer of the provider."""
    now = world.parts.clock.now()
    due_at = now if state is DeliveryState.UNKNOWN else None
    reason = Reason(ReasonCode.SENT)
    one = Settlement(claim.delivery_id, claim.fence, state, reason, due_at, outcome, now, message_id)
    await world.parts.database.run(settle([one]))


async def sent(world: World, user: int = 1, message_id: str | None = None, **fields: Any) -> tuple[UUID, Claim]:
    notification, claim = await sending(world, user, **fields)
    await settled(world, claim, DeliveryState.SENT, Outcome.SENT, message_id)
    return notification, claim


async def rows(world: World, model: Any) -> Sequence[Any]:
    async with world.parts.database.reading() as connection:
        return (await connection.execute(select(table_of(model)))).all()


async def state_of(world: World, notification: UUID) -> str:
    return (await world.delivery(notification)).state


async def test_a_report_before_the_answer_is_settled_counts_and_is_told(world: World) -> None:
    notification, claim = await sending(world)
    await report(world, ReportedEvent(ARRIVED, delivery_id=claim.delivery_id))
    await settled(world, claim, DeliveryState.SENT, Outcome.SENT)

    detail = await world.detail(notification)
    (delivery,) = detail.deliveries
    assert (detail.status, delivery.state, delivery.reason_code) == ("delivered", "delivered", "delivered")
    assert (delivery.due_at, [attempt.outcome for attempt in delivery.attempts]) == (None, ["sent"])
    assert [(one.provider, one.result, one.raw) for one in delivery.reports] == [("smtp", "arrived", "the � raw body")]
    assert "email: smtp reports arrived" in [entry.what for entry in detail.timeline]


@pytest.mark.parametrize("store", STORES)
async def test_a_worker_whose_answer_comes_after_the_report_warns_of_nothing(
    store: str, make_settings: Callable[..., Settings], smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_held_line(make_settings(store), smtp_server, monkeypatch) as held:
        delivery = await held.world.delivery(held.first)
        with capture_logs() as logs:
            await report(held.world, ReportedEvent(ARRIVED, delivery_id=delivery.id))
            held.free.set()

            async def settled_events() -> list[str]:
                return [one["event"] for one in logs if one["event"] in ("delivery.reported_first", "delivery.fenced")]

            assert await eventually(settled_events) == ["delivery.reported_first"]
        assert await state_of(held.world, held.first) == "delivered"


async def test_a_report_by_an_id_that_is_not_stored_yet_waits_for_it(world: World) -> None:
    notification, claim = await sending(world)
    await report(world, ReportedEvent(ARRIVED, provider_message_id="m-1"))
    assert await state_of(world, notification) == "sending"
    await settled(world, claim, DeliveryState.SENT, Outcome.SENT, "m-1")

    parts, context = world.parts, report_context(world.settings, world.parts.clock)
    assert await ParkedReports(parts.database, context, parts.clock, parts.metrics).match() == 0  # not at once
    await parts.database.run(match_parked(context, now=parts.clock.now() + timedelta(seconds=2), most=10))

    assert await state_of(world, notification) == "delivered"
    assert [one.retry_at for one in await rows(world, DeliveryReport)] == [None]


@pytest.mark.parametrize("events", [(BOUNCED, ARRIVED, TAKEN), (TAKEN, ARRIVED, BOUNCED, BOUNCED), (ARRIVED, BOUNCED)])
async def test_reports_in_any_order_and_twice_lead_to_one_end(world: World, events: Sequence[ReportedResult]) -> None:
    notification, claim = await sent(world, message_id="m-1")
    for result in events:
        await report(world, ReportedEvent(result, provider_message_id="m-1", delivery_id=claim.delivery_id))

    detail = await world.detail(notification)
    assert (detail.status, detail.deliveries[0].state) == ("failed", "failed")
    assert len(detail.deliveries[0].reports) == len(set(events))
    assert not await claimed(world, notification)


async def test_a_bounce_and_a_complaint_have_room_after_many_delays(world: World) -> None:
    notification, claim = await sent(world)
    delays = [ReportedEvent(TAKEN, delivery_id=claim.delivery_id, event_id=f"d{number}") for number in range(60)]
    for delay in delays:
        await report(world, delay)
    hard, complaint = SuppressionCause.HARD_BOUNCE, SuppressionCause.COMPLAINT
    await report(world, ReportedEvent(BOUNCED, delivery_id=claim.delivery_id, cause=hard, event_id="b"))
    await report(world, ReportedEvent(ARRIVED, delivery_id=claim.delivery_id, cause=complaint, event_id="c"))

    assert await state_of(world, notification) == "failed"
    assert {one.reason_code for one in await rows(world, StoredSuppression)} == {hard, complaint}
    assert len(await rows(world, DeliveryReport)) == MOST_ALIKE + 2


async def test_a_token_counts_once_also_if_its_callback_had_no_event(world: World) -> None:
    notification, claim = await sent(world)
    forged = ReportedEvent(BOUNCED, delivery_id=claim.delivery_id, cause=SuppressionCause.COMPLAINT, event_id="t0ken")
    for event in (UsedToken("t0ken"), UsedToken("t0ken"), forged):
        await report(world, event)

    assert (await state_of(world, notification), await rows(world, StoredSuppression)) == ("sent", [])
    context, now = report_context(world.settings, world.parts.clock), world.parts.clock.now()
    for later, left in ((timedelta(hours=12), 1), (timedelta(hours=14), 0)):
        await world.parts.database.run(match_parked(context, now=now + later, most=10))
        assert len(await rows(world, DeliveryReport)) == left


async def test_what_is_unknown_is_sent_when_its_provider_has_it_and_not_sent_again(world: World) -> None:
    notification, claim = await sending(world)
    await settled(world, claim, DeliveryState.UNKNOWN, Outcome.UNKNOWN)
    await report(world, ReportedEvent(TAKEN, delivery_id=claim.delivery_id))

    assert (await world.delivery(notification)).reason_code == "confirmed"
    assert await state_of(world, notification) == "sent"
    assert not await claimed(world, notification)


async def test_a_hard_bounce_suppresses_the_address_in_the_same_transaction(world: World) -> None:
    _, claim = await sent(world)
    waiting = await world.accept(1, channels=[EMAIL], category="account")
    event = ReportedEvent(
        BOUNCED, delivery_id=claim.delivery_id, detail="550 5.1.1", cause=SuppressionCause.HARD_BOUNCE
    )
    await report(world, event)
    await report(world, event)

    assert not await claimed(world, waiting)
    assert await ended(world, waiting) == ("suppressed", "suppressed_hard_bounce")
    (entry,) = await rows(world, StoredSuppression)
    assert (entry.added_by, entry.note, entry.expires_at) == ("callback:email/smtp", "550 5.1.1", None)


async def test_several_soft_bounces_suppress_for_a_while(world: World) -> None:
    address = "full@example.com"
    for number in range(3):
        assert not await rows(world, StoredSuppression), number
        _, claim = await sent(world, user_email=address)
        event = ReportedEvent(BOUNCED, delivery_id=claim.delivery_id, cause=SuppressionCause.SOFT_BOUNCE)
        await report(world, event, event)

    (entry,) = await rows(world, StoredSuppression)
    assert entry.reason_code == "soft_bounce"
    assert entry.expires_at is not None


async def test_a_complaint_comes_of_a_message_that_arrived(world: World) -> None:
    notification, claim = await sent(world)
    await report(world, ReportedEvent(ARRIVED, delivery_id=claim.delivery_id, cause=SuppressionCause.COMPLAINT))

    assert await state_of(world, notification) == "delivered"
    assert [one.reason_code for one in await rows(world, StoredSuppression)] == ["complaint"]


async def test_reports_about_no_message_of_ours_are_kept_apart_and_then_dropped(world: World) -> None:
    notification, claim = await sent(world)
    cause = SuppressionCause.HARD_BOUNCE
    await report(
        world,
        ReportedEvent(BOUNCED, provider_message_id="never-ours", cause=cause),
        ReportedEvent(BOUNCED, delivery_id=uuid4(), cause=cause),
        ReportedEvent(BOUNCED),
    )
    # A provider reports nothing of what another one was given.
    await report(world, ReportedEvent(BOUNCED, delivery_id=claim.delivery_id, cause=cause), provider="smtp@backup")

    assert await state_of(world, notification) == "sent"
    assert not await rows(world, StoredSuppression)
    assert len(await rows(world, DeliveryReport)) == 3
    context, now = report_context(world.settings, world.parts.clock), world.parts.clock.now()
    await world.parts.database.run(match_parked(context, now=now + timedelta(seconds=5), most=10))
    assert len(await rows(world, DeliveryReport)) == 3
    await world.parts.database.run(match_parked(context, now=now + KEEP_PARKED + timedelta(seconds=9), most=10))
    kept = [(one.named_delivery_id, one.provider_message_id, one.raw) for one in await rows(world, DeliveryReport)]
    assert kept == [(None, None, None)] * 3
    await world.parts.database.run(match_parked(context, now=now + KEEP_TOKENS + timedelta(seconds=9), most=10))
    assert not await rows(world, DeliveryReport)


async def test_an_event_about_an_unknown_message_uses_its_token_up_for_as_long_as_its_signature_is_valid(
    world: World,
) -> None:
    notification, claim = await sent(world)
    unknown = ReportedEvent(ARRIVED, delivery_id=uuid4(), event_id="t0ken")
    forged = ReportedEvent(BOUNCED, delivery_id=claim.delivery_id, event_id="t0ken")
    await report(world, unknown)
    context, now = report_context(world.settings, world.parts.clock), world.parts.clock.now()
    for later in (KEEP_PARKED + timedelta(minutes=1), KEEP_TOKENS - timedelta(minutes=1)):
        await world.parts.database.run(match_parked(context, now=now + later, most=10))
        await report(world, forged)
        assert await state_of(world, notification) == "sent"


async def test_a_bounce_of_the_first_message_does_not_fail_the_second(world: World) -> None:
    notification, first = await sending(world)
    await settled(world, first, DeliveryState.UNKNOWN, Outcome.UNKNOWN)
    (second,) = await world.claim(first.delivery_id)
    # While the second is on its way it is open which of them the report is about.
    await report(world, ReportedEvent(BOUNCED, provider_message_id="m-1", delivery_id=first.delivery_id))
    assert await state_of(world, notification) == "sending"
    await settled(world, second, DeliveryState.SENT, Outcome.SENT, "m-2")

    context, now = report_context(world.settings, world.parts.clock), world.parts.clock.now()
    await world.parts.database.run(match_parked(context, now=now + timedelta(seconds=5), most=10))

    assert await state_of(world, notification) == "sent"
    await report(world, ReportedEvent(BOUNCED, provider_message_id="m-2", delivery_id=first.delivery_id))
    assert await state_of(world, notification) == "failed"


async def test_a_report_waits_for_a_transaction_that_has_its_delivery(world: World) -> None:
    notification, claim = await sent(world)
    other, _ = await sent(world, 2)
    deliveries = table_of(Delivery)
    async with asyncio.TaskGroup() as group, world.parts.database.transaction() as connection:
        locked = select(deliveries).where(deliveries.c.id == claim.delivery_id).with_for_update()
        await connection.execute(locked)
        ids = [claim.delivery_id, (await world.delivery(other)).id]
        group.create_task(report(world, *(ReportedEvent(ARRIVED, delivery_id=one) for one in ids)))
        if not world.parts.database.is_sqlite:  # which has one writer
            await eventually(lambda: _is(world, other, "delivered"))

    assert await state_of(world, notification) == await state_of(world, other) == "delivered"


async def _is(world: World, notification: UUID, state: str) -> bool:
    return await state_of(world, notification) == state


async def test_reports_of_a_delivery_are_bounded_and_leave_with_it(world: World) -> None:
    notification, claim = await sent(world)
    for part in range(3):
        await report(
            world,
            *(ReportedEvent(TAKEN, delivery_id=claim.delivery_id, event_id=f"{part}-{number}") for number in range(20)),
        )

    assert len((await world.delivery(notification)).reports) == MOST_ALIKE
    async with world.parts.database.transaction() as connection:
        await connection.execute(text("DELETE FROM notifications"))
    assert not await rows(world, DeliveryReport)


async def test_where_messages_are_redirected_a_bounce_says_nothing_of_the_intended_address(world: World) -> None:
    world.settings = world.settings.model_copy(update={"redirect_email_to": "staging@example.com"})
    notification, claim = await sent(world)
    for cause in (SuppressionCause.HARD_BOUNCE, SuppressionCause.SOFT_BOUNCE):
        await report(world, ReportedEvent(BOUNCED, delivery_id=claim.delivery_id, cause=cause))

    assert await state_of(world, notification) == "failed"
    assert not await rows(world, StoredSuppression)


@pytest.mark.parametrize(("fault", "raised"), [(ForgedCallback(), ForgedCallback), (KeyError(), UnreadableCallback)])
async def test_nothing_is_stored_of_what_is_forged_or_unreadable(
    world: World, fault: Exception, raised: type[Exception]
) -> None:
    def read(_: Callback) -> Sequence[ReportedEvent]:
        raise fault

    parts = world.parts
    intake = callback_intake(world, {(EMAIL, "smtp"): ProviderCallbacks(read)})
    with pytest.raises(raised):
        await intake.take(EMAIL, "smtp", Callback("https://a.example", {}, b"", parts.clock.now()))
    assert not await rows(world, DeliveryReport)


async def test_a_refusal_because_the_user_opted_out_suppresses_the_address(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> None:
        raise Refused("Twilio error 21610", cause=SuppressionCause.STOP)

    monkeypatch.setattr(SmtpSender, "send", refuse)
    await world.a_user(1)
    first = await world.accept(1, channels=[EMAIL])
    await world.a_worker()
    await world.until(first, "failed")

    later = await world.accept(1, channels=[EMAIL])
    assert await ended(world, later) == ("suppressed", "suppressed_stop")
    (entry,) = await rows(world, StoredSuppression)
    assert entry.added_by == "refused:email/smtp"
    (record,) = await rows(world, ConsentRecord)
    assert (record.decision, record.source, record.subject) == ("opted_out", "provider", entry.subject)
