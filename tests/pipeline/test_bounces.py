"""Emails that come back: what mail servers report about them ends deliveries and stops further emails."""

import asyncio
import smtplib
import socket
from collections.abc import Callable
from email.message import EmailMessage
from uuid import UUID

import pytest
from sqlalchemy import update

from property_alert_notification.base.errors import StoreUnavailable
from property_alert_notification.base.settings import Settings
from property_alert_notification.channels.delivery_signature import DeliverySigner
from property_alert_notification.channels.return_path import ReturnPaths
from property_alert_notification.database import table_of
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.feedback.bounces import smtp_listener
from property_alert_notification.feedback.reports.intake import ReportIntake
from tests.channels.smtp_script import ScriptedSmtpServer
from tests.pipeline.conftest import STORES
from tests.pipeline.world import World, eventually
from tests.services.dovecot import PASSWORD, USER, dovecot
from tests.services.postfix import Postfix, relaying
from tests.services.process import free_port
from tests.services.smtp import SmtpServer

MakeSettings = Callable[..., Settings]
DOMAIN = "alerts.example.com"
BOUNCES = f"bounces@{DOMAIN}"


@pytest.fixture(autouse=True)
def _sender(make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAIL_FROM", f"alerts@{DOMAIN}")
    monkeypatch.setenv("EMAIL_BOUNCE_ADDRESS", BOUNCES)


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> int:
    """Where the worker takes returned emails."""
    port = free_port()
    monkeypatch.setenv("BOUNCE_SMTP_PORT", str(port))
    return port


async def a_listening_worker(world: World, port: int) -> None:
    await world.a_user()
    await world.a_worker()

    async def listens() -> bool:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=2).close()
        except OSError:
            return False
        return True

    await eventually(listens)


async def a_sent_email(world: World, **fields: str) -> tuple[UUID, UUID]:
    """The ids of a notification that was sent, and of its delivery."""
    notification = await world.accept(channels=["email"], **fields)
    await world.until(notification, "sent")
    return notification, (await world.delivery(notification)).id


def a_report(*fields: str, returned: str = "") -> bytes:
    """A report as a mail server writes it."""
    status = "Reporting-MTA: dns; mx.example.net\r\n\r\nFinal-Recipient: rfc822; x@example.net\r\n" + "\r\n".join(
        fields
    )
    return (
        'Content-Type: multipart/report; boundary="b"\r\n\r\n'
        f"--b\r\nContent-Type: message/delivery-status\r\n\r\n{status}\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\n{returned}\r\n--b--\r\n"
    ).encode()


def message_id(settings: Settings, delivery: UUID) -> str:
    return f"Message-ID: <{DeliverySigner(settings.link_keys).message_name(delivery)}@{DOMAIN}>"


GONE = ("Action: failed", "Status: 5.1.1", "Diagnostic-Code: smtp; 550 5.1.1 no such user")


async def hand_in(port: int, content: bytes, *recipients: str) -> dict[str, tuple[int, bytes]]:
    """Send a mail to the listener; returns the recipients that it refused."""

    def send() -> dict[str, tuple[int, bytes]]:
        with smtplib.SMTP("127.0.0.1", port, timeout=60) as server:
            return server.sendmail("", recipients, content)

    return await asyncio.to_thread(send)


@pytest.mark.parametrize("store", STORES)
async def test_a_bounce_that_postfix_reports_ends_the_delivery_and_suppresses_the_address(
    make_settings: MakeSettings, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch, store: str, port: int
) -> None:
    settings = make_settings(store)
    async with ScriptedSmtpServer({"RCPT": "550 5.1.1 <x>: Recipient address rejected: no such user"}) as unkind:
        with Postfix(settings=relaying({DOMAIN: port}, others=unkind.port)) as postfix:
            monkeypatch.setenv("SMTP_PORT", str(postfix.port))
            async with World(settings, smtp_server) as world:
                await a_listening_worker(world, port)
                bounced = await world.accept(channels=["email"])

                await world.until(bounced, "failed")

                delivery = await world.delivery(bounced)
                assert (delivery.reason_code, "5.1.1" in (delivery.reason or "")) == ("bounced", True)
                later = await world.accept(channels=["email"])
                await world.until(later, "suppressed")
                assert (await world.delivery(later)).reason_code == "suppressed_hard_bounce"


