"""Email to real SMTP servers on loopback: well-behaved, encrypted, and as odd as they come."""

import asyncio
import re
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.smtp import AuthResult, LoginPassword

from property_alert_notification.base.errors import (
    ConfigurationError,
    Deferred,
    OutcomeUnknown,
    ProviderDown,
    Refused,
    RetryLater,
    SendError,
)
from property_alert_notification.base.settings import load
from property_alert_notification.channels import email_smtp
from property_alert_notification.channels.base import Limits, Tools
from property_alert_notification.channels.email_smtp import SmtpSender
from property_alert_notification.channels.mime import Composer, EmailSettings
from property_alert_notification.channels.smtp import setup
from property_alert_notification.channels.smtp.settings import SmtpSettings
from tests.channels.conftest import CLOCK, Environ, a_message
from tests.channels.smtp_script import AT_ONCE, DROP, HOLD, ONE_BY_ONE, SILENCE, ScriptedSmtpServer
from tests.services.smtp import SmtpServer

PASSWORD = "correct horse"


def a_sender(port: int, *, email_from: str = "alerts@example.com", **settings: Any) -> SmtpSender:
    chosen = {"host": "127.0.0.1", "port": port, "starttls": "off", "timeout": 20, "final_timeout": 20, **settings}
    composer = Composer(EmailSettings(email_from=email_from, email_from_name="Example Homes"))
    return SmtpSender(SmtpSettings(**chosen), composer, CLOCK)


@asynccontextmanager
async def sending_to(server: Any, **settings: Any) -> AsyncIterator[SmtpSender]:
    sender = a_sender(server.port, **settings)
    try:
        yield sender
    finally:
        await sender.close()


@pytest.fixture(params=[ONE_BY_ONE, AT_ONCE], ids=["one_by_one", "at_once"])
def extensions(request: pytest.FixtureRequest) -> list[str]:
    """What a server offers; some take several commands at once."""
    offered: list[str] = request.param
    return offered


@pytest.fixture
async def scripted(extensions: list[str]) -> AsyncIterator[ScriptedSmtpServer]:
    async with ScriptedSmtpServer(extensions=extensions) as server:
        yield server


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture
def certificate(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


def authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, login: Any) -> AuthResult:
    right = isinstance(login, LoginPassword) and (login.login, login.password) == (b"alerts", PASSWORD.encode())
    return AuthResult(success=right, handled=False)


BEFORE_ANY_MESSAGE = ("GREETING", "EHLO", "STARTTLS", "AUTH", "MAIL")
ABOUT_THE_MESSAGE = ("RCPT", "DATA", "DOT")
CODES = ("421", "450", "451", "550", "552", "554")


def what_it_means(verb: str, answer: str) -> type[SendError] | None:
    """What one message comes to, by the verb at which the server turned odd, and how."""
    if verb == "QUIT":
        return None
    if verb in BEFORE_ANY_MESSAGE or answer.startswith(("421", "452")):
        return ProviderDown
    if answer.startswith("5"):
        return Refused
    if verb == "DOT" and not answer.startswith("4"):
        return OutcomeUnknown
    return Deferred if verb == "RCPT" and answer.startswith("4") else RetryLater


GRID = [
    *[
        (verb, answer, what_it_means(verb, answer))
        for verb in (*BEFORE_ANY_MESSAGE, *ABOUT_THE_MESSAGE, "QUIT")
        for answer in (*[f"{code} so be it" for code in CODES], DROP, SILENCE)
    ],
    ("RCPT", "452 too many", ProviderDown),
    ("RCPT", "530 5.7.0 log in first", ProviderDown),
    ("DOT", "nonsense", OutcomeUnknown),
]


