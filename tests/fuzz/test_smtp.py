"""What a server reads of a message that was made to break out of its place."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import Refused
from property_alert_notification.channels.base import OutgoingMessage
from property_alert_notification.channels.email_smtp import SmtpSender
from property_alert_notification.channels.mime import Composer, EmailSettings
from property_alert_notification.channels.smtp.settings import SmtpSettings
from tests.channels.conftest import CLOCK
from tests.channels.hostile_mail import OURS, body, has_control, hostile_text, with_one_kind_of_line_end
from tests.channels.smtp_script import ScriptedSmtpServer
from tests.fuzz.budget import budget
from tests.services.smtp import Mail, SmtpServer


class Noon(Clock):
    """It is always the same second, so that what is sent twice is the same twice."""

    def now(self) -> datetime:
        return datetime(2026, 11, 22, 12, tzinfo=UTC)


class Line:
    """A sender, and two servers that read what it says: one by the book, one to the letter."""

    def __init__(self, server: SmtpServer, runner: asyncio.Runner) -> None:
        self._runner = runner
        self._server = server
        self._literal = ScriptedSmtpServer()
        runner.run(self._literal.__aenter__())
        self._senders = [_sender(server.port), _sender(self._literal.port)]

    def take(self, message: OutgoingMessage) -> Mail:
        """Send it to both; returns the one mail that came of it, after one transaction of ours.

        Raises:
            SendError: none came of it.
        """
        self._server.clear()
        self._literal.commands.clear()
        self._literal.taken.clear()
        for sender in self._senders:
            self._runner.run(sender.send(message))
        (mail,) = self._server.mails
        (raw,) = self._literal.taken
        assert raw.removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n.") == mail.content
        said = [command for command in self._literal.commands if not command.startswith(("EHLO", "QUIT"))]
        assert [command.split(" ")[0] for command in said] == ["MAIL", "RCPT", "DATA"]
        return mail

    def close(self) -> None:
        for sender in self._senders:
            self._runner.run(sender.close())
        self._runner.run(self._literal.__aexit__(None, None, None))


def _sender(port: int) -> SmtpSender:
    composer = Composer(EmailSettings(email_from="alerts@example.com", email_from_name="Example Homes"))
    chosen: dict[str, Any] = {"host": "127.0.0.1", "port": port, "starttls": "off", "timeout": 20, "final_timeout": 20}
    return SmtpSender(SmtpSettings(**chosen, messages_per_connection=100_000), composer, Noon())


@pytest.fixture(scope="module")
def line() -> Iterator[Line]:
    with SmtpServer() as server, asyncio.Runner() as runner:
        line = Line(server, runner)
        yield line
        line.close()


def read(mail: Mail) -> Any:
    return message_from_bytes(mail.content, policy=policy.default)


def without_controls(text: str) -> str:
    return "".join(one for one in text if not has_control(one))


# Most are taken for their address, or nothing else would be tried.
usual = st.just("anna@example.com")


@budget(share=10)
@given(
    address=usual | usual | usual | st.emails() | st.builds("{}@example.com".format, hostile_text) | hostile_text,
    subject=hostile_text | hostile_text.map(without_controls) | hostile_text.map(without_controls),
    text=hostile_text,
    html=st.none() | hostile_text,
)
def test_nothing_that_a_caller_writes_becomes_a_command_a_header_or_another_recipient(
    line: Line, address: str, subject: str, text: str, html: str | None
) -> None:
    try:
        mail = line.take(OutgoingMessage(CLOCK.new_id(), address, subject, text, html))
    except Refused:
        return
    message = read(mail)

    assert not has_control(subject)
    assert mail.sender == "alerts@example.com"
    assert len(mail.recipients) == 1
    assert len(message.keys()) == len(set(message.keys()))
    assert set(message.keys()) <= OURS
    assert message["Subject"] == subject
    assert body(message, "plain") == with_one_kind_of_line_end(text)
    if html is not None:
        assert body(message, "html") == with_one_kind_of_line_end(html)
    assert b"\r" not in mail.content.replace(b"\r\n", b"")
    assert b"\n" not in mail.content.replace(b"\r\n", b"")


LONG = [
    "word " * 180,
    "a" * 900,
    "ä" * 900,
    "Häuser und Wohnungen " * 43,
    "🏡" * 225,
    f"{'https://example.com/' + 'x' * 300} {'y' * 500}",
    " leading and trailing " + "blank " * 140 + " ",
    "=?utf-8?q?not_a_word?= " * 39,
]


@pytest.mark.parametrize("subject", LONG)
def test_a_long_subject_arrives_as_it_was_in_lines_as_short_as_they_should_be(line: Line, subject: str) -> None:
    mail = line.take(OutgoingMessage(CLOCK.new_id(), "anna@example.com", subject, "Look", "<p>Look</p>"))

    assert len(subject) >= 225
    assert read(mail)["Subject"] == subject
    lines = mail.content.split(b"\r\n")
    # RFC 5322, 2.1.1: no more than 78 characters, as far as a line can be broken at all.
    assert max(map(len, lines)) <= 78
    # And none of blanks alone, which 3.2.2 forbids.
    headers = lines[: lines.index(b"")]
    assert all(one.strip() for one in headers)


def test_a_line_of_a_text_that_is_longer_than_any_server_takes_arrives_whole(line: Line) -> None:
    text = "a" * 5_000 + "\n." + "b" * 5_000

    mail = line.take(OutgoingMessage(CLOCK.new_id(), "anna@example.com", "Long", text, None))

    assert body(read(mail), "plain") == text
    assert max(map(len, mail.content.split(b"\r\n"))) <= 78
