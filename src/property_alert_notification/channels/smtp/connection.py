"""One session with an SMTP server: connect, encrypt, log in, and one transaction for each message.

The verbs are driven one by one, because what a failure means depends on how far the message had come:

- a refusal at any verb means what `replies` reads in it;
- 421 before the final dot, which any verb may be answered, ends the connection; unless the reply says more, the message
  goes over another one;
- silence after the final dot is the one case in which the outcome is unknown;
- after the answer to the final dot nothing matters any more, least of all QUIT.

Source: RFC 5321, 4.2 to 4.5; SIZE: RFC 1870.
"""

import asyncio
import re
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from typing import cast

from aiosmtplib import SMTP

from property_alert_notification.base.errors import OutcomeUnknown, ProviderDown, Refused, RetryLater, SendError
from property_alert_notification.channels.mime import Address, Mail
from property_alert_notification.channels.smtp.faults import NoConnection, describe, fault
from property_alert_notification.channels.smtp.settings import SmtpSettings
from property_alert_notification.channels.smtp.setup import set_up
from property_alert_notification.channels.smtp.wire import Reply, Wire, WireBroken

_CLOSING = 421
_GO_AHEAD = 354
_UNKNOWN_OPTION = 555
# Asked after 10 s of silence, and again every 5 s, up to three times.
_KEEPALIVE = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    *[
        (socket.IPPROTO_TCP, getattr(socket, option), value)
        for option, value in (("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3))
        if hasattr(socket, option)
    ],
)
_QUEUE_ID = re.compile(r"(?:queued as |\bid=)<?([A-Za-z0-9-]{1,64})(?![\w.@])")


class Stale(Exception):
    """The connection was lost before the message was sent, as happens to reused connections."""


class Unwilling(Stale):
    """The server closed the connection before it knew of the message, or for a reason other than the message."""


class Connection:
    """One session with the server."""

    def __init__(self, wire: Wire, settings: SmtpSettings, extensions: Mapping[str, str], description: str) -> None:
        self._wire = wire
        self._settings = settings
        self._extensions = extensions
        self.description = description
        self.messages = 0
        self.used_at = 0.0

    @classmethod
    async def open(cls, settings: SmtpSettings, context: ssl.SSLContext | None) -> "Connection":
        """Connect, encrypt and log in as the settings say; `context` is None if they say not to encrypt.

        Raises:
            ProviderDown: one of these did not work; no message was involved.
        """
        smtp = SMTP(
            hostname=settings.host,
            port=settings.port,
            local_hostname="localhost",  # never sent: `set_up` names this machine
            use_tls=settings.tls,
            start_tls=False,
            tls_context=context,
            timeout=settings.timeout,
        )
        try:
            description = await set_up(smtp, settings)
        except BaseException:
            smtp.close()
            raise
        if smtp.transport is None:
            raise ProviderDown("the SMTP server closed the connection before it got any message")
        _notice_its_death(smtp.transport)
        return cls(Wire(cast("asyncio.Transport", smtp.transport)), settings, smtp.esmtp_extensions, description)

    @property
    def is_alive(self) -> bool:
        return self._wire.is_alive

    def close(self) -> None:
        """Close the connection."""
        self._wire.close()

    async def quit(self) -> None:
        """Send QUIT and close; the reply does not matter."""
        with suppress(WireBroken):
            self._wire.write_commands(b"QUIT")
            await self._wire.read(timeout=min(self._settings.timeout, 2.0))
        self._wire.close()

    async def send_mail(self, mail: Mail) -> str | None:
        """Send one message in one transaction; returns the server's queue id if the reply holds one.

        Raises:
            Stale: the connection was lost before the message had left.
            SendError: as the module says.
        """
        self.messages += 1
        try:
            await self._announce(mail)
            answer = await self._transfer(mail)
        except OutcomeUnknown:
            self._wire.close()
            raise
        except SendError as error:
            await self._reset()
            self._close_if_unwanted(error)
            raise
        except BaseException:
            self._wire.close()  # the server's next reply would belong to no command
            raise
        if answer.code // 100 != 2:
            refusal = fault(answer, "the final dot", mail)
            self._close_if_unwanted(refusal)
            raise refusal
        found = _QUEUE_ID.search(answer.text)
        return found.group(1) if found else None

    def _close_if_unwanted(self, error: SendError) -> None:
        """The server has too many connections: this one goes, not another message's."""
        if isinstance(error, NoConnection):
            self._wire.close()

    async def ask_about(self, sender: Address) -> None:
        """Name the sender, and as recipient too, without sending anything: most servers judge us there only.

        Raises:
            ProviderDown: the server does not accept us.
        """
        try:
            for verb, command in (("MAIL", f"MAIL FROM:<{sender.text}>"), ("RCPT", f"RCPT TO:<{sender.text}>")):
                self._write_commands(verb, command.encode())
                answer = await self._read(verb, None)
                if answer.code >= 400:
                    raise fault(answer, verb)
        except Stale as error:
            raise ProviderDown(str(error)) from None
        except ProviderDown:
            raise
        except SendError:
            return  # about that one recipient
        finally:
            await self._reset()

    async def _announce(self, mail: Mail) -> None:
        """Everything before the message, in one packet if the server takes it so (RFC 2920)."""
        utf8 = self._utf8_option(mail)
        commands = {
            "MAIL": f"MAIL FROM:<{mail.sender.text}>{self._size_option(mail)}{utf8}".encode(),
            "RCPT": f"RCPT TO:<{mail.recipient.text}>".encode(),
            "DATA": b"DATA",
        }
        at_once = "pipelining" in self._extensions
        if at_once:
            self._write_commands("MAIL", *commands.values())
        for verb, command in commands.items():
            if not at_once:
                self._write_commands(verb, command)
            answer = await self._read(verb, mail)
            if utf8 and verb == "MAIL" and answer.code == _UNKNOWN_OPTION:
                raise _no_utf8(mail, describe(answer, verb, mail))
            _agree(answer, verb, mail)

    def _size_option(self, mail: Mail) -> str:
        """The size of the message, for a server that wants to know it before (RFC 1870)."""
        limit = self._extensions.get("size")
        if limit is None:
            return ""
        size = len(mail.content)
        if limit.strip().isascii() and limit.strip().isdigit() and 0 < int(limit) < size:
            raise Refused(f"the message has {size} bytes, and the SMTP server takes {int(limit)}")
        return f" SIZE={size}"

    def _utf8_option(self, mail: Mail) -> str:
        if not (mail.recipient.needs_utf8 or mail.sender.needs_utf8):
            return ""
        if "smtputf8" not in self._extensions:
            raise _no_utf8(mail, "the address needs SMTPUTF8, which the SMTP server does not offer")
        # RFC 6531, 3.1: a server that offers the one should offer the other.
        return " BODY=8BITMIME SMTPUTF8" if "8bitmime" in self._extensions else " SMTPUTF8"

    async def _transfer(self, mail: Mail) -> Reply:
        """The message itself, up to the answer to the final dot."""
        try:
            # Until it is written the message cannot have been taken.
            self._wire.write(mail.content.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        except WireBroken:
            raise Stale("the SMTP server closed the connection at DATA") from None
        try:
            answer = await self._wire.read(timeout=self._settings.final_timeout)
        except WireBroken as error:
            raise OutcomeUnknown(f"no answer to the final dot ({error})") from None
        if answer.code // 100 not in {2, 4, 5}:
            raise OutcomeUnknown(describe(answer, "the final dot", mail))
        if answer.code == _CLOSING:
            self._wire.close()
        return answer

    def _write_commands(self, verb: str, *commands: bytes) -> None:
        try:
            self._wire.write_commands(*commands)
        except WireBroken as error:
            raise _lost(verb, error) from None

    async def _read(self, verb: str, mail: Mail | None) -> Reply:
        """The answer to one command of a transaction.

        Raises:
            Stale: the connection is lost, or the server closes it.
            SendError: the server closes it, and says what that is about.
        """
        try:
            answer = await self._wire.read(timeout=self._settings.timeout)
        except WireBroken as error:
            raise _lost(verb, error) from None
        if answer.code == _CLOSING:
            self._wire.close()
            said = fault(answer, verb, mail)
            raise Unwilling(said.reason) if type(said) is ProviderDown else said
        return answer

    async def _reset(self) -> None:
        """Forget the transaction, so that the connection can be used again."""
        try:
            while self._wire.unanswered:
                if (await self._read("RSET", None)).code == _GO_AHEAD:
                    # It refused the recipient and wants the message all the same. It gets none, not even an empty one.
                    self._wire.close()
            self._write_commands("RSET", b"RSET")
            answer = await self._read("RSET", None)
        except (Stale, SendError):
            self._wire.close()
        else:
            if answer.code != 250:
                self._wire.close()


def _agree(answer: Reply, verb: str, mail: Mail) -> None:
    """Return when the server expects the next command, or the message after DATA; else raise the error of the reply."""
    if answer.code == _GO_AHEAD and verb == "DATA":
        return
    if answer.code >= 400:
        raise fault(answer, verb, mail)
    if verb == "DATA" or answer.code // 100 != 2:
        raise RetryLater(describe(answer, verb, mail))


def _no_utf8(mail: Mail, reason: str) -> SendError:
    """Whose address is it? Our own must not cost any message."""
    return ProviderDown(f"EMAIL_FROM: {reason}") if mail.sender.needs_utf8 else Refused(reason)


def _lost(verb: str, error: WireBroken) -> Stale:
    return (Unwilling if verb == "MAIL" else Stale)(f"no answer to {verb} ({error})")


def _notice_its_death(transport: asyncio.BaseTransport) -> None:
    """A host that lost its power closes nothing; keepalive ends its connections within half a minute."""
    connection = transport.get_extra_info("socket")
    for level, option, value in _KEEPALIVE:
        connection.setsockopt(level, option, value)
