"""Preferences are switched channel by channel."""

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.people.preferences.models import words_of
from property_alert_notification.people.preferences.rules import Preferences

EMAIL, SMS = Channel("email"), Channel("sms")
NOTHING = Preferences(frozenset())


def test_a_switch_changes_its_own_channel_only() -> None:
    both = NOTHING.changed({EMAIL: True, SMS: True})

    assert both.switches == {EMAIL: True, SMS: True}
    assert both.changed({SMS: False}).switches == {EMAIL: True, SMS: False}
    assert both.changed({}) == both
    assert NOTHING.changed({EMAIL: False}) == NOTHING


def test_channels_are_stored_in_one_order() -> None:
    assert words_of([SMS, EMAIL]) == words_of([EMAIL, SMS]) == "email sms"
    assert words_of([]) == ""
