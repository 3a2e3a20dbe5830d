"""Takes returned emails by SMTP, on an address of this machine."""

import asyncio
import errno

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from property_alert_notification.base.errors import StoreUnavailable
from property_alert_notification.base.logs import origin
from property_alert_notification.base.supervise import Loop
from property_alert_notification.channels.return_path import ReturnPaths
from property_alert_notification.feedback.bounces.event import ReceivedMail
from property_alert_notification.feedback.bounces.intake import BounceIntake

log = structlog.get_logger()

LARGEST_MAIL = 5_000_000
"""Bytes: a report may contain the whole email that it is about."""
TAKE_OVER = 5.0
"""Seconds between two tries to listen where another worker does."""
MOST_CONNECTIONS = 10
"""Connections that may send mails at the same time."""
REFUSED_CONNECTIONS = 20
"""More connections that are answered that there are too many; others are closed."""
LONGEST_SESSION = 300.0
"""Seconds after which a connection is closed, whatever it sends."""
_MOST_RECIPIENTS = 10
_PATIENCE = 60.0
"""Seconds for which a client may be silent."""


class SmtpListener:
    """Listens until its loop is cancelled."""

    def __init__(self, intake: BounceIntake, return_paths: ReturnPaths, *, address: str, host: str, port: int) -> None:
        """`address` is the one that all return paths are made of."""
        self._handler = _Handler(intake, return_paths, address.lower())
        self._host, self._port = host, port

    async def run(self, loop: Loop) -> None:
        """Listen until cancelled. While another worker of the machine listens, wait until it stops.

        Raises:
            OSError: the address cannot be used.
        """
        while True:
            try:
                listener = await asyncio.get_running_loop().create_server(self._connection, self._host, self._port)
                break
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
            loop.went_well()
            await asyncio.sleep(TAKE_OVER)
        async with listener:
            loop.went_well()
            await listener.serve_forever()

    def _connection(self) -> SMTP:
        return _Connection(
            self._handler,
            data_size_limit=LARGEST_MAIL,
            enable_SMTPUTF8=True,
            ident="Property Alert Notification",
            timeout=_PATIENCE,
            loop=asyncio.get_running_loop(),
        )


class _Connection(SMTP):
    """One client, which is counted until it leaves, and has to leave after a while."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.event_handler.connections += 1
        super().connection_made(transport)
        self._end = asyncio.get_running_loop().call_later(LONGEST_SESSION, transport.close)
        if self.event_handler.connections > MOST_CONNECTIONS + REFUSED_CONNECTIONS:
            transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        self.event_handler.connections -= 1
        self._end.cancel()
        super().connection_lost(error)


class _Handler:
    """The answers to the commands of clients."""

    def __init__(self, intake: BounceIntake, return_paths: ReturnPaths, address: str) -> None:
        self._intake = intake
        self._return_paths = return_paths
        self._address = address
        self.connections = 0

    async def handle_MAIL(  # noqa: N802 - the library's names
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Any sender may report: most reports come from none."""
        if self.connections > MOST_CONNECTIONS:
            return "421 4.3.2 Too many connections, try again later"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Only return paths exist, and the address that they are made of."""
        if len(envelope.rcpt_tos) >= _MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        if address.lower() != self._address and self._return_paths.delivery_of(address) is None:
            return "550 5.1.1 No such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """The answer comes after the commit: what is not stored comes again."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        try:
            await self._intake.take([ReceivedMail(content, tuple(envelope.rcpt_tos))])
        except StoreUnavailable:
            return "451 4.3.0 The mail cannot be stored now, try again later"
        return "250 2.0.0 OK"

    async def handle_exception(self, error: Exception) -> str:
        """The library would refuse the mail for good; the server is to send it again."""
        log.error("bounce_mail.failed", **origin(error))
        return "451 4.3.0 The mail cannot be read now, try again later"
