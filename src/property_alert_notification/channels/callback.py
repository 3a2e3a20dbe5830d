"""The interface of providers that report by callbacks: what became of a message, and what people answered."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from property_alert_notification.base.settings import SettingsGroup
from property_alert_notification.channels.base import Provider, Tools


@dataclass(frozen=True, slots=True)
class Callback:
    """One HTTP call in which a provider reports results of messages, as received."""

    url: str
    """The URL that the provider called, with its query: some providers sign it."""
    headers: Mapping[str, str]
    """The names are in small letters."""
    body: bytes
    """Not parsed: a signature covers these bytes."""
    received_at: datetime
    """By the clock of this service, for signatures that are valid for a limited time."""
    source: str = ""
    """The IP address that it came from; empty if it is unknown. It proves nothing."""


class ReportedResult(StrEnum):
    """The results that a provider reports for a message."""

    TAKEN = "taken"
    """It has the message, and does not know yet whether it arrives."""
    ARRIVED = "arrived"
    BOUNCED = "bounced"
    """It did not arrive, and will not."""


class SuppressionCause(StrEnum):
    """What a provider reports about the address of a message; the suppression list has reasons of the same names."""

    HARD_BOUNCE = "hard_bounce"
    """There is no such address."""
    SOFT_BOUNCE = "soft_bounce"
    """The address takes no message for now. Several within some days suppress it for a while."""
    COMPLAINT = "complaint"
    """The user reported the message as unwanted."""
    STOP = "stop"
    """The user opted out of all messages to the address, as by an SMS with the word STOP."""
    UNSUBSCRIBE = "unsubscribe"
    """The user unsubscribed by a link of the provider."""


@dataclass(frozen=True, slots=True)
class ReportedEvent:
    """A provider's report about one message, which one of the two ids names."""

    result: ReportedResult
    provider_message_id: str | None = None
    """The id in the receipt."""
    delivery_id: UUID | None = None
    """The id in the message, for a provider that repeats it."""
    detail: str | None = None
    """Why it bounced, by the provider's codes; without address or text of the message."""
    cause: SuppressionCause | None = None
    """Why the address of the delivery must not be written to; None if it may be."""
    event_id: str | None = None
    """The provider's id of this event. A second event with the same id changes nothing, whatever it contains. Without
    an id two events are the same if all their other fields are."""
    raw: bytes | None = None
    """The part of the body that is about this event; None means the whole body."""


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """A message that the provider received at a number of this service."""

    sender: str
    """The address of the sender, as the provider writes it."""
    text: str
    message_id: str | None = None
    """The provider's id of this message, by which a repeated callback is recognised."""
    word: str | None = None
    """`stop`, `start` or `help` if the provider has read the message as such."""


@dataclass(frozen=True, slots=True)
class UnreadableEvent:
    """One of the events in a body that cannot be read; the others take effect."""

    origin: Mapping[str, str]
    """The error and its place, for the log."""


@dataclass(frozen=True, slots=True)
class UsedToken:
    """The token of a callback without an event, where the signature covers a token and not the body.

    The service stores this `event_id`. A later event with the same id changes nothing: so a callback cannot be repeated
    with another body.
    """

    event_id: str


@dataclass(frozen=True, slots=True)
class SubscriptionEnded:
    """The provider will send no more callbacks of this subscription."""

    name: str


Reported = ReportedEvent | InboundMessage | UnreadableEvent | UsedToken | SubscriptionEnded

CallbackReader = Callable[[Callback], Sequence[Reported] | Awaitable[Sequence[Reported]]]
"""Verifies a callback and reads its events; reports of other things are no events.

It knows nothing but its settings, and opens nothing unless a provider signs with a certificate that must be fetched. It
raises ForgedCallback when the signature is missing, wrong or too old, before anything in the body has an effect."""

Confirm = Callable[[str], tuple[str, bytes]]
"""Renders a text as the answer to a callback by which the provider sends it to the sender: media type and body."""

LARGEST_CALLBACK = 64 * 1024
"""The largest body of a callback, in bytes, unless the provider's file has a constant of this name."""


@dataclass(frozen=True, slots=True)
class ProviderCallbacks:
    """How the callbacks of one provider are read."""

    read: CallbackReader
    largest: int = LARGEST_CALLBACK
    confirm: Confirm | None = None
    """Renders the confirmation of a STOP or START; None if this service sends no confirmation."""


class ProviderWithCallbacks(Provider, Protocol):
    """The additional interface of a provider's module if the provider reports results by callbacks."""

    CALLBACK_SETTING: tuple[type[SettingsGroup], str]
    """Its settings, and the field that enables callbacks. While that is set they are read, also if the provider gets no
    messages any more: bounces, complaints and opt-outs come late."""

    def create_callback_reader(self, tools: Tools) -> CallbackReader | None:
        """Build the reader of the provider's callbacks from its settings; None if they enable no callbacks.

        Raises:
            ConfigurationError: a setting is missing or wrong.
        """
