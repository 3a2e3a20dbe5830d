"""Email through an SMTP server, over a pool of reused connections.

The verbs are driven one by one, because what a failure means depends on how far the message had come:

- at the greeting, EHLO, STARTTLS or AUTH the server or its settings are at fault, and no message is;
- at MAIL too: it names only our own address, and correcting `EMAIL_FROM` must not cost any message; but 555 there, when
  an address beyond ASCII needs SMTPUTF8, is about this message;
- 421 before the final dot, which any verb may be answered, is the server's farewell;
- at RCPT, DATA and after the final dot the server judged this message: 4yz is tried again, 5yz is final;
- silence after the final dot is the one case in which nobody can tell;
- after the answer to the final dot nothing matters any more, least of all QUIT.

Source: RFC 5321, 4.2 to 4.5; enhanced status codes: RFC 3463.
"""

import asyncio
import re
import socket
import ssl
from collections import deque
from collections.abc import Awaitable, Collection
from contextlib import suppress
from typing import ClassVar, Literal, cast

from aiosmtplib import SMTP, SMTPException, SMTPResponseException
from pydantic import Field, FilePath, SecretStr
from pydantic_settings import SettingsConfigDict

from property_alert_notification.channels.base import Limits, OutgoingMessage, Receipt, Tools
from property_alert_notification.channels.mime import Composer, EmailSettings, Mail
from property_alert_notification.channels.smtp_wire import Reply, Wire, WireBroken
from property_alert_notification.clock import Clock
from property_alert_notification.errors import (
    ConfigurationError,
    OutcomeUnknown,
    ProviderDown,
    Refused,
    RetryLater,
    SendError,
)
from property_alert_notification.settings import ProviderSettings, load
from property_alert_notification.vocabulary import Channel

_CLOSING = 421
_GO_AHEAD = 354
_UNKNOWN_OPTION = 555
_LOGIN_CODES = {530, 534, 535, 538}  # "authenticate first", at whatever verb (RFC 4954, 6): never about one message
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?!\S)")
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


class SmtpSettings(ProviderSettings):
    """Where email is handed over."""

    model_config = SettingsConfigDict(env_prefix="SMTP_", env_ignore_empty=True)

    host: str = Field("localhost", min_length=1, max_length=253, examples=["smtp.example.com"])
    """Name of the SMTP server; its certificate must carry it."""

    # Submission, not relay: what hosted providers offer, and what cloud networks let out (RFC 6409).
    port: int = Field(587, ge=1, le=65_535)
    """587 for a provider with STARTTLS, 465 with `SMTP_TLS=true`, often 25 for a relay of your own."""

    username: str | None = Field(None, examples=["alerts@example.com"])
    """Log in with this name; none is no login."""

    password: SecretStr = Field(SecretStr(""), examples=["a-secret"])
    """The password of `SMTP_USERNAME`."""

    starttls: Literal["required", "opportunistic", "off"] = "required"
    """`required` sends nothing without verified encryption; `opportunistic` encrypts when the server offers it,
    whatever its certificate; `off` never does."""

    tls: bool = False
    """TLS from the first byte, as on port 465. STARTTLS is then not used."""

    ca_file: FilePath | None = Field(None, examples=["/etc/ssl/our-ca.pem"])
    """Certificates (PEM) to trust besides those of the system."""

    connections: int = Field(8, ge=1, le=100)
    """Connections of one worker at most."""

    messages_per_connection: int = Field(100, ge=1, le=100_000)
    """A connection is closed after this many; some servers count."""

    idle_timeout: float = Field(30.0, gt=0, le=3_600)
    """Seconds after which an unused connection is not used again."""

    timeout: float = Field(60.0, gt=0, le=600)
    """Seconds the server has to answer a connection or a command."""

    final_timeout: float = Field(600.0, gt=0, le=3_600)
    """Seconds the server has to take a message it has been given whole. RFC 5321 (4.5.3.2.6) asks for 600; with
    less, more messages are in doubt."""


def create(tools: Tools) -> "SmtpSender":
    """Build the sender from `SMTP_…` and `EMAIL_…`."""
    email = load(EmailSettings)
    if "email_from" not in email.model_fields_set:
        raise ConfigurationError("EMAIL_FROM: needed for EMAIL_PROVIDER=smtp. Example: EMAIL_FROM=alerts@example.com")
    settings = tools.load(SmtpSettings)
    if settings.username and settings.starttls == "opportunistic" and not settings.tls:
        raise ConfigurationError(
            "SMTP_STARTTLS: opportunistic would show the password to anyone who hides the server's offer. "
            "Example: SMTP_STARTTLS=required"
        )
    return SmtpSender(settings, Composer(email), tools.clock)


