"""What is decided about messages, beside a table that knows nothing of how it is decided."""

import random
from collections.abc import Mapping
from datetime import UTC, datetime

from property_alert_notification.base.vocabulary import CategoryKind, Channel, Frequency
from property_alert_notification.people.categories.rules import Category
from property_alert_notification.people.decide import Message, decide
from property_alert_notification.people.decisions import Suppress
from property_alert_notification.people.permission import permit
from property_alert_notification.people.person import Person
from property_alert_notification.people.preferences.rules import PersonalRules, Preferences
from tests.fuzz.budget import cases, seed
from tests.fuzz.decision_table import Asked, may_it_be_sent

CATEGORIES = ("general", "listing_alert", "open_house")


def random_frequencies(dice: random.Random) -> dict[Channel, Frequency]:
    said = dice.sample(list(Channel), dice.randint(0, len(Channel)))
    return {channel: dice.choice(list(Frequency)) for channel in said}


def random_preferences(dice: random.Random) -> Preferences | None:
    if dice.random() < 0.05:
        return None
    said = dice.sample(CATEGORIES, dice.choice((0, 0, 1, 2, 3)))
    rules = PersonalRules(frequencies={category: random_frequencies(dice) for category in said})
    return Preferences(frozenset(dice.sample(list(Channel), dice.choice((0, 1, 2, 2)))), rules)


def random_category(dice: random.Random) -> Category:
    kind = dice.choice(list(CategoryKind))
    required = kind is CategoryKind.TRANSACTIONAL and dice.random() < 0.3
    return Category(dice.choice(CATEGORIES), kind, required, random_frequencies(dice))


def asked(channel: Channel, category: Category, preferences: Preferences | None) -> Asked:
    frequencies: Mapping[str, Mapping[str, str]] = {} if preferences is None else preferences.rules.frequencies
    return Asked.about(
        switches=None if preferences is None else set(preferences.opted_in),
        frequencies=frequencies,
        channel=channel,
        category=category.name,
        required=category.required,
        default=category.default,
    )


def test_a_message_may_be_sent_as_the_first_rule_that_applies_says() -> None:
    dice = random.Random(seed())
    for _ in range(cases(few=3_000, whole=200_000)):
        channel, category = dice.choice(list(Channel)), random_category(dice)
        preferences = random_preferences(dice)

        found = permit(channel, category, preferences)

        if isinstance(found, Suppress):
            answer = ("suppress", found.rule.value, "-")
        else:
            answer = ("send", found.send.rule.value, found.frequency.value)
        case = asked(channel, category, preferences)
        assert answer == may_it_be_sent(case), case


def test_what_must_not_be_sent_is_suppressed_at_every_hour_and_however_urgent() -> None:
    dice = random.Random(seed())
    for _ in range(cases(few=1_000, whole=50_000)):
        message = Message(
            dice.choice(list(Channel)), random_category(dice), dice.choice((None, "+14155552671")), dice.random() < 0.5
        )
        preferences = random_preferences(dice)
        now = datetime.fromtimestamp(dice.randrange(4_000_000_000), UTC)

        decision = decide(message, Person(preferences), now)

        expected, rule, _ = may_it_be_sent(asked(message.channel, message.category, preferences))
        assert isinstance(decision, Suppress) == (expected == "suppress"), message
        assert not isinstance(decision, Suppress) or decision.rule.value == rule
