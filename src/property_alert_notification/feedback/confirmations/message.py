"""The message that asks a user to confirm an opt-in, in English and Spanish. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

from property_alert_notification.base.languages import primary
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.feedback.preference_page.languages import DEFAULT
from property_alert_notification.feedback.preference_page.view import Words

_SMS = Channel("sms")

_TEXTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "Please confirm: {about}",
        "sms": "Reply YES to receive {topic} by SMS, or open {url} If you did not ask for this, do nothing.",
        "other": "You asked to receive this: {about}. Please confirm it here: {url}\n\n"
        "If you did not ask for it, do nothing. You will receive nothing then.",
    },
    "es": {
        "title": "Confirme, por favor: {about}",
        "sms": "Responda SI para recibir {topic} por SMS, o abra {url} Si no lo ha pedido, no haga nada.",
        "other": "Ha pedido recibir esto: {about}. Confírmelo aquí: {url}\n\n"
        "Si no lo ha pedido, no haga nada. Entonces no recibirá nada.",
    },
}


class ConfirmationMessage(NamedTuple):
    """What is sent."""

    title: str
    message: str


def message_of(channel: Channel, category: str, url: str, *known: str | None) -> ConfirmationMessage:
    """The message in the first language of the user that it has; `known` are BCP 47 tags."""
    languages = (primary(tag) for tag in known if tag)
    words = Words(next((language for language in languages if language in _TEXTS), DEFAULT))
    texts = _TEXTS[words.language]
    topic = words.category(category)
    about = words("by", topic=topic, channel=words.channel(channel))
    text = texts["sms" if channel == _SMS else "other"]
    return ConfirmationMessage(texts["title"].format(about=about), text.format(about=about, topic=topic, url=url))
