"""Notifications without addresses: accepted at once, planned when the User service says where the user is reached."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from property_alert_notification.api.access.admission import ANONYMOUS
from property_alert_notification.base.settings import Settings
from property_alert_notification.base.vocabulary import DeliveryState, NotificationStatus
from property_alert_notification.notifications import changes
from property_alert_notification.notifications.look_ups import queries as look_ups
from property_alert_notification.notifications.schemas import NotificationPatch
from property_alert_notification.people.directory import queries as directory
from property_alert_notification.people.directory.profile import Entry, Profile
from property_alert_notification.people.directory.settings import UserServiceSettings
from tests.channels import http_server
from tests.channels.http_server import Behaviour, Exchange, HttpServer, answering
from tests.pipeline.conftest import STORES
from tests.pipeline.world import World, eventually
from tests.services.smtp import SmtpServer

LATER = timedelta(days=400)


async def says(exchange: Exchange) -> None:
    """What a User service that is well says of everybody up to 1,000."""
    wanted = [int(n) for n in exchange.request.path.rpartition("/")[2].split(",")]
    known = [{"id": n, "email": f"user{n}@example.com", "phone_number": None} for n in wanted if n <= 1_000]
    if "," in exchange.request.path:
        await answering(200, json.dumps(known).encode())(exchange)
    elif known:
        await answering(200, json.dumps(known[0]).encode())(exchange)
    else:
        await answering(404)(exchange)


async def nonsense(exchange: Exchange) -> None:
    """No two answers are alike, and none is a profile."""
    answers: list[Behaviour] = [
        answering(200, b"<html>"),
        answering(200, b'{"email": 7}'),
        answering(200, b'["ada@example.com"]'),
        answering(301, b"", Location="http://127.0.0.1:1/"),
        answering(200, b'{"email": "' + b"x" * 100_000),
        http_server.garbage,
        http_server.reset,
    ]
    await answers[int(exchange.request.path.rpartition("/")[2].split(",")[0]) % len(answers)](exchange)


@pytest.fixture
async def users() -> AsyncIterator[HttpServer]:
    """A User service."""
    async with HttpServer() as server:
        server.behaviour = says
        yield server


def asking(users: HttpServer, **fields: Any) -> UserServiceSettings:
    """The settings that lead to it."""
    return UserServiceSettings(**{"url": f"{users.url}/{{user_id}}", "bulk_url": f"{users.url}/{{user_ids}}"} | fields)


@pytest.fixture(params=STORES)
async def world(
    request: pytest.FixtureRequest,
    make_settings: Callable[..., Settings],
    smtp_server: SmtpServer,
    users: HttpServer,
) -> AsyncIterator[World]:
    """A world on each store, with a User service."""
    async with World(make_settings(request.param), smtp_server, user_service=asking(users)) as world:
        yield world


async def test_a_notification_without_addresses_is_sent_to_those_of_the_user_service(
    world: World, users: HttpServer
) -> None:
    await world.a_user(1, sms=True)
    await world.a_user(2)
    first, second = await world.accept_unaddressed(1), await world.accept_unaddressed(2)
    waiting = await world.detail(first)
    await world.a_worker()

    sent = await world.until(first, "sent")
    await world.until(second, "sent")

    assert (waiting.status, waiting.deliveries, waiting.without_address) == (NotificationStatus.SCHEDULED, [], [])
    by_channel = {one.channel: (one.state, one.address, one.reason_code) for one in sent.deliveries}
    assert by_channel == {
        "email": (DeliveryState.SENT, "user1@example.com", "sent"),
        "sms": (DeliveryState.SUPPRESSED, None, "no_address"),
    }
    assert "sms: not used, the User service has no address of the user for sms" in [one.what for one in sent.timeline]
    asked = len(users.requests)
    # It is known now, and nobody is asked again.
    assert (await world.until(await world.accept_unaddressed(1), "sent")).deliveries[0].address == "user1@example.com"
    assert len(users.requests) == asked


async def test_a_user_that_the_user_service_does_not_know_fails(world: World) -> None:
    await world.a_user(5_000, sms=True)
    notification = await world.accept_unaddressed(5_000)
    given = await world.accept_unaddressed(5_000, user_email="new@example.com")
    await world.a_worker()

    failed = await world.until(notification, "failed")
    sent = await world.until(given, "sent")

    assert {one.reason_code for one in failed.deliveries} == {"no_such_user"}
    assert "email: not used, the User service has no such user" in [one.what for one in failed.timeline]
    assert {one.channel: one.state for one in sent.deliveries} == {"email": "sent", "sms": "failed"}


async def test_null_means_no_address_and_a_given_address_is_not_looked_up(world: World, users: HttpServer) -> None:
    await world.a_user(1, sms=True)
    await world.a_worker()

    given = await world.accept_unaddressed(1, user_email="mine@example.com", user_phone_number=None)
    sent = await world.until(given, "sent")

    assert [(one.channel, one.address) for one in sent.deliveries] == [("email", "mine@example.com")]
    assert sent.without_address == ["sms"]
    assert users.requests == []


async def test_an_opt_out_is_the_reason_even_without_a_profile(world: World) -> None:
    await world.a_user(5_000, email=False)
    notification = await world.accept_unaddressed(5_000)
    await world.a_worker()

    suppressed = await world.until(notification, "suppressed")

    assert {one.reason_code for one in suppressed.deliveries} == {"user_opted_out"}


@pytest.mark.parametrize("trouble", [http_server.hang, answering(503), nonsense], ids=["slow", "down", "nonsense"])
async def test_all_arrive_when_the_user_service_is_well_again_and_others_do_not_wait(
    make_settings: Callable[..., Settings], smtp_server: SmtpServer, users: HttpServer, trouble: Behaviour
) -> None:
    waiting, known = range(10, 130), range(1, 6)
    settings = make_settings("sqlite")
    async with World(settings, smtp_server, user_service=asking(users, timeout=1)) as world:
        for user_id in (*waiting, *known):
            await world.a_user(user_id)
        async with world.parts.database.transaction() as connection:
            now = world.parts.clock.now()
            old = Entry(Profile(1, "known1@example.com"), now - timedelta(days=2))
            fresh = {n: Entry(Profile(n, f"known{n}@example.com"), now) for n in known[1:]}
            await directory.put(connection, {1: old} | fresh)
        users.behaviour = trouble
        await world.a_worker()
        await world.a_worker()
        ids = await asyncio.gather(*(world.accept_unaddressed(n) for n in waiting))

        # Those who are known are sent to meanwhile; of the first one only something old.
        sent = await asyncio.gather(*(world.accept_unaddressed(n) for n in known))
        for notification in sent:
            await world.until(notification, "sent")
        parked = await eventually(partial(_waits, world, ids[-1]))
        users.behaviour = says
        for notification in ids:
            await world.until(notification, "sent")

    assert (parked.status, parked.reason_code) == (NotificationStatus.SCHEDULED, "user_service_away")
    assert "waits for the User service" in parked.reason
    addressed = sorted(recipient for mail in smtp_server.mails for recipient in mail.recipients)
    assert addressed == sorted([f"user{n}@example.com" for n in waiting] + [f"known{n}@example.com" for n in known])


async def _waits(world: World, notification: UUID) -> Any:
    detail = await world.detail(notification)
    return detail if detail.reason_code else None


async def test_while_it_waits_it_can_be_cancelled_changed_and_expires(world: World, users: HttpServer) -> None:
    users.behaviour = answering(503)
    await world.a_user()
    cancelled, changed, expired, moved = [await world.accept_unaddressed() for _ in range(4)]
    await world.a_worker()
    await eventually(partial(_waits, world, moved))

    async with world.parts.database.transaction() as connection:
        await changes.cancel(connection, cancelled, ANONYMOUS, now=world.parts.clock.now())
    await _change(world, changed, title="another title")
    await _change(world, expired, expires_at=world.parts.clock.now() + timedelta(seconds=0.2))
    await _change(world, moved, send_at=world.parts.clock.now() + LATER)
    ended = await world.until(expired, "expired")
    users.behaviour = says
    sent = await world.until(changed, "sent")

    assert {one.reason_code for one in ended.deliveries} == {"expired", "user_opted_out"}
    assert sent.title == "another title"
    assert (await world.detail(cancelled)).status is NotificationStatus.CANCELLED
    assert (await world.detail(moved)).status is NotificationStatus.SCHEDULED
    await _change(world, moved, send_at=None)
    await world.until(moved, "sent")


async def test_a_due_notification_is_looked_up(world: World, users: HttpServer) -> None:
    await world.a_user()
    later = await world.accept_unaddressed(send_at=world.parts.clock.now() + LATER)
    soon = await world.accept_unaddressed(send_at=world.parts.clock.now() + timedelta(seconds=0.5))
    planned = await world.accept_unaddressed()
    await world.a_worker()

    await world.until(soon, "sent")
    await world.until(planned, "sent")

    assert (await world.detail(later)).status is NotificationStatus.SCHEDULED
    assert len(users.requests) == 1


async def test_a_push_ends_the_waiting(world: World, users: HttpServer) -> None:
    users.behaviour = answering(503)
    await world.a_user(7)
    await world.a_user(8)
    notification, deleted = await world.accept_unaddressed(7), await world.accept_unaddressed(8)
    await world.a_worker()
    await eventually(partial(_waits, world, notification))

    now = world.parts.clock.now()
    pushed = {7: Entry(Profile(7, "pushed@example.com"), now, pushed=True), 8: Entry(None, now, pushed=True)}
    async with world.parts.database.transaction() as connection:
        await directory.put(connection, pushed)
        await look_ups.look_up_now(connection, pushed, now=now)

    sent = await world.until(notification, "sent")
    await world.until(deleted, "failed")

    assert sent.deliveries[0].address == "pushed@example.com"
    assert [one.what for one in sent.timeline if "User service" in one.what][-1] == (
        "it waits for the User service, which has not returned the user's addresses yet"
    )


async def test_an_answer_that_moves_a_user_counts_for_what_waits(world: World, users: HttpServer) -> None:
    async def of_tokyo(exchange: Exchange) -> None:
        ada = {"email": "ada@example.com", "phone_number": None, "time_zone": "Asia/Tokyo"}
        await answering(200, json.dumps(ada).encode())(exchange)

    await world.a_user()
    async with world.parts.database.transaction() as connection:
        old = Entry(Profile(1, "ada@example.com", time_zone="America/New_York"), world.parts.clock.now() - LATER)
        await directory.put(connection, {1: old})
    at = (world.parts.clock.now() + timedelta(days=3)).replace(hour=9, minute=0, second=0, microsecond=0)
    waiting = await world.accept(user_email="ada@example.com", send_at_local=at.strftime("%Y-%m-%dT%H:%M"))
    before = (await world.detail(waiting)).send_at
    users.behaviour = of_tokyo
    await world.a_worker()

    await world.until(await world.accept_unaddressed(1), "sent")

    assert before == at.replace(tzinfo=ZoneInfo("America/New_York"))
    assert (await world.detail(waiting)).send_at == at.replace(tzinfo=ZoneInfo("Asia/Tokyo"))


async def _change(world: World, notification: UUID, **fields: Any) -> None:
    parts = world.parts
    async with parts.database.transaction() as connection:
        patch = NotificationPatch(**fields)

        await changes.change(connection, notification, patch, ANONYMOUS, world.planner)
