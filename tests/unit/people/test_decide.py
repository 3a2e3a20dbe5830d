"""The order in which rules are asked, and which decisions need a profile."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from property_alert_notification.base.reasons import ReasonCode
from property_alert_notification.base.vocabulary import CategoryKind, Channel, Frequency
from property_alert_notification.people.categories.rules import BUILT_IN, Category
from property_alert_notification.people.decide import Message, decide, needs_profile, zones_of
from property_alert_notification.people.decisions import Collect, Decision, Hold, Rule, Send, Suppress
from property_alert_notification.people.directory.profile import Profile
from property_alert_notification.people.hours import current
from property_alert_notification.people.hours.legal import LegalWindow, LegalWindows
from property_alert_notification.people.person import UNKNOWN, Person
from property_alert_notification.people.preferences.rules import (
    NO_RULES,
    Cap,
    DigestTimes,
    PersonalRules,
    Preferences,
    QuietHours,
)
from property_alert_notification.people.suppressions.rules import Suppression, SuppressionReason

EMAIL, SMS = Channel("email"), Channel("sms")
ALERT, VIEWING, ACCOUNT = BUILT_IN["listing_alert"], BUILT_IN["viewing"], BUILT_IN["account"]
NIGHT = QuietHours(frozenset(range(7)), time(21), time(8))
MIDNIGHT = datetime(2026, 12, 1, tzinfo=UTC)
NOON = MIDNIGHT + timedelta(hours=12)
MINUTE = 60_000_000


@pytest.fixture(autouse=True)
def _one_law() -> Iterator[None]:
    """Promotional SMS from 09:00 to 20:00, everywhere."""
    before = current.windows(), current.default_time_zone()
    day = ((9 * 60 * MINUTE, 20 * 60 * MINUTE),)
    law = LegalWindow("*", SMS, CategoryKind.PROMOTIONAL, (day,) * 7, (), "a test")
    current.use(LegalWindows((law,)), None)
    yield
    current.use(*before)


def a_person(profile: Profile | None = None, **rules: Any) -> Person:
    personal = PersonalRules(**{"time_zone": "UTC"} | rules) if rules else NO_RULES
    return Person(Preferences(frozenset({EMAIL, SMS}), personal), profile)


def daily(category: str = "listing_alert", often: Frequency = Frequency.DAILY) -> Mapping[str, Any]:
    return {"frequencies": {category: {EMAIL: often, SMS: often}}}


_EVERY = daily()["frequencies"] | daily("viewing")["frequencies"]
WITHOUT_DIGESTS: Mapping[str, Any] = {"frequencies": _EVERY | {"digest": {EMAIL: Frequency.NEVER}}}
OFTEN = Category("statement", required=True, default={EMAIL: Frequency.DAILY})


def summed_up(decision: Decision) -> tuple[type[Decision], Rule, ReasonCode]:
    return type(decision), decision.rule, decision.reason.code


@pytest.mark.parametrize(
    ("message", "person", "now", "expected"),
    [
        (Message(EMAIL, ALERT), UNKNOWN, NOON, (Suppress, Rule.CHANNEL_SWITCH, ReasonCode.NO_PREFERENCES)),
        (Message(EMAIL, ALERT), a_person(), MIDNIGHT, (Send, Rule.SERVICE_DEFAULT, ReasonCode.USER_OPTED_IN)),
        (Message(EMAIL, VIEWING, urgent=True), a_person(), NOON, (Send, Rule.URGENT, ReasonCode.USER_OPTED_IN)),
        (Message(EMAIL, ALERT, urgent=True), a_person(), NOON, (Send, Rule.SERVICE_DEFAULT, ReasonCode.USER_OPTED_IN)),
        (Message(EMAIL, ACCOUNT, urgent=True), a_person(), NOON, (Send, Rule.URGENT, ReasonCode.CATEGORY_REQUIRED)),
        (Message(SMS, ALERT), a_person(time_zone="UTC"), MIDNIGHT, (Hold, Rule.LEGAL_WINDOW, ReasonCode.LEGAL_WINDOW)),
        (Message(SMS, ALERT, urgent=True), a_person(time_zone="UTC"), MIDNIGHT,
         (Hold, Rule.LEGAL_WINDOW, ReasonCode.LEGAL_WINDOW)),
        (Message(SMS, ALERT), a_person(Profile(1, time_zone="UTC")), NOON,
         (Send, Rule.SERVICE_DEFAULT, ReasonCode.USER_OPTED_IN)),
        (Message(SMS, VIEWING), a_person(), MIDNIGHT, (Send, Rule.SERVICE_DEFAULT, ReasonCode.USER_OPTED_IN)),
        (Message(EMAIL, VIEWING), a_person(quiet_hours=(NIGHT,)), MIDNIGHT,
         (Hold, Rule.QUIET_HOURS, ReasonCode.QUIET_HOURS)),
        (Message(EMAIL, VIEWING, urgent=True), a_person(quiet_hours=(NIGHT,)), MIDNIGHT,
         (Send, Rule.URGENT, ReasonCode.USER_OPTED_IN)),
        (Message(EMAIL, VIEWING), a_person(quiet_hours=(NIGHT,)), NOON,
         (Send, Rule.SERVICE_DEFAULT, ReasonCode.USER_OPTED_IN)),
        (Message(EMAIL, ALERT), a_person(quiet_hours=(NIGHT,), **daily()), MIDNIGHT,
         (Collect, Rule.FREQUENCY, ReasonCode.COLLECTED)),
        (Message(SMS, ALERT), a_person(**daily()), MIDNIGHT, (Collect, Rule.FREQUENCY, ReasonCode.COLLECTED)),
        (Message(EMAIL, VIEWING, urgent=True), a_person(**daily("viewing")), NOON,
         (Send, Rule.URGENT, ReasonCode.CATEGORY_WANTED)),
        (Message(EMAIL, BUILT_IN["digest"]), a_person(**daily("digest")), NOON,
         (Send, Rule.USER_RULE, ReasonCode.CATEGORY_WANTED)),
        (Message(EMAIL, ALERT), a_person(**daily(often=Frequency.NEVER)), NOON,
         (Suppress, Rule.USER_RULE, ReasonCode.CATEGORY_REFUSED)),
        (Message(EMAIL, ALERT), a_person(**WITHOUT_DIGESTS), NOON,
         (Suppress, Rule.FREQUENCY, ReasonCode.CATEGORY_REFUSED)),
        (Message(EMAIL, Category("news", default={EMAIL: Frequency.WEEKLY})), a_person(**WITHOUT_DIGESTS), NOON,
         (Suppress, Rule.FREQUENCY, ReasonCode.CATEGORY_REFUSED)),
        (Message(EMAIL, OFTEN), a_person(**WITHOUT_DIGESTS), NOON, (Collect, Rule.FREQUENCY, ReasonCode.COLLECTED)),
        (Message(SMS, ALERT), a_person(**WITHOUT_DIGESTS), NOON, (Collect, Rule.FREQUENCY, ReasonCode.COLLECTED)),
        (Message(EMAIL, VIEWING, urgent=True), a_person(**WITHOUT_DIGESTS), NOON,
         (Send, Rule.URGENT, ReasonCode.CATEGORY_WANTED)),
    ],
)  # fmt: skip
def test_the_first_rule_that_applies_decides(
    message: Message, person: Person, now: datetime, expected: tuple[type[Decision], Rule, ReasonCode]
) -> None:
    assert summed_up(decide(message, person, now)) == expected


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({}, (Suppress, Rule.FREQUENCY, ReasonCode.SUPPRESSED_UNSUBSCRIBE)),
        ({"expires_at": NOON + timedelta(hours=1)}, (Collect, Rule.FREQUENCY, ReasonCode.COLLECTED)),
        ({"category": "viewing"}, (Collect, Rule.FREQUENCY, ReasonCode.COLLECTED)),
    ],
)
def test_what_a_digest_would_carry_that_is_suppressed_by_then_is_not_collected(
    entry: Mapping[str, Any], expected: tuple[type[Decision], Rule, ReasonCode]
) -> None:
    stop = Suppression(EMAIL, SuppressionReason.UNSUBSCRIBE)._replace(**{"category": "digest", **entry})
    person = a_person(**daily())._replace(suppressions={None: (stop,)})

    assert summed_up(decide(Message(EMAIL, ALERT), person, NOON)) == expected


def test_what_the_category_collects_is_collected_without_rules_of_the_user() -> None:
    category = Category("news", CategoryKind.PROMOTIONAL, default={EMAIL: Frequency.WEEKLY})
    found = decide(Message(EMAIL, category), a_person(Profile(1, time_zone="Europe/Berlin")), NOON)

    assert isinstance(found, Collect)
    assert (found.frequency, found.closes_at) == (Frequency.WEEKLY, datetime(2026, 12, 7, 7, tzinfo=UTC))


def test_a_digest_is_made_at_the_users_hour_in_the_users_zone() -> None:
    person = a_person(time_zone="Asia/Tokyo", digest=DigestTimes(at=time(18, 30)), **daily())
    by_number = a_person(time_zone=None, **daily())

    for who, address, closes_at in (
        (person, None, MIDNIGHT + timedelta(hours=9, minutes=30)),
        (by_number, "+81312345678", MIDNIGHT + timedelta(hours=23)),
        (by_number, None, MIDNIGHT + timedelta(hours=8)),
    ):
        found = decide(Message(EMAIL, ALERT, address), who, MIDNIGHT)
        assert isinstance(found, Collect)
        assert found.closes_at == closes_at


def test_a_phone_number_says_by_which_law_and_clock_a_message_waits() -> None:
    found = decide(Message(SMS, ALERT, "+81312345678"), a_person(), MIDNIGHT - timedelta(hours=2))

    assert isinstance(found, Hold)
    assert found.until == MIDNIGHT


def test_of_a_user_of_whom_nothing_is_known_the_default_zone_counts() -> None:
    assert zones_of(a_person(), None) == ()
    current.use(current.windows(), "Asia/Tokyo")

    assert [zone.key for zone in zones_of(a_person(), None)] == ["Asia/Tokyo"]
    assert decide(Message(SMS, ALERT), a_person(), MIDNIGHT).rule is Rule.SERVICE_DEFAULT


ZONELESS: dict[str, Any] = {"time_zone": None}
CAPPED: dict[str, Any] = {"caps": {EMAIL: Cap(day=1)}}


@pytest.mark.parametrize(
    ("message", "person", "needed"),
    [
        (Message(EMAIL, ALERT), UNKNOWN, False),
        (Message(EMAIL, ALERT), a_person(), False),
        (Message(SMS, ALERT), a_person(), True),
        (Message(SMS, ALERT), a_person(time_zone="UTC"), True),  # its country counts, too
        (Message(SMS, VIEWING), a_person(), False),
        (Message(EMAIL, VIEWING), a_person(quiet_hours=(NIGHT,)), False),
        (Message(EMAIL, VIEWING), a_person(quiet_hours=(NIGHT,), **ZONELESS), True),
        (Message(EMAIL, VIEWING, urgent=True), a_person(quiet_hours=(NIGHT,), **ZONELESS), False),
        (Message(EMAIL, ALERT, urgent=True), a_person(quiet_hours=(NIGHT,), **ZONELESS), True),
        (Message(EMAIL, VIEWING, at_local_time=True), a_person(), True),
        (Message(EMAIL, VIEWING, urgent=True, at_local_time=True), a_person(**ZONELESS), True),
        (Message(EMAIL, VIEWING, at_local_time=True), a_person(time_zone="UTC"), False),
        (Message(EMAIL, VIEWING, at_local_time=True), UNKNOWN, False),
        (Message(EMAIL, ALERT), a_person(**daily()), False),
        (Message(EMAIL, ALERT), a_person(**daily(), **ZONELESS), True),
        (Message(EMAIL, ALERT), a_person(**daily(often=Frequency.NEVER), **ZONELESS), False),
        (Message(EMAIL, BUILT_IN["digest"]), a_person(**daily("digest"), **ZONELESS), False),
        (Message(EMAIL, ALERT), a_person(**CAPPED), False),
        (Message(EMAIL, ALERT), a_person(**CAPPED, **ZONELESS), True),
        (Message(EMAIL, VIEWING), a_person(**CAPPED, **ZONELESS), False),
        (Message(SMS, VIEWING), a_person(**CAPPED, **ZONELESS), False),
    ],
)
def test_a_profile_is_read_only_where_it_decides(message: Message, person: Person, needed: bool) -> None:
    assert needs_profile(message, person) is needed


def test_a_default_of_the_category_may_need_the_profile() -> None:
    category = replace(ALERT, default={EMAIL: Frequency.DAILY})

    assert needs_profile(Message(EMAIL, category), a_person())
    assert not needs_profile(Message(EMAIL, category), UNKNOWN)
