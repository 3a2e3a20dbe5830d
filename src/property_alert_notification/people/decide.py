"""Whether a message may be sent to a person, and when. Pure. Accepting and claiming ask the same questions."""

from datetime import datetime
from typing import NamedTuple

from property_alert_notification.base.vocabulary import CategoryKind, Channel
from property_alert_notification.people.categories.rules import Category
from property_alert_notification.people.decisions import Decision, Rule, Send, Suppress
from property_alert_notification.people.hours import current
from property_alert_notification.people.hours.hold import hold
from property_alert_notification.people.hours.hold import needs_profile as hold_needs_profile
from property_alert_notification.people.permission import permit
from property_alert_notification.people.person import Person


class Message(NamedTuple):
    """The message to decide about: one that is on its way, or a hypothetical one."""

    channel: Channel
    category: Category
    address: str | None = None
    """Where it goes; None when that is not known."""
    urgent: bool = False
    at_local_time: bool = False
    """It is sent at a time of its user's clock."""


def decide(message: Message, person: Person, now: datetime) -> Decision:
    """What becomes of a message to a person, if it is to leave `now`."""
    permission = permit(message.channel, message.category, person.preferences)
    if isinstance(permission, Suppress):
        return permission
    return _when(message, person, now, permission.send) or permission.send


def needs_profile(message: Message, person: Person) -> bool:
    """Whether the decision depends on the person's profile."""
    if message.at_local_time and person.preferences and person.preferences.rules.time_zone is None:
        return True
    if _goes_at_once(message):
        return False
    return hold_needs_profile(message.channel, message.category.kind, person, current.windows())


def _goes_at_once(message: Message) -> bool:
    return message.urgent and message.category.kind is CategoryKind.TRANSACTIONAL


def _when(message: Message, person: Person, now: datetime, send: Send) -> Decision | None:
    """What becomes of a message that may be sent, if it is not sent now; None if it is."""
    if _goes_at_once(message):
        return Send(send.reason, Rule.URGENT)
    windows, default = current.windows(), current.default_time_zone()
    return hold(message.channel, message.category.kind, message.address, person, now, windows, default)
