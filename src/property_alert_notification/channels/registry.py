"""Finds a provider by its name: `SMS_PROVIDER=acme` is `channels/sms_acme.py`. The file is its registration."""

import importlib
import pkgutil
from typing import cast

from property_alert_notification import channels
from property_alert_notification.channels.base import Provider, Sender, Tools
from property_alert_notification.errors import ConfigurationError
from property_alert_notification.settings import Settings
from property_alert_notification.vocabulary import Channel

_LOCAL_ONLY = {"mailbox", "console"}
_EXAMPLE = {Channel.EMAIL: "smtp", Channel.SMS: "twilio"}


def names(channel: Channel) -> list[str]:
    """Every provider of a channel, in alphabetical order."""
    prefix = f"{channel}_"
    return sorted(
        module.name.removeprefix(prefix)
        for module in pkgutil.iter_modules(channels.__path__)
        if module.name.startswith(prefix)
    )


def create_sender(channel: Channel, tools: Tools) -> Sender:
    """Build the sender that the settings choose for a channel.

    Raises:
        ConfigurationError: there is no such provider, or one of its own settings is wrong.
    """
    name = chosen(channel, tools.settings)
    if name not in names(channel):
        raise ConfigurationError(
            f"{_variable(channel)}: no provider is called {name!r}; there are {', '.join(names(channel))}. "
            f"Example: {_variable(channel)}={_EXAMPLE[channel]}"
        )
    if name in _LOCAL_ONLY and not tools.settings.is_local:
        raise ConfigurationError(
            f"{_variable(channel)}: {name} shows messages to developers and sends nothing, so it is for "
            f"ENVIRONMENT=local only. Example: {_variable(channel)}={_EXAMPLE[channel]}"
        )
    module = importlib.import_module(f"{channels.__name__}.{channel}_{name}")
    return cast(Provider, module).create(tools)


def chosen(channel: Channel, settings: Settings) -> str:
    """The name of the provider that carries a channel."""
    return {Channel.EMAIL: settings.email_provider, Channel.SMS: settings.sms_provider}[channel]


def _variable(channel: Channel) -> str:
    return f"{channel}_provider".upper()
