"""Which messages an entry of the suppression list stops, and what is said about it."""

from datetime import timedelta

import pytest

from property_alert_notification.base.reasons import ReasonCode
from property_alert_notification.base.vocabulary import CategoryKind, Channel
from property_alert_notification.people.categories.rules import BUILT_IN, Category
from property_alert_notification.people.decide import Message, decide
from property_alert_notification.people.decisions import Rule, Send, Suppress
from property_alert_notification.people.person import Person
from property_alert_notification.people.preferences.rules import Preferences
from property_alert_notification.people.suppressions.rules import (
    Suppression,
    SuppressionReason,
    SuppressionScope,
    default_scope,
    is_erased,
)
from tests.unit.people.suppressions import NOW

EMAIL, SMS = Channel("email"), Channel("sms")
OFFER = Category("price_drop", CategoryKind.PROMOTIONAL)
ACCOUNT = BUILT_IN["account"]
HARD = Suppression(EMAIL, SuppressionReason.HARD_BOUNCE)
UNSUBSCRIBED = Suppression(EMAIL, SuppressionReason.UNSUBSCRIBE, SuppressionScope.PROMOTIONAL)


@pytest.mark.parametrize(
    ("entry", "channel", "category", "stops"),
    [
        (HARD, EMAIL, OFFER, True),
        (HARD, EMAIL, ACCOUNT, True),
        (HARD, SMS, OFFER, False),
        (HARD._replace(channel=None), SMS, OFFER, True),
        (UNSUBSCRIBED, EMAIL, OFFER, True),
        (UNSUBSCRIBED, EMAIL, ACCOUNT, False),
        (UNSUBSCRIBED._replace(category="price_drop"), EMAIL, OFFER, True),
        (UNSUBSCRIBED._replace(category="listing_alert"), EMAIL, OFFER, False),
        (HARD._replace(expires_at=NOW), EMAIL, OFFER, False),
        (HARD._replace(expires_at=NOW + timedelta(microseconds=1)), EMAIL, OFFER, True),
    ],
)
def test_an_entry_stops_its_channel_its_categories_and_until_it_expires(
    entry: Suppression, channel: Channel, category: Category, stops: bool
) -> None:
    assert entry.stops(channel, category, NOW) is stops


def test_the_list_comes_before_every_other_rule_and_names_the_gravest_reason() -> None:
    wants_all = Preferences(frozenset(Channel))
    message = Message(EMAIL, ACCOUNT, "ada@example.com", urgent=True)
    both = {None: (UNSUBSCRIBED,), "ada@example.com": (HARD, Suppression(EMAIL, SuppressionReason.COMPLAINT))}

    def decided(suppressions: dict[str | None, tuple[Suppression, ...]]) -> Send | Suppress:
        decision = decide(message, Person(wants_all, suppressions=suppressions), NOW)
        assert isinstance(decision, Send | Suppress)
        return decision

    stopped = decided(both)
    assert (stopped.rule, stopped.reason.code) == (Rule.SUPPRESSION, ReasonCode.SUPPRESSED_COMPLAINT)
    assert isinstance(decided({"grace@example.com": (HARD,)}), Send)
    assert isinstance(decided({None: (UNSUBSCRIBED,)}), Send)


@pytest.mark.parametrize("reason", [one for one in SuppressionReason if one is not SuppressionReason.ERASED])
def test_each_reason_has_a_code_a_sentence_and_a_scope(reason: SuppressionReason) -> None:
    person = Person(Preferences(frozenset(Channel)), suppressions={None: (Suppression(None, reason),)})
    decision = decide(Message(SMS, OFFER), person, NOW)

    assert isinstance(decision, Suppress)
    assert decision.reason.code == f"suppressed_{reason}"
    assert "suppression list" in decision.reason.sentence("sms")
    everything = default_scope(reason) is SuppressionScope.ALL
    assert everything is (reason is not SuppressionReason.UNSUBSCRIBE)


def test_an_erasure_stops_nothing_that_preferences_set_later_allow() -> None:
    """It only says that default preferences do not apply."""
    entries = {None: (Suppression(None, SuppressionReason.ERASED),)}

    assert is_erased(entries)
    assert not is_erased({None: (HARD,), "ada@example.com": entries[None]})
    assert isinstance(
        decide(Message(EMAIL, ACCOUNT), Person(Preferences(frozenset(Channel)), suppressions=entries), NOW), Send
    )
