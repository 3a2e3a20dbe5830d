"""Writes the message that a provider gets for a claimed delivery."""

from property_alert_notification.base.settings import Settings
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.base import OutgoingMessage
from property_alert_notification.channels.definition import render
from property_alert_notification.channels.redirect import redirect, redirections
from property_alert_notification.messages.content import MessageContent
from property_alert_notification.notification_worker.claim import Job


class Composer:
    """Renders messages by the settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._redirections = redirections(settings)

    def compose(self, channel: Channel, job: Job) -> OutgoingMessage:
        """The message for the delivery's own address."""
        rendered = render(channel, MessageContent(job.content.title, job.content.message), self._settings)
        return OutgoingMessage(
            delivery_id=job.claim.delivery_id,
            to=job.claim.address,
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
            headers=rendered.headers,
            cut=rendered.cut,
        )

    def redirect(self, channel: Channel, message: OutgoingMessage) -> OutgoingMessage:
        """The message for the address to which the settings redirect everything, or as it is without one."""
        return redirect(message, self._redirections.get(channel))
