"""When the matches of a search go into a digest."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from property_alert_notification.homes.alerts.digests.next_digest import next_digest_of
from property_alert_notification.homes.saved_searches.words import ScheduleType
from property_alert_notification.people.preferences.rules import DigestTimes

FRIDAY = datetime(2026, 11, 27, 9, tzinfo=UTC)
BERLIN = (ZoneInfo("Europe/Berlin"),)
EVENING = DigestTimes(at=time(19))


def after(schedule: str, *half_days: str, times: DigestTimes | None = None, zones: tuple[ZoneInfo, ...] = ()) -> str:
    found = next_digest_of(ScheduleType(schedule), half_days, times, zones, FRIDAY)
    return f"{found:%a %d %H:%M}"


@pytest.mark.parametrize(
    ("schedule", "expected"), [("Daily", "Sat 28 08:00"), ("Weekly", "Mon 30 08:00"), ("Monthly", "Tue 01 08:00")]
)
def test_without_half_days_it_is_the_digest_of_the_user(schedule: str, expected: str) -> None:
    assert after(schedule) == expected


def test_half_days_are_those_of_the_search() -> None:
    assert after("Daily", "MondayAM", "WednesdayPM") == "Mon 30 08:00"
    assert after("Daily", "FridayPM", "MondayAM") == "Fri 27 18:00"
    assert after("Daily", "FridayAM") == "Fri 04 08:00"


def test_a_weekly_search_has_its_digest_on_its_own_half_day() -> None:
    assert after("Weekly", "FridayPM") == "Fri 27 18:00"
    assert after("Weekly", "WednesdayAM") == "Wed 02 08:00"


def test_in_its_half_of_the_day_the_hour_of_the_user_counts() -> None:
    assert after("Daily", "FridayPM", times=EVENING) == "Fri 27 19:00"
    assert after("Daily", "SaturdayAM", times=EVENING) == "Sat 28 08:00"


def test_hours_are_those_of_the_users_clock() -> None:
    assert after("Daily", "SaturdayAM", zones=BERLIN) == "Sat 28 07:00"
