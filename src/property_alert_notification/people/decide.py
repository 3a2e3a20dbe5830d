"""Whether a message may be sent to a person, and when. Pure. Accepting and claiming ask the same questions."""

from datetime import datetime
from typing import NamedTuple

from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.people.categories.rules import Category
from property_alert_notification.people.decisions import Decision, Rule, Send, Suppress
from property_alert_notification.people.person import Person

_NO_PREFERENCES = Suppress(Reason(ReasonCode.NO_PREFERENCES), Rule.CHANNEL_SWITCH)
_OPTED_OUT = Suppress(Reason(ReasonCode.USER_OPTED_OUT), Rule.CHANNEL_SWITCH)
_OPTED_IN = Send(Reason(ReasonCode.USER_OPTED_IN), Rule.SERVICE_DEFAULT)


class Message(NamedTuple):
    """What is asked about: a message that is on its way, or one that somebody asks about."""

    channel: Channel
    category: Category
    address: str | None = None
    """Where it goes; None when that is not known."""
    urgent: bool = False


def decide(message: Message, person: Person, now: datetime) -> Decision:
    """What becomes of a message to a person, if it is to leave `now`."""
    if person.preferences is None:
        return _NO_PREFERENCES
    if message.channel not in person.preferences.opted_in:
        return _OPTED_OUT
    return _OPTED_IN
