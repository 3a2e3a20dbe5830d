"""What would become of an alert to a user now, by consent, hours, frequency, caps and addresses. Pure."""

from collections.abc import Container, Iterable, Sequence
from datetime import datetime

from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.homes.alerts.outcomes.alerts import best
from property_alert_notification.homes.alerts.outcomes.words import Became, Outcome
from property_alert_notification.people.caps.rules import Use
from property_alert_notification.people.decide import Message
from property_alert_notification.people.decisions import Decision, Rule, Suppress
from property_alert_notification.people.effective.answer import NOT_USED
from property_alert_notification.people.effective.cap import decide_with_cap
from property_alert_notification.people.effective.look_up import address_in
from property_alert_notification.people.person import Person

NO_ADDRESS = Suppress(Reason(ReasonCode.NO_ADDRESS), Rule.ADDRESS)


def decide_alert(message: Message, person: Person, at: datetime, uses: Sequence[Use], *, is_used: bool) -> Decision:
    """Decide about an alert, which goes to the address of the profile.

    If the profile is not known, it is requested when an alert is made: it may have an address. No provider carries a
    channel that is not used.
    """
    if not is_used:
        return NOT_USED
    decision = decide_with_cap(message, person, at, uses)
    if isinstance(decision, Suppress) or person.profile is None or address_in(person.profile, message.channel):
        return decision
    return NO_ADDRESS


def refusal_of(
    messages: Iterable[Message], person: Person, at: datetime, *, unused: Container[Channel]
) -> Became | None:
    """Why a user would get none of these alerts, one for each channel; None if they would get one of them."""
    refused = []
    for message in messages:
        decision = decide_alert(message, person, at, (), is_used=message.channel not in unused)
        if not isinstance(decision, Suppress):
            return None
        refused.append(Became(Outcome.NOT_TOLD, decision.reason, message.channel))
    return best(refused)
