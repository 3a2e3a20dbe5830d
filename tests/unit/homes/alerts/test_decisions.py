"""What would become of an alert now, by what is known of its user."""

from datetime import UTC, datetime

import pytest

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.homes.alerts.decisions import NO_ADDRESS, decide_alert, refusal_of
from property_alert_notification.people.categories.rules import BUILT_IN, LISTING_ALERT
from property_alert_notification.people.decide import Message
from property_alert_notification.people.decisions import Send
from property_alert_notification.people.directory.profile import Profile
from property_alert_notification.people.effective.answer import NOT_USED
from property_alert_notification.people.person import UNKNOWN, Person
from property_alert_notification.people.preferences.rules import NO_RULES, Preferences

EMAIL, SMS = Channel("email"), Channel("sms")
NOON = datetime(2026, 11, 30, 20, tzinfo=UTC)
ADA = Person(Preferences(frozenset({EMAIL, SMS}), NO_RULES), Profile(1, email="ada@example.com"))
BY_EMAIL, BY_SMS = (Message(channel, BUILT_IN[LISTING_ALERT]) for channel in (EMAIL, SMS))


def test_an_alert_goes_to_the_address_of_the_profile() -> None:
    assert isinstance(decide_alert(BY_EMAIL, ADA, NOON, (), is_used=True), Send)
    assert decide_alert(BY_SMS, ADA, NOON, (), is_used=True) == NO_ADDRESS
    assert decide_alert(BY_SMS, ADA._replace(profile=None), NOON, (), is_used=True) != NO_ADDRESS
    assert decide_alert(BY_EMAIL, ADA, NOON, (), is_used=False) == NOT_USED


@pytest.mark.parametrize(
    ("person", "messages", "code"),
    [
        (ADA, [BY_EMAIL, BY_SMS], None),
        (ADA, [BY_SMS], "no_address"),
        (ADA._replace(preferences=Preferences(frozenset(), NO_RULES)), [BY_EMAIL, BY_SMS], "user_opted_out"),
        (ADA._replace(preferences=Preferences(frozenset({SMS}), NO_RULES)), [BY_EMAIL, BY_SMS], "no_address"),
        (UNKNOWN, [BY_EMAIL, BY_SMS], "no_preferences"),
    ],
)
def test_a_user_is_refused_alerts_if_no_channel_may_carry_them(
    person: Person, messages: list[Message], code: str | None
) -> None:
    refusal = refusal_of(messages, person, NOON, unused=())
    assert (refusal and refusal.code) == code
