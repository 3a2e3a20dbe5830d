"""List-Unsubscribe on the wire: mail programs decode nothing in it (RFC 8058), so not one byte may change."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from email import message_from_bytes, policy

import pytest

from property_alert_notification.channels import email_smtp
from property_alert_notification.channels.base import OutgoingMessage, Tools
from property_alert_notification.channels.mime import Composer, EmailSettings
from property_alert_notification.messages.content import Links, MessageContent
from property_alert_notification.messages.render import render_email
from tests.channels.conftest import CLOCK, Environ, a_message
from tests.services.postfix import Postfix
from tests.services.postfix_helpers import LoginServer, PolicyServer
from tests.services.smtp import SmtpServer

LENGTHS = [20, 21, 57, 58, 59, 60, 74, 75, 76, 77, 78, 79, 80, 200, 500, 898, 899, 900]
ONE_CLICK = b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"


def url(length: int) -> str:
    return "https://a.example/" + "x" * (length - 18)


def unsubscribable(length: int) -> OutgoingMessage:
    email = render_email(MessageContent("Price drop", "Now 450,000.", Links(url(900), url(length))))
    return replace(a_message(), text=email.text, html=email.html, headers=email.headers)


def assert_intact(content: bytes, length: int) -> None:
    head = content.partition(b"\r\n\r\n")[0] + b"\r\n"
    assert f"\r\nList-Unsubscribe: <{url(length)}>\r\n".encode() in head
    assert ONE_CLICK in head
    parsed = message_from_bytes(content, policy=policy.default)
    assert parsed["List-Unsubscribe"] == f"<{url(length)}>"
    assert parsed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert url(length) in parsed.get_body(("plain",)).get_content()  # type: ignore[attr-defined]
    assert f'href="{url(length)}"' in parsed.get_body(("html",)).get_content()  # type: ignore[attr-defined]
    assert max(map(len, content.split(b"\r\n"))) <= 998


def test_a_url_of_any_length_is_written_as_it_is() -> None:
    composer = Composer(EmailSettings(email_from="alerts@example.com"))

    def is_intact(length: int) -> bool:
        message = replace(a_message(html=False), headers=(("List-Unsubscribe", f"<{url(length)}>"),))
        line = f"\r\nList-Unsubscribe: <{url(length)}>\r\n".encode()
        return line in composer.compose(message, now=CLOCK.now()).content

    assert [length for length in range(20, 901) if not is_intact(length)] == []


@pytest.mark.parametrize(("value", "read"), [("=?utf-8?q?a?=", "=?utf-8?q?a?="), ("x" * 2_000, "x" * 2_000)])
def test_a_word_that_cannot_be_written_as_it_is_is_encoded(value: str, read: str) -> None:
    message = replace(a_message(html=False), headers=(("X-Note", value),))
    mail = Composer(EmailSettings(email_from="alerts@example.com")).compose(message, now=CLOCK.now())

    assert message_from_bytes(mail.content, policy=policy.default)["X-Note"] == read
    assert max(map(len, mail.content.split(b"\r\n"))) <= 998


async def _send(tools: Tools, messages: Sequence[OutgoingMessage]) -> None:
    sender = email_smtp.create(tools)
    for message in messages:
        await sender.send(message)
    await sender.close()


async def test_aiosmtpd_receives_it_intact(tools: Tools, environ: Environ) -> None:
    with SmtpServer() as server:
        environ(EMAIL_FROM="alerts@example.com", SMTP_HOST="127.0.0.1", SMTP_PORT=server.port, SMTP_STARTTLS="off")
        await _send(tools, [unsubscribable(length) for length in LENGTHS])
        mails = [mail.content for mail in server.mails]

    for content, length in zip(mails, LENGTHS, strict=True):
        assert_intact(content, length)


async def test_postfix_stores_it_intact(tools: Tools, environ: Environ) -> None:
    async with PolicyServer() as policy_server, LoginServer("alerts", "secret") as login:
        policy_server.asked["anna@example.com"] = 1  # no stranger any more
        postfix = Postfix(policy=policy_server.port, login=login.port, connections=2, messages=100, window=1)
        try:
            await asyncio.to_thread(postfix.start)
            environ(EMAIL_FROM="alerts@example.com", SMTP_HOST="localhost", SMTP_PORT=postfix.port)
            environ(SMTP_USERNAME="alerts", SMTP_PASSWORD="secret", SMTP_CA_FILE=postfix.ca_file)
            environ(SMTP_HELO_NAME="alerts.example.com")
            await _send(tools, [unsubscribable(length) for length in (20, 76, 900)])
            stored = await asyncio.to_thread(postfix.contents)
        finally:
            await asyncio.to_thread(postfix.close)

    for length in (20, 76, 900):
        [content] = [each for each in stored if f"<{url(length)}>".encode() in each]
        assert_intact(content, length)
