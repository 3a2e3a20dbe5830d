"""Email through an SMTP server, over a pool of reused connections.

In `channels/smtp`, `connection` sends the commands, `replies` decides what a refusal is about, `pool` keeps as many
connections as the server accepts, and `evidence` decides about refusals that name no cause.
"""

import ssl
from dataclasses import replace
from typing import ClassVar

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import ConfigurationError, Deferred, ProviderDown, Refused, SendError
from property_alert_notification.base.settings import load
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.base import Limits, OutgoingMessage, Receipt, Tools
from property_alert_notification.channels.delivery_signature import DeliverySigner
from property_alert_notification.channels.dkim.keys import load_keys
from property_alert_notification.channels.dkim.signer import Signer
from property_alert_notification.channels.mime import Composer, EmailSettings, Mail
from property_alert_notification.channels.smtp import replies
from property_alert_notification.channels.smtp.connection import Connection
from property_alert_notification.channels.smtp.evidence import Evidence, Finding
from property_alert_notification.channels.smtp.faults import Undecided
from property_alert_notification.channels.smtp.pool import Pool
from property_alert_notification.channels.smtp.settings import SmtpSettings


def create(tools: Tools) -> "SmtpSender":
    """Build the sender from `SMTP_…`, `EMAIL_…` and `DKIM_…`."""
    email = load(EmailSettings)
    if "email_from" not in email.model_fields_set:
        raise ConfigurationError("EMAIL_FROM: needed for EMAIL_PROVIDER=smtp. Example: EMAIL_FROM=alerts@example.com")
    settings = tools.load(SmtpSettings)
    if settings.username and settings.starttls == "opportunistic" and not settings.tls:
        raise ConfigurationError(
            "SMTP_STARTTLS: opportunistic would show the password to anyone who hides the server's offer. "
            "Example: SMTP_STARTTLS=required"
        )
    keys = load_keys()
    composer = Composer(email, DeliverySigner(tools.settings.link_keys))
    return SmtpSender(settings, composer, tools.clock, None if keys is None else Signer(*keys))


class SmtpSender:
    """Sends each message in an SMTP transaction of its own, with one recipient."""

    channel: ClassVar[Channel] = Channel("email")
    name: ClassVar[str] = "smtp"
    key_window = None
    """Some mailboxes show equal Message-IDs once, but none guarantees it."""
    calls_back = False

    def __init__(self, settings: SmtpSettings, composer: Composer, clock: Clock, signer: Signer | None = None) -> None:
        """Nothing is opened yet."""
        self._settings = settings
        self._composer = composer
        self._clock = clock
        self._signer = signer
        self._evidence = Evidence()
        context = _tls_context(settings)
        self._pool = Pool(
            lambda: Connection.open(settings, context),
            clock,
            connections=settings.connections,
            messages_per_connection=settings.messages_per_connection,
            idle_timeout=settings.idle_timeout,
        )

    @property
    def limits(self) -> Limits:
        """As many messages at once as the server accepts connections, as learned so far."""
        return Limits(self._pool.at_once, self._settings.rate)

    async def send(self, message: OutgoingMessage) -> Receipt:
        """Send one message; the receipt holds the server's queue id if the reply has one."""
        now = self._clock.now()
        mail = self._composer.compose(message, now=now)
        if self._signer is not None:
            mail = replace(mail, content=self._signer.sign(mail.content, now=now))
        try:
            queue_id = await self._pool.send_mail(mail)
        except Undecided as refusal:
            raise self._decide(refusal, mail) from None
        self._evidence.taken()
        return Receipt(queue_id)

    async def check(self) -> str:
        """Connect, encrypt, log in, and ask whether the server takes mail from `EMAIL_FROM`."""
        description = await self._pool.check(lambda connection: connection.ask_about(self._composer.sender))
        words = f"{self._settings.host}:{self._settings.port} answers, {description}"
        return words if self._signer is None else f"{words}, {self._signer.description}"

    async def close(self) -> None:
        """Close every idle connection; those in use are closed after their message."""
        await self._pool.close()

    def _decide(self, refusal: Undecided, mail: Mail) -> SendError:
        match self._evidence.weigh(refusal.reply, mail.recipient.text):
            case Finding.MESSAGE:
                return Refused(refusal.reason)
            case Finding.US:
                return ProviderDown(f"{refusal.reason}. {replies.UNSAID}")
            case Finding.UNKNOWN:
                return Deferred(f"{refusal.reason}; the server does not say whether it means this message only")


def _tls_context(settings: SmtpSettings) -> ssl.SSLContext | None:
    """None when no connection is encrypted: reading the certificates of this machine takes 20 milliseconds."""
    if settings.starttls == "off" and not settings.tls:
        return None
    context = ssl.create_default_context()
    if settings.ca_file is not None:
        context.load_verify_locations(cafile=settings.ca_file)
    if settings.starttls == "opportunistic" and not settings.tls:
        # An attacker with a false certificate could also hide the offer of STARTTLS (RFC 7435).
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
