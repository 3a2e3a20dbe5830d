"""Several providers for one channel: who gets what when one of them fails, and how much a dead one costs."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from aiosmtpd.smtp import AuthResult
from sqlalchemy import update

from property_alert_notification.base.breaker import DOWN_IN_A_ROW, RECENT
from property_alert_notification.base.clock import Clock
from property_alert_notification.base.settings import Settings
from property_alert_notification.base.vocabulary import Channel, DeliveryState, Outcome
from property_alert_notification.database import Database, table_of
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.notification_worker.claim import FORGOTTEN
from property_alert_notification.notifications.answers import DeliveryPublic
from property_alert_notification.operators.providers.accounts import Accounts, Turns
from tests.channels.http_server import HttpServer, answering, reset
from tests.channels.smtp_script import DROP, SILENCE, ScriptedSmtpServer
from tests.pipeline.conftest import PAIRS, STORES
from tests.pipeline.world import World, eventually
from tests.services.clock import SameDay
from tests.services.smtp import SmtpServer

MakeSettings = Callable[..., Settings]
COUNT = 60


class TwoServers:
    """A world whose email goes to a configurable server, and else to a backup."""

    def __init__(self, world: World, first: ScriptedSmtpServer, backup: SmtpServer) -> None:
        self.world = world
        self.first = first
        self.backup = backup


class Gateways:
    """A world whose SMS go to one gateway, and else to a spare one."""

    def __init__(self, world: World, first: HttpServer, second: HttpServer) -> None:
        self.world = world
        self.first = first
        self.second = second


@asynccontextmanager
async def two_servers(
    settings: Settings, backup: SmtpServer, monkeypatch: pytest.MonkeyPatch, script: dict[str, str]
) -> AsyncIterator[TwoServers]:
    async with ScriptedSmtpServer(script) as first:
        for prefix, port in (("SMTP", first.port), ("SMTP_BACKUP", backup.port)):
            monkeypatch.setenv(f"{prefix}_HOST", "127.0.0.1")
            monkeypatch.setenv(f"{prefix}_PORT", str(port))
            monkeypatch.setenv(f"{prefix}_STARTTLS", "off")
        async with World(settings, backup) as world:
            await world.a_user()
            yield TwoServers(world, first, backup)


async def accept_many(world: World, count: int = COUNT) -> list[UUID]:
    return [await world.accept(title=f"Home {number}", channels=["email"]) for number in range(count)]


async def all_but_those_that_hang(world: World, ids: list[UUID], *, at_most: int) -> list[DeliveryPublic] | None:
    """The deliveries that are not sent, once each of them has an attempt without an outcome at the server that hangs.

    Any other may have arrived already although it is not settled yet.
    """
    unsent = [one for each in ids if (one := await world.delivery(each)).state is not DeliveryState.SENT]
    open_at = [[(one.provider, one.outcome) for one in delivery.attempts][-1:] for delivery in unsent]
    return unsent if 1 <= len(unsent) <= at_most and open_at == [[("smtp", None)]] * len(unsent) else None


def subjects(first: ScriptedSmtpServer, backup: SmtpServer) -> Counter[str]:
    """Every message that either server took."""
    taken = [content.split(b"Subject: ")[1].split(b"\r\n")[0].decode() for content in first.taken]
    return Counter(taken) + Counter(str(mail.parsed()["Subject"]) for mail in backup.mails)


EACH_ONCE = Counter(f"Home {number}" for number in range(COUNT))
STORMS = [
    ("GREETING", "421 4.3.2 too busy", "SMTP 421 4.3.2 at the greeting"),
    ("GREETING", "554 5.3.2 go away", "SMTP 554 5.3.2 at the greeting"),
    ("AUTH", "535 5.7.8 wrong password", "SMTP 535 5.7.8 at AUTH"),
    ("GREETING", DROP, "the SMTP server did not get past the greeting (SMTPServerDisconnected)"),
    ("MAIL", "451 4.3.0 not now", "SMTP 451 4.3.0 at MAIL"),
    ("RCPT", "451 4.3.0 not now", "SMTP 451 4.3.0 at RCPT"),
    ("DATA", "421 4.3.2 closing", "SMTP 421 4.3.2 at DATA"),
    ("DOT", "452 4.3.1 full", "SMTP 452 4.3.1 at the final dot"),
]


@pytest.mark.parametrize(("verb", "answer", "reason"), STORMS)
async def test_each_message_arrives_once_by_the_other_server_and_the_failing_one_is_soon_left_alone(
    verb: str,
    answer: str,
    reason: str,
    make_settings: MakeSettings,
    smtp_server: SmtpServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SMTP_USERNAME", "alerts")
    monkeypatch.setenv("SMTP_PASSWORD", "x")
    settings = make_settings("sqlite", email_provider="smtp,smtp@backup")
    async with two_servers(settings, smtp_server, monkeypatch, {verb: answer}) as both:
        ids = await accept_many(both.world)
        await both.world.a_worker()
        for notification in ids:
            await both.world.until(notification, "sent")

        attempts = [one for each in ids for one in (await both.world.delivery(each)).attempts]
        failed = [one for one in attempts if one.outcome is not Outcome.SENT]
        assert subjects(both.first, both.backup) == EACH_ONCE
        assert {(one.provider, one.outcome) for one in failed} == {("smtp", Outcome.NOT_SENT)}
        assert all((one.reason or "").startswith(reason) for one in failed)
        assert {one.provider for one in attempts if one.outcome is Outcome.SENT} == {"smtp@backup"}
        # While it stayed open nothing was tried; each time after that, one message was.
        openings = metric(both.world, "breaker_openings_total", "smtp")
        assert openings >= 1
        assert len(failed) <= RECENT + openings - 1


@pytest.mark.parametrize("verb", ["GREETING", "RCPT", "DOT"])
@pytest.mark.parametrize("worked", [0, 20])
async def test_a_hanging_server_gets_no_more_messages_and_its_own_go_to_no_other(
    worked: int, verb: str, make_settings: MakeSettings, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may take a minute, or ten, until a call to it fails: no other message waits for that."""
    settings = make_settings("sqlite", email_provider="smtp,smtp@backup", shutdown_grace=0)
    monkeypatch.setenv("SMTP_MESSAGES_PER_CONNECTION", "1")
    async with two_servers(settings, smtp_server, monkeypatch, {}) as both:
        await both.world.a_worker()
        ids = await accept_many(both.world, worked)
        for notification in ids:
            await both.world.until(notification, "sent")

        both.first.script[verb] = SILENCE
        ids = [await both.world.accept(title=f"Home {n}", channels=["email"]) for n in range(worked, COUNT)]
        hang = await eventually(lambda: all_but_those_that_hang(both.world, ids, at_most=RECENT))

        assert metric(both.world, "breaker_openings_total", "smtp") >= 1
        taken = subjects(both.first, both.backup)
        assert taken <= EACH_ONCE
        assert taken.total() == COUNT - len(hang)


