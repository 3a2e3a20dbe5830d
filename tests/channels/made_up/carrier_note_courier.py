"""The provider `courier` of the made-up channel: it hands nothing over, but reports what became of a note.

Its signature covers the URL, a time and the body, as those of real providers do.
"""

import hmac
import json
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import ClassVar

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from property_alert_notification.base.errors import ForgedCallback
from property_alert_notification.base.settings.groups import ProviderSettings
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.base import Limits, OutgoingMessage, Receipt, Tools
from property_alert_notification.channels.callback import Callback, CallbackReader, ReportedEvent, ReportedResult

_LATEST = timedelta(minutes=5)


class CourierSettings(ProviderSettings):
    """The courier's account."""

    model_config = SettingsConfigDict(env_prefix="COURIER_", env_ignore_empty=True)

    secret: SecretStr = Field(min_length=1, examples=["a-secret"])
    """What the courier signs with."""


def create(_tools: Tools) -> "CourierSender":
    """Build the sender."""
    return CourierSender()


class CourierSender:
    """Takes every note."""

    channel: ClassVar[Channel] = Channel("carrier_note")
    name: ClassVar[str] = "courier"
    limits = Limits(at_once=1)
    key_window = None
    calls_back = True

    async def send(self, message: OutgoingMessage) -> Receipt:
        """The receipt holds the number of the note."""
        return Receipt(provider_message_id=f"note-{message.delivery_id}")

    async def check(self) -> str:
        """There is nothing to reach."""
        return "the courier waits"

    async def close(self) -> None:
        """Nothing was opened."""


def create_callback_reader(tools: Tools) -> CallbackReader:
    """Build the reader from `COURIER_…`."""
    return partial(read_callback, settings=tools.load(CourierSettings))


def read_callback(callback: Callback, settings: CourierSettings) -> list[ReportedEvent]:
    """Reads a list of notes, each with its number and, once it is known, whether it arrived."""
    signed_at = callback.headers.get("courier-time", "")
    given = callback.headers.get("courier-signature", "")
    if not hmac.compare_digest(sign(callback, signed_at, settings).encode(), given.encode()):
        raise ForgedCallback
    if abs(callback.received_at - datetime.fromtimestamp(int(signed_at), UTC)) > _LATEST:
        raise ForgedCallback
    return [
        ReportedEvent(
            ReportedResult.ARRIVED if note["arrived"] else ReportedResult.BOUNCED, provider_message_id=note["number"]
        )
        for note in json.loads(callback.body)
        if "arrived" in note
    ]


def sign(callback: Callback, signed_at: str, settings: CourierSettings) -> str:
    """What the courier sends as `Courier-Signature`."""
    signed = f"{callback.url}\n{signed_at}\n".encode() + callback.body
    return hmac.new(settings.secret.get_secret_value().encode(), signed, "sha256").hexdigest()
