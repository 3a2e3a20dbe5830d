"""Finds a provider by its name: `SMS_PROVIDER=acme` is `channels/sms_acme.py`. The file is its registration."""

import importlib
import pkgutil
from typing import cast

from property_alert_notification import channels
from property_alert_notification.channels.base import Provider, Sender, Tools
from property_alert_notification.errors import ConfigurationError
from property_alert_notification.settings import Settings
from property_alert_notification.vocabulary import Channel


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
        variable = f"{channel}_provider".upper()
        raise ConfigurationError(
            f"{variable}: no provider is called {name!r}; there are {', '.join(names(channel))}. "
            f"Example: {variable}=mailbox"
        )
    module = importlib.import_module(f"{channels.__name__}.{channel}_{name}")
    return cast(Provider, module).create(tools)


def chosen(channel: Channel, settings: Settings) -> str:
    """The name of the provider that carries a channel."""
    return {Channel.EMAIL: settings.email_provider, Channel.SMS: settings.sms_provider}[channel]
