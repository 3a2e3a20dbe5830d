"""Whether a message must wait for its hour, and with which reason."""

from datetime import UTC, datetime, time, timedelta

import pytest

from property_alert_notification.base.reasons import ReasonCode
from property_alert_notification.base.vocabulary import CategoryKind, Channel
from property_alert_notification.people.categories.rules import BUILT_IN
from property_alert_notification.people.decide import Message, decide
from property_alert_notification.people.decisions import Decision, Hold, Rule, Send, Suppress
from property_alert_notification.people.directory.profile import Profile
from property_alert_notification.people.hours import legal
from property_alert_notification.people.hours.hold import needs_profile
from property_alert_notification.people.person import Person
from property_alert_notification.people.preferences.rules import PersonalRules, Preferences, QuietHours

SMS, EMAIL = Channel("sms"), Channel("email")
ALL_DAYS = frozenset(range(7))
NIGHT = QuietHours(ALL_DAYS, time(21), time(8))
DALLAS = "+12145550100"
SATURDAY = datetime(2026, 11, 28, tzinfo=UTC)


def person(*quiet_hours: QuietHours, zone: str | None = None, profile: Profile | None = None) -> Person:
    rules = PersonalRules(time_zone=zone, quiet_hours=quiet_hours)
    return Person(Preferences(frozenset(Channel), rules), profile)


def decided(
    who: Person,
    now: datetime,
    *,
    channel: Channel = EMAIL,
    category: str = "general",
    address: str = "ada@example.com",
    urgent: bool = False,
) -> Decision:
    return decide(Message(channel, BUILT_IN[category], address, urgent=urgent), who, now)


def promoted(who: Person, now: datetime, address: str = DALLAS) -> Decision:
    return decided(who, now, channel=SMS, category="listing_alert", address=address)


def test_in_quiet_hours_a_message_waits_until_they_are_over() -> None:
    now = SATURDAY + timedelta(hours=3)
    decision = decided(person(NIGHT, zone="Europe/Berlin"), now)

    assert isinstance(decision, Hold)
    assert (decision.rule, decision.until) == (Rule.QUIET_HOURS, SATURDAY + timedelta(hours=7))
    assert decision.reason.code is ReasonCode.QUIET_HOURS
    assert decision.reason.sentence() == (
        "it is held by the user's quiet hours until 2026-11-28T08:00:00+01:00 (time zone: Europe/Berlin)"
    )
    assert isinstance(decided(person(NIGHT, zone="Europe/Berlin"), decision.until), Send)
    assert isinstance(decided(person(NIGHT, zone="Asia/Tokyo"), now), Send)


def test_the_law_of_texas_makes_promotional_sms_wait_for_noon_on_a_sunday() -> None:
    sunday = SATURDAY + timedelta(days=1, hours=16)
    texan = person(zone="America/Chicago")
    decision = promoted(texan, sunday)

    assert isinstance(decision, Hold)
    assert (decision.rule, decision.until) == (Rule.LEGAL_WINDOW, sunday + timedelta(hours=2))
    assert decision.reason.code is ReasonCode.LEGAL_WINDOW
    assert decision.reason.sentence() == (
        "it is held by law until 2026-11-29T12:00:00-06:00 (place: US, US-TX; time zone: America/Chicago)"
    )
    assert isinstance(promoted(person(zone="America/New_York"), sunday, address="+12125550100"), Send)
    for category, channel in (("viewing", SMS), ("listing_alert", EMAIL)):
        assert isinstance(decided(texan, sunday, channel=channel, category=category, address=DALLAS), Send)


def test_both_hold_and_the_first_moment_that_both_allow_is_named() -> None:
    late_riser = person(QuietHours(ALL_DAYS, time(0), time(13)), zone="America/Chicago")
    night = SATURDAY + timedelta(hours=9)
    morning = SATURDAY + timedelta(hours=16)

    by_law, by_user = promoted(late_riser, night), promoted(late_riser, morning)

    assert isinstance(by_law, Hold)
    assert isinstance(by_user, Hold)
    assert (by_law.rule, by_user.rule) == (Rule.LEGAL_WINDOW, Rule.QUIET_HOURS)
    assert by_law.until == by_user.until == SATURDAY + timedelta(hours=19)


