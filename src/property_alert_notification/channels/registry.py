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


def check_choices(settings: Settings) -> None:
    """Make sure that each channel's provider exists and may be used here, without building it.

    Raises:
        ConfigurationError: one does not, or may not.
    """
    for channel in Channel:
        _check_choice(channel, settings)


def create_sender(channel: Channel, tools: Tools) -> Sender:
    """Build the sender that the settings choose for a channel.

    Raises:
        ConfigurationError: there is no such provider, or one of its own settings is wrong.
    """
    _check_choice(channel, tools.settings)
    module = importlib.import_module(f"{channels.__name__}.{channel}_{chosen(channel, tools.settings)}")
    return cast(Provider, module).create(tools)


def chosen(channel: Channel, settings: Settings) -> str:
    """The name of the provider that carries a channel."""
    return {Channel.EMAIL: settings.email_provider, Channel.SMS: settings.sms_provider}[channel]


def _check_choice(channel: Channel, settings: Settings) -> None:
    name, variable = chosen(channel, settings), f"{channel}_provider".upper()
    if name not in names(channel):
        problem = f"no provider is called {name!r}; there are {', '.join(names(channel))}"
    elif name in _LOCAL_ONLY and not settings.is_local:
        problem = f"{name} shows messages to developers and sends nothing, so it is for ENVIRONMENT=local only"
    else:
        return
    raise ConfigurationError(f"{variable}: {problem}. Example: {variable}={_EXAMPLE[channel]}")