@pytest.mark.parametrize(("verb", "answer", "expected"), GRID)
async def test_what_a_failure_means_depends_on_how_far_the_message_had_come(
    verb: str,
    answer: str,
    expected: type[SendError] | None,
    extensions: list[str],
    certificate: ssl.SSLContext,
    ca_file: Path,
) -> None:
    settings: dict[str, Any] = {"username": "alerts", "password": "x", "messages_per_connection": 1}
    if verb == "STARTTLS":
        settings |= {"starttls": "required", "ca_file": ca_file, "host": "localhost"}
    patience = {"final_timeout" if verb == "DOT" else "timeout": 1} if answer == SILENCE else {}
    async with (
        ScriptedSmtpServer(
            {verb: answer}, starttls=certificate if verb == "STARTTLS" else None, extensions=extensions
        ) as server,
        sending_to(server, **settings, **patience) as sender,
        sending_to(server, **settings) as patient,
    ):
        if expected is None:
            await sender.send(a_message())
            assert len(server.taken) == 1
            return

        with pytest.raises(expected, match="timeout" if answer == SILENCE else None) as caught:
            await sender.send(a_message())

        assert isinstance(caught.value, ProviderDown) == (expected is ProviderDown)
        assert server.taken == []
        # The server is well again, and so are we.
        server.script.clear()
        await (patient if patience else sender).send(a_message())
        assert len(server.taken) == 1


def test_by_default_a_server_has_ten_minutes_for_what_it_was_given_whole() -> None:
    """RFC 5321, 4.5.3.2.6: less would make messages unknown that are being taken."""
    assert SmtpSettings().final_timeout == 600


async def test_reasons_hold_what_the_server_said_and_no_address(scripted: ScriptedSmtpServer) -> None:
    scripted.script["RCPT"] = "550 5.1.1 <anna@example.com>: no such user Anna here"
    async with sending_to(scripted) as sender:
        with pytest.raises(Refused) as caught:
            await sender.send(a_message("anna@example.com"))
    assert caught.value.reason == "SMTP 550 5.1.1 at RCPT: <…>: no such user … here"


async def test_a_closed_port_is_not_sent() -> None:
    async with ScriptedSmtpServer() as server:
        port = server.port
    with pytest.raises(ProviderDown, match="ConnectionRefusedError"):
        await a_sender(port).send(a_message())


async def test_a_connection_serves_many_messages(scripted: ScriptedSmtpServer) -> None:
    async with sending_to(scripted, connections=1) as sender:
        for _ in range(5):
            receipt = await sender.send(a_message())
    assert receipt.provider_message_id == "4XyZ99"
    assert (scripted.verbs["GREETING"], len(scripted.taken), scripted.verbs["QUIT"]) == (1, 5, 1)


async def test_a_refused_message_leaves_the_connection_usable(scripted: ScriptedSmtpServer) -> None:
    async with sending_to(scripted, connections=1) as sender:
        scripted.script["RCPT"] = "550 no"
        with pytest.raises(Refused):
            await sender.send(a_message())
        scripted.script.clear()
        await sender.send(a_message())
    assert (scripted.verbs["GREETING"], scripted.verbs["RSET"], len(scripted.taken)) == (1, 1, 1)


async def test_a_server_that_takes_commands_at_once_is_not_kept_waiting_between_them() -> None:
    async with ScriptedSmtpServer({"MAIL": HOLD, "RCPT": HOLD}) as server, sending_to(server) as sender:
        await sender.send(a_message())
        assert len(server.taken) == 1


@pytest.mark.parametrize("verb", ["MAIL", "RCPT"])
async def test_a_server_that_refuses_and_goes_on_all_the_same_gets_no_empty_message(verb: str) -> None:
    """RFC 2920, 3.1 would send it a lone dot, and hope."""
    async with ScriptedSmtpServer({verb: "550 no", "DATA": "354 go"}) as server, sending_to(server) as sender:
        with pytest.raises((Refused, ProviderDown)):
            await sender.send(a_message())
        server.script.clear()
        await sender.send(a_message())
        assert (server.verbs["GREETING"], server.verbs["DOT"], len(server.taken)) == (2, 1, 1)


async def test_a_connection_is_closed_after_its_share_of_messages(scripted: ScriptedSmtpServer) -> None:
    async with sending_to(scripted, connections=1, messages_per_connection=2) as sender:
        for _ in range(6):
            await sender.send(a_message())
    assert (scripted.verbs["GREETING"], scripted.verbs["QUIT"]) == (3, 3)


