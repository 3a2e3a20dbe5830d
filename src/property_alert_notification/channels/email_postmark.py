"""Email through Postmark's API.

Sources: https://postmarkapp.com/developer/api/email-api, https://postmarkapp.com/developer/api/overview#error-codes,
https://postmarkapp.com/developer/webhooks/bounce-webhook, …/delivery-webhook, …/spam-complaint-webhook,
…/subscription-change-webhook. Postmark signs no callback: it sends a password that is part of the URL, or a header.
"""

import base64
import binascii
import hmac
import json
from functools import partial
from typing import Any, ClassVar

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import ForgedCallback, ProviderDown, RetryLater, SendError
from property_alert_notification.base.http import Answer, HttpCaller, HttpSettings, fields_of, id_in
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
from property_alert_notification.channels.mail_api import (
    DELIVERY_ID,
    email_settings,
    from_header,
    headers_of,
    recipient_of,
)
from property_alert_notification.channels.mime import EmailSettings
from property_alert_notification.channels.smtp.bounce import bounce_in_report

_ABOUT_US = {10, 400, 401, 402, 405, 412, 413, 429, 701, 1235}
"""Codes about the account, the sender's address or the stream, not about this message."""
_IGNORED = frozenset(
    {
        "Transient",
        "Subscribe",
        "AutoResponder",
        "AddressChange",
        "OpenRelayTest",
        "ChallengeVerification",
        "InboundError",
    }
)
"""Bounces that are none, or not final."""
_HARD = frozenset({"HardBounce", "BadEmailAddress"})


class PostmarkSettings(HttpSettings):
    """A server of a Postmark account."""

    model_config = SettingsConfigDict(env_prefix="POSTMARK_", env_ignore_empty=True)

    token: SecretStr = Field(min_length=1, examples=["a-secret"])
    """The server's API token."""

    stream: str = Field("outbound", min_length=1, max_length=100)
    """The message stream."""

    callback_secret: SecretStr | None = Field(None, min_length=16, examples=["a-secret-of-16-characters-or-more"])
    """The password in the webhook's URL, `https://postmark:<secret>@alerts.example.com/callbacks/email/postmark`, or
    its header `X-Callback-Secret`. Default: no callbacks."""

    base_url: str = Field(
        "https://api.postmarkapp.com", pattern=r"^https?://[^/?#]+$", examples=["https://api.postmarkapp.com"]
    )
    """A fake for tests."""


def create(tools: Tools) -> "PostmarkSender":
    """Build the sender from `POSTMARK_…` and `EMAIL_…`."""
    return PostmarkSender(tools.load(PostmarkSettings), email_settings("postmark"), tools.clock)


class PostmarkSender:
    """Posts one document for each message."""

    channel: ClassVar[Channel] = Channel("email")
    name: ClassVar[str] = "postmark"
    key_window = None

    def __init__(self, settings: PostmarkSettings, email: EmailSettings, clock: Clock) -> None:
        """Nothing is opened yet."""
        self._settings = settings
        self._email = email
        self._headers = {"X-Postmark-Server-Token": settings.token.get_secret_value(), "Accept": "application/json"}
        self.calls_back = settings.callback_secret is not None
        self.limits = Limits(settings.connections, settings.rate)
        self._http = HttpCaller(clock, connections=settings.connections, deadline=settings.timeout)

    async def send(self, message: OutgoingMessage) -> Receipt:
        """Post one message; the receipt holds its MessageID."""
        headers = headers_of(message, self._email)
        document: dict[str, Any] = {
            "From": from_header(self._email),
            "To": recipient_of(message),
            "Subject": message.subject,
            "TextBody": message.text,
            "Headers": [{"Name": name, "Value": value} for name, value in headers.items()],
            "Metadata": {DELIVERY_ID: str(message.delivery_id)},
            "MessageStream": self._settings.stream,
            "TrackOpens": False,
            "TrackLinks": "None",
        }
        if message.html is not None:
            document["HtmlBody"] = message.html
        url = f"{self._settings.base_url}/email"
        body = await self._http.post(url, json=document, headers=self._headers, explain=_explain, read=_read)
        return Receipt(provider_message_id=id_in(body, "MessageID"))

    async def check(self) -> str:
        """Read the server."""
        status = await self._http.ask("GET", f"{self._settings.base_url}/server", headers=self._headers)
        if status != 200:
            raise RetryLater(f"Postmark answers {status}: check POSTMARK_TOKEN")
        return "Postmark answers and knows the server"

    async def close(self) -> None:
        """Give connections back."""
        await self._http.close()


