"""Email through SendGrid's API.

Sources: https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send,
https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event,
https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
"""

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Annotated, Any, ClassVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import ForgedCallback, RetryLater
from property_alert_notification.base.http import HttpCaller, HttpSettings
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.base import Limits, OutgoingMessage, Receipt, Tools
from property_alert_notification.channels.callback import (
    Callback,
    CallbackReader,
    Reported,
    ReportedEvent,
    ReportedResult,
    SuppressionCause,
)
from property_alert_notification.channels.callback_fields import delivery_id_of, detail_of, read_each, text_of
from property_alert_notification.channels.mail_api import DELIVERY_ID, email_settings, headers_of, recipient_of
from property_alert_notification.channels.mime import EmailSettings
from property_alert_notification.channels.smtp.bounce import bounce_in_report
from property_alert_notification.channels.standard_webhook import is_recent

LARGEST_CALLBACK = 1024 * 1024
"""SendGrid collects events until they have 768 kB."""
_SIGNATURE = "x-twilio-email-event-webhook-signature"
_TIMESTAMP = "x-twilio-email-event-webhook-timestamp"
_TOLERANCE = timedelta(hours=25)
"""SendGrid repeats a callback for a day; a repeated event is recognised by its id."""
_DROPPED = {
    "invalid": SuppressionCause.HARD_BOUNCE,
    "bounced address": SuppressionCause.HARD_BOUNCE,
    "spam reporting address": SuppressionCause.COMPLAINT,
    "unsubscribed address": SuppressionCause.UNSUBSCRIBE,
}


def _public_key(text: str) -> str:
    try:
        if isinstance(load_der_public_key(base64.b64decode(text, validate=True)), ec.EllipticCurvePublicKey):
            return text
    except (binascii.Error, ValueError):
        pass
    raise ValueError("must be the verification key that SendGrid shows")


class SendGridSettings(HttpSettings):
    """A SendGrid account."""

    model_config = SettingsConfigDict(env_prefix="SENDGRID_", env_ignore_empty=True)

    api_key: SecretStr = Field(min_length=1, examples=["a-secret"])
    """A key that may send mail."""

    callback_key: Annotated[str, AfterValidator(_public_key)] | None = Field(None)
    """The verification key of the signed event webhook, which posts to `/callbacks/email/sendgrid`. Default: no
    callbacks."""

    base_url: str = Field(
        "https://api.sendgrid.com", pattern=r"^https?://[^/?#]+$", examples=["https://api.sendgrid.com"]
    )
    """Another region, or a fake for tests."""


def create(tools: Tools) -> "SendGridSender":
    """Build the sender from `SENDGRID_…` and `EMAIL_…`."""
    return SendGridSender(tools.load(SendGridSettings), email_settings("sendgrid"), tools.clock)


class SendGridSender:
    """Posts one document for each message."""

    channel: ClassVar[Channel] = Channel("email")
    name: ClassVar[str] = "sendgrid"
    key_window = None

    def __init__(self, settings: SendGridSettings, email: EmailSettings, clock: Clock) -> None:
        """Nothing is opened yet."""
        self._url = settings.base_url
        self._email = email
        self._headers = {"Authorization": f"Bearer {settings.api_key.get_secret_value()}"}
        self.calls_back = settings.callback_key is not None
        self.limits = Limits(settings.connections, settings.rate)
        self._http = HttpCaller(clock, connections=settings.connections, deadline=settings.timeout)

    async def send(self, message: OutgoingMessage) -> Receipt:
        """Post one message. The answer has no body: callbacks name the message by the delivery's id."""
        headers = headers_of(message, self._email)
        headers.pop("Reply-To", None)
        content = [{"type": "text/plain", "value": message.text or " "}]
        if message.html is not None:
            content.append({"type": "text/html", "value": message.html})
        sender = {"email": self._email.email_from}
        if self._email.email_from_name:
            sender["name"] = self._email.email_from_name
        document: dict[str, Any] = {
            "personalizations": [
                {"to": [{"email": recipient_of(message)}], "custom_args": {DELIVERY_ID: str(message.delivery_id)}}
            ],
            "from": sender,
            "subject": message.subject,
            "content": content,
            "headers": headers,
            "tracking_settings": {"click_tracking": {"enable": False}, "open_tracking": {"enable": False}},
        }
        if self._email.email_reply_to is not None:
            document["reply_to"] = {"email": self._email.email_reply_to}
        await self._http.post(f"{self._url}/v3/mail/send", json=document, headers=self._headers)
        return Receipt()

    async def check(self) -> str:
        """Read the scopes of the key."""
        status = await self._http.ask("GET", f"{self._url}/v3/scopes", headers=self._headers)
        if status != 200:
            raise RetryLater(f"SendGrid answers {status}: check SENDGRID_API_KEY")
        return "SendGrid answers and knows the key"

    async def close(self) -> None:
        """Give connections back."""
        await self._http.close()