@pytest.mark.parametrize("farewell", [b"", b"421 4.4.2 idle for too long\r\n"])
async def test_a_server_that_closed_an_idle_connection_costs_no_message(
    scripted: ScriptedSmtpServer, farewell: bytes
) -> None:
    async with sending_to(scripted, connections=1) as sender:
        await sender.send(a_message())
        await scripted.hang_up(farewell)
        await sender.send(a_message())
    assert (scripted.verbs["GREETING"], len(scripted.taken)) == (2, 2)


@pytest.mark.parametrize("answer", ["421 idle for too long", DROP])
async def test_a_reused_connection_that_ends_before_the_dot_is_replaced(
    scripted: ScriptedSmtpServer, answer: str
) -> None:
    class OnlyOnce(dict[str, Any]):
        def get(self, key: str, default: Any = None) -> Any:
            return super().pop(key, default)

    async with sending_to(scripted, connections=1) as sender:
        await sender.send(a_message())
        scripted.script = OnlyOnce(MAIL=answer)
        await sender.send(a_message())
    assert (scripted.verbs["GREETING"], len(scripted.taken)) == (2, 2)


async def test_an_old_idle_connection_is_not_used_again(scripted: ScriptedSmtpServer) -> None:
    async with sending_to(scripted, connections=1, idle_timeout=1e-9) as sender:
        await sender.send(a_message())
        await sender.send(a_message())
    assert (scripted.verbs["GREETING"], scripted.verbs["QUIT"]) == (2, 2)


async def test_a_cancelled_message_takes_its_connection_with_it() -> None:
    async with ScriptedSmtpServer({"RCPT": SILENCE}) as server, sending_to(server, connections=1) as sender:
        sending = asyncio.create_task(sender.send(a_message()))
        await server.heard("RCPT")
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        server.script.clear()
        await sender.send(a_message())
        assert (server.verbs["GREETING"], len(server.taken)) == (2, 1)


async def test_a_line_that_begins_with_a_dot_arrives_with_one(smtp_server: SmtpServer) -> None:
    text = "first\n.second\n.\n..third\n"
    async with sending_to(smtp_server) as sender:
        await sender.send(a_message(html=False, text=text))
    (mail,) = await smtp_server.wait_for(1)
    assert mail.parsed().get_content().split() == text.split()


async def test_a_thousand_messages_arrive_once_each_over_few_connections(smtp_server: SmtpServer) -> None:
    messages = [a_message(f"user{number}@example.com", text=f"Häuser {number} €") for number in range(1_000)]
    async with sending_to(smtp_server, connections=4) as sender:
        ready = asyncio.Semaphore(sender.limits.at_once)

        async def send(number: int) -> None:
            async with ready:
                await sender.send(messages[number])

        await asyncio.gather(*[send(number) for number in range(1_000)])

    mails = await smtp_server.wait_for(1_000)
    assert sorted(mail.recipients for mail in mails) == sorted((message.to,) for message in messages)
    by_recipient = {mail.recipients[0]: mail.parsed() for mail in mails}
    for message in messages:
        plain = by_recipient[message.to].get_body(("plain",))
        assert plain is not None
        assert plain.get_content().strip() == message.text


async def test_the_pool_never_holds_more_connections_than_it_may(scripted: ScriptedSmtpServer) -> None:
    async with sending_to(scripted, connections=3, messages_per_connection=7) as sender:
        await asyncio.gather(*[sender.send(a_message()) for _ in range(200)], sender.check())
    assert len(scripted.taken) == 200
    assert scripted.most_open <= 3