class SmtpSender:
    """Hands each message over in a transaction of its own, with one recipient."""

    channel: ClassVar[Channel] = Channel.EMAIL
    name: ClassVar[str] = "smtp"
    key_window = None
    """Some stores show equal Message-IDs once, but none promises it."""
    calls_back = False

    def __init__(self, settings: SmtpSettings, composer: Composer, clock: Clock) -> None:
        """Nothing is opened yet."""
        self._composer = composer
        self._clock = clock
        self._pool = _Pool(settings, clock)
        self.limits = Limits(settings.connections, settings.rate)

    async def send(self, message: OutgoingMessage) -> Receipt:
        """Hand one message over; the receipt holds the server's queue id if it tells one."""
        mail = self._composer.compose(message, now=self._clock.now())
        return Receipt(await self._pool.hand_over(mail))

    async def check(self) -> str:
        """Connect, encrypt and log in."""
        return await self._pool.check()

    async def close(self) -> None:
        """Say QUIT on every idle connection; those in use follow when their message is through."""
        await self._pool.close()


class _Stale(Exception):
    """The connection was lost before the message had left: a matter of course for one that was used before."""


class _Unwilling(_Stale):
    """And no message was to blame: the server said goodbye, or knew nothing of the message yet."""


class _Pool:
    """Connections that are opened when needed and kept for the next message."""

    def __init__(self, settings: SmtpSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._context = _tls_context(settings)
        self._slots = asyncio.Semaphore(settings.connections)
        self._idle: deque[_Connection] = deque()  # the longest unused one is on the left
        self._closed = False

    async def hand_over(self, mail: Mail) -> str | None:
        async with self._slots:
            connection = await self._reused()
            if connection is not None:
                try:
                    return await self._use(connection, mail)
                except _Stale:
                    pass
            connection = await _Connection.open(self._settings, self._context)
            try:
                return await self._use(connection, mail)
            except _Unwilling as error:
                raise ProviderDown(str(error)) from None
            except _Stale as error:
                raise RetryLater(str(error)) from None

    async def check(self) -> str:
        async with self._slots:
            if self._idle:  # the limit holds for this one too
                await self._idle.popleft().quit()
            connection = await _Connection.open(self._settings, self._context)
            await connection.quit()
        return f"{self._settings.host}:{self._settings.port} answers, {connection.description}"

    async def close(self) -> None:
        self._closed = True
        idle, self._idle = list(self._idle), deque()
        await asyncio.gather(*[connection.quit() for connection in idle])

    async def _reused(self) -> "_Connection | None":
        """The connection used last, so that those not needed grow old; the old ones are closed on the way."""
        oldest = self._clock.monotonic() - self._settings.idle_timeout
        while self._idle and (self._idle[0].used_at < oldest or not self._idle[0].is_alive):
            await self._idle.popleft().quit()
        while self._idle:
            connection = self._idle.pop()
            if connection.is_alive:
                return connection
            connection.close()
        return None

    async def _use(self, connection: "_Connection", mail: Mail) -> str | None:
        try:
            return await connection.hand_over(mail)
        finally:
            await self._put_back(connection)

    async def _put_back(self, connection: "_Connection") -> None:
        if not connection.is_alive:
            connection.close()  # it may be open, and owe answers that nobody waits for any more
            return
        if self._closed or connection.messages >= self._settings.messages_per_connection:
            await connection.quit()
            return
        connection.used_at = self._clock.monotonic()
        self._idle.append(connection)


class _Connection:
    """One session with the server."""

    def __init__(self, wire: Wire, settings: SmtpSettings, extensions: Collection[str], description: str) -> None:
        self._wire = wire
        self._settings = settings
        self._extensions = extensions
        self.description = description
        self.messages = 0
        self.used_at = 0.0

    @classmethod
    async def open(cls, settings: SmtpSettings, context: ssl.SSLContext) -> "_Connection":
        """Connect, encrypt and log in as the settings say.

        Raises:
            ProviderDown: one of these did not work; no message was involved.
        """
        smtp = SMTP(
            hostname=settings.host,
            port=settings.port,
            use_tls=settings.tls,
            start_tls=False,
            tls_context=context,
            timeout=settings.timeout,
        )
        try:
            description = await _set_up(smtp, settings)
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
        """Hang up."""
        self._wire.close()

    async def quit(self) -> None:
        """Leave politely; the server's opinion about it is of no interest."""
        with suppress(WireBroken):
            self._wire.say(b"QUIT")
            await self._wire.read(timeout=min(self._settings.timeout, 2.0))
        self._wire.close()

    async def hand_over(self, mail: Mail) -> str | None:
        """One transaction; returns the server's queue id if it tells one.

        Raises:
            _Stale: the connection was lost before the message had left.
            SendError: as the module says.
        """
        self.messages += 1
        try:
            await self._announce(mail)
            answer = await self._transfer(mail.content)
        except (RetryLater, Refused):
            await self._reset()
            raise
        except BaseException:
            self._wire.close()  # what the server would answer next belongs to nobody
            raise
        _judge(answer, "the final dot")
        found = _QUEUE_ID.search(answer.text)
        return found.group(1) if found else None

    async def _announce(self, mail: Mail) -> None:
        """Everything before the message, in one packet if the server takes it so (RFC 2920)."""
        options = self._options(mail)
        commands = {
            "MAIL": f"MAIL FROM:<{mail.sender.text}>{options}".encode(),
            "RCPT": f"RCPT TO:<{mail.recipient.text}>".encode(),
            "DATA": b"DATA",
        }
        at_once = "pipelining" in self._extensions
        if at_once:
            self._say("MAIL", *commands.values())
        for verb, command in commands.items():
            if not at_once:
                self._say(verb, command)
            answer = await self._read(verb)
            if options and verb == "MAIL" and answer.code == _UNKNOWN_OPTION:
                raise _no_utf8(mail, _reason(answer, verb))
            _agree(answer, verb)

    def _options(self, mail: Mail) -> str:
        """What MAIL has to say about this message."""
        if not (mail.recipient.needs_utf8 or mail.sender.needs_utf8):
            return ""
        if "smtputf8" not in self._extensions:
            raise _no_utf8(mail, "the address needs SMTPUTF8, which the SMTP server does not offer")
        # Whoever offers the one should offer the other, says RFC 6531, 3.1.
        return " BODY=8BITMIME SMTPUTF8" if "8bitmime" in self._extensions else " SMTPUTF8"

    async def _transfer(self, content: bytes) -> Reply:
        """The message itself, up to the answer to the final dot."""
        try:
            # Until it is written the message cannot have been taken.
            self._wire.write(content.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        except WireBroken:
            raise _Stale("the SMTP server closed the connection at DATA") from None
        try:
            answer = await self._wire.read(timeout=self._settings.final_timeout)
        except WireBroken as error:
            raise OutcomeUnknown(f"no answer to the final dot ({error})") from None
        if answer.code // 100 not in {2, 4, 5}:
            raise OutcomeUnknown(_reason(answer, "the final dot"))
        if answer.code == _CLOSING:
            self._wire.close()
        return answer

    def _say(self, verb: str, *commands: bytes) -> None:
        try:
            self._wire.say(*commands)
        except WireBroken as error:
            raise _lost(verb, error) from None

    async def _read(self, verb: str) -> Reply:
        """The answer to one command of a transaction.

        Raises:
            _Stale: the connection is lost, or the server closes it.
        """
        try:
            answer = await self._wire.read(timeout=self._settings.timeout)
        except WireBroken as error:
            raise _lost(verb, error) from None
        if answer.code == _CLOSING:
            raise _Unwilling(_reason(answer, verb))
        return answer

    async def _reset(self) -> None:
        """Forget the transaction, so that the connection can be used again."""
        try:
            while self._wire.unanswered:
                if (await self._read("RSET")).code == _GO_AHEAD:
                    # It refused the recipient and wants the message all the same. It gets none, not even an empty one.
                    self._wire.close()
            self._say("RSET", b"RSET")
            answer = await self._read("RSET")
        except _Stale:
            self._wire.close()
        else:
            if answer.code != 250:
                self._wire.close()


async def _set_up(smtp: SMTP, settings: SmtpSettings) -> str:
    """Everything before the first message; returns how safe the connection is, in words."""
    await _setting_up("the greeting", smtp.connect())
    await _setting_up("EHLO", smtp.ehlo())
    encrypted = settings.tls
    if not settings.tls and settings.starttls != "off":
        encrypted = await _encrypt(smtp, settings)
    if settings.username:
        await _log_in(smtp, settings.username, settings.password.get_secret_value())
    login = "logged in" if settings.username else "no login"
    return f"{'encrypted' if encrypted else 'not encrypted'}, {login}"


async def _encrypt(smtp: SMTP, settings: SmtpSettings) -> bool:
    if not smtp.supports_extension("starttls"):
        if settings.starttls == "required":
            raise ProviderDown("the SMTP server offers no STARTTLS, and SMTP_STARTTLS is required")
        return False
    await _setting_up("STARTTLS", smtp.starttls())
    await _setting_up("EHLO", smtp.ehlo())
    return True


async def _log_in(smtp: SMTP, username: str, password: str) -> None:
    """One method only: a server that refused the password by one would count a second try as an attack."""
    if "plain" in smtp.server_auth_methods:
        await _setting_up("AUTH", smtp.auth_plain(username, password))
    elif "login" in smtp.server_auth_methods:
        await _setting_up("AUTH", smtp.auth_login(username, password))
    elif "cram-md5" in smtp.server_auth_methods:
        await _setting_up("AUTH", smtp.auth_crammd5(username, password))
    else:
        raise ProviderDown("the SMTP server offers no login we know on this connection, and SMTP_USERNAME is set")


async def _setting_up(verb: str, step: Awaitable[object]) -> None:
    """A step that comes before any message: whatever happens, no message is to blame."""
    try:
        await step
    except SMTPResponseException as error:
        raise ProviderDown(_reason(Reply(error.code, error.message), verb)) from None
    except ssl.SSLCertVerificationError as error:
        raise ProviderDown(f"the SMTP server's certificate is not trusted: {error.verify_message}") from None
    except (SMTPException, OSError) as error:
        raise ProviderDown(f"the SMTP server did not get past {verb} ({_kind(error)})") from None


def _agree(answer: Reply, verb: str) -> None:
    """Return when the server wants to hear the next command, or the message after DATA; raise what else it means."""
    if verb == "MAIL" and answer.code >= 400:  # about EMAIL_FROM, not about this message
        raise ProviderDown(_reason(answer, verb))
    if verb == "DATA" and answer.code == _GO_AHEAD:
        return
    _judge(answer, verb)
    if verb == "DATA":
        raise RetryLater(_reason(answer, verb))


def _no_utf8(mail: Mail, reason: str) -> SendError:
    """Whose address is it? Our own must not cost any message."""
    return ProviderDown(f"EMAIL_FROM: {reason}") if mail.sender.needs_utf8 else Refused(reason)


def _lost(verb: str, error: WireBroken) -> _Stale:
    return (_Unwilling if verb == "MAIL" else _Stale)(f"no answer to {verb} ({error})")


def _judge(answer: Reply, verb: str) -> None:
    """Return for 2yz; raise what any other reply means for this message."""
    if answer.code // 100 == 2:
        return
    if answer.code in _LOGIN_CODES:
        raise ProviderDown(_reason(answer, verb))
    if answer.code // 100 == 5:
        raise Refused(_reason(answer, verb))
    raise RetryLater(_reason(answer, verb))


def _reason(answer: Reply, verb: str) -> str:
    """The codes only: servers repeat addresses in their texts."""
    enhanced = _ENHANCED.match(answer.text)
    return f"SMTP {answer.code}{' ' + enhanced.group() if enhanced else ''} at {verb}"


def _kind(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "timeout"
    return type(error.__cause__ if isinstance(error.__cause__, OSError) else error).__name__


def _notice_its_death(transport: asyncio.BaseTransport) -> None:
    """A host that lost its power says nothing; within half a minute its connections shall not wait for it any more."""
    connection = transport.get_extra_info("socket")
    for level, option, value in _KEEPALIVE:
        connection.setsockopt(level, option, value)


def _tls_context(settings: SmtpSettings) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if settings.ca_file is not None:
        context.load_verify_locations(cafile=settings.ca_file)
    if settings.starttls == "opportunistic" and not settings.tls:
        # Whoever could present a false certificate could as well hide the offer of STARTTLS (RFC 7435).
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
