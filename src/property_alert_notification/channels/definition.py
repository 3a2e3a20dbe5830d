"""The definition of a channel. The file `channels/<name>_channel.py` has it, and no other file names the channel."""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Protocol, cast

from property_alert_notification import channels
from property_alert_notification.base.settings import Settings, SettingsGroup, load
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.messages.content import MessageContent
from property_alert_notification.messages.render import Rendered
from property_alert_notification.messages.sms_segments import Size


class Appearance(StrEnum):
    """How the mailbox page shows a message of a channel."""

    LETTER = "letter"
    """With a subject, and as HTML, text and source."""
    PHONE = "phone"
    """As a phone shows it."""


class Normalise(Protocol):
    """Brings an address into the one form that is stored."""

    def __call__(self, address: str, *, real: bool, sendable: bool) -> str:
        """The stored form.

        Args:
            address: as the caller wrote it: one line of at most 320 characters.
            real: only an address that can exist; otherwise a developer may make one up.
            sendable: a real provider is to get it; otherwise a page shows it.

        Raises:
            InvalidField: no message can be sent to it.
        """


@dataclass(frozen=True, slots=True)
class ChannelDefinition:
    """One channel."""

    noun: str
    """The name of its messages inside a sentence: `email`, `SMS`."""
    normalise: Normalise
    can_receive: Callable[[str], bool]
    """Whether an address can be written to at all; asked of the address to which all messages are redirected."""
    render: Callable[[MessageContent, Settings], Rendered]
    """The message as the channel carries it."""
    example_address: str
    example_provider: str
    appearance: Appearance
    nouns: Mapping[str, str] = field(default_factory=dict)
    """The noun in other languages, by their codes (`es`)."""
    address_field: str | None = None
    """The field of a notification that holds its address; None when that is `addresses.<name>`."""
    preference_field: str | None = None
    """The field of preferences that switches it; None when that is `channels.<name>`."""
    profile_field: str | None = None
    """The field of a profile that holds its address; None when the User service knows of none."""
    settings: type[SettingsGroup] | None = None
    """The group with `<name>_provider` and `redirect_<name>_to`; None when those are in `Settings`."""
    has_footer: bool = False
    """Whether its messages end with the links of the content."""
    measure: Callable[[str], Size] | None = None
    """The number of segments of a text; None if length costs nothing."""
    whole_text: Callable[[str, str], str] | None = None
    """The text of this title and message before it is cut; None when it is never cut."""

    @property
    def label(self) -> str:
        """The name of its messages at the beginning of a sentence."""
        return self.noun[0].upper() + self.noun[1:]

    def noun_in(self, language: str) -> str:
        """The name of its messages inside a sentence of this language, or else in English."""
        return self.nouns.get(language, self.noun)


class ChannelModule(Protocol):
    """The interface of a module `channels/<name>_channel.py`."""

    DEFINITION: ChannelDefinition


@cache
def definition_of(channel: Channel) -> ChannelDefinition:
    """The definition in the file of a channel."""
    module = importlib.import_module(f"{channels.__name__}.{channel}_channel")
    return cast(ChannelModule, module).DEFINITION


def provider_names(channel: Channel, settings: Settings) -> str:
    """The value of the setting `<CHANNEL>_PROVIDER`."""
    return cast(str, getattr(_settings_of(channel, settings), f"{channel}_provider"))


def redirected_to(channel: Channel, settings: Settings) -> str | None:
    """The address to which every message of a channel goes (`REDIRECT_<CHANNEL>_TO`), or None."""
    return cast("str | None", getattr(_settings_of(channel, settings), f"redirect_{channel}_to"))


def render(channel: Channel, content: MessageContent, settings: Settings) -> Rendered:
    """Render this title and message for a channel."""
    return definition_of(channel).render(content, settings)


def _settings_of(channel: Channel, settings: Settings) -> SettingsGroup:
    group = definition_of(channel).settings
    return settings if group is None else load(group)
