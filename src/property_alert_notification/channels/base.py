"""The interface of every provider: it takes one message for one address and returns or raises the outcome."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Protocol
from uuid import UUID

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.settings import Group, Settings, load, load_only
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.database import Database


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """One rendered message on its way to one address."""

    delivery_id: UUID
    """Constant over all attempts: the key by which a provider can recognise a repeat."""
    to: str
    subject: str
    """One line; channels without a subject leave it unused."""
    text: str
    html: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    """Names and values, for channels that have headers; the provider adds its own."""
    cut: str | None = None
    """The part that did not fit, as a sentence."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The provider took the message."""

    provider_message_id: str | None = None
    cut: str | None = None
    """The part of the message that did not fit, as a sentence; the worker sets it."""


def storable_id(provider_message_id: str | None) -> str | None:
    """A provider's id of a message as every store accepts it, and as reports are compared with it; None for others."""
    if not provider_message_id or not provider_message_id.isascii() or not provider_message_id.isprintable():
        return None
    return provider_message_id[:255]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a provider takes."""

    at_once: int
    """Messages of one worker on the wire at most."""
    per_second: float | None = None
    """Messages of all workers that may begin in a second; None is as many as it takes."""


class Sender(Protocol):
    """One provider of one channel.

    `send` either returns a Receipt or raises one of the three SendErrors; anything else it raises is a fault of
    the sender and counts as unknown, since it is unknown how far the call had come. It holds no database transaction
    while the provider is spoken to.
    """

    name: ClassVar[str]
    limits: Limits
    key_window: timedelta | None
    """For how long it recognises a repeat by the delivery's id and ignores it; None is not at all."""
    calls_back: bool
    """Whether the provider reports results later by the delivery's id. A message with an unknown outcome then waits for
    the report before it is resent."""

    @property
    def channel(self) -> Channel:
        """The channel it carries."""

    async def send(self, message: OutgoingMessage) -> Receipt:
        """Hand one message over.

        Raises:
            RetryLater: it was not taken.
            ProviderDown: neither would any other have been.
            OutcomeUnknown: it may have been taken.
            Refused: it will never be taken.
        """

    async def check(self) -> str:
        """Connect to the provider without sending a message; returns one line that describes its answer.

        Raises:
            SendError: it cannot be reached or used; the text has the remedy.
        """

    async def close(self) -> None:
        """Give connections back."""


@dataclass(frozen=True, slots=True)
class Tools:
    """The tools of a provider's file. It reads its own settings by `load`."""

    settings: Settings
    database: Database
    clock: Clock
    announce: Callable[[str], None]
    """Prints one line on the console; only providers for local use may call it."""
    instance: str | None = None
    """The name that distinguishes providers of one kind: `backup` in `smtp@backup`."""

    def load(self, group: type[Group]) -> Group:
        """Read a group of settings of this instance.

        Raises:
            ConfigurationError: a value cannot be used.
        """
        return load(group, self.instance)

    def load_only(self, group: type[Group], *fields: str) -> Group:
        """Read some fields of a group: the others need not be set, and the result does not have them.

        Raises:
            ConfigurationError: a value of these fields cannot be used.
        """
        return load_only(group, fields, self.instance)


class Provider(Protocol):
    """The interface of a module `channels/<channel>_<name>.py`."""

    def create(self, tools: Tools) -> Sender:
        """Build the sender from its settings.

        Raises:
            ConfigurationError: a setting is missing or wrong.
        """


class ProviderOfAnyChannel(Protocol):
    """The interface of a module `channels/any_<name>.py`, which serves each channel without a provider of that name."""

    def create(self, channel: Channel, tools: Tools) -> Sender:
        """Build the sender of one channel."""
