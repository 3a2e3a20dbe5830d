"""Mail servers as they are: they greylist, refuse us, count, and take few connections. No message is lost to that."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import UUID

import pytest

from property_alert_notification.base.settings import Settings
from property_alert_notification.base.vocabulary import Channel
from tests.channels.smtp_script import ScriptedSmtpServer
from tests.pipeline.test_failover import metric
from tests.pipeline.world import World, eventually
from tests.services.smtp import SmtpServer

MakeSettings = Callable[..., Settings]
ABOUT_US = [
    ("RCPT", "554 5.7.1 <x>: Relay access denied", "SMTP_USERNAME"),
    ("RCPT", "504 5.5.2 <box>: Helo command rejected: need fully-qualified hostname", "SMTP_HELO_NAME"),
    ("DOT", "550 5.7.26 Unauthenticated email from example.com is not accepted", "SPF"),
    ("RCPT", "550 5.7.1 Denied", "ask the provider"),
]


@asynccontextmanager
async def world_with(
    server: ScriptedSmtpServer, settings: Settings, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    async with server:
        monkeypatch.setenv("SMTP_PORT", str(server.port))
        async with World(settings, smtp) as world:
            await world.a_user()
            yield world


async def accept_many(world: World, count: int) -> list[UUID]:
    """So many notifications, each to an address of its own."""
    return [
        await world.accept(title=f"Home {number}", user_email=f"user{number}@example.com") for number in range(count)
    ]


def recipients(server: ScriptedSmtpServer) -> Counter[bytes]:
    """How often each recipient got a message."""
    return Counter(line for mail in server.taken for line in mail.split(b"\r\n") if line.startswith(b"To: "))


async def all_sent(world: World, ids: list[UUID]) -> None:
    for notification in ids:
        await world.until(notification, "sent")


async def breaker_opened(world: World) -> bool:
    return metric(world, "breaker_openings_total", "smtp") >= 1


@pytest.mark.parametrize("reply", ["450 4.2.0 Greylisted", "451 4.7.1 Come back later", "421 4.7.1 greylisted"])
async def test_greylisting_delays_each_new_recipient_and_no_other(
    make_settings: MakeSettings, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch, reply: str
) -> None:
    asked: Counter[str] = Counter()

    def greylist(command: str) -> str | None:
        asked[command] += 1
        return reply if asked[command] == 1 else None

    server = ScriptedSmtpServer({"RCPT": greylist})
    async with world_with(server, make_settings("sqlite"), smtp_server, monkeypatch) as world:
        ids = await accept_many(world, 60)
        await world.a_worker()
        await all_sent(world, ids)
        assert metric(world, "breaker_openings_total", "smtp") == 0
    assert set(recipients(server).values()) == {1}
    assert set(asked.values()) == {2}


@pytest.mark.parametrize(("verb", "reply", "fix"), ABOUT_US)
async def test_a_refusal_of_this_service_fails_no_delivery_and_names_the_remedy(
    make_settings: MakeSettings,
    smtp_server: SmtpServer,
    monkeypatch: pytest.MonkeyPatch,
    verb: str,
    reply: str,
    fix: str,
) -> None:
    server = ScriptedSmtpServer({verb: reply})
    settings = make_settings("sqlite", retry_max_attempts=2)
    async with world_with(server, settings, smtp_server, monkeypatch) as world:
        ids = await accept_many(world, 30)
        await world.a_worker()
        await eventually(lambda: breaker_opened(world))
        assert {(await world.detail(each)).status for each in ids} == {"pending"}

        async def is_said() -> bool:
            return fix in str([(await world.delivery(each)).attempts for each in ids])

        await eventually(is_said)
        server.script.clear()
        await all_sent(world, ids)
    assert set(recipients(server).values()) == {1}


async def test_a_refusal_that_does_not_say_whom_it_means_stays_with_its_message_while_others_are_taken(
    make_settings: MakeSettings, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = ScriptedSmtpServer({"RCPT": lambda command: "550 5.7.1 Denied" if "user7@" in command else None})
    async with world_with(server, make_settings("sqlite"), smtp_server, monkeypatch) as world:
        ids = await accept_many(world, 20)
        await world.a_worker()
        await world.until(ids[7], "failed")
        await all_sent(world, [each for each in ids if each != ids[7]])
        assert len((await world.delivery(ids[7])).attempts) <= 3


@pytest.mark.parametrize(
    ("verb", "reply"),
    [
        ("DOT", "550 5.4.5 Daily user sending quota exceeded"),
        ("MAIL", "454 4.7.0 Throttling failure: Maximum sending rate exceeded"),
        ("RCPT", "452 4.5.3 Too many recipients"),
        ("MAIL", "421 4.7.0 Try again later, closing connection"),
    ],
)
async def test_a_quota_that_is_used_up_fails_no_delivery(
    make_settings: MakeSettings, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch, verb: str, reply: str
) -> None:
    server = ScriptedSmtpServer()
    free, refusals = asyncio.Event(), Counter[str]()

    def count(command: str) -> str | None:
        if len(server.taken) < 10 or free.is_set():
            return None
        refusals[command.partition(" ")[0]] += 1
        return reply

    server.script[verb] = count
    settings = make_settings("sqlite", retry_max_attempts=1)
    async with world_with(server, settings, smtp_server, monkeypatch) as world:
        ids = await accept_many(world, 30)
        await world.a_worker()

        async def refused_five_times() -> bool:
            return refusals.total() >= 5

        await eventually(refused_five_times)
        free.set()
        await all_sent(world, ids)
    assert set(recipients(server).values()) == {1}


async def test_a_server_that_takes_two_connections_gets_everything_over_two(
    make_settings: MakeSettings, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = ScriptedSmtpServer()
    server.script["GREETING"] = lambda _: "421 4.7.0 too many connections" if server.open > 2 else None
    async with world_with(server, make_settings("sqlite", retry_max_attempts=1), smtp_server, monkeypatch) as world:
        ids = await accept_many(world, 150)
        await world.a_worker()
        await all_sent(world, ids)
        assert {len((await world.delivery(each)).attempts) for each in ids} == {1}
        assert metric(world, "breaker_openings_total", "smtp") == 0
    assert set(recipients(server).values()) == {1}


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
async def test_a_channel_without_a_provider_suppresses_its_messages_and_the_other_goes_on(
    make_settings: MakeSettings, smtp_server: SmtpServer, store: str
) -> None:
    async with World(make_settings(store, sms_provider="http"), smtp_server) as world:
        await world.a_user(sms=True)
        before = await world.accept()
    settings = make_settings(store, sms_provider="none")
    async with World(settings, smtp_server) as world:
        both = await world.accept()
        sms_only = await world.accept(channels=["sms"])
        later = await world.accept(channels=["sms"], send_at=world.parts.clock.now())
        await world.a_worker()
        await all_sent(world, [before, both])
        for notification in (before, both, sms_only, later):

            async def ended(notification: UUID = notification) -> bool:
                return (await world.delivery(notification, Channel("sms"))).state == "suppressed"

            await eventually(ended)
            reason = (await world.delivery(notification, Channel("sms"))).reason
            assert reason == "sms is not used here (SMS_PROVIDER=none)"
        assert (await world.detail(sms_only)).status == "suppressed"
