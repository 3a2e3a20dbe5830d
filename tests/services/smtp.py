"""A real SMTP server on loopback, in a thread, that keeps every message it took."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.services.process import PATIENCE, Service, free_port

TAKEN = "250 2.0.0 OK"


@dataclass(frozen=True, slots=True)
class Mail:
    """One message as it came over the wire."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes

    def parsed(self) -> EmailMessage:
        """The message as the standard library reads it."""
        return message_from_bytes(self.content, policy=policy.default)


class SmtpServer(Service):
    """Takes mail and remembers it. Use it as a context manager, or call `start` and `close`.

    Attributes:
        answer: what the server says after the final dot; at 4xx or 5xx the mail is not kept. Replace it at any time.
    """

    def __init__(self, **options: Any) -> None:
        """`options` go to aiosmtpd: `tls_context` (STARTTLS), `ssl_context` (TLS at once), `authenticator`, …"""
        self.host = "127.0.0.1"
        self.port = free_port()
        self.answer: Callable[[Mail], str] = lambda _mail: TAKEN
        self._options = options
        self._mails: list[Mail] = []
        self._arrival = threading.Condition()
        self._controller: Controller | None = None

    @property
    def mails(self) -> list[Mail]:
        """Everything taken so far, in order."""
        with self._arrival:
            return list(self._mails)

    async def wait_for(self, count: int) -> list[Mail]:
        """Return the mails as soon as there are `count` of them.

        Raises:
            TimeoutError: fewer came in time; the text says how many.
        """
        return await asyncio.to_thread(self._wait_for, count)

    def _wait_for(self, count: int) -> list[Mail]:
        with self._arrival:
            if not self._arrival.wait_for(lambda: len(self._mails) >= count, PATIENCE):
                raise TimeoutError(f"{len(self._mails)} of {count} mails came within {PATIENCE} s")
            return list(self._mails)

    def clear(self) -> None:
        """Forget the mails, and answer as at the start."""
        with self._arrival:
            self._mails.clear()
        self.answer = lambda _mail: TAKEN

    def start(self) -> Self:
        """Listen, also again after `stop`, on the same port."""
        self._controller = Controller(self, hostname=self.host, port=self.port, ready_timeout=PATIENCE, **self._options)
        self._controller.start()
        return self

    def stop(self) -> None:
        """Cut every connection and refuse new ones; the mails stay."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    close = stop

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """What aiosmtpd calls after the final dot."""
        content = envelope.original_content or b""
        mail = Mail(envelope.mail_from or "", tuple(str(recipient) for recipient in envelope.rcpt_tos), content)
        reply = self.answer(mail)
        if reply.startswith("2"):
            with self._arrival:
                self._mails.append(mail)
                self._arrival.notify_all()
        return reply
