"""Whether a message may be sent to a person, and when. Pure. Accepting and claiming ask the same questions."""

from datetime import datetime
from typing import NamedTuple

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.people.categories.rules import Category
from property_alert_notification.people.decisions import Decision, Suppress
from property_alert_notification.people.permission import permit
from property_alert_notification.people.person import Person


class Message(NamedTuple):
    """What is asked about: a message that is on its way, or one that somebody asks about."""

    channel: Channel
    category: Category
    address: str | None = None
    """Where it goes; None when that is not known."""
    urgent: bool = False


def decide(message: Message, person: Person, now: datetime) -> Decision:
    """What becomes of a message to a person, if it is to leave `now`."""
    permission = permit(message.channel, message.category, person.preferences)
    if isinstance(permission, Suppress):
        return permission
    return permission.send
