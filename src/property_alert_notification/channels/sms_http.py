"""SMS through any gateway that takes a small JSON document by HTTP.

The gateway is sent `{"id", "to", "text"}` and an `Idempotency-Key`, both of them the delivery's id, and answers 2xx
when it has the message: the status alone decides, and a body that speaks of an error changes nothing. A gateway that
refuses must answer 4xx; `http` says what each status means. A gateway that honours the key makes repeats harmless.

It reports results by callbacks, signed as Standard Webhooks say, of one JSON document or a list of them:
`{"type": "status", "id", "message_id"?, "status", "error"?, "cause"?}`, where `id` is the delivery's, `message_id` the
gateway's own, `status` one of `_RESULTS`, and `cause` a `SuppressionCause`. A message of a person is
`{"type": "message", "id", "from", "text"}`, answered `{"reply": …}` if the gateway is to send a confirmation.
"""

import json
from datetime import timedelta
from functools import partial
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import RetryLater
from property_alert_notification.base.http import HttpCaller, HttpSettings, http_url, id_in
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.base import Limits, OutgoingMessage, Receipt, Tools
from property_alert_notification.channels.callback import (
    Callback,
    CallbackReader,
    Confirm,
    InboundMessage,
    Reported,
    ReportedEvent,
    ReportedResult,
    SuppressionCause,
)
from property_alert_notification.channels.callback_fields import delivery_id_of, detail_of, read_each, text_of
from property_alert_notification.channels.standard_webhook import verify

_RESULTS = {
    "accepted": ReportedResult.TAKEN,
    "sent": ReportedResult.TAKEN,
    "delivered": ReportedResult.ARRIVED,
    "failed": ReportedResult.BOUNCED,
}


class SmsHttpSettings(HttpSettings):
    """Where the gateway is."""

    model_config = SettingsConfigDict(env_prefix="SMS_HTTP_", env_ignore_empty=True)

    url: Annotated[str, AfterValidator(http_url)] = Field(examples=["https://sms.example.com/messages"])
    """Messages are posted to this URL."""

    token: SecretStr | None = Field(None, examples=["a-secret"])
    """Sent as `Authorization: Bearer`; none sends no such header."""

    key_hours: float = Field(0.0, ge=0, le=8_784, examples=["24"])
    """Hours for which the gateway recognises a repeated `Idempotency-Key` and does not send again. With 0 it recognises
    none: a message with an unknown outcome is resent at most once."""

    confirm_opt_outs: bool = True
    """Whether this service answers STOP, START and HELP, by the answer to the gateway's callback. `false` if the
    gateway does so itself."""

    callback_secret: SecretStr | None = Field(None, min_length=16, examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
    """The secret that signs callbacks of the gateway to `/callbacks/sms/http`, as Standard Webhooks say. With it a
    message with an unknown outcome waits two minutes for a report before it is resent. Default: no callbacks."""


def create(tools: Tools) -> "SmsHttpSender":
    """Build the sender from `SMS_HTTP_…`."""
    return SmsHttpSender(tools.load(SmsHttpSettings), tools.clock)


class SmsHttpSender:
    """Posts one document for each message."""

    channel: ClassVar[Channel] = Channel("sms")
    name: ClassVar[str] = "http"

    def __init__(self, settings: SmsHttpSettings, clock: Clock) -> None:
        """Nothing is opened yet."""
        self._url = settings.url
        self.calls_back = settings.callback_secret is not None
        self._headers = {"Authorization": f"Bearer {settings.token.get_secret_value()}"} if settings.token else {}
        self.limits = Limits(settings.connections, settings.rate)
        self.key_window = timedelta(hours=settings.key_hours) or None
        self._http = HttpCaller(clock, connections=settings.connections, deadline=settings.timeout)

    async def send(self, message: OutgoingMessage) -> Receipt:
        """Post one message; the receipt holds the `id` of the answer, if it has one."""
        delivery_id = str(message.delivery_id)
        body = await self._http.post(
            self._url,
            json={"id": delivery_id, "to": message.to, "text": message.text},
            headers={**self._headers, "Idempotency-Key": delivery_id},
        )
        return Receipt(provider_message_id=id_in(body, "id"))

    async def check(self) -> str:
        """Ask for the URL without posting to it; a gateway may answer that with nearly anything."""
        status = await self._http.ask("HEAD", self._url, headers=self._headers)
        if status in {401, 403}:
            raise RetryLater(f"the SMS gateway answers {status}: check SMS_HTTP_TOKEN")
        if status == 404:
            raise RetryLater("the SMS gateway answers 404: check SMS_HTTP_URL")
        return f"the SMS gateway answers ({status})"

    async def close(self) -> None:
        """Give connections back."""
        await self._http.close()


CALLBACK_SETTING = (SmsHttpSettings, "callback_secret")


def create_callback_reader(tools: Tools) -> CallbackReader | None:
    """Build the reader from `SMS_HTTP_CALLBACK_SECRET`; None without it."""
    secret = tools.load_only(SmsHttpSettings, "callback_secret").callback_secret
    return None if secret is None else partial(read_callback, secret=secret.get_secret_value())


def create_confirm(tools: Tools) -> Confirm | None:
    """How a STOP is confirmed; None when the gateway does that."""
    return _render_answer if tools.load_only(SmsHttpSettings, "confirm_opt_outs").confirm_opt_outs else None


def _render_answer(text: str) -> tuple[str, bytes]:
    return "application/json", json.dumps({"reply": text}).encode()


def read_callback(callback: Callback, secret: str) -> list[Reported]:
    """Verify and read one callback."""
    id_ = verify(callback, secret)
    read = json.loads(callback.body)
    documents = read if isinstance(read, list) else [read]
    return read_each([(f"{id_}:{place}", document) for place, document in enumerate(documents)], _reported)


def _reported(numbered: tuple[str, dict[str, Any]]) -> ReportedEvent | InboundMessage | None:
    event_id, document = numbered
    if document["type"] == "status":
        return _event(document, event_id)
    if document["type"] == "message":
        return InboundMessage(str(document["from"]), str(document["text"]), text_of(document.get("id")) or event_id)
    return None


def _event(document: dict[str, Any], event_id: str) -> ReportedEvent:
    cause = document.get("cause")
    return ReportedEvent(
        _RESULTS[document["status"]],
        provider_message_id=text_of(document.get("message_id")),
        delivery_id=delivery_id_of(document.get("id")),
        detail=detail_of(document.get("error")),
        cause=None if cause is None else SuppressionCause(cause),
        event_id=event_id,
        raw=json.dumps(document).encode(),
    )
