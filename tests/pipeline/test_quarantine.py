"""What broke the worker time and again ends in quarantine, does no harm there, and waits for an operator's decision."""

import json
from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

import aio_pika
import pytest
from sqlalchemy import text

from property_alert_notification.api.access import queries as access
from property_alert_notification.base.errors import Conflict, NotFound
from property_alert_notification.base.settings import Settings
from property_alert_notification.base.vocabulary import Channel, DeliveryState, Outcome
from property_alert_notification.broker.base import Queue
from property_alert_notification.broker.rabbitmq import RabbitMQBroker
from property_alert_notification.channels.definition import render
from property_alert_notification.messages.content import MessageContent
from property_alert_notification.messages.render import Rendered
from property_alert_notification.notification_worker.expire import Expirer
from property_alert_notification.operators.quarantine.cases import list_cases, show_case
from property_alert_notification.operators.quarantine.queries import Case
from property_alert_notification.operators.quarantine.service import QuarantineService
from tests.pipeline.world import World
from tests.services.smtp import SmtpServer


async def test_a_replayed_delivery_is_sent_and_its_detail_names_the_operator(world: World) -> None:
    notification = await _quarantined(world)
    replayed = await _decide(world, notification, QuarantineService.replay)
    await world.a_worker()

    detail = await world.until(notification, "sent")

    assert (replayed.state, replayed.reason, replayed.attempts) == ("queued", "an operator replayed it", 0)
    assert [one.outcome for one in detail.deliveries[0].attempts] == [*[Outcome.UNKNOWN] * 5, Outcome.SENT]
    assert [entry.what for entry in detail.timeline][-2:] == [
        "email: replayed by an operator",
        "email: tried by smtp, sent: the provider took it",
    ]
    assert len(world.smtp.mails) == 1


async def test_its_lost_workers_are_counted_anew_after_a_replay(world: World) -> None:
    notification = await _quarantined(world)
    await _decide(world, notification, QuarantineService.replay)

    for _ in range(4):
        await world.lose_worker(notification)
        assert (await world.delivery(notification)).state is DeliveryState.UNKNOWN
    await world.lose_worker(notification)

    delivery = await world.delivery(notification)
    assert (delivery.state, len(delivery.attempts)) == (DeliveryState.QUARANTINED, 10)


