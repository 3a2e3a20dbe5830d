"""Email through Mailgun's API.

Sources: https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages,
https://documentation.mailgun.com/docs/mailgun/user-manual/events/event-structure,
https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks. Mailgun signs a time and a token,
not the body. So a token counts once, the recipient in the body is never used, and the message is found by our own id.
"""

import hmac
import json
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import ForgedCallback, RetryLater
from property_alert_notification.base.http import HttpCaller, HttpSettings, fields_of, id_in
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.base import Limits, OutgoingMessage, Receipt, Tools
from property_alert_notification.channels.callback import (
    Callback,
    CallbackReader,
    Reported,
    ReportedEvent,
    ReportedResult,
    SuppressionCause,
    UsedToken,
)
from property_alert_notification.channels.callback_fields import delivery_id_of, detail_of, read_each
from property_alert_notification.channels.mail_api import (
    DELIVERY_ID,
    email_settings,
    from_header,
    headers_of,
    recipient_of,
)
from property_alert_notification.channels.mime import EmailSettings
from property_alert_notification.channels.smtp.bounce import bounce_in_report
from property_alert_notification.channels.standard_webhook import is_recent

_TOLERANCE = timedelta(hours=12)
"""Mailgun repeats a callback for eight hours."""
_BY_CODE = {
    605: SuppressionCause.HARD_BOUNCE,
    606: SuppressionCause.UNSUBSCRIBE,
    607: SuppressionCause.COMPLAINT,
}
"""The codes with which Mailgun does not send to an address of its suppression lists."""
_NO_MX = 498
_SUPPRESSED = {
    "suppress-bounce": SuppressionCause.HARD_BOUNCE,
    "suppress-complaint": SuppressionCause.COMPLAINT,
    "suppress-unsubscribe": SuppressionCause.UNSUBSCRIBE,
}


class MailgunSettings(HttpSettings):
    """A domain of a Mailgun account."""

    model_config = SettingsConfigDict(env_prefix="MAILGUN_", env_ignore_empty=True)

    domain: str = Field(pattern=r"^[A-Za-z0-9.-]{1,253}$", examples=["mg.example.com"])
    """The sending domain."""

    api_key: SecretStr = Field(min_length=1, examples=["a-secret"])
    """A key that may send from it."""

    callback_key: SecretStr | None = Field(None, min_length=8, examples=["a-webhook-signing-key"])
    """The webhook signing key. Webhooks post to `/callbacks/email/mailgun`. Default: no callbacks."""

    base_url: str = Field(
        "https://api.mailgun.net", pattern=r"^https?://[^/?#]+$", examples=["https://api.eu.mailgun.net"]
    )
    """`https://api.eu.mailgun.net` for a domain in Europe, or a fake for tests."""


def create(tools: Tools) -> "MailgunSender":
    """Build the sender from `MAILGUN_…` and `EMAIL_…`."""
    return MailgunSender(tools.load(MailgunSettings), email_settings("mailgun"), tools.clock)


class MailgunSender:
    """Posts one form for each message."""

    channel: ClassVar[Channel] = Channel("email")
    name: ClassVar[str] = "mailgun"
    key_window = None

    def __init__(self, settings: MailgunSettings, email: EmailSettings, clock: Clock) -> None:
        """Nothing is opened yet."""
        self._settings = settings
        self._email = email
        self.calls_back = settings.callback_key is not None
        self.limits = Limits(settings.connections, settings.rate)
        login = ("api", settings.api_key.get_secret_value())
        self._http = HttpCaller(clock, connections=settings.connections, deadline=settings.timeout, auth=login)

    async def send(self, message: OutgoingMessage) -> Receipt:
        """Post one message; the receipt holds its Message-Id, without the brackets as callbacks have it."""
        form = {
            "from": from_header(self._email),
            "to": recipient_of(message),
            "subject": message.subject,
            "text": message.text,
            "o:tracking": "no",
            f"v:{DELIVERY_ID}": str(message.delivery_id),
            **{f"h:{name}": value for name, value in headers_of(message, self._email).items()},
        }
        if message.html is not None:
            form["html"] = message.html
        url = f"{self._settings.base_url}/v3/{self._settings.domain}/messages"
        body = await self._http.post(url, form=form)
        message_id = id_in(body, "id") if fields_of(body) else None
        return Receipt(provider_message_id=None if message_id is None else message_id.strip("<>"))

    async def check(self) -> str:
        """Read the domain."""
        status = await self._http.ask("GET", f"{self._settings.base_url}/v4/domains/{self._settings.domain}")
        if status != 200:
            raise RetryLater(f"Mailgun answers {status}: check MAILGUN_API_KEY, MAILGUN_DOMAIN and MAILGUN_BASE_URL")
        return "Mailgun answers and knows the domain"

    async def close(self) -> None:
        """Give connections back."""
        await self._http.close()


