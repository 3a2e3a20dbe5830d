"""Sends every message to one address, so that a service can be tested with the data of real users."""

from dataclasses import replace

from property_alert_notification.base.errors import ConfigurationError
from property_alert_notification.base.settings import Settings
from property_alert_notification.base.vocabulary import Channel, Environment
from property_alert_notification.channels.base import OutgoingMessage
from property_alert_notification.channels.definition import definition_of, redirected_to


def check_redirects(settings: Settings) -> None:
    """Make sure that redirection is allowed here, and leads to addresses that can exist.

    Raises:
        ConfigurationError: it is not, or they cannot.
    """
    for channel, address in redirections(settings).items():
        variable = f"redirect_{channel}_to".upper()
        if settings.environment is Environment.PRODUCTION:
            raise ConfigurationError(
                f"{variable}: with ENVIRONMENT=production messages go to the people they are for. "
                "Remove it, or set ENVIRONMENT=staging"
            )
        definition = definition_of(channel)
        if not definition.can_receive(address):
            raise ConfigurationError(
                f"{variable}: cannot be written to. Example: {variable}={definition.example_address}"
            )


def redirections(settings: Settings) -> dict[Channel, str]:
    """The one address of each channel that is redirected."""
    targets = {channel: redirected_to(channel, settings) for channel in Channel}
    return {channel: address for channel, address in targets.items() if address is not None}


def redirect(message: OutgoingMessage, to: str | None) -> OutgoingMessage:
    """The message for this one address, or as it is when there is none.

    The subject then begins with the address it was meant for, in brackets.
    """
    if to is None:
        return message
    return replace(message, to=to, subject=f"[{message.to}] {message.subject}")
