"""SMS through Twilio's Messages resource.

Twilio takes no idempotency key here, so a message whose outcome is unknown is sent once more; with a callback URL not
before Twilio had two minutes to report its status.
Sources: https://www.twilio.com/docs/messaging/api/message-resource,
https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks; for the error codes see
`twilio_codes`.
"""

from functools import partial
from typing import Annotated, ClassVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import ConfigurationError, RetryLater, SendError
from property_alert_notification.base.http import Answer, HttpCaller, HttpSettings, fields_of, http_url, id_in
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels import twilio_codes
from property_alert_notification.channels.base import Limits, OutgoingMessage, Receipt, Tools
from property_alert_notification.channels.callback import CallbackReader, Confirm
from property_alert_notification.channels.twilio_callbacks import DELIVERY_ID, read_callback, render_answer

_FAILED = frozenset({"failed", "undelivered", "canceled"})


class TwilioSettings(HttpSettings):
    """An account, and whom its messages come from."""

    model_config = SettingsConfigDict(env_prefix="TWILIO_", env_ignore_empty=True)

    account_sid: str = Field(pattern=r"^AC[0-9a-fA-F]{32}$", examples=["AC00000000000000000000000000000000"])
    """From the Twilio console."""

    auth_token: SecretStr = Field(min_length=1, examples=["a-secret"])
    """From the Twilio console."""

    from_number: str | None = Field(None, pattern=r"^\+[1-9][0-9]{6,14}$", examples=["+15005550006"])
    """The number messages come from, in E.164 form; this or `TWILIO_MESSAGING_SERVICE_SID`."""

    messaging_service_sid: str | None = Field(
        None, pattern=r"^MG[0-9a-fA-F]{32}$", examples=["MG00000000000000000000000000000000"]
    )
    """The messaging service that chooses the number."""

    status_callback_url: Annotated[str, AfterValidator(http_url)] | None = Field(
        None, examples=["https://hooks.example.com/twilio"]
    )
    """Twilio posts the status of each message to this URL, with the delivery's id as `delivery_id` in the query. A
    message with an unknown outcome then waits two minutes for its status before it is resent. Default:
    `/callbacks/sms/twilio` of this service, if `PUBLIC_URL` begins with https://."""

    confirm_opt_outs: bool = False
    """Whether this service answers STOP, START and HELP. Twilio answers them itself, unless that is switched off for
    your account; with both the user gets two answers."""

    base_url: str = Field("https://api.twilio.com", pattern=r"^https?://[^/?#]+$", examples=["https://api.twilio.com"])
    """Another region, or a fake for tests."""


def create(tools: Tools) -> "TwilioSender":
    """Build the sender from `TWILIO_…`."""
    settings = tools.load(TwilioSettings)
    if (settings.from_number is None) == (settings.messaging_service_sid is None):
        raise ConfigurationError(
            "TWILIO_FROM_NUMBER: set either this or TWILIO_MESSAGING_SERVICE_SID. "
            "Example: TWILIO_FROM_NUMBER=+15005550006"
        )
    if settings.status_callback_url is None:
        settings = settings.model_copy(update={"status_callback_url": _own_callback_url(tools)})
    return TwilioSender(settings, tools.clock)


def _own_callback_url(tools: Tools) -> str | None:
    """Where this service takes Twilio's callbacks; None if Twilio cannot reach it."""
    public_url = tools.settings.public_url
    if public_url is None or not public_url.startswith("https://"):
        return None
    instance = "" if tools.instance is None else f"@{tools.instance}"
    return f"{public_url}/callbacks/sms/{TwilioSender.name}{instance}"


CALLBACK_SETTING = (TwilioSettings, "auth_token")


def create_callback_reader(tools: Tools) -> CallbackReader:
    """Build the reader from `TWILIO_AUTH_TOKEN`."""
    token = tools.load_only(TwilioSettings, "auth_token").auth_token.get_secret_value()
    return partial(read_callback, auth_token=token)


def create_confirm(tools: Tools) -> Confirm | None:
    """How a STOP is confirmed; None when Twilio does that."""
    return render_answer if tools.load_only(TwilioSettings, "confirm_opt_outs").confirm_opt_outs else None


class TwilioSender:
    """Creates one Message resource for each message."""

    channel: ClassVar[Channel] = Channel("sms")
    name: ClassVar[str] = "twilio"
    key_window = None

    def __init__(self, settings: TwilioSettings, clock: Clock) -> None:
        """Nothing is opened yet."""
        self._account = f"{settings.base_url}/2010-04-01/Accounts/{settings.account_sid}"
        if settings.from_number is not None:
            self._origin = {"From": settings.from_number}
        else:
            self._origin = {"MessagingServiceSid": settings.messaging_service_sid or ""}
        self._callback = settings.status_callback_url
        self.calls_back = self._callback is not None
        login = (settings.account_sid, settings.auth_token.get_secret_value())
        self.limits = Limits(settings.connections, settings.rate)
        self._http = HttpCaller(clock, connections=settings.connections, deadline=settings.timeout, auth=login)

    async def send(self, message: OutgoingMessage) -> Receipt:
        """Create one message; the receipt holds its SID."""
        body = await self._http.post(
            f"{self._account}/Messages.json",
            form={"To": message.to, "Body": message.text, **self._origin, **self._callback_for(message)},
            explain=_explain,
            read=_read,
        )
        _raise_if_failed(body)
        return Receipt(provider_message_id=id_in(body, "sid"))

    def _callback_for(self, message: OutgoingMessage) -> dict[str, str]:
        # The delivery's id, since the answer with Twilio's own is what gets lost.
        if self._callback is None:
            return {}
        joint = "&" if urlsplit(self._callback).query else "?"
        return {"StatusCallback": f"{self._callback}{joint}{DELIVERY_ID}={message.delivery_id}"}

    async def check(self) -> str:
        """Read the account."""
        status = await self._http.ask("GET", f"{self._account}.json")
        if status != 200:
            raise RetryLater(f"Twilio answers {status}: check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN")
        return "Twilio answers and knows the account"

    async def close(self) -> None:
        """Give connections back."""
        await self._http.close()


def _explain(body: bytes) -> str | None:
    code = _number(fields_of(body).get("code"))
    return None if code is None else f"Twilio error {code}"


def _read(answer: Answer, reason: str) -> SendError | None:
    return twilio_codes.read(_number(fields_of(answer.body).get("code")), reason)


def _raise_if_failed(body: bytes) -> None:
    """Twilio may create a message that has failed already; that one was not sent.

    Raises:
        SendError: as its error code says; without one it is tried again.
    """
    fields = fields_of(body)
    if not isinstance(status := fields.get("status"), str) or status not in _FAILED:
        return
    code = _number(fields.get("error_code"))
    reason = f"Twilio answers {status}{'' if code is None else f' (Twilio error {code})'}"
    raise twilio_codes.read(code, reason) or RetryLater(reason)


def _number(value: object) -> int | None:
    """A code, which some answers give as text."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 6:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