@pytest.mark.parametrize("concurrency", [1, 4])
async def test_a_worker_with_few_slots_notices_a_server_that_hangs_and_goes_on_with_the_next(
    concurrency: int, make_settings: MakeSettings, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_settings(
        "sqlite", email_provider="smtp,smtp@backup", worker_concurrency=concurrency, shutdown_grace=0
    )
    async with two_servers(settings, smtp_server, monkeypatch, {"DOT": SILENCE}) as both:
        ids = await accept_many(both.world)
        await both.world.a_worker()
        hang = await eventually(lambda: all_but_those_that_hang(both.world, ids, at_most=concurrency))

        assert {one.state for one in hang} == {DeliveryState.SENDING}
        assert metric(both.world, "breaker_openings_total", "smtp") >= 1
        assert subjects(both.first, both.backup).total() == COUNT - len(hang)


@pytest.mark.parametrize(("store", "broker"), PAIRS)
async def test_a_server_that_dies_in_the_middle_costs_no_message_and_doubles_none(
    store: str, broker: str, make_settings: MakeSettings, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_settings(store, broker, email_provider="smtp,smtp@backup")
    async with two_servers(settings, smtp_server, monkeypatch, {}) as both:
        await both.world.a_worker()
        ids = await accept_many(both.world, COUNT // 2)
        for notification in ids:
            await both.world.until(notification, "sent")
        assert smtp_server.mails == []

        both.first.script["GREETING"] = DROP
        both.first.script["MAIL"] = DROP
        ids += [await both.world.accept(title=f"Home {n}", channels=["email"]) for n in range(COUNT // 2, COUNT)]
        for notification in ids:
            await both.world.until(notification, "sent")

        assert subjects(both.first, both.backup) == EACH_ONCE
        assert len(smtp_server.mails) == COUNT // 2


async def test_when_no_provider_works_nothing_is_used_up_and_all_goes_out_when_one_does(
    make_settings: MakeSettings, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMTP_USERNAME", "alerts")
    monkeypatch.setenv("SMTP_PASSWORD", "x")
    settings = make_settings("sqlite", email_provider="smtp", retry_max_attempts=2)
    async with two_servers(settings, smtp_server, monkeypatch, {"AUTH": "535 5.7.8 wrong password"}) as both:
        ids = await accept_many(both.world)
        await both.world.a_worker()

        async def opened_three_times() -> bool:
            return metric(both.world, "breaker_openings_total", "smtp") >= 3

        await eventually(opened_three_times)
        assert metric(both.world, "breaker", "smtp", property_alerts_provider_breaker="closed") == 0
        # Three to find out, and one for each time that it was tried again.
        assert both.first.verbs["AUTH"] <= RECENT
        details = [await both.world.delivery(each) for each in ids]
        assert {one.state for one in details} <= {DeliveryState.QUEUED, DeliveryState.RETRY_WAIT, DeliveryState.SENDING}
        both.first.script.clear()
        for notification in ids:
            await both.world.until(notification, "sent")

        assert subjects(both.first, both.backup) == EACH_ONCE
        assert metric(both.world, "breaker", "smtp", property_alerts_provider_breaker="closed") == 1


async def test_a_wrong_password_costs_no_email_and_when_it_is_right_all_are_sent(
    make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a server that asks for it as servers do."""
    right = asyncio.Event()

    def authenticate(*_about: object) -> AuthResult:
        return AuthResult(success=right.is_set(), handled=False)

    with SmtpServer(authenticator=authenticate, auth_require_tls=False) as server:
        settings = make_settings("sqlite", retry_max_attempts=1)
        monkeypatch.setenv("SMTP_PORT", str(server.port))
        monkeypatch.setenv("SMTP_USERNAME", "alerts")
        async with World(settings, server) as world:
            await world.a_user()
            ids = await accept_many(world, 10)
            await world.a_worker()

            async def opened() -> bool:
                return metric(world, "breaker_openings_total", "smtp") >= 1

            await eventually(opened)
            assert {(await world.detail(each)).status for each in ids} == {"pending"}
            right.set()
            for notification in ids:
                await world.until(notification, "sent")

            assert Counter(str(mail.parsed()["Subject"]) for mail in server.mails) == Counter(
                f"Home {number}" for number in range(10)
            )


async def test_a_wrong_token_costs_no_sms_and_when_it_is_right_all_are_sent(
    make_settings: MakeSettings, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with HttpServer() as twilio:
        twilio.behaviour = answering(401, b'{"code": 20003, "message": "Authenticate"}')
        for name, value in {"ACCOUNT_SID": "AC" + "0" * 32, "AUTH_TOKEN": "t", "FROM_NUMBER": "+15005550006"}.items():
            monkeypatch.setenv(f"TWILIO_{name}", value)
        monkeypatch.setenv("TWILIO_BASE_URL", twilio.url)
        settings = make_settings("sqlite", sms_provider="twilio", retry_max_attempts=1)
        async with World(settings, smtp_server) as world:
            await world.a_user(email=False, sms=True)
            ids = await text(world, 10)
            await world.a_worker()

            async def asked_three_times() -> bool:
                return len(twilio.requests) >= DOWN_IN_A_ROW

            await eventually(asked_three_times)
            assert {(await world.detail(each)).status for each in ids} == {"pending"}
            twilio.behaviour = answering(201, b'{"sid": "SM1"}')
            for notification in ids:
                await world.until(notification, "sent")

            attempts = [one for each in ids for one in (await world.delivery(each, Channel("sms"))).attempts]
            refusal = (
                "HTTP 401: the provider does not accept our credentials (Twilio error 20003): "
                "check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"
            )
            assert {(one.outcome, one.reason) for one in attempts if one.outcome is not Outcome.SENT} == {
                (Outcome.NOT_SENT, refusal)
            }


async def test_a_message_that_is_refused_is_offered_to_no_other_provider(
    make_settings: MakeSettings, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_settings("sqlite", email_provider="smtp,smtp@backup")
    async with two_servers(settings, smtp_server, monkeypatch, {"RCPT": "550 5.1.1 nobody"}) as both:
        # An address that does not exist gets no second email.
        ids = [await both.world.accept(channels=["email"], user_email=f"{n}@example.com") for n in range(COUNT)]
        await both.world.a_worker()
        for notification in ids:
            detail = await both.world.until(notification, "failed")
            assert [one.provider for one in detail.deliveries[0].attempts] == ["smtp"]

        assert smtp_server.mails == []
        # Every one of them was answered: nothing is wrong with the server.
        assert metric(both.world, "breaker_openings_total", "smtp") == 0


@pytest.mark.parametrize("store", STORES)
async def test_a_message_with_an_unknown_outcome_goes_to_no_other_provider(
    store: str, make_settings: MakeSettings, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_settings(store, email_provider="smtp,smtp@backup")
    async with two_servers(settings, smtp_server, monkeypatch, {"DOT": DROP}) as both:
        (notification,) = await accept_many(both.world, 1)
        await both.world.a_worker()

        detail = await both.world.until(notification, "failed")

        attempts = [(one.provider, one.outcome) for one in detail.deliveries[0].attempts]
        assert attempts == [("smtp", Outcome.UNKNOWN)] * 2
        assert smtp_server.mails == []


async def test_a_test_message_goes_to_no_provider_however_many_there_are(
    make_settings: MakeSettings, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_settings("sqlite", email_provider="smtp,smtp@backup")
    async with two_servers(settings, smtp_server, monkeypatch, {}) as both:
        (notification,) = await accept_many(both.world, 1)
        async with both.world.parts.database.transaction() as connection:
            await connection.execute(update(table_of(Delivery)).values(test=True))
        await both.world.a_worker()

        detail = await both.world.until(notification, "sent")

        assert [one.provider for one in detail.deliveries[0].attempts] == ["simulator"]
        assert subjects(both.first, both.backup) == Counter()


@asynccontextmanager
async def two_gateways(
    settings: Settings, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Gateways]:
    async with HttpServer() as first, HttpServer() as second:
        monkeypatch.setenv("SMS_HTTP_URL", first.url)
        monkeypatch.setenv("SMS_HTTP_SPARE_URL", second.url)
        async with World(settings, smtp) as world:
            await world.a_user(email=False, sms=True)
            yield Gateways(world, first, second)


async def text(world: World, count: int = COUNT) -> list[UUID]:
    return [await world.accept(title=f"Home {number}", channels=["sms"]) for number in range(count)]


def ids_in(server: HttpServer) -> Counter[str]:
    return Counter(json.loads(request.body)["id"] for request in server.requests)


@pytest.mark.parametrize("answer", [(503, {}), (429, {"Retry_After": "3600"}), (500, {}), (401, {})])
async def test_each_sms_is_taken_once_by_the_gateway_that_works(
    answer: tuple[int, dict[str, str]],
    make_settings: MakeSettings,
    smtp_server: SmtpServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    status, headers = answer
    settings = make_settings("sqlite", sms_provider="http,http@spare")
    async with two_gateways(settings, smtp_server, monkeypatch) as both:
        both.first.behaviour = answering(status, **headers)
        notifications = await text(both.world)
        await both.world.a_worker()
        for notification in notifications:
            await both.world.until(notification, "sent")

        deliveries = [await both.world.delivery(one, Channel("sms")) for one in notifications]
        assert ids_in(both.second) == Counter(str(one.id) for one in deliveries)
        assert 1 <= len(both.first.requests) <= RECENT
        assert {attempt.provider for one in deliveries for attempt in one.attempts} == {"http", "http@spare"}


async def test_a_lost_answer_sends_the_sms_by_no_other_provider(
    make_settings: MakeSettings, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_settings("sqlite", sms_provider="http,http@spare")
    async with two_gateways(settings, smtp_server, monkeypatch) as both:
        both.first.behaviour = reset
        (notification,) = await text(both.world, 1)
        await both.world.a_worker()

        await both.world.until(notification, "failed")

        assert len(both.first.requests) == 2
        assert both.second.requests == []


async def test_a_gateway_that_recognises_repeats_gets_the_same_key_until_it_answers(
    make_settings: MakeSettings, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMS_HTTP_KEY_HOURS", "24")
    settings = make_settings(
        "sqlite", sms_provider="http,http@spare", categories={"general": {"on_unknown": "give_up"}}
    )
    async with two_gateways(settings, smtp_server, monkeypatch) as both:
        both.first.behaviour = reset
        (notification,) = await text(both.world, 1)
        await both.world.a_worker()

        async def asked_three_times() -> bool:
            return len(both.first.requests) >= 3

        await eventually(asked_three_times)
        both.first.behaviour = answering(201)
        await both.world.until(notification, "sent")

        assert len({request.headers["idempotency-key"] for request in both.first.requests}) == 1
        assert both.second.requests == []


async def test_a_gateway_whose_key_window_has_passed_gets_one_resend_like_any_other(
    make_settings: MakeSettings, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMS_HTTP_KEY_HOURS", "1e-9")
    settings = make_settings("sqlite", sms_provider="http,http@spare")
    async with two_gateways(settings, smtp_server, monkeypatch) as both:
        both.first.behaviour = reset
        (notification,) = await text(both.world, 1)
        await both.world.a_worker()

        await both.world.until(notification, "failed")

        assert len(both.first.requests) == 2


async def test_a_key_that_was_forgotten_while_a_message_waited_is_not_relied_on(
    make_settings: MakeSettings, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMS_HTTP_KEY_HOURS", "1")
    settings = make_settings(
        "sqlite", sms_provider="http", retry_first_wait=600, categories={"general": {"on_unknown": "give_up"}}
    )
    async with two_gateways(settings, smtp_server, monkeypatch) as both:
        both.first.behaviour = reset
        (notification,) = await text(both.world, 1)
        await both.world.a_worker()

        async def is_in_doubt() -> bool:
            return (await both.world.delivery(notification, Channel("sms"))).state == "unknown"

        await eventually(is_in_doubt)
        async with both.world.parts.database.transaction() as connection:
            # Its turn comes hours later, as after a long pause.
            await connection.exec_driver_sql("UPDATE attempts SET started_at = '2026-01-01T00:00:00.000000+00:00'")
            await connection.exec_driver_sql("UPDATE deliveries SET due_at = changed_at")
        detail = await both.world.until(notification, "failed")

        assert [one.reason for one in detail.deliveries if one.channel is Channel("sms")] == [FORGOTTEN.sentence()]
        assert len(both.first.requests) == 1


async def test_a_category_that_had_better_be_lost_than_doubled_is_sent_once(
    make_settings: MakeSettings, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_settings("sqlite", email_provider="smtp", categories={"digest": {"on_unknown": "give_up"}})
    async with two_servers(settings, smtp_server, monkeypatch, {"DOT": DROP}) as both:
        digest = await both.world.accept(category="digest", channels=["email"])
        other = await both.world.accept(category="viewing", channels=["email"])
        await both.world.a_worker()

        await both.world.until(digest, "failed")
        await both.world.until(other, "failed")

        assert len((await both.world.delivery(digest)).attempts) == 1
        assert len((await both.world.delivery(other)).attempts) == 2


async def test_workers_that_share_a_rate_send_everything_once_and_keep_their_connections(
    make_settings: MakeSettings, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMTP_CONNECTIONS", "2")
    monkeypatch.setenv("SMTP_RATE", "50")
    async with two_servers(make_settings("sqlite"), smtp_server, monkeypatch, {}) as both:
        ids = await accept_many(both.world)
        await both.world.a_worker()
        await both.world.a_worker()
        for notification in ids:
            await both.world.until(notification, "sent")

        assert subjects(both.first, both.backup) == EACH_ONCE
        assert both.first.most_open <= 4


@pytest.mark.parametrize("store", STORES)
async def test_turns_of_racing_workers_are_a_gap_apart(make_settings: MakeSettings, store: str) -> None:
    async with two_accounts(make_settings(store), SameDay()) as accounts:
        wanted = [Turns(1 + number % 3, timedelta(milliseconds=20)) for number in range(40)]
        reserved = await asyncio.gather(
            *(accounts[number % 2].reserve("smtp", turns) for number, turns in enumerate(wanted)),
            accounts[0].reserve("smtp@backup", Turns(1, timedelta(hours=1))),
        )

    assert all(one.reserved for one in reserved)
    firsts = sorted((one.first, turns) for one, turns in zip(reserved, wanted, strict=False))
    for (first, turns), (second, _) in pairwise(firsts):
        assert first + turns.count * turns.gap <= second


@pytest.mark.parametrize("store", STORES)
async def test_a_slow_rate_is_kept_over_restarts_changes_and_wrong_clocks(
    make_settings: MakeSettings, store: str
) -> None:
    clock = SetClock(datetime(2026, 12, 1, tzinfo=UTC))
    async with two_accounts(make_settings(store), clock) as (one, other):
        fifty_a_day, gap = Turns(1, timedelta(seconds=1728)), timedelta(seconds=1728)
        start = (await one.reserve("smtp", fifty_a_day)).first
        for _ in range(3):
            assert await other.reserve("smtp", fifty_a_day) == (start + gap, False)
        clock.time += timedelta(seconds=1720)
        assert await other.reserve("smtp", fifty_a_day) == (start + gap, True)
        assert await one.reserve("smtp", fifty_a_day) == (start + 2 * gap, False)

        ten_a_second = Turns(5, timedelta(milliseconds=100))
        assert await one.reserve("smtp", ten_a_second) == (start + gap + timedelta(milliseconds=100), True)

        clock.time += timedelta(hours=1)
        await other.reserve("smtp", fifty_a_day)
        clock.time -= timedelta(hours=1)
        began = await one.reserve("smtp", ten_a_second)
        assert began.reserved
        assert began.first <= clock.now()


class SetClock(Clock):
    """A clock that only a test moves."""

    def __init__(self, time: datetime) -> None:
        super().__init__()
        self.time = time

    def now(self) -> datetime:
        return self.time


@asynccontextmanager
async def two_accounts(settings: Settings, clock: Clock) -> AsyncIterator[tuple[Accounts, Accounts]]:
    """The accounts as two workers know them."""
    one, other = Database(settings.database_url, wait=30), Database(settings.database_url, wait=30)
    try:
        yield Accounts(one, clock, Channel("email")), Accounts(other, clock, Channel("email"))
    finally:
        await one.close()
        await other.close()


def metric(world: World, name: str, provider: str, **labels: str) -> float:
    """What the only worker counts."""
    registry = world.workers[-1].metrics.registry
    value = registry.get_sample_value(
        f"property_alerts_provider_{name}", {"channel": "email", "provider": provider, **labels}
    )
    assert value is not None
    return value
