"""What is decided about messages, beside a table that knows nothing of how it is decided."""

import random
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta

import pytest

from property_alert_notification.base.vocabulary import CategoryKind, Channel, Frequency
from property_alert_notification.people.categories.rules import Category
from property_alert_notification.people.decide import Message, decide
from property_alert_notification.people.decisions import Collect, Hold, Suppress
from property_alert_notification.people.directory.profile import Profile
from property_alert_notification.people.hours import current
from property_alert_notification.people.hours.legal import LegalWindow, LegalWindows, built_in
from property_alert_notification.people.permission import permit
from property_alert_notification.people.person import Person
from property_alert_notification.people.preferences.rules import PersonalRules, Preferences, QuietHours
from tests.fuzz.budget import cases, seed
from tests.fuzz.decision_table import Asked, Hours, may_it_be_sent, what_becomes_of_it

CATEGORIES = ("general", "listing_alert", "open_house", "digest")
ZONES = ("UTC", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "America/New_York", "Pacific/Kiritimati")
MINUTE = 60_000_000


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


@pytest.fixture
def _one_law() -> Iterator[None]:
    """Promotional SMS from 08:00 to 21:00 everywhere; nobody whose zone is unknown is asked about."""
    day = ((8 * 60 * MINUTE, 21 * 60 * MINUTE),)
    law = LegalWindow("*", Channel("sms"), CategoryKind.PROMOTIONAL, (day,) * 7, (), "a test")
    current.use(LegalWindows((law,)), None)
    yield
    current.use(built_in(), None)


def random_hours(dice: random.Random) -> tuple[QuietHours, ...]:
    return tuple(
        QuietHours(
            frozenset(dice.sample(range(7), dice.choice((1, 2, 7)))),
            *[time(*divmod(minute, 60)) for minute in dice.sample(range(24 * 60), 2)],
        )
        for _ in range(dice.choice((0, 0, 1, 2)))
    )


def random_person(dice: random.Random) -> Person:
    preferences = random_preferences(dice)
    zone = dice.choice(ZONES)
    if preferences is None or dice.random() < 0.3:  # the User service knows it
        rules = None if preferences is None else preferences.rules._replace(quiet_hours=random_hours(dice))
        known = None if preferences is None or rules is None else preferences._replace(rules=rules)
        return Person(known, Profile(7, time_zone=zone))
    rules = preferences.rules._replace(quiet_hours=random_hours(dice), time_zone=zone)
    return Person(preferences._replace(rules=rules))


def hours_of(message: Message, person: Person) -> Hours:
    preferences, profile = person.preferences, person.profile
    rules = PersonalRules() if preferences is None else preferences.rules
    limited = message.channel == "sms" and message.category.kind == "promotional"
    return Hours(
        zone=rules.time_zone or (profile.time_zone if profile else None) or "UTC",
        quiet=[(one.days, _minute(one.start), _minute(one.end)) for one in rules.quiet_hours],
        window=(8 * 60, 21 * 60) if limited else None,
    )


def _minute(local: time) -> int:
    return local.hour * 60 + local.minute


@pytest.mark.usefixtures("_one_law")
def test_the_decision_matches_the_table() -> None:
    dice = random.Random(seed())
    for _ in range(cases(few=3_000, whole=200_000)):
        message = Message(dice.choice(list(Channel)), random_category(dice), None, dice.random() < 0.3)
        person = random_person(dice)
        now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=dice.randrange(2 * 365 * 24 * 60))

        decision = decide(message, person, now)

        category, hours = message.category, hours_of(message, person)
        expected = what_becomes_of_it(
            asked(message.channel, category, person.preferences),
            hours,
            now,
            urgent=message.urgent,
            kind=category.kind,
            category=category.name,
        )
        assert (type(decision).__name__.lower(), decision.rule.value) == expected, (message, person, now)
        if isinstance(decision, Hold) and decision.reason.code != "no_allowed_moment":
            assert decision.until > now
            assert hours.is_lawful(decision.until), (message, person, now)
            assert not hours.is_quiet(decision.until), (message, person, now)
        if isinstance(decision, Collect):
            assert decision.closes_at > now
