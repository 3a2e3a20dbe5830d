"""When digests are made: by the clock on a person's wall, over changes of that clock and ends of months."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from property_alert_notification.base.vocabulary import Frequency
from property_alert_notification.people.digest_times import local_day, next_digest
from property_alert_notification.people.preferences.rules import DigestTimes

NEW_YORK, LORD_HOWE, APIA = ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Pacific/Apia")


def digests(
    frequency: Frequency, times: DigestTimes | None, zone: ZoneInfo, after: datetime, count: int
) -> list[datetime]:
    """The next ones, by the clock of the zone."""
    found = []
    for _ in range(count):
        after = next_digest(frequency, times, (zone,), after)
        found.append(after.astimezone(zone))
    return found


@pytest.mark.parametrize("frequency", [Frequency.DAILY, Frequency.WEEKLY, Frequency.MONTHLY])
def test_the_next_digest_is_later_than_the_given_moment(frequency: Frequency) -> None:
    at = next_digest(frequency, None, (NEW_YORK,), datetime(2026, 12, 1, 13, tzinfo=UTC))
    assert next_digest(frequency, None, (NEW_YORK,), at) > at
    assert next_digest(frequency, None, (NEW_YORK,), at - timedelta(microseconds=1)) == at


def test_a_daily_digest_is_made_at_eight_local_time() -> None:
    found = digests(Frequency.DAILY, None, NEW_YORK, datetime(2026, 10, 31, 23, tzinfo=NEW_YORK), 3)
    assert [str(one) for one in found] == [
        "2026-11-01 08:00:00-05:00",
        "2026-11-02 08:00:00-05:00",
        "2026-11-03 08:00:00-05:00",
    ]


def test_an_hour_that_is_skipped_moves_forward_and_one_that_is_repeated_counts_once() -> None:
    times = DigestTimes(at=time(2, 30))
    spring = digests(Frequency.DAILY, times, NEW_YORK, datetime(2026, 3, 7, 12, tzinfo=NEW_YORK), 2)
    assert [str(one) for one in spring] == ["2026-03-08 03:30:00-04:00", "2026-03-09 02:30:00-04:00"]
    autumn = digests(Frequency.DAILY, DigestTimes(at=time(1, 30)), NEW_YORK, datetime(2026, 11, 1, tzinfo=NEW_YORK), 2)
    assert [str(one) for one in autumn] == ["2026-11-01 01:30:00-04:00", "2026-11-02 01:30:00-05:00"]


def test_half_an_hour_of_daylight_saving_and_a_day_that_a_country_skipped() -> None:
    [howe] = digests(
        Frequency.DAILY, DigestTimes(at=time(2, 15)), LORD_HOWE, datetime(2026, 10, 3, 12, tzinfo=LORD_HOWE), 1
    )
    assert str(howe) == "2026-10-04 02:45:00+11:00"
    skipped = digests(Frequency.DAILY, None, APIA, datetime(2011, 12, 29, 12, tzinfo=APIA), 2)
    assert [one.date() for one in skipped] == [date(2011, 12, 31), date(2012, 1, 1)]


def test_a_weekly_digest_keeps_its_day() -> None:
    found = digests(Frequency.WEEKLY, DigestTimes(weekday=4), NEW_YORK, datetime(2026, 11, 29, tzinfo=UTC), 3)
    assert [(one.weekday(), one.date().day) for one in found] == [(4, 4), (4, 11), (4, 18)]


def test_the_31st_is_the_last_day_of_every_month() -> None:
    found = digests(Frequency.MONTHLY, DigestTimes(day=31), NEW_YORK, datetime(2027, 12, 31, 12, tzinfo=UTC), 5)
    assert [one.date().isoformat() for one in found] == [
        "2027-12-31",
        "2028-01-31",
        "2028-02-29",
        "2028-03-31",
        "2028-04-30",
    ]
    [second] = digests(Frequency.MONTHLY, DigestTimes(day=2), NEW_YORK, datetime(2026, 12, 2, 20, tzinfo=UTC), 1)
    assert second.date() == date(2027, 1, 2)


def test_of_several_zones_the_hour_has_come_in_all() -> None:
    zones = (NEW_YORK, ZoneInfo("America/Los_Angeles"), ZoneInfo("America/Chicago"))
    found = next_digest(Frequency.DAILY, None, zones, datetime(2026, 12, 1, tzinfo=UTC))
    assert found == datetime(2026, 12, 1, 16, tzinfo=UTC)
    assert local_day(zones, datetime(2026, 12, 1, 7, tzinfo=UTC)) == date(2026, 11, 30)


def test_of_several_zones_the_hour_has_come_in_all_although_one_changes_its_clock_before() -> None:
    zones = (ZoneInfo("America/Adak"), ZoneInfo("Pacific/Honolulu"))  # in winter their clocks agree
    after = datetime(2027, 3, 14, 5, tzinfo=UTC)
    assert next_digest(Frequency.WEEKLY, None, zones, after) == datetime(2027, 3, 15, 18, tzinfo=UTC)
    assert next_digest(Frequency.WEEKLY, None, zones[::-1], after) == datetime(2027, 3, 15, 18, tzinfo=UTC)


def test_without_a_zone_it_is_utc() -> None:
    assert next_digest(Frequency.DAILY, None, (), datetime(2026, 12, 1, 9, tzinfo=UTC)) == datetime(
        2026, 12, 2, 8, tzinfo=UTC
    )


def test_every_day_of_every_zone_has_one_digest_over_all_changes_of_clocks() -> None:
    for zone in (NEW_YORK, LORD_HOWE, ZoneInfo("Asia/Kathmandu"), ZoneInfo("Africa/Casablanca")):
        found = digests(Frequency.DAILY, DigestTimes(at=time(2, 30)), zone, datetime(2026, 1, 1, tzinfo=UTC), 740)
        assert [one.date() for one in found] == [found[0].date() + timedelta(days=n) for n in range(740)]
        assert all(before < after for before, after in pairwise(found))


def test_the_end_of_all_time_breaks_nothing() -> None:
    assert next_digest(Frequency.MONTHLY, None, (NEW_YORK,), datetime(9999, 12, 31, tzinfo=UTC)).year == 9999


def test_of_two_zones_the_clock_counts_that_is_further_behind() -> None:
    for zones in ((NEW_YORK, LORD_HOWE), (LORD_HOWE, NEW_YORK)):
        at = next_digest(Frequency.DAILY, None, zones, datetime(2026, 12, 1, tzinfo=UTC))
        assert at == datetime(2026, 12, 1, 8, tzinfo=NEW_YORK)
        assert local_day(zones, datetime(2026, 12, 1, 3, tzinfo=UTC)) == date(2026, 11, 30)
