"""Finds a provider by its name: `SMS_PROVIDER=acme` is `channels/sms_acme.py`. The file is its registration."""

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from types import ModuleType
from typing import cast

from property_alert_notification import channels
from property_alert_notification.base.errors import ConfigurationError
from property_alert_notification.base.settings import Settings, SettingsGroup, given_instances
from property_alert_notification.base.settings.setting_values import NO_PROVIDER
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.base import Provider, ProviderOfAnyChannel, Sender, Tools
from property_alert_notification.channels.callback import LARGEST_CALLBACK, ProviderCallbacks, ProviderWithCallbacks
from property_alert_notification.channels.definition import definition_of, provider_names

_LOCAL_ONLY = {"mailbox", "console"}
_ANY = "any"
"""In place of the channel in the name of a file: its provider carries every channel that has none of that name."""


def names(channel: Channel) -> list[str]:
    """Every provider of a channel, in alphabetical order."""
    return sorted({name for of, name in map(channel_and_provider, _files()) if name and of in (channel, _ANY)})


def channel_and_provider(file: str) -> tuple[str, str | None]:
    """What the name of a file in `channels/` means: `sms_acme` is the provider `acme` of the channel `sms`.

    The provider is None for a file that holds none.
    """
    # The longer of two names that both fit.
    for channel in sorted([*Channel, _ANY], key=len, reverse=True):
        if file.startswith(f"{channel}_"):
            name = file.removeprefix(f"{channel}_")
            return channel, None if name == "channel" else name
    return file, None


def _module(of: str, kind: str) -> ModuleType:
    return importlib.import_module(f"{channels.__name__}.{of}_{kind}")


def _files() -> frozenset[str]:
    return _files_in(tuple(channels.__path__))


@cache
def _files_in(folders: tuple[str, ...]) -> frozenset[str]:
    """The names of the modules; each folder is read once, not for every provider anew."""
    return frozenset(module.name for module in pkgutil.iter_modules(folders))


def settings_groups() -> Iterator[type[SettingsGroup]]:
    """The service's own settings first, then each provider's, in the order of their files."""
    yield Settings
    prefix = f"{channels.__name__}."
    for module in [importlib.import_module(found.name) for found in pkgutil.walk_packages(channels.__path__, prefix)]:
        for member in vars(module).values():
            if (
                isinstance(member, type)
                and issubclass(member, SettingsGroup)
                and member.__module__ == module.__name__
                and not member.__subclasses__()  # the settings of a common base class are listed with each subclass
            ):
                yield member


def check_choices(settings: Settings) -> None:
    """Make sure that each channel's providers exist and may be used here, without building them.

    Raises:
        ConfigurationError: one does not, or may not; or no channel is used at all.
    """
    check_any_used(settings)
    for channel in Channel:
        for provider in chosen(channel, settings):
            _check_choice(channel, provider, settings)


def check_any_used(settings: Settings) -> None:
    """Make sure that at least one channel has a provider.

    Raises:
        ConfigurationError: none has.
    """
    if unused(settings) == set(Channel):
        raise ConfigurationError(
            f"EMAIL_PROVIDER: every channel has the provider {NO_PROVIDER}, so nothing could be sent. "
            "Example: EMAIL_PROVIDER=smtp"
        )


def create_sender(channel: Channel, provider: str, tools: Tools) -> Sender:
    """Build the sender of one provider of a channel: `smtp`, or `smtp@backup` with settings of its own.

    Raises:
        ConfigurationError: there is no such provider, or one of its own settings is wrong.
    """
    _check_choice(channel, provider, tools.settings)
    kind, instance = _kind_and_instance(provider)
    if f"{channel}_{kind}" in _files():
        return cast(Provider, _module(channel, kind)).create(replace(tools, instance=instance))
    return cast(ProviderOfAnyChannel, _module(_ANY, kind)).create(channel, tools)


def create_callbacks(channel: Channel, provider: str, tools: Tools) -> ProviderCallbacks | None:
    """Build the reader of a provider's callbacks; None when its file reads none, or its settings enable none.

    Raises:
        ConfigurationError: there is no such provider, or one of its own settings is wrong.
    """
    _check_choice(channel, provider, tools.settings)
    kind, instance = _kind_and_instance(provider)
    if f"{channel}_{kind}" not in _files() or not hasattr(module := _module(channel, kind), "create_callback_reader"):
        return None
    its_tools = replace(tools, instance=instance)
    if (read := cast(ProviderWithCallbacks, module).create_callback_reader(its_tools)) is None:
        return None
    confirm = module.create_confirm(its_tools) if hasattr(module, "create_confirm") else None
    return ProviderCallbacks(read, getattr(module, "LARGEST_CALLBACK", LARGEST_CALLBACK), confirm)


def calling_back(channel: Channel, settings: Settings) -> list[str]:
    """The names of the providers of a channel whose callbacks are read, if their settings are right.

    These are the chosen ones, and those that were chosen before: as long as their callback setting is there.
    """
    found = dict.fromkeys(chosen(channel, settings))
    for kind in names(channel):
        if f"{channel}_{kind}" in _files() and hasattr(module := _module(channel, kind), "CALLBACK_SETTING"):
            instances = given_instances(*cast(ProviderWithCallbacks, module).CALLBACK_SETTING)
            found.update(dict.fromkeys(kind if one is None else f"{kind}@{one}" for one in instances))
    return list(found)


def chosen(channel: Channel, settings: Settings) -> list[str]:
    """The names of the providers of a channel, in the order of failover."""
    names = provider_names(channel, settings)
    return [] if names == NO_PROVIDER else names.split(",")


def unused(settings: Settings) -> set[Channel]:
    """The channels whose provider is `none`."""
    return {channel for channel in Channel if not chosen(channel, settings)}


def only_shown(channel: Channel, settings: Settings) -> bool:
    """Whether no provider of a channel sends anything: they show it to developers."""
    return {provider.partition("@")[0] for provider in chosen(channel, settings)} <= _LOCAL_ONLY


def _kind_and_instance(provider: str) -> tuple[str, str | None]:
    """Of `smtp@backup`: `smtp` and `backup`."""
    kind, _, instance = provider.partition("@")
    return kind, instance or None


def _check_choice(channel: Channel, provider: str, settings: Settings) -> None:
    kind, variable = _kind_and_instance(provider)[0], f"{channel}_provider".upper()
    if kind not in names(channel):
        problem = f"no provider is called {kind!r}; there are {', '.join(names(channel))}"
    elif kind in _LOCAL_ONLY and not settings.is_local:
        problem = f"{kind} shows messages to developers and sends nothing, so it is for ENVIRONMENT=local only"
    else:
        return
    raise ConfigurationError(f"{variable}: {problem}. Example: {variable}={definition_of(channel).example_provider}")