async def test_starttls_and_a_login_with_a_ca_of_our_own(certificate: ssl.SSLContext, ca_file: Path) -> None:
    options = {"tls_context": certificate, "authenticator": authenticate, "auth_required": True}
    login = {"starttls": "required", "ca_file": ca_file, "host": "localhost", "username": "alerts"}
    with SmtpServer(**options) as server:
        async with sending_to(server, password=PASSWORD, **login) as sender:
            await sender.send(a_message())
            assert await sender.check() == f"localhost:{server.port} answers, encrypted, logged in"
        assert len(await server.wait_for(1)) == 1

        async with sending_to(server, password="wrong", **login) as sender:
            with pytest.raises(ProviderDown, match=r"SMTP 535 5\.7\.8 at AUTH"):
                await sender.send(a_message())


async def test_tls_from_the_first_byte(certificate: ssl.SSLContext, ca_file: Path) -> None:
    with SmtpServer(ssl_context=certificate) as server:
        async with sending_to(server, tls=True, host="localhost", ca_file=ca_file) as sender:
            await sender.send(a_message())
        assert len(await server.wait_for(1)) == 1


async def test_a_certificate_that_no_authority_signed_is_not_trusted(certificate: ssl.SSLContext) -> None:
    with SmtpServer(tls_context=certificate) as server:
        async with sending_to(server, starttls="required", host="localhost") as sender:
            with pytest.raises(ProviderDown, match="certificate is not trusted"):
                await sender.send(a_message())
        assert server.mails == []


async def test_a_certificate_for_another_name_is_not_trusted(certificate: ssl.SSLContext, ca_file: Path) -> None:
    with SmtpServer(tls_context=certificate) as server:
        async with sending_to(server, starttls="required", ca_file=ca_file) as sender:
            with pytest.raises(ProviderDown, match="certificate is not trusted"):
                await sender.send(a_message())


async def test_required_starttls_never_falls_back_to_plain_text(scripted: ScriptedSmtpServer) -> None:
    async with sending_to(scripted, starttls="required", username="alerts", password="x") as sender:
        with pytest.raises(ProviderDown, match="STARTTLS"):
            await sender.send(a_message())
    assert (scripted.verbs["AUTH"], scripted.verbs["MAIL"]) == (0, 0)


async def test_opportunistic_starttls_takes_what_it_gets(
    scripted: ScriptedSmtpServer, certificate: ssl.SSLContext
) -> None:
    async with sending_to(scripted, starttls="opportunistic") as sender:
        await sender.send(a_message())
        assert "not encrypted, no login" in await sender.check()
    async with (
        ScriptedSmtpServer(starttls=certificate) as server,
        sending_to(server, starttls="opportunistic") as sender,
    ):
        await sender.send(a_message())
        assert server.verbs["STARTTLS"] == 1


async def test_a_server_without_a_login_is_not_sent() -> None:
    async with ScriptedSmtpServer(extensions=[]) as server, sending_to(server, username="alerts") as sender:
        with pytest.raises(ProviderDown, match="offers no login"):
            await sender.send(a_message())


async def test_an_address_beyond_ascii_needs_a_server_that_takes_it(scripted: ScriptedSmtpServer) -> None:
    async with sending_to(scripted) as sender:
        await sender.send(a_message("änna@häuser.example"))
    assert "MAIL FROM:<alerts@example.com> BODY=8BITMIME SMTPUTF8" in scripted.commands
    assert "RCPT TO:<änna@xn--huser-gra.example>" in scripted.commands

    async with ScriptedSmtpServer(extensions=[]) as server, sending_to(server) as sender:
        with pytest.raises(Refused, match="SMTPUTF8"):
            await sender.send(a_message("änna@example.com"))


async def test_a_domain_beyond_ascii_needs_nothing_of_the_server() -> None:
    async with ScriptedSmtpServer(extensions=[]) as server, sending_to(server) as sender:
        await sender.send(a_message("anna@häuser.example"))
    assert "MAIL FROM:<alerts@example.com>" in server.commands
    assert "RCPT TO:<anna@xn--huser-gra.example>" in server.commands
    assert b"\r\nTo: anna@xn--huser-gra.example\r\n" in server.taken[0]


async def test_a_server_without_smtputf8_gets_an_ascii_address_with_7_bits() -> None:
    async with ScriptedSmtpServer(extensions=["SMTPUTF8"]) as server, sending_to(server) as sender:
        await sender.send(a_message("änna@example.com"))
    assert "MAIL FROM:<alerts@example.com> SMTPUTF8" in server.commands


