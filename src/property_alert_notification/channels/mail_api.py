"""What the providers of email by an HTTP API have in common."""

from property_alert_notification.base.errors import ConfigurationError, Refused
from property_alert_notification.base.settings import load
from property_alert_notification.channels import mime_headers
from property_alert_notification.channels.base import OutgoingMessage
from property_alert_notification.channels.mime import EmailSettings, parse_address
from property_alert_notification.channels.mime_headers import encoded_words

DELIVERY_ID = "delivery_id"
"""The name under which the provider keeps the delivery's id, and repeats it in callbacks."""
_CONTROL = "a header of the message holds a control character"


def email_settings(provider: str) -> EmailSettings:
    """The sender of all emails.

    Raises:
        ConfigurationError: it has no address, or one that the provider does not take.
    """
    email = load(EmailSettings)
    if "email_from" not in email.model_fields_set:
        raise ConfigurationError(
            f"EMAIL_FROM: needed for EMAIL_PROVIDER={provider}. Example: EMAIL_FROM=alerts@example.com"
        )
    for name, address in (("EMAIL_FROM", email.email_from), ("EMAIL_REPLY_TO", email.email_reply_to)):
        if address is not None and not address.isascii():
            raise ConfigurationError(
                f"{name}: the part before the @ must be ASCII for EMAIL_PROVIDER={provider}. "
                f"Example: {name}=alerts@example.com"
            )
    return email


def headers_of(message: OutgoingMessage, email: EmailSettings) -> dict[str, str]:
    """The headers of a message beyond those that the API has fields for.

    Raises:
        Refused: a header or the subject has a control character, or a header another name than it may.
    """
    mime_headers.check(message.headers)
    if mime_headers.CONTROL.search(message.subject):
        raise Refused(_CONTROL)
    reply_to = {} if email.email_reply_to is None else {"Reply-To": email.email_reply_to}
    headers = {**dict(message.headers), **reply_to}
    return {name: value if value.isascii() else _in_words(name, value) for name, value in headers.items()}


def recipient_of(message: OutgoingMessage) -> str:
    """The address with its domain in ASCII, as these APIs want it.

    Raises:
        Refused: it is no address, or the part before the @ is beyond ASCII.
    """
    if mime_headers.CONTROL.search(message.to):
        raise Refused(_CONTROL)
    address = parse_address(message.to)
    if address.needs_utf8:
        raise Refused("the provider takes no address with a mailbox name beyond ASCII")
    return address.text


def from_header(email: EmailSettings) -> str:
    """The sender as one header, in ASCII."""
    if not email.email_from_name:
        return email.email_from
    if not email.email_from_name.isascii():
        return f"{_in_words('From', email.email_from_name)} <{email.email_from}>"
    quoted = email.email_from_name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{email.email_from}>'


def _in_words(name: str, value: str) -> str:
    """RFC 2047 on one line: the API folds it."""
    return encoded_words(name, value).replace("\r\n ", " ")
