"""What the providers of email by an HTTP API have in common."""

from property_alert_notification.base.errors import ConfigurationError, Refused
from property_alert_notification.base.settings import load
from property_alert_notification.channels import mime_headers
from property_alert_notification.channels.base import OutgoingMessage
from property_alert_notification.channels.mime import EmailSettings

DELIVERY_ID = "delivery_id"
"""The name under which the provider keeps the delivery's id, and repeats it in callbacks."""


def email_settings(provider: str) -> EmailSettings:
    """The sender of all emails.

    Raises:
        ConfigurationError: it has no address.
    """
    email = load(EmailSettings)
    if "email_from" not in email.model_fields_set:
        raise ConfigurationError(
            f"EMAIL_FROM: needed for EMAIL_PROVIDER={provider}. Example: EMAIL_FROM=alerts@example.com"
        )
    return email


def headers_of(message: OutgoingMessage, email: EmailSettings) -> dict[str, str]:
    """The headers of a message beyond those that the API has fields for.

    Raises:
        Refused: a header, the subject or the address has a control character, or a header another name than it may.
    """
    mime_headers.check(message.headers)
    if any(mime_headers.CONTROL.search(text) for text in (message.to, message.subject)):
        raise Refused("a header of the message holds a control character")
    reply_to = {} if email.email_reply_to is None else {"Reply-To": email.email_reply_to}
    return {**dict(message.headers), **reply_to}


def from_header(email: EmailSettings) -> str:
    """The sender as one header."""
    if not email.email_from_name:
        return email.email_from
    quoted = email.email_from_name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{email.email_from}>'