async def test_a_server_that_cannot_take_such_an_address_after_all_is_not_down(scripted: ScriptedSmtpServer) -> None:
    """It offered SMTPUTF8 and does not know it at MAIL: others, which need it not, are taken as before."""
    scripted.script["MAIL"] = "555 5.5.4 unsupported option: SMTPUTF8"
    async with sending_to(scripted) as sender:
        with pytest.raises(Refused, match=r"SMTP 555 5\.5\.4 at MAIL"):
            await sender.send(a_message("änna@example.com"))
        with pytest.raises(ProviderDown):
            await sender.send(a_message("anna@example.com"))


@pytest.mark.parametrize(("extensions", "script"), [([], {}), (AT_ONCE, {"MAIL": "555 5.5.4 unknown option"})])
async def test_an_address_of_our_own_that_the_server_cannot_take_costs_no_message(
    extensions: list[str], script: dict[str, str]
) -> None:
    async with (
        ScriptedSmtpServer(script, extensions=extensions) as server,
        sending_to(server, email_from="büro@example.com") as sender,
    ):
        with pytest.raises(ProviderDown, match="EMAIL_FROM"):
            await sender.send(a_message())
        assert server.taken == []


async def test_a_host_that_lost_its_power_is_noticed(scripted: ScriptedSmtpServer) -> None:
    """No cable is pulled here, so this reads the options that the system was given."""
    async with sending_to(scripted) as sender:
        await sender.send(a_message())
        (connection,) = sender._pool._idle
        our_end = connection._wire._transport.get_extra_info("socket")
        shown = [
            our_end.getsockopt(socket.IPPROTO_TCP, option)
            for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
        ]
        assert our_end.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert shown == [10, 5, 3]


@pytest.mark.parametrize("extensions", [[], ["8BITMIME"], ["8BITMIME", "SMTPUTF8"]])
async def test_text_beyond_ascii_travels_in_7_bits_so_that_any_server_takes_it(extensions: list[str]) -> None:
    async with ScriptedSmtpServer(extensions=extensions) as server, sending_to(server) as sender:
        await sender.send(a_message(text="Häuser für 450.000 € 🏡"))
    assert "MAIL FROM:<alerts@example.com>" in server.commands
    assert server.taken[0].isascii()


async def test_a_repeat_has_the_same_message_id_on_the_wire_from_whichever_worker(scripted: ScriptedSmtpServer) -> None:
    message = a_message()
    for _ in range(2):
        async with sending_to(scripted) as sender:
            await sender.send(message)
    first, second = [re.findall(rb"\r\n(Message-ID: .*)\r\n", content) for content in scripted.taken]
    assert first == second == [f"Message-ID: <{message.delivery_id}@example.com>".encode()]


async def test_the_settings_are_read_and_checked(tools: Tools, environ: Environ) -> None:
    with pytest.raises(ConfigurationError, match="EMAIL_FROM: needed"):
        email_smtp.create(tools)

    environ(EMAIL_FROM="alerts@example.com", SMTP_USERNAME="alerts", SMTP_STARTTLS="opportunistic")
    with pytest.raises(ConfigurationError, match="SMTP_STARTTLS"):
        email_smtp.create(tools)

    environ(SMTP_STARTTLS="required", SMTP_CA_FILE="/nowhere/ca.pem")
    with pytest.raises(ConfigurationError, match="SMTP_CA_FILE"):
        email_smtp.create(tools)

    environ(SMTP_CA_FILE="", SMTP_CONNECTIONS="3")
    sender = email_smtp.create(tools)
    assert sender.limits == Limits(at_once=3, per_second=None)
    await sender.close()


