"""What is recorded when preferences change: every opt-in and opt-out, and nothing else."""

import random

import pytest

from property_alert_notification.base.vocabulary import Channel, Frequency
from property_alert_notification.people.categories.rules import BUILT_IN, Categories, Category
from property_alert_notification.people.consent.changes import changes_between
from property_alert_notification.people.consent.rules import ConsentChange, ConsentDecision, wording_version
from property_alert_notification.people.decisions import Suppress
from property_alert_notification.people.permission import permit
from property_alert_notification.people.preferences.rules import NO_RULES, UNREADABLE, PersonalRules, Preferences

EMAIL, SMS = Channel("email"), Channel("sms")
IN, OUT = ConsentDecision.OPTED_IN, ConsentDecision.OPTED_OUT
ASAP, DAILY, NEVER = Frequency.ASAP, Frequency.DAILY, Frequency.NEVER
NEWS = Category("news", default={EMAIL: NEVER})
KNOWN = Categories({**BUILT_IN, "news": NEWS})


def preferences(*channels: Channel, **frequencies: Frequency) -> Preferences:
    """Preferences with these channels, and frequencies by email."""
    rules = PersonalRules(frequencies={name: {EMAIL: often} for name, often in frequencies.items()})
    return Preferences(frozenset(channels), rules if frequencies else NO_RULES)


def changed(before: Preferences | None, after: Preferences | None) -> list[tuple[str, ...]]:
    return [
        tuple(str(one) for one in (change.decision, change.channel, change.category) if one)
        for change in changes_between(before, after, KNOWN)
    ]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (preferences(EMAIL), preferences(EMAIL), []),
        (None, preferences(EMAIL), [(IN, "email"), (OUT, "sms")]),
        (preferences(EMAIL), preferences(SMS), [(OUT, "email"), (IN, "sms")]),
        (preferences(EMAIL), None, [(OUT,)]),
        (preferences(), None, [(OUT,)]),
        (preferences(EMAIL)._replace(rules=UNREADABLE), preferences(EMAIL), [(IN, "email"), (OUT, "sms")]),
        (preferences(EMAIL), preferences(EMAIL, offer=NEVER), [(OUT, "email", "offer")]),
        (preferences(EMAIL), preferences(EMAIL, offer=DAILY), [(IN, "email", "offer")]),
        (preferences(EMAIL, offer=ASAP), preferences(EMAIL, offer=DAILY), []),
        (preferences(EMAIL, offer=NEVER), preferences(EMAIL), [(IN, "email", "offer")]),
        (preferences(EMAIL, offer=DAILY), preferences(EMAIL), []),
        (preferences(EMAIL, news=NEVER), preferences(EMAIL), []),
        (preferences(EMAIL), preferences(EMAIL, news=NEVER), [(OUT, "email", "news")]),
        (preferences(EMAIL, news=ASAP), preferences(EMAIL), [(OUT, "email", "news")]),
    ],
)
def test_a_change_is_recorded_if_it_is_a_decision(
    before: Preferences | None, after: Preferences | None, expected: list[tuple[str, ...]]
) -> None:
    assert changed(before, after) == expected


def test_every_message_that_is_no_longer_allowed_or_newly_allowed_has_its_record() -> None:
    dice = random.Random(8)
    for _ in range(500):
        before, after = _any(dice), _any(dice)
        records = changes_between(before, after, KNOWN)
        for channel in Channel:
            for name in ("offer", "news", "general", "undefined"):
                was, now = (not isinstance(permit(channel, KNOWN.of(name), one), Suppress) for one in (before, after))
                if was != now:
                    assert any(_covers(one, IN if now else OUT, channel, name) for one in records)


def test_without_a_change_there_is_no_record() -> None:
    dice = random.Random(9)
    for _ in range(100):
        same = _any(dice)
        if same is not None:
            assert not changes_between(same, same, KNOWN)


def test_another_text_has_another_version() -> None:
    versions = {wording_version("page", language, {"on": text}) for language in ("en", "es") for text in ("Yes", "No")}

    assert len(versions) == 4
    assert all(len(one) < 40 for one in versions)


def _any(dice: random.Random) -> Preferences | None:
    if dice.random() < 0.1:
        return None
    names = dice.sample(["offer", "news", "undefined"], dice.randint(0, 3))
    frequencies = {name: {dice.choice(list(Channel)): dice.choice([ASAP, DAILY, NEVER])} for name in names}
    channels = frozenset(dice.sample(list(Channel), dice.randint(0, len(Channel))))
    return Preferences(channels, PersonalRules(frequencies=frequencies))


def _covers(change: ConsentChange, decision: ConsentDecision, channel: Channel, category: str) -> bool:
    return change.decision is decision and change.channel in (None, channel) and change.category in (None, category)
