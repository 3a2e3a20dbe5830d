"""What a cap says of a message before it is sent."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.people.caps.rules import Use
from property_alert_notification.people.categories.rules import BUILT_IN
from property_alert_notification.people.decide import Message
from property_alert_notification.people.decisions import Collect, Decision, Hold, Rule, Send
from property_alert_notification.people.effective.cap import cap_in_words, decide_with_cap
from property_alert_notification.people.effective.steps import steps_of
from property_alert_notification.people.person import Person
from property_alert_notification.people.preferences.rules import Cap, PersonalRules, Preferences, QuietHours

EMAIL, SMS = Channel("email"), Channel("sms")
WEDNESDAY = date(2026, 12, 2)
NOON = datetime(2026, 12, 2, 12, tzinfo=UTC)
ADA = Person(
    Preferences(
        frozenset({EMAIL, SMS}),
        PersonalRules(
            time_zone="Europe/Berlin",
            caps={EMAIL: Cap(day=2, week=4), SMS: Cap(week=1)},
            quiet_hours=(QuietHours(frozenset(range(7)), time(22), time(6)),),
        ),
    )
)


def uses(*days: int) -> Sequence[Use]:
    """One message so many days from Wednesday."""
    return [Use(UUID(int=n + 1), WEDNESDAY + timedelta(days=day)) for n, day in enumerate(days)]


def decided(
    counted: Sequence[Use], category: str = "listing_alert", channel: Channel = EMAIL, **later: int
) -> Decision:
    return decide_with_cap(Message(channel, BUILT_IN[category]), ADA, NOON + timedelta(**later), counted)


@pytest.mark.parametrize("counted", [uses(), uses(0), uses(-1, -1, 0), uses(-3, -4, -4), uses(1, 1)])
def test_what_fits_is_sent(counted: Sequence[Use]) -> None:
    assert isinstance(decided(counted), Send)


@pytest.mark.parametrize(
    ("counted", "reached", "until"),
    [
        (uses(0, 0), ("day", 2, 2), datetime(2026, 12, 3, 7, tzinfo=UTC)),
        (uses(0, 0, 0), ("day", 2, 3), datetime(2026, 12, 3, 7, tzinfo=UTC)),  # the cap was higher before
        (uses(0, 0, 1, 1), ("day", 2, 2), datetime(2026, 12, 7, 7, tzinfo=UTC)),
        (uses(-1, -1, -2, -2), ("week", 4, 4), datetime(2026, 12, 7, 7, tzinfo=UTC)),
    ],
)
def test_what_is_over_the_cap_is_collected_until_there_is_a_place(
    counted: Sequence[Use], reached: tuple[str, int, int], until: datetime
) -> None:
    found = decided(counted)

    assert isinstance(found, Collect)
    assert (found.rule, found.closes_at) == (Rule.CAP, until)
    assert found.reason.parameters == dict(zip(("period", "most", "counted"), reached, strict=True))


def test_a_digest_is_held_and_what_is_transactional_is_sent() -> None:
    digest = decided(uses(0, 0), "digest")

    assert isinstance(digest, Hold)
    assert (digest.rule, digest.until) == (Rule.CAP, datetime(2026, 12, 3, 7, tzinfo=UTC))
    assert isinstance(decided(uses(0, 0), "viewing"), Send)


def test_each_day_and_each_channel_has_a_cap_of_its_own_and_hours_are_asked_before() -> None:
    assert isinstance(decided(uses(0, 0), days=1), Send)
    assert decided(uses(0, 0), channel=SMS).rule is Rule.CAP
    assert decided(uses(0, 0), hours=11).rule is Rule.QUIET_HOURS


def test_the_count_is_said_in_words() -> None:
    message = Message(EMAIL, BUILT_IN["listing_alert"])

    assert cap_in_words(message, ADA, NOON, uses(0, -2, -3, 4)) == "1 of 2 a day, 3 of 4 a week"
    assert cap_in_words(Message(SMS, BUILT_IN["listing_alert"]), ADA, NOON, uses(1)) == "1 of 1 a week"
    assert cap_in_words(Message(EMAIL, BUILT_IN["viewing"]), ADA, NOON, uses(0)) == "none"
    assert cap_in_words(message, Person(None), NOON, uses(0)) == "none"


@pytest.mark.parametrize(
    ("counted", "part", "says"), [(uses(0), "", "1 of 2 a day, 1 of 4 a week"), (uses(0, 0), "decides", "")]
)
def test_the_step_of_the_cap_says_how_much_is_left_or_that_it_decides(
    counted: Sequence[Use], part: str, says: str
) -> None:
    message = Message(EMAIL, BUILT_IN["listing_alert"])
    [step] = [one for one in steps_of(message, ADA, NOON, counted) if one.rule is Rule.CAP]

    assert step.part == part
    assert step.result == (says or decided(counted).reason.sentence(EMAIL))