CALLBACK_SETTING = (SendGridSettings, "callback_key")


def create_callback_reader(tools: Tools) -> CallbackReader | None:
    """Build the reader from `SENDGRID_CALLBACK_KEY`; None without it."""
    key = tools.load_only(SendGridSettings, "callback_key").callback_key
    return None if key is None else partial(read_callback, key=load_key(key))


def load_key(text: str) -> ec.EllipticCurvePublicKey:
    """The key in Base64 of its DER form."""
    key = load_der_public_key(base64.b64decode(text))
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise TypeError("no key of an elliptic curve")
    return key


def read_callback(callback: Callback, key: ec.EllipticCurvePublicKey) -> Sequence[Reported]:
    """Verify and read one callback.

    Raises:
        ForgedCallback: its body is not signed by this key, or was signed too long ago.
    """
    signed_at = callback.headers.get(_TIMESTAMP, "")
    try:
        signature = base64.b64decode(callback.headers.get(_SIGNATURE, ""), validate=True)
        key.verify(signature, signed_at.encode() + callback.body, ec.ECDSA(SHA256()))
    except (binascii.Error, ValueError, InvalidSignature):
        raise ForgedCallback from None
    if not is_recent(signed_at, callback, _TOLERANCE):
        raise ForgedCallback
    return read_each(json.loads(callback.body), _event)


def _event(document: dict[str, Any]) -> ReportedEvent | None:
    delivery_id = delivery_id_of(document.get(DELIVERY_ID))
    if delivery_id is None or (read := _result_of(document)) is None:
        return None  # the receipt has no id by which a message without ours could be found
    result, cause, detail = read
    return ReportedEvent(
        result,
        provider_message_id=text_of(document.get("sg_message_id")),
        delivery_id=delivery_id,
        detail=detail,
        cause=cause,
        event_id=text_of(document.get("sg_event_id")),
        raw=json.dumps(document).encode(),
    )


def _result_of(document: dict[str, Any]) -> tuple[ReportedResult, SuppressionCause | None, str | None] | None:
    status, reason = str(document.get("status", "")), str(document.get("reason", ""))
    match document.get("event"):
        case "processed" | "deferred":
            return ReportedResult.TAKEN, None, None
        case "delivered":
            return ReportedResult.ARRIVED, None, None
        case "bounce":
            kind = document.get("type")
            return ReportedResult.BOUNCED, _cause_of(document, status, reason), detail_of("SendGrid", kind, status)
        case "dropped":
            return ReportedResult.BOUNCED, _DROPPED.get(reason.lower()), detail_of("SendGrid", "dropped")
        case "spamreport":
            return ReportedResult.ARRIVED, SuppressionCause.COMPLAINT, None
        case "unsubscribe" | "group_unsubscribe":
            return ReportedResult.ARRIVED, SuppressionCause.UNSUBSCRIBE, None
        case _:
            return None


def _cause_of(document: dict[str, Any], status: str, reason: str) -> SuppressionCause | None:
    if document.get("bounce_classification") == "Invalid Address" and document.get("type") != "blocked":
        return SuppressionCause.HARD_BOUNCE
    cause = bounce_in_report(status, reason)
    # `blocked` is SendGrid's word for a refusal of this message.
    return None if document.get("type") == "blocked" and cause is SuppressionCause.HARD_BOUNCE else cause
