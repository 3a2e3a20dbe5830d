"""Double opt-in: which opt-ins have to be confirmed, what confirms and cancels them, and what is recorded."""

from datetime import UTC, datetime, timedelta

import pytest

from property_alert_notification.base.reasons import ReasonCode
from property_alert_notification.base.vocabulary import Channel, Frequency
from property_alert_notification.people.categories.rules import BUILT_IN, Categories, Category
from property_alert_notification.people.consent.changes import changes_between
from property_alert_notification.people.decisions import Rule, Suppress
from property_alert_notification.people.permission import Permission, permit
from property_alert_notification.people.preferences.confirmation import (
    Period,
    confirmed,
    marked,
    requested,
    unconfirmed_of,
)
from property_alert_notification.people.preferences.rules import NO_RULES, UNREADABLE, PersonalRules, Preferences
from property_alert_notification.people.preferences.stored_rules import read_rules, write_rules

EMAIL, SMS = Channel("email"), Channel("sms")
ASAP, DAILY, NEVER = Frequency.ASAP, Frequency.DAILY, Frequency.NEVER
NEWS = Category("news", confirm_opt_in=True)
KNOWN = Categories({**BUILT_IN, "news": NEWS})
FREE = Categories({**BUILT_IN, "news": Category("news")})
NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
WEEK = timedelta(days=7)


def preferences(*channels: Channel, **frequencies: Frequency) -> Preferences:
    """Preferences with these channels, and frequencies by email."""
    rules = PersonalRules(frequencies={name: {EMAIL: often} for name, often in frequencies.items()})
    return Preferences(frozenset(channels), rules if frequencies else NO_RULES)


def mark(
    before: Preferences | None, after: Preferences, *, at: datetime = NOW, known: Categories = KNOWN
) -> Preferences:
    return marked(before, after, known, Period(at, at + WEEK))


OUT, IN = preferences(EMAIL, news=NEVER), preferences(EMAIL, news=ASAP)
PENDING = mark(OUT, IN)
PLACE = ("news", EMAIL)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (OUT, IN, {PLACE}),
        (preferences(), preferences(EMAIL), {PLACE}),
        (None, preferences(EMAIL), {PLACE}),
        (None, preferences(EMAIL, SMS), {PLACE, ("news", SMS)}),
        (IN._replace(rules=UNREADABLE), IN, {PLACE}),
        (PENDING, preferences(EMAIL, news=DAILY), {PLACE}),
        (None, OUT, set()),
        (IN, preferences(EMAIL, news=DAILY), set()),
        (preferences(EMAIL), IN, set()),
        (IN, OUT, set()),
        (PENDING, OUT, set()),
        (PENDING, preferences(news=ASAP), set()),
        (OUT, preferences(EMAIL, news=NEVER, offer=ASAP), set()),
    ],
)
def test_an_opt_in_is_unconfirmed_until_it_is_confirmed_or_cancelled(
    before: Preferences | None, after: Preferences, expected: set[tuple[str, Channel]]
) -> None:
    assert unconfirmed_of(mark(before, after)).keys() == expected


def test_a_category_that_demands_nothing_changes_nothing() -> None:
    for after in (IN, OUT, preferences(EMAIL)):
        assert mark(None, after, known=FREE) is after


def test_nothing_unconfirmed_is_sent_and_other_channels_and_categories_are() -> None:
    both = PENDING._replace(opted_in=frozenset({EMAIL, SMS}))

    stop = permit(EMAIL, NEWS, both)

    assert isinstance(stop, Suppress)
    assert (stop.rule, stop.reason.code) == (Rule.OPT_IN_CONFIRMATION, ReasonCode.OPT_IN_UNCONFIRMED)
    assert isinstance(permit(SMS, NEWS, both), Permission)
    assert isinstance(permit(EMAIL, KNOWN.of("offer"), both), Permission)
    assert isinstance(permit(EMAIL, NEWS, confirmed(both, lambda *_: True, NOW)), Permission)
    assert isinstance(permit(EMAIL, NEWS, IN), Permission)
    assert isinstance(permit(EMAIL, FREE.of("news"), both), Permission)


def test_users_with_default_preferences_have_not_opted_in() -> None:
    default = Preferences(frozenset({EMAIL}), is_default=True)

    assert isinstance(permit(EMAIL, NEWS, default), Suppress)
    assert isinstance(permit(EMAIL, KNOWN.of("offer"), default), Permission)


def test_a_request_is_kept_until_it_expires_and_a_change_after_that_asks_again() -> None:
    assert requested(OUT, PENDING) == {PLACE: NOW + WEEK}
    assert requested(PENDING, mark(PENDING, IN, at=NOW + WEEK - timedelta(seconds=1))) == {}
    assert requested(PENDING, mark(PENDING, IN, at=NOW + WEEK)) == {PLACE: NOW + 2 * WEEK}
    assert requested(PENDING, mark(PENDING, IN, at=NOW + WEEK, known=FREE)) == {}


def test_only_what_is_meant_is_confirmed_and_only_in_time() -> None:
    both = mark(None, preferences(EMAIL, SMS))

    by_sms = confirmed(both, lambda _, channel, __: channel == SMS, NOW)

    assert unconfirmed_of(by_sms).keys() == {PLACE}
    assert confirmed(both, lambda *_: True, NOW + WEEK) is both
    assert confirmed(both, lambda *_: False, NOW) is both


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (OUT, PENDING, ["requested"]),
        (PENDING, IN, ["confirmed"]),
        (PENDING, mark(PENDING, OUT), ["opted_out"]),
        (PENDING, mark(PENDING, IN, at=NOW + WEEK), ["expired", "requested"]),
        (PENDING, PENDING, []),
        (OUT, mark(OUT, IN, known=FREE), ["opted_in"]),
    ],
)
def test_each_step_is_recorded(before: Preferences, after: Preferences, expected: list[str]) -> None:
    changes = changes_between(before, after, KNOWN)

    assert [change.decision.value for change in changes] == expected
    assert {(change.category, change.channel) for change in changes} <= {PLACE}
    assert [change.expires_at for change in changes if change.decision == "requested"] == [
        until for place, until in requested(before, after).items()
    ]


def test_marks_are_stored() -> None:
    assert read_rules(write_rules(PENDING.rules) or "") == PENDING.rules
