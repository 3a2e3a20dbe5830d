"""Writes the message that a provider gets for a claimed delivery."""

from property_alert_notification.base.settings import Settings
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.base import OutgoingMessage
from property_alert_notification.channels.definition import render
from property_alert_notification.channels.redirect import redirect, redirections
from property_alert_notification.feedback.unsubscribe.links import LinkWriter
from property_alert_notification.feedback.unsubscribe.tokens import Tokens
from property_alert_notification.messages.content import Links, MessageContent
from property_alert_notification.notification_worker.claim import Job
from property_alert_notification.people.categories.rules import CurrentCategories


class Composer:
    """Renders messages by the settings."""

    def __init__(self, settings: Settings, categories: CurrentCategories) -> None:
        self._settings = settings
        self._categories = categories
        self._links = LinkWriter(Tokens(settings.link_keys), settings.base_url)
        self._redirections = redirections(settings)

    def compose(self, channel: Channel, job: Job) -> OutgoingMessage:
        """The message for the delivery's own address."""
        content = MessageContent(job.content.title, job.content.message, self._links_of(channel, job))
        rendered = render(channel, content, self._settings)
        return OutgoingMessage(
            delivery_id=job.claim.delivery_id,
            to=job.claim.address,
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
            headers=rendered.headers,
            cut=rendered.cut,
        )

    def _links_of(self, channel: Channel, job: Job) -> Links | None:
        carried, its = job.content.carries, job.content.category
        return self._links.write(
            job.content.user_id,
            channel,
            self._categories().of(its if carried is None else carried),
            in_digest=carried is not None,
            test=job.claim.test,
            language=job.language,
        )

    def redirect(self, channel: Channel, message: OutgoingMessage) -> OutgoingMessage:
        """The message for the address to which the settings redirect everything, or as it is without one."""
        return redirect(message, self._redirections.get(channel))
