"""Email into the development mailbox, with the bytes that a real server would have been given."""

from datetime import datetime

from property_alert_notification.base.settings import load
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.any_mailbox import MailboxSender
from property_alert_notification.channels.base import OutgoingMessage, Tools
from property_alert_notification.channels.mime import Composer, EmailSettings


def create(tools: Tools) -> "EmailMailboxSender":
    """Build the sender from `EMAIL_…`."""
    return EmailMailboxSender(load(EmailSettings), tools)


class EmailMailboxSender(MailboxSender):
    """Takes every message that can be written as an email, made-up addresses included."""

    def __init__(self, settings: EmailSettings, tools: Tools) -> None:
        """Nothing is written yet."""
        super().__init__(Channel("email"), tools, sender=settings.email_from)
        self._composer = Composer(settings)

    def raw(self, message: OutgoingMessage, now: datetime) -> str | None:
        """The email as a mail server would have got it."""
        return self._composer.compose(message, now=now, made_up=True).content.decode()
