"""What users are told about searches that find nothing, find too much, or that nobody needs."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from property_alert_notification.homes.saved_searches.models import SavedSearch
from property_alert_notification.homes.saved_searches.rules import usual_schedule_of
from property_alert_notification.homes.search_life.checks import next_check, values_after
from property_alert_notification.homes.search_life.notices import message_of
from property_alert_notification.homes.search_life.rules import Notice, notice_for, unseen_after, unseen_since_of

NOW = datetime(2026, 11, 1, 9, tzinfo=UTC)
UNOPENED = timedelta(days=30)


def a_search(**fields: Any) -> SavedSearch:
    usual = {"schedule_type": "Daily", "daily_schedule": "MondayAM", "ignored": 0, "told_too_many": False}
    times = {"created_at": NOW - timedelta(days=500), "changed_at": NOW - timedelta(days=500)}
    return SavedSearch(**(usual | times | {"viewed_at": NOW} | fields))


def _notice(search: SavedSearch, **facts: Any) -> Notice | None:
    usual = {"last_match_day": NOW, "unseen_since": None, "is_readable": True, "matches_too_many": False}
    usual |= {"unopened": UNOPENED}
    return notice_for(search, NOW, **(usual | facts))


@pytest.mark.parametrize(
    ("days", "ignored", "schedule", "expected"),
    [
        (29, 0, "ASAP", None),
        (30, 0, "ASAP", Notice.UNOPENED),
        (59, 1, "ASAP", None),
        (60, 1, "ASAP", Notice.WEEKLY),
        (500, 0, "ASAP", Notice.UNOPENED),
        (500, 1, "Weekly", Notice.MONTHLY),
        (119, 1, "Weekly", None),
        (119, 2, "Weekly", None),
        (120, 2, "Weekly", Notice.MONTHLY),
        (500, 1, "Monthly", Notice.PAUSED),
        (179, 3, "Monthly", None),
        (180, 3, "Monthly", Notice.PAUSED),
    ],
)
def test_a_search_that_nobody_looks_at_writes_less_step_by_step(
    days: int, ignored: int, schedule: str, expected: Notice | None
) -> None:
    search = a_search(ignored=ignored, schedule_type=schedule)
    unseen_since = NOW - timedelta(days=days)

    assert _notice(search, unseen_since=unseen_since) == expected
    assert _notice(search, unseen_since=unseen_since, unopened=timedelta()) is None


@pytest.mark.parametrize(
    ("last_match_day", "known", "expected"),
    [
        (None, None, None),
        (NOW - timedelta(days=71), NOW - timedelta(days=1), None),
        (NOW, None, NOW),
        (NOW, NOW - timedelta(days=20), NOW - timedelta(days=20)),
    ],
)
def test_time_counts_from_the_first_match_that_its_user_did_not_look_at(
    last_match_day: datetime | None, known: datetime | None, expected: datetime | None
) -> None:
    search = a_search(viewed_at=NOW - timedelta(days=70), unseen_since=known)

    assert unseen_since_of(search, last_match_day) == expected


def test_a_step_that_is_late_makes_the_next_ones_as_late() -> None:
    late = unseen_after(Notice.UNOPENED, NOW - timedelta(days=500), NOW, UNOPENED)

    assert late == NOW - UNOPENED
    assert _notice(a_search(ignored=1, schedule_type="ASAP"), unseen_since=late) is None
    in_time = NOW - timedelta(days=31)
    assert unseen_after(Notice.UNOPENED, in_time, NOW, timedelta(days=40)) == in_time


@pytest.mark.parametrize(
    ("last_match_day", "fields", "expected"),
    [
        (None, {}, Notice.QUIET),
        (NOW - timedelta(days=80), {}, Notice.QUIET),
        (NOW - timedelta(days=79), {}, None),
        (None, {"told_at": NOW - timedelta(days=79)}, None),
        (None, {"changed_at": NOW - timedelta(days=79)}, None),
    ],
)
def test_a_search_that_finds_nothing_is_told_every_eighty_days(
    last_match_day: datetime | None, fields: dict[str, Any], expected: Notice | None
) -> None:
    assert _notice(a_search(**fields), last_match_day=last_match_day) == expected


def test_a_search_that_matches_too_many_is_told_once_and_one_that_fails_first_of_all() -> None:
    assert _notice(a_search(), matches_too_many=True) is Notice.TOO_MANY
    assert _notice(a_search(told_too_many=True), matches_too_many=True) is None
    assert _notice(a_search(), last_match_day=None, is_readable=False) is Notice.FAILING


def test_checks_of_searches_that_were_saved_together_are_spread_over_a_day() -> None:
    at = [next_check(a_search(number=number, active=True), NOW) for number in range(8_640)]

    assert {NOW + timedelta(days=6) < one <= NOW + timedelta(days=7) for one in at if one is not None} == {True}
    hours = Counter(one.hour for one in at if one is not None)
    assert max(hours.values()) < 1.1 * len(at) / 24
    assert next_check(a_search(number=1, active=False), NOW) is None


def test_the_usual_schedule_comes_back_after_all_steps() -> None:
    search = a_search()
    for step in (Notice.UNOPENED, Notice.WEEKLY, Notice.MONTHLY, Notice.PAUSED):
        search = search.model_copy(update=values_after(step, search, NOW))

    assert (search.active, search.reason_code, search.ignored, search.check_at) == (False, "Ignored", 4, None)
    assert (search.schedule_type, search.daily_schedule) == ("Monthly", "")
    assert usual_schedule_of(search) == {"schedule_type": "Daily", "daily_schedule": "MondayAM"}
    assert usual_schedule_of(a_search()) == {}


@pytest.mark.parametrize("notice", Notice)
@pytest.mark.parametrize("language", ["en", "es"])
def test_every_notice_has_a_text_with_the_name_of_the_search(notice: Notice, language: str) -> None:
    title, message = message_of(notice, "Near work", "Homes in Seattle", "https://x/searches/t", language)

    assert "Near work" in title
    assert "Homes in Seattle" in message
    assert ("https://x/searches/t" in message) is (notice not in (Notice.FAILING, Notice.TOO_MANY, Notice.QUIET))