@pytest.mark.parametrize("refuse", ["421 4.7.0 too many connections from 127.0.0.1", "421 4.3.2 so be it", DROP])
@pytest.mark.parametrize("verb", ["GREETING", "EHLO", "MAIL"])
async def test_a_server_that_takes_two_connections_gets_all_messages_over_two(verb: str, refuse: str) -> None:
    server = ScriptedSmtpServer()
    server.script[verb] = lambda _command: refuse if server.open > 2 else None
    async with server, sending_to(server, connections=8) as sender:
        receipts = await asyncio.gather(*[sender.send(a_message()) for _ in range(100)], return_exceptions=True)
        assert not [receipt for receipt in receipts if isinstance(receipt, Exception)]
        assert sender.limits == Limits(2)
    assert len(server.taken) == 100
    assert server.verbs["GREETING"] <= 12


async def test_a_server_that_takes_none_is_down_and_not_short_of_connections() -> None:
    async with ScriptedSmtpServer({"GREETING": "421 4.3.2 closed"}) as server, sending_to(server) as sender:
        results = await asyncio.gather(*[sender.send(a_message()) for _ in range(20)], return_exceptions=True)
        assert {isinstance(result, ProviderDown) for result in results} == {True}
        assert sender.limits == Limits(8)


async def test_too_many_connections_at_the_final_dot_is_no_failure() -> None:
    server = ScriptedSmtpServer()
    refusals = iter(["432 4.3.2 Concurrent connections limit exceeded"] * 3)
    server.script["DOT"] = lambda _: next(refusals, None)
    async with server, sending_to(server, connections=4) as sender:
        await asyncio.gather(*[sender.send(a_message()) for _ in range(20)])
        assert sender.limits.at_once < 4
    assert len(server.taken) == 20


async def test_a_message_that_is_cancelled_in_its_turn_gives_the_turn_on() -> None:
    async with ScriptedSmtpServer() as server, sending_to(server, connections=1) as sender:
        first, second, third = [asyncio.create_task(sender.send(a_message())) for _ in range(3)]
        await asyncio.wait([first])
        second.cancel()
        await third
        assert len(server.taken) == 2


async def test_the_receipt_does_not_wait_for_the_farewell() -> None:
    """Killed while it waited, the worker would send the message again."""
    async with ScriptedSmtpServer({"QUIT": SILENCE}) as server:
        sender = a_sender(server.port, messages_per_connection=1, timeout=600)
        sending = asyncio.create_task(sender.send(a_message()))
        await server.heard("QUIT")
        assert sending.done()
        await sender.close()


@pytest.mark.parametrize("name", ["alerts.example.com", "[192.0.2.7]", "[IPv6:2001:db8::1]"])
async def test_the_name_in_ehlo_is_a_setting(scripted: ScriptedSmtpServer, name: str) -> None:
    async with sending_to(scripted, helo_name=name) as sender:
        await sender.send(a_message())
    assert scripted.commands[0] == f"EHLO {name}"


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ("mail.example.com", "mail.example.com"),
        ("localhost", "[127.0.0.1]"),
        ("localhost.localdomain", "[127.0.0.1]"),
        ("box", "[127.0.0.1]"),
        ("my_box.example.com", "[127.0.0.1]"),
    ],
)
async def test_by_default_the_name_in_ehlo_is_the_machines_own_if_it_is_a_full_one(
    scripted: ScriptedSmtpServer, monkeypatch: pytest.MonkeyPatch, own: str, said: str
) -> None:
    setup.own_name.cache_clear()
    monkeypatch.setattr(socket, "getfqdn", lambda: own)
    async with sending_to(scripted) as sender:
        await sender.send(a_message())
    setup.own_name.cache_clear()
    assert scripted.commands[0] == f"EHLO {said}"


@pytest.mark.parametrize(
    "name", ["localhost", "box", "two words.example.com", "x\r\nMAIL.example.com", "[1.2.3]", "1.2.3.4"]
)
def test_a_name_that_is_none_is_refused_at_start(name: str, environ: Environ) -> None:
    environ(SMTP_HELO_NAME=name, EMAIL_FROM="alerts@example.com")
    with pytest.raises(ConfigurationError, match="SMTP_HELO_NAME"):
        load(SmtpSettings)