async def test_its_broken_attempts_are_counted_anew_after_a_replay(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_or_render(channel: Channel, content: MessageContent, settings: Settings) -> Rendered:
        if content.title == "poison":
            raise KeyError
        return render(channel, content, settings)

    monkeypatch.setattr("property_alert_notification.notification_worker.compose.render", break_or_render)
    await world.a_user()
    notification = await world.accept(title="poison")
    await world.a_worker()
    await world.until_delivery(notification, "quarantined")
    await _decide(world, notification, QuarantineService.replay)

    delivery = await world.until_delivery(notification, "quarantined")
    assert len(delivery.attempts) == 10
    assert delivery.reason == "gave up after 5 attempts: the worker broke on it (KeyError)"


async def test_a_replay_asks_for_consent_again(world: World) -> None:
    notification = await _quarantined(world)
    await world.forget_user()
    await _decide(world, notification, QuarantineService.replay)
    await world.a_worker()

    await world.until(notification, "suppressed")
    assert world.smtp.mails == []


async def test_a_replay_that_comes_too_late_expires(world: World) -> None:
    notification = await _quarantined(world)
    async with world.parts.database.transaction() as connection:
        await connection.execute(text("UPDATE notifications SET expires_at = accepted_at"))
    await _decide(world, notification, QuarantineService.replay)
    await world.a_worker()

    await world.until(notification, "expired")
    assert world.smtp.mails == []


async def test_a_quarantined_delivery_expires_with_its_reason_if_no_operator_decides(world: World) -> None:
    late, in_time = [await _quarantined(world, title=title) for title in ("late", "in time")]
    why = (await world.delivery(late)).reason
    async with world.parts.database.transaction() as connection:
        await connection.execute(text("UPDATE notifications SET expires_at = accepted_at WHERE title = 'late'"))
    parts = world.parts
    expirer = Expirer(parts.database, parts.clock, parts.metrics, rules=world.rules)

    assert await expirer.expire_quarantined() == 2

    detail = await world.detail(late)
    assert (detail.status, detail.deliveries[0].reason) == ("expired", f"it expired before it was decided about: {why}")
    assert (await world.detail(in_time)).status == "pending"


async def test_a_discarded_delivery_has_failed_with_its_reason(world: World) -> None:
    notification = await _quarantined(world)
    before = (await world.delivery(notification)).reason

    discarded = await _decide(world, notification, QuarantineService.discard)

    detail = await world.detail(notification)
    assert (detail.status, discarded.state) == ("failed", "failed")
    assert (detail.deliveries[0].reason, detail.deliveries[0].due_at) == (f"an operator discarded it: {before}", None)
    assert await _audited(world) == [("delivery.discarded", str(discarded.id), "ada")]


@pytest.mark.parametrize("decision", [QuarantineService.replay, QuarantineService.discard])
async def test_only_quarantined_deliveries_can_be_replayed_or_discarded(
    world: World, decision: Callable[[QuarantineService, UUID], Awaitable[Case]]
) -> None:
    await world.a_user()
    notification = await world.accept()

    with pytest.raises(Conflict, match="It is not quarantined: it is queued"):
        await _decide(world, notification, decision)
    async with world.parts.database.transaction() as connection:
        with pytest.raises(NotFound):
            await decision(QuarantineService(connection, world.parts.clock, "ada"), uuid4())

    assert (await world.delivery(notification)).state is DeliveryState.QUEUED
    assert await _audited(world) == []


async def test_quarantined_deliveries_are_listed_without_personal_data(world: World) -> None:
    first, second = await _quarantined(world, reference="r-1"), await _quarantined(world, category="viewing")
    await world.accept()

    pages = [await list_cases(world.parts.database, cursor=None, limit=1)]
    pages.append(await list_cases(world.parts.database, cursor=pages[0].next, limit=1))

    assert [[case.notification_id for case in page.items] for page in pages] == [[second], [first]]
    assert pages[1].next is None
    assert pages[0].items[0].category == "viewing"
    shown = await show_case(world.parts.database, pages[1].items[0].id)
    assert (shown.reference, shown.attempts, len(shown.tried)) == ("r-1", 5, 5)
    printed = shown.model_dump_json() + pages[0].model_dump_json()
    assert not [private for private in ("@", "A home for you", "bedrooms") if private in printed]
    with pytest.raises(NotFound):
        await show_case(world.parts.database, uuid4())


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
async def test_unreadable_broker_messages_are_thrown_away_and_their_neighbours_are_sent(
    make_settings: Callable[..., Settings], smtp_server: SmtpServer, store: str
) -> None:
    settings = make_settings(store, "rabbitmq")
    async with World(settings, smtp_server) as world:
        await world.a_user()
        await world.a_worker()
        before = await world.accept(title="before")
        await world.until(before, "sent")
        assert isinstance(world.parts.broker, RabbitMQBroker)
        queue = world.parts.broker.queue_name(Queue(Channel("email")))
        missing = json.dumps({"v": 1, "deliveries": [str(uuid4())]}).encode()
        unknown_version = json.dumps({"v": 2, "deliveries": [str(uuid4())]}).encode()
        connection = await aio_pika.connect(settings.queue_broker_url)
        async with connection, connection.channel() as channel:
            for body in (b"{", b"\xff", b"[]", b"[" * 100_000, unknown_version, missing) * 20:
                await channel.default_exchange.publish(aio_pika.Message(body), routing_key=queue)
        neighbours = [await world.accept(title=f"neighbour {n}") for n in range(20)]

        for notification in neighbours:
            await world.until(notification, "sent")
        assert len(world.smtp.mails) == 21
        await world.until_nothing_waits(Queue(Channel("email")))


async def _quarantined(world: World, **fields: object) -> UUID:
    """A notification that has lost five workers."""
    await world.a_user()
    notification = await world.accept(**fields)
    for _ in range(5):
        await world.lose_worker(notification)
    assert (await world.delivery(notification)).state is DeliveryState.QUARANTINED
    return notification


async def _decide(
    world: World, notification: UUID, decision: Callable[[QuarantineService, UUID], Awaitable[Case]]
) -> Case:
    delivery = await world.delivery(notification)
    async with world.parts.database.transaction() as connection:
        return await decision(QuarantineService(connection, world.parts.clock, "ada"), delivery.id)


async def _audited(world: World) -> list[tuple[str, str, str]]:
    async with world.parts.database.reading() as connection:
        return [(one.action, one.subject, one.actor) for one in await access.changes(connection, limit=10)]
