"""While the rules of a user cannot be read, nothing is sent that they may forbid, or lost that they may ask for."""

from datetime import UTC, datetime

import pytest

from property_alert_notification.base.reasons import ReasonCode
from property_alert_notification.base.vocabulary import CategoryKind, Channel, Frequency
from property_alert_notification.people.categories.rules import Category
from property_alert_notification.people.decide import RECHECK_AFTER, Message, decide
from property_alert_notification.people.decisions import Hold, Rule, Send, Suppress
from property_alert_notification.people.effective.steps import Part, steps_of
from property_alert_notification.people.person import Person
from property_alert_notification.people.preferences.rules import UNREADABLE, Preferences

EMAIL, SMS = Channel("email"), Channel("sms")
DAMAGED = Person(Preferences(frozenset({EMAIL}), UNREADABLE))
NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("kind", CategoryKind)
@pytest.mark.parametrize("default", [None, *Frequency])
@pytest.mark.parametrize("urgent", [False, True])
def test_what_the_rules_may_forbid_or_ask_for_is_held(
    kind: CategoryKind, default: Frequency | None, urgent: bool
) -> None:
    category = Category("offer", kind, default={} if default is None else {EMAIL: default})
    message = Message(EMAIL, category, "a@example.com", urgent=urgent)

    decision = decide(message, DAMAGED, NOW)
    steps = steps_of(message, DAMAGED, NOW, [])

    assert isinstance(decision, Hold)
    assert (decision.reason.code, decision.rule) == (ReasonCode.PREFERENCES_UNREADABLE, Rule.USER_RULE)
    assert decision.until == NOW + RECHECK_AFTER
    assert [step.rule for step in steps if step.part is Part.DECIDES] == [Rule.USER_RULE]
    assert {step.rule for step in steps if step.result == "not evaluated"} > {Rule.SERVICE_DEFAULT, Rule.QUIET_HOURS}


def test_what_no_rule_of_a_user_can_hold_is_sent() -> None:
    required = Category("account", CategoryKind.TRANSACTIONAL, required=True)

    urgent = decide(Message(EMAIL, required, urgent=True), DAMAGED, NOW)
    usual = decide(Message(EMAIL, required), DAMAGED, NOW)

    assert isinstance(urgent, Send)
    assert isinstance(usual, Hold)  # for quiet hours, which may be among the rules


def test_a_channel_that_is_switched_off_stays_so() -> None:
    assert isinstance(decide(Message(SMS, Category("offer")), DAMAGED, NOW), Suppress)