@pytest.mark.parametrize("code", [500, 501, 502, 504])
async def test_a_server_that_knows_no_ehlo_is_greeted_with_helo(code: int) -> None:
    async with ScriptedSmtpServer({"EHLO": f"{code} what?"}) as server, sending_to(server) as sender:
        await sender.send(a_message())
        assert (server.verbs["HELO"], len(server.taken)) == (1, 1)


async def test_the_size_is_announced_and_what_is_too_big_is_not_sent() -> None:
    async with (
        ScriptedSmtpServer(extensions=["SIZE 5000"]) as server,
        sending_to(server, connections=1) as sender,
    ):
        await sender.send(a_message(text="small", html=False))
        size = len(server.taken[0]) - len(b".\r\n")
        assert f" SIZE={size}" in server.commands[1]
        with pytest.raises(Refused, match=r"the message has \d+ bytes, and the SMTP server takes 5000"):
            await sender.send(a_message(text="x" * 6_000, html=False))
        await sender.send(a_message(text="small", html=False))
    assert (server.verbs["GREETING"], server.verbs["MAIL"], len(server.taken)) == (1, 2, 2)


@pytest.mark.parametrize("limit", ["SIZE", "SIZE 0", "SIZE lots"])
async def test_a_server_without_a_limit_takes_any_size(limit: str) -> None:
    async with ScriptedSmtpServer(extensions=[limit]) as server, sending_to(server) as sender:
        await sender.send(a_message(text="x" * 6_000, html=False))
        assert len(server.taken) == 1


@pytest.mark.parametrize(
    ("verb", "answer", "fix"),
    [
        ("MAIL", "550 5.1.0 rejected", "EMAIL_FROM"),
        ("RCPT", "504 5.5.2 <box>: Helo command rejected: need fully-qualified hostname", "SMTP_HELO_NAME"),
        ("RCPT", "554 5.7.1 Relay access denied", "SMTP_USERNAME"),
        ("RCPT", "550 5.7.1 Client host blocked using zen.example.org", "reverse DNS"),
        ("AUTH", "535 5.7.8 no", "SMTP_PASSWORD"),
    ],
)
async def test_check_reports_refusals_of_this_service_with_the_remedy(
    scripted: ScriptedSmtpServer, verb: str, answer: str, fix: str
) -> None:
    scripted.script[verb] = answer
    async with sending_to(scripted, username="alerts", password="x") as sender:
        with pytest.raises(ProviderDown, match=fix):
            await sender.check()
    assert scripted.verbs["DATA"] == 0


@pytest.mark.parametrize("answer", ["550 5.1.1 no such user", "450 4.2.0 greylisted", "550 5.7.1 rejected"])
async def test_check_is_not_about_the_one_recipient_that_it_names(scripted: ScriptedSmtpServer, answer: str) -> None:
    scripted.script["RCPT"] = answer
    async with sending_to(scripted) as sender:
        assert "answers" in await sender.check()
    assert scripted.verbs["DATA"] == 0


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("user anna@example.com unknown", "user … unknown"),
        ("<ANNA@EXAMPLE.COM> is unknown", "<…> is unknown"),
        ("anna has no mailbox", "… has no mailbox"),
        ("see https://help.example.org/550?to=anna%40example.com", "see https://help.example.org/550"),
        ("call +1 415 555 2671 about this", "call … about this"),
        ("your message about a lovely home in Fremont is spam", "your message about … … … … … is spam"),
        ("blocked, 192.0.2.1 is listed", "blocked, 192.0.2.1 is listed"),
        ("x" * 100, "…"),
        ("why " * 100, "why " * 49 + "why…"),
    ],
)
async def test_the_reply_of_the_server_is_kept_without_addresses_and_message(
    scripted: ScriptedSmtpServer, said: str, kept: str
) -> None:
    scripted.script["DOT"] = f"552 5.3.4 {said}"
    async with sending_to(scripted) as sender:
        with pytest.raises(SendError) as caught:
            await sender.send(a_message("anna@example.com", text="Here is a lovely home in Fremont for you."))
    assert kept in caught.value.reason
    assert "anna" not in caught.value.reason.lower()
