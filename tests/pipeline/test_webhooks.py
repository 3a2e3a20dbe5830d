"""Webhooks on each store: signed, retried, blocked, paused, replayed, and sent by another worker after a kill."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update
from standardwebhooks import Webhook

from property_alert_notification.api.access.admission import ANONYMOUS
from property_alert_notification.base.clock import Clock
from property_alert_notification.base.settings import Settings
from property_alert_notification.database import table_of
from property_alert_notification.events.models import (
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
)
from property_alert_notification.feedback.webhooks import queries
from property_alert_notification.feedback.webhooks.schemas import EndpointCreate, ReplayRequest, RotateRequest
from property_alert_notification.feedback.webhooks.sending.queries import claim
from property_alert_notification.feedback.webhooks.sending.verdict import BREAK_AFTER
from property_alert_notification.feedback.webhooks.service import WebhookService
from property_alert_notification.feedback.webhooks.setup import create_dispatcher, webhook_rules
from tests.cli.command import running
from tests.pipeline.conftest import STORES
from tests.pipeline.test_callbacks import sent
from tests.pipeline.test_failures import worker_environment
from tests.pipeline.world import World, eventually
from tests.services.process import PATIENCE
from tests.services.receiver import Call, a_receiver, reply
from tests.services.smtp import SmtpServer


async def send(world: World, **settings: Any) -> None:
    """What a worker does with what is due, as often as something is."""
    parts = world.parts
    changed = world.settings.model_copy(update=settings)
    dispatcher = create_dispatcher(changed, parts.database, parts.clock, parts.metrics, woken=asyncio.Event())
    try:
        await dispatcher.send_due()
    finally:
        await dispatcher.stop()


@pytest.fixture(params=STORES)
async def world(
    request: pytest.FixtureRequest, make_settings: Callable[..., Settings], smtp_server: SmtpServer
) -> AsyncIterator[World]:
    """A world that has the time of the machine, as the library has that verifies signatures."""
    async with World(make_settings(request.param), smtp_server, clock=Clock()) as world:
        yield world


async def an_endpoint(world: World, url: str, **fields: Any) -> tuple[UUID, str]:
    """An endpoint as its caller creates it, with its secret."""
    rules = webhook_rules(world.settings)
    async with world.parts.database.transaction() as connection:
        service = WebhookService(connection, world.parts.clock, ANONYMOUS, rules)
        endpoint = await service.create(EndpointCreate(url=url, **fields))
    return endpoint.id, rules.secrets.open(endpoint.secret) or ""


async def some(world: World, model: Any) -> Sequence[Any]:
    async with world.parts.database.reading() as connection:
        return (await connection.execute(select(table_of(model)))).all()


async def row_of(world: World, endpoint: UUID) -> Any:
    return next(one for one in await some(world, WebhookEndpoint) if one.id == endpoint)


async def make_due(world: World) -> None:
    """The waits of all deliveries and endpoints are over."""
    deliveries, endpoints = table_of(WebhookDelivery), table_of(WebhookEndpoint)
    async with world.parts.database.transaction() as connection:
        now = world.parts.clock.now()
        await connection.execute(update(deliveries).where(deliveries.c.due_at.is_not(None)).values(due_at=now))
        await connection.execute(update(endpoints).values(blocked_until=None))


async def test_a_worker_sends_signed_events(world: World) -> None:
    async with a_receiver() as receiver:
        endpoint, secret = await an_endpoint(world, receiver.url)
        await world.a_user(1)
        await world.a_worker()
        notification = await world.accept(1, channels=["email"], category="offer", reference="o-1")

        async def arrived() -> list[Call]:
            return receiver.calls

        (call, *more) = await eventually(arrived)

    payload = Webhook(secret).verify(call.body, call.headers)
    assert payload == json.loads(call.body)
    assert (payload["type"], more, call.target) == ("notification.sent", [], "/hook")
    assert payload["data"] == {
        "user_id": 1,
        "channel": "email",
        "category": "offer",
        "notification_id": str(notification),
        "reference": "o-1",
        "status": "sent",
        "reason_code": "sent",
        "version": 1,
        "test": False,
    }
    assert b"example.com" not in call.body
    assert call.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert call.headers["webhook-id"] == f"msg_{(await some(world, WebhookEvent))[0].id.hex}"
    assert endpoint in {one.id for one in await some(world, WebhookEndpoint)}


async def test_no_secret_is_stored_in_plain(world: World) -> None:
    _, secret = await an_endpoint(world, "http://127.0.0.1:9/hook")
    stored = (await some(world, WebhookEndpoint))[0]

    assert secret.startswith("whsec_")
    assert secret.removeprefix("whsec_") not in repr(stored)


async def test_what_an_endpoint_refuses_is_retried_with_the_same_id_and_logged(world: World) -> None:
    async with a_receiver() as receiver:
        endpoint, secret = await an_endpoint(world, receiver.url)
        receiver.answers(500, 302, 200)
        await sent(world)
        for _ in range(3):
            await send(world)
            await make_due(world)

    assert [len({call.headers[name] for call in receiver.calls}) for name in ("webhook-id",)] == [1]
    assert len(receiver.calls) == 3
    for call in receiver.calls:
        Webhook(secret).verify(call.body, call.headers)
    (delivery,) = await some(world, WebhookDelivery)
    assert (delivery.state, delivery.attempts, delivery.last_status, delivery.due_at) == ("succeeded", 3, 200, None)
    failed = sorted(await some(world, WebhookAttempt), key=lambda one: one.fence)
    assert [(one.status, one.error) for one in failed] == [(500, "status"), (302, "redirect")]
    row = await row_of(world, endpoint)
    assert (row.failures, row.failing_since, row.last_error) == (0, None, None)


async def test_a_dead_and_a_slow_endpoint_delay_no_other(world: World) -> None:
    hanging = asyncio.Event()

    async def hang(_: Call) -> bytes:
        await hanging.wait()
        return reply(200)

    async with a_receiver() as slow, a_receiver() as good, a_receiver() as gone:
        pass  # the ports of dead ones
    async with a_receiver() as slow, a_receiver() as good:
        slow.answer = hang
        for url in (slow.url, gone.url, good.url):
            await an_endpoint(world, url)
        for user in range(1, 11):
            await sent(world, user)
        task = asyncio.create_task(send(world, webhook_concurrency=2))

        async def all_arrived() -> bool:
            return len(good.calls) == 10 and len(slow.calls) == 2

        await eventually(all_arrived)
        assert not task.done()
        hanging.set()
        await task
        assert len(slow.calls) == 10

    dead = [one for one in await some(world, WebhookDelivery) if one.last_error == "unreachable"]
    # Then it is left alone, and the other events wait.
    assert BREAK_AFTER <= len(dead) <= BREAK_AFTER + 1
    waiting = [one for one in await some(world, WebhookDelivery) if one.state == "pending"]
    assert (len(waiting), sum(one.attempts for one in waiting)) == (10, len(dead))


async def test_a_blocked_endpoint_is_probed_by_one_event_and_then_gets_all(world: World) -> None:
    async with a_receiver() as receiver:
        endpoint, _ = await an_endpoint(world, receiver.url)
        receiver.answers(503)
        for user in range(1, 11):
            await sent(world, user)
        await send(world, webhook_concurrency=1)
        assert (len(receiver.calls), (await row_of(world, endpoint)).failures) == (BREAK_AFTER, BREAK_AFTER)
        await send(world, webhook_concurrency=1)
        assert len(receiver.calls) == BREAK_AFTER

        await make_due(world)
        await send(world, webhook_concurrency=1)
        assert len(receiver.calls) == BREAK_AFTER + 1

        receiver.answers(200)
        await make_due(world)
        await send(world, webhook_concurrency=1)

    assert {one.state for one in await some(world, WebhookDelivery)} == {"succeeded"}
    assert (await row_of(world, endpoint)).failures == 0


@pytest.mark.parametrize(
    ("days", "status", "state", "reason"),
    [(2, 500, "enabled", None), (4, 500, "paused", "failing"), (0, 410, "disabled", "gone")],
)
async def test_an_endpoint_that_fails_for_days_or_is_gone_gets_nothing_more(
    world: World, days: int, status: int, state: str, reason: str | None
) -> None:
    async with a_receiver() as receiver:
        endpoint, _ = await an_endpoint(world, receiver.url)
        receiver.answers(status)
        await sent(world)
        async with world.parts.database.transaction() as connection:
            since = world.parts.clock.now() - timedelta(days=days)
            await queries.change(connection, endpoint, {"failures": 1, "failing_since": since})
        await send(world)
        row = await row_of(world, endpoint)
        assert (row.state, row.state_reason) == (state, reason)

        await make_due(world)
        await send(world)
        assert len(receiver.calls) == (2 if state == "enabled" else 1)


async def test_an_event_is_given_up_after_a_day_and_can_be_replayed(world: World) -> None:
    async with a_receiver() as receiver:
        endpoint, _ = await an_endpoint(world, receiver.url)
        receiver.answers(500)
        await sent(world)
        long_ago = world.parts.clock.now() - timedelta(hours=25)
        async with world.parts.database.transaction() as connection:
            await connection.execute(update(table_of(WebhookDelivery)).values(queued_at=long_ago))
        await send(world)
        assert [(one.state, one.due_at) for one in await some(world, WebhookDelivery)] == [("failed", None)]

        receiver.answers(200)
        assert await replay(world, endpoint, only_failed=True) == (1, None)
        await send(world)
        assert await replay(world, endpoint, only_failed=True) == (0, None)
        assert (await replay(world, endpoint))[0] == 1
        await send(world)

    assert len({call.headers["webhook-id"] for call in receiver.calls}) == 1
    assert len(receiver.calls) == 3


async def replay(world: World, endpoint: UUID, **fields: Any) -> tuple[int, Any]:
    since = world.parts.clock.now() - timedelta(days=1)
    async with world.parts.database.transaction() as connection:
        service = WebhookService(connection, world.parts.clock, ANONYMOUS, webhook_rules(world.settings))
        result = await service.replay(endpoint, ReplayRequest(since=since, **fields))
    return result.replayed, result.next_after


async def test_a_replay_brings_what_a_pause_kept_back_in_parts(world: World) -> None:
    async with a_receiver() as receiver:
        endpoint, _ = await an_endpoint(world, receiver.url)
        async with world.parts.database.transaction() as connection:
            await queries.change(connection, endpoint, {"state": "paused"})
        for user in range(1, 4):
            await sent(world, user)
        assert await some(world, WebhookDelivery) == []
        async with world.parts.database.transaction() as connection:
            await queries.change(connection, endpoint, {"state": "enabled"})

        replayed, after = await replay(world, endpoint, limit=2)
        assert replayed == 2
        await send(world)
        # Those of the first part have arrived by now; the next part is of the others, also of those of the same time.
        assert await replay(world, endpoint, limit=2, after=after) == (1, None)
        await send(world)

    assert len({call.headers["webhook-id"] for call in receiver.calls}) == 3


async def test_after_a_rotation_both_secrets_verify_until_the_overlap_ends(world: World) -> None:
    async with a_receiver() as receiver:
        endpoint, old = await an_endpoint(world, receiver.url)
        rules = webhook_rules(world.settings)
        async with world.parts.database.transaction() as connection:
            service = WebhookService(connection, world.parts.clock, ANONYMOUS, rules)
            new = rules.secrets.open((await service.rotate(endpoint, RotateRequest())).secret) or ""
        await sent(world, 1)
        await send(world)
        async with world.parts.database.transaction() as connection:
            await queries.change(connection, endpoint, {"previous_until": world.parts.clock.now()})
        await sent(world, 2)
        await send(world)

    during, after = receiver.calls
    for secret in (old, new):
        Webhook(secret).verify(during.body, during.headers)
    Webhook(new).verify(after.body, after.headers)
    assert len(after.headers["webhook-signature"].split()) == 1


async def test_events_of_a_killed_worker_are_sent_after_its_lease(world: World) -> None:
    async with a_receiver() as receiver:
        endpoint, _ = await an_endpoint(world, receiver.url)
        await sent(world)
        now = world.parts.clock.now()
        async with world.parts.database.transaction() as connection:
            taken = await claim(connection, endpoint, most=9, now=now, leased_until=now + timedelta(seconds=30))
            assert len(taken) == 1
        await send(world)
        assert receiver.calls == []

        await make_due(world)
        await send(world)

    assert len(receiver.calls) == 1
    assert [(one.state, one.fence) for one in await some(world, WebhookDelivery)] == [("succeeded", 2)]


async def test_a_huge_answer_and_a_deleted_event_do_no_harm(world: World) -> None:
    async def huge(_: Call) -> bytes:
        return reply(200, body=b"x" * 5_000_000)

    async with a_receiver() as receiver:
        receiver.answer = huge
        await an_endpoint(world, receiver.url)
        await sent(world, 1)
        await send(world)
        assert [one.state for one in await some(world, WebhookDelivery)] == ["succeeded"]

        await sent(world, 2)
        async with world.parts.database.transaction() as connection:
            await connection.execute(table_of(WebhookEvent).delete())
        await send(world)

    assert sorted(one.state for one in await some(world, WebhookDelivery)) == ["failed", "succeeded"]
    assert len(receiver.calls) == 1


async def test_old_events_and_deleted_endpoints_are_removed(world: World) -> None:
    async with a_receiver() as receiver:
        endpoint, _ = await an_endpoint(world, receiver.url)
        receiver.answers(500)
        await sent(world)
        await send(world)
        async with world.parts.database.transaction() as connection:
            service = WebhookService(connection, world.parts.clock, ANONYMOUS, webhook_rules(world.settings))
            await service.delete(endpoint)
        await make_due(world)
        await send(world)
        assert len(receiver.calls) == 1

    later = world.parts.clock.now() + timedelta(seconds=1)
    async with world.parts.database.transaction() as connection:
        assert await queries.remove_old(connection, until=later, limit=100) == 1
        assert await queries.remove_old(connection, until=later, limit=100) == 0
    for model in (WebhookAttempt, WebhookDelivery, WebhookEvent, WebhookEndpoint):
        assert await some(world, model) == [], model


@pytest.mark.parametrize("store", STORES)
async def test_no_event_is_lost_when_the_process_is_killed_in_the_middle_of_its_calls(
    store: str, make_settings: Callable[..., Settings], smtp_server: SmtpServer, tmp_path: Path
) -> None:
    hanging = asyncio.Event()

    async def hang(_: Call) -> bytes:
        await hanging.wait()
        return reply(200)

    settings = make_settings(store)
    # The worker's process has the machine's time.
    async with World(settings, smtp_server, clock=Clock()) as world, a_receiver() as receiver:
        await an_endpoint(world, receiver.url)
        receiver.answer = hang
        for user in range(1, 6):
            await sent(world, user)
        environment = worker_environment(settings, smtp_server) | {"WEBHOOK_CONCURRENCY": "2"}
        with running(tmp_path, "worker", ready="worker.started", settings=environment) as worker:

            async def two_hang() -> bool:
                return len(receiver.calls) == 2

            await eventually(two_hang)
            worker.process.send_signal(signal.SIGKILL)
            worker.process.wait(PATIENCE)
        hanging.set()
        called = {call.headers["webhook-id"] for call in receiver.calls}
        await make_due(world)
        await send(world)

        again = [call.headers["webhook-id"] for call in receiver.calls[2:]]
        assert len(set(again)) == len(again) == 5
        assert called < set(again)
        assert {one.state for one in await some(world, WebhookDelivery)} == {"succeeded"}