def test_without_a_zone_it_must_be_allowed_in_every_zone_of_the_countries() -> None:
    opens = SATURDAY + timedelta(hours=18)  # 8:00 in Honolulu and on the Aleutians
    unknown = person()

    early = promoted(unknown, SATURDAY + timedelta(hours=15), address="+12125550100")

    assert isinstance(early, Hold)
    assert early.until == opens
    assert "any of 29" in early.reason.sentence()
    assert isinstance(promoted(unknown, opens, address="+12125550100"), Send)
    known = person(profile=Profile(1, time_zone="America/New_York"))
    assert isinstance(promoted(known, SATURDAY + timedelta(hours=15), address="+12125550100"), Send)
    abroad = person(profile=Profile(1, country="GB"))
    assert isinstance(promoted(abroad, SATURDAY + timedelta(hours=21, minutes=30), address="+12125550100"), Hold)


def test_the_zone_of_the_preferences_takes_precedence_over_that_of_the_profile() -> None:
    profile = Profile(1, time_zone="Asia/Tokyo")
    assert isinstance(decided(person(NIGHT, zone="Europe/Berlin", profile=profile), SATURDAY), Hold)
    assert isinstance(decided(person(NIGHT, profile=profile), SATURDAY), Send)


@pytest.mark.parametrize(
    ("category", "waits"), [("general", False), ("account", False), ("listing_alert", True), ("unheard_of", False)]
)
def test_urgent_transactional_messages_go_at_once(category: str, waits: bool) -> None:
    kind = BUILT_IN.get(category, BUILT_IN["general"])
    decision = decide(Message(EMAIL, kind, urgent=True), person(NIGHT, zone="Europe/Berlin"), SATURDAY)

    assert isinstance(decision, Hold if waits else Send)
    if not waits:
        assert decision.rule is Rule.URGENT


def test_a_suppressed_message_is_not_held() -> None:
    nobody = Person(Preferences(frozenset(), PersonalRules(quiet_hours=(NIGHT,))))
    assert isinstance(decided(nobody, SATURDAY, urgent=True), Suppress)


def test_a_message_without_an_allowed_moment_is_reevaluated_a_day_later() -> None:
    never = person(
        QuietHours(ALL_DAYS, time(0), time(12)), QuietHours(ALL_DAYS, time(12), time(0)), zone="Europe/Berlin"
    )
    decision = decided(never, SATURDAY)

    assert isinstance(decision, Hold)
    assert (decision.rule, decision.until) == (Rule.QUIET_HOURS, SATURDAY + timedelta(days=1))
    assert decision.reason.code is ReasonCode.NO_ALLOWED_MOMENT
    assert "allow no moment in the next eight days" in decision.reason.sentence()

    nowhere = decided(person(NIGHT), SATURDAY)
    assert isinstance(nowhere, Hold)
    assert nowhere.reason.code is ReasonCode.NO_ALLOWED_MOMENT
    assert "any place; time zone: any of 312" in nowhere.reason.sentence()


def test_a_profile_is_needed_only_where_it_changes_something() -> None:
    windows = legal.built_in()
    assert needs_profile(SMS, CategoryKind.PROMOTIONAL, person(), windows)
    assert needs_profile(EMAIL, CategoryKind.TRANSACTIONAL, person(NIGHT), windows)
    assert not needs_profile(EMAIL, CategoryKind.TRANSACTIONAL, person(NIGHT, zone="Europe/Berlin"), windows)
    assert not needs_profile(EMAIL, CategoryKind.PROMOTIONAL, person(), windows)
    assert not needs_profile(SMS, CategoryKind.TRANSACTIONAL, Person(None), windows)
