"""Sends what is meant for many people to one address, so that a service may be tried with the data of real ones."""

from dataclasses import replace

from property_alert_notification.base.errors import ConfigurationError, Refused
from property_alert_notification.base.settings import Settings
from property_alert_notification.base.vocabulary import Channel, Environment
from property_alert_notification.channels.base import OutgoingMessage
from property_alert_notification.channels.mime import parse_address
from property_alert_notification.channels.phone_numbers import in_e164


def check_redirects(settings: Settings) -> None:
    """Make sure that redirection is allowed here, and leads to addresses that can exist.

    Raises:
        ConfigurationError: it is not, or they cannot.
    """
    for channel in Channel:
        if (address := _target(channel, settings)) is None:
            continue
        variable = f"redirect_{channel}_to".upper()
        if settings.environment is Environment.PRODUCTION:
            raise ConfigurationError(
                f"{variable}: with ENVIRONMENT=production messages go to the people they are for. "
                "Remove it, or set ENVIRONMENT=staging"
            )
        if not _CAN_BE[channel](address):
            raise ConfigurationError(f"{variable}: cannot be written to. Example: {variable}={_EXAMPLE[channel]}")


def redirect(message: OutgoingMessage, channel: Channel, settings: Settings) -> OutgoingMessage:
    """The message for the one address that the settings name, or as it is when they name none.

    The subject of an email then begins with the address it was meant for, in brackets.
    """
    address = _target(channel, settings)
    if address is None:
        return message
    return replace(message, to=address, subject=f"[{message.to}] {message.subject}")


def _target(channel: Channel, settings: Settings) -> str | None:
    return {Channel.EMAIL: settings.redirect_email_to, Channel.SMS: settings.redirect_sms_to}[channel]


def _can_be_email(address: str) -> bool:
    try:
        parse_address(address)
    except Refused:
        return False
    return True


def _can_be_phone(number: str) -> bool:
    return in_e164(number) is not None


_CAN_BE = {Channel.EMAIL: _can_be_email, Channel.SMS: _can_be_phone}
_EXAMPLE = {Channel.EMAIL: "staging@example.com", Channel.SMS: "+14155552671"}