def _explain(body: bytes) -> str | None:
    code = fields_of(body).get("ErrorCode")
    return f"Postmark error {code}" if isinstance(code, int) else None


def _read(answer: Answer, reason: str) -> SendError | None:
    code = fields_of(answer.body).get("ErrorCode")
    return ProviderDown(f"{reason}: see the account") if isinstance(code, int) and code in _ABOUT_US else None


CALLBACK_SETTING = (PostmarkSettings, "callback_secret")


def create_callback_reader(tools: Tools) -> CallbackReader | None:
    """Build the reader from `POSTMARK_CALLBACK_SECRET`; None without it."""
    secret = tools.load_only(PostmarkSettings, "callback_secret").callback_secret
    return None if secret is None else partial(read_callback, secret=secret.get_secret_value())


def read_callback(callback: Callback, secret: str) -> list[Reported]:
    """Verify and read one callback.

    Raises:
        ForgedCallback: it does not have the secret.
    """
    given = [callback.headers.get("x-callback-secret", ""), _password(callback.headers.get("authorization", ""))]
    if True not in [hmac.compare_digest(one.encode(), secret.encode()) for one in given]:
        raise ForgedCallback
    return read_each([json.loads(callback.body)], _event)


def _password(authorization: str) -> str:
    scheme, _, encoded = authorization.partition(" ")
    try:
        login = base64.b64decode(encoded, validate=True).decode() if scheme.lower() == "basic" else ""
    except (binascii.Error, ValueError):
        return ""
    return login.partition(":")[2]


def _event(document: dict[str, Any]) -> ReportedEvent | None:
    kind = document["RecordType"]
    if kind == "Delivery":
        return _report(document, ReportedResult.ARRIVED)
    if kind == "SpamComplaint":
        return _report(document, ReportedResult.ARRIVED, SuppressionCause.COMPLAINT)
    if kind == "SubscriptionChange" and document.get("SuppressionReason") == "ManualSuppression":
        wants_none = document.get("SuppressSending") is True and document.get("Origin") == "Recipient"
        return _report(document, ReportedResult.ARRIVED, SuppressionCause.UNSUBSCRIBE) if wants_none else None
    if kind != "Bounce" or (bounce := document.get("Type")) in _IGNORED:
        return None
    if bounce in ("SpamComplaint", "Unsubscribe"):
        cause = SuppressionCause.COMPLAINT if bounce == "SpamComplaint" else SuppressionCause.UNSUBSCRIBE
        return _report(document, ReportedResult.ARRIVED, cause)
    gone = SuppressionCause.HARD_BOUNCE if bounce in _HARD else None
    soft = bounce_in_report("", str(document.get("Details", ""))) if bounce == "SoftBounce" else None
    return _report(document, ReportedResult.BOUNCED, gone or soft, detail=detail_of("Postmark", bounce))


def _report(
    document: dict[str, Any],
    result: ReportedResult,
    cause: SuppressionCause | None = None,
    *,
    detail: str | None = None,
) -> ReportedEvent:
    return ReportedEvent(
        result,
        provider_message_id=text_of(document.get("MessageID")),
        delivery_id=delivery_id_of((document.get("Metadata") or {}).get(DELIVERY_ID)),
        detail=detail,
        cause=cause,
    )