CALLBACK_SETTING = (MailgunSettings, "callback_key")


def create_callback_reader(tools: Tools) -> CallbackReader | None:
    """Build the reader from `MAILGUN_CALLBACK_KEY`; None without it."""
    key = tools.load_only(MailgunSettings, "callback_key").callback_key
    return None if key is None else partial(read_callback, key=key.get_secret_value())


def read_callback(callback: Callback, key: str) -> list[Reported]:
    """Verify and read one callback. Its signature is a part of the body.

    Raises:
        ForgedCallback: it is not signed by this key, or was signed too long ago.
    """
    document = fields_of(callback.body)
    signed = document.get("signature")
    names = ("timestamp", "token", "signature")
    timestamp, token, signature = (str(signed.get(name, "")) if isinstance(signed, dict) else "" for name in names)
    expected = hmac.new(key.encode(), f"{timestamp}{token}".encode("utf-8", "replace"), "sha256").hexdigest()
    is_signed = hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))
    if not is_signed or not is_recent(timestamp, callback, _TOLERANCE):
        raise ForgedCallback
    return read_each([document["event-data"]], partial(_event, token=token)) or [UsedToken(token)]


def _event(event: dict[str, Any], token: str) -> ReportedEvent | None:
    delivery_id = delivery_id_of((event.get("user-variables") or {}).get(DELIVERY_ID))
    if delivery_id is None or (read := _result_of(event)) is None:
        return None
    result, cause, detail = read
    raw = json.dumps(event).encode()
    return ReportedEvent(result, None, delivery_id, detail, cause, event_id=token, raw=raw)


def _result_of(event: dict[str, Any]) -> tuple[ReportedResult, SuppressionCause | None, str | None] | None:
    # After the last of the temporary failures Mailgun sends no more: its reason is `old`.
    severity = "permanent" if event.get("reason") == "old" else event.get("severity")
    match event.get("event"), severity:
        case ("accepted", _) | ("failed", "temporary"):
            return ReportedResult.TAKEN, None, None
        case "delivered", _:
            return ReportedResult.ARRIVED, None, None
        case "failed", _:
            return ReportedResult.BOUNCED, _cause_of(event), _detail_of(event)
        case "rejected", _:
            return ReportedResult.BOUNCED, None, detail_of("Mailgun", "rejected")
        case "complained", _:
            return ReportedResult.ARRIVED, SuppressionCause.COMPLAINT, None
        case "unsubscribed", _:
            return ReportedResult.ARRIVED, SuppressionCause.UNSUBSCRIBE, None
        case _:
            return None


def _cause_of(event: dict[str, Any]) -> SuppressionCause | None:
    if (known := _SUPPRESSED.get(event.get("reason", ""))) is not None:
        return known
    status = event.get("delivery-status") or {}
    if (known := _BY_CODE.get(status.get("code", 0))) is not None:
        return known
    if status.get("code") == _NO_MX and "no mx" in str(status.get("message") or status.get("description")).lower():
        return SuppressionCause.HARD_BOUNCE
    words = f"{status.get('code', '')} {status.get('message') or status.get('description') or ''}"
    return bounce_in_report(str(status.get("enhanced-code") or ""), words)


def _detail_of(event: dict[str, Any]) -> str | None:
    status = event.get("delivery-status") or {}
    return detail_of("Mailgun", event.get("reason"), status.get("code"), status.get("enhanced-code"))