async def test_the_mailbox_is_read_reports_are_deleted_and_answers_stay_for_people(
    make_settings: MakeSettings, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_settings("sqlite")
    with dovecot() as server:
        for name, value in {
            "HOST": "localhost",
            "PORT": server.port,
            "USERNAME": USER,
            "PASSWORD": PASSWORD,
            "CA_FILE": server.ca_file,
            "INTERVAL": 1,
        }.items():
            monkeypatch.setenv(f"BOUNCE_IMAP_{name}", str(value))
        async with World(settings, smtp_server) as world:
            await world.a_user()
            await world.a_worker()
            gone, delivery = await a_sent_email(world, user_email="gone@example.com")
            away, other = await a_sent_email(world, user_email="away@example.com")
            returned = message_id(settings, delivery)
            server.receive("report", a_report(*GONE, returned=returned))
            server.receive("delay", a_report("Action: delayed", "Status: 4.4.1", returned=returned))
            answer = EmailMessage()
            answer["To"] = ReturnPaths(BOUNCES, DeliverySigner(settings.link_keys)).of(other)
            answer["Auto-Submitted"] = "auto-replied"
            answer.set_content("I am on holiday. This user does not exist (550 5.1.1).")
            server.receive("answer", answer.as_bytes())
            server.receive("hostile", b"To: " + b"(" * 5_000 + b"\r\n" + a_report(*GONE, returned=returned))
            server.receive("others", a_report(*GONE, returned=returned.replace(DOMAIN, "elsewhere.example")))

            await world.until(gone, "failed")

            async def was_read() -> bool:
                return server.left() == {"delay": "S", "answer": "S", "others": "S"}

            await eventually(was_read)
            assert (await world.delivery(away)).state == "sent"


async def test_only_what_matches_one_of_our_sends_counts(
    make_settings: MakeSettings, smtp_server: SmtpServer, port: int
) -> None:
    settings = make_settings("sqlite")
    async with World(settings, smtp_server) as world:
        await a_listening_worker(world, port)
        paths = ReturnPaths(BOUNCES, DeliverySigner(settings.link_keys))
        kept, delivery = await a_sent_email(world, user_email="kept@example.com")
        gone, bounced = await a_sent_email(world, user_email="gone@example.com")
        forged = ReturnPaths(BOUNCES, DeliverySigner([b"another key of more than 32 characters"])).of(delivery)

        with pytest.raises(smtplib.SMTPRecipientsRefused):
            await hand_in(port, a_report(*GONE), forged)
        for unsigned in (f"Message-ID: <{delivery}@{DOMAIN}>", message_id(settings, UUID(int=7))):
            assert await hand_in(port, a_report(*GONE, returned=unsigned), BOUNCES) == {}
        assert set(await hand_in(port, a_report(*GONE), paths.of(bounced), "alerts@" + DOMAIN)) == {"alerts@" + DOMAIN}

        await world.until(gone, "failed")
        assert (await world.delivery(kept)).state == "sent"
        tried, tested = await a_sent_email(world, user_email="kept@example.com")
        async with world.parts.database.transaction() as connection:
            await connection.execute(
                update(table_of(Delivery)).where(table_of(Delivery).c.id == tested).values(test=True)
            )
        await hand_in(port, a_report(*GONE), paths.of(tested))
        await world.until(tried, "failed")
        later = await world.accept(channels=["email"], user_email="kept@example.com")
        await world.until(later, "sent")


async def test_a_worker_takes_over_a_port_when_it_is_free_and_a_crowd_of_clients_has_to_wait(
    make_settings: MakeSettings, smtp_server: SmtpServer, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp_listener, "TAKE_OVER", 0.1)
    async with World(make_settings("sqlite"), smtp_server) as world:
        with socket.create_server(("127.0.0.1", port)):
            await world.a_worker()
        await a_listening_worker(world, port)

        clients = [await asyncio.to_thread(smtplib.SMTP, "127.0.0.1", port, timeout=60) for _ in range(11)]
        try:
            await asyncio.to_thread(clients[-1].ehlo, "mx.example.net")
            assert await asyncio.to_thread(clients[-1].mail, "") == (
                421,
                b"4.3.2 Too many connections, try again later",
            )
            monkeypatch.setattr(smtp_listener, "REFUSED_CONNECTIONS", 1)
            with pytest.raises(smtplib.SMTPServerDisconnected):
                await asyncio.to_thread(smtplib.SMTP, "127.0.0.1", port, timeout=60)
            clients[0].close()

            async def there_is_room() -> bool:
                code, _ = await asyncio.to_thread(clients[1].mail, "")
                return code == 250

            await asyncio.to_thread(clients[1].ehlo, "mx.example.net")
            await eventually(there_is_room)
        finally:
            for client in clients:
                client.close()


async def test_a_session_ends_after_a_while_whatever_it_sends(
    make_settings: MakeSettings, smtp_server: SmtpServer, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp_listener, "LONGEST_SESSION", 0.1)
    async with World(make_settings("sqlite"), smtp_server) as world:
        await a_listening_worker(world, port)

        def talk() -> None:
            with smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
                while True:
                    client.noop()

        with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
            await asyncio.to_thread(talk)


async def test_a_complaint_suppresses_and_leaves_the_email_delivered(
    make_settings: MakeSettings, smtp_server: SmtpServer, port: int
) -> None:
    settings = make_settings("sqlite")
    async with World(settings, smtp_server) as world:
        await a_listening_worker(world, port)
        unwanted, delivery = await a_sent_email(world)
        complaint = (
            'Content-Type: multipart/report; boundary="b"\r\n\r\n'
            "--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nVersion: 1\r\n\r\n"
            f"--b\r\nContent-Type: message/rfc822\r\n\r\n{message_id(settings, delivery)}\r\n\r\n\r\n--b--\r\n"
        )
        await hand_in(port, complaint.encode(), BOUNCES)

        await world.until(unwanted, "delivered")
        later = await world.accept(channels=["email"])
        await world.until(later, "suppressed")
        assert (await world.delivery(later)).reason_code == "suppressed_complaint"


async def test_a_mail_that_cannot_be_stored_is_not_taken(
    make_settings: MakeSettings, smtp_server: SmtpServer, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_settings("sqlite")
    async with World(settings, smtp_server) as world:
        await a_listening_worker(world, port)
        bounced, delivery = await a_sent_email(world)
        return_path = ReturnPaths(BOUNCES, DeliverySigner(settings.link_keys)).of(delivery)
        monkeypatch.setattr(ReportIntake, "take", unavailable)

        with pytest.raises(smtplib.SMTPDataError) as refused:
            await hand_in(port, a_report(*GONE), return_path)

        assert refused.value.smtp_code == 451
        monkeypatch.undo()
        assert await hand_in(port, a_report(*GONE), return_path) == {}
        await world.until(bounced, "failed")


async def unavailable(*_: object) -> None:
    raise StoreUnavailable


async def test_a_server_that_says_at_once_that_nobody_is_there_suppresses_the_address(
    make_settings: MakeSettings, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_settings("sqlite")
    replies = iter(["550 5.1.1 <x>: no such user", "552 5.2.2 mailbox full"])
    async with ScriptedSmtpServer({"RCPT": lambda _: next(replies, None)}) as server:
        monkeypatch.setenv("SMTP_PORT", str(server.port))
        async with World(settings, smtp_server) as world:
            await world.a_user()
            await world.a_worker()
            for address, then in (("gone@example.com", "suppressed"), ("full@example.com", "sent")):
                first = await world.accept(channels=["email"], user_email=address)
                await world.until(first, "failed")
                second = await world.accept(channels=["email"], user_email=address)
                await world.until(second, then)
