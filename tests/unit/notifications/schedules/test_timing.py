"""When occurrences come: over changes of the clocks, after missed times, for users who move. Instants are by hand."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from property_alert_notification.notifications.schedules.expand import nth_occurrence
from property_alert_notification.notifications.schedules.rrule import read_rule
from property_alert_notification.notifications.schedules.timing import Timing

BERLIN = ZoneInfo("Europe/Berlin")


def timing(text: str, start: str, passed_at: str) -> Timing:
    rule, first = read_rule(text), datetime.fromisoformat(start)
    final = None if rule.count is None else nth_occurrence(rule, first, rule.count)
    return Timing(rule, first, datetime.fromisoformat(passed_at), final=final)


# What a case shows, and why; zone, rule and start; the moment passed so far, and the instants after it.
_OCCURRENCES = """
a gap moves forward by its length. On the 14th there is no 02:30: it becomes 03:30 of summer time.
    America/New_York FREQ=DAILY 2027-03-12T02:30
    2027-03-12T00:00Z -> 2027-03-12T07:30Z 2027-03-13T07:30Z 2027-03-14T07:30Z 2027-03-15T06:30Z
a fold counts the first time. On the 7th 01:30 comes twice, at 05:30 and at 06:30 UTC.
    America/New_York FREQ=DAILY 2027-11-06T01:30
    2027-11-06T00:00Z -> 2027-11-06T05:30Z 2027-11-07T05:30Z 2027-11-08T06:30Z
an hour that is left out brings nothing of its own. 02:00 becomes 03:00, which is there already.
    Europe/Berlin FREQ=HOURLY 2027-03-28T00:00
    2027-03-27T22:59Z -> 2027-03-27T23:00Z 2027-03-28T00:00Z 2027-03-28T01:00Z 2027-03-28T02:00Z
an hour that comes twice brings one. 02:00 comes at 00:00 UTC and again at 01:00 UTC.
    Europe/Berlin FREQ=HOURLY 2027-10-31T01:00
    2027-10-30T22:59Z -> 2027-10-30T23:00Z 2027-10-31T00:00Z 2027-10-31T02:00Z 2027-10-31T03:00Z
a gap of half an hour. Here the clocks change by half an hour: on the 4th 02:15 becomes 02:45.
    Australia/Lord_Howe FREQ=DAILY 2026-10-03T02:15
    2026-10-02T00:00Z -> 2026-10-02T15:45Z 2026-10-03T15:45Z 2026-10-04T15:15Z
a fold of half an hour. At 02:00 the clocks go back to 01:30, so 01:45 comes twice.
    Australia/Lord_Howe FREQ=HOURLY;BYMINUTE=0,45 2027-04-04T01:00
    2027-04-03T13:59Z -> 2027-04-03T14:00Z 2027-04-03T14:45Z 2027-04-03T15:30Z 2027-04-03T16:15Z
an offset of 5:45
    Asia/Kathmandu FREQ=DAILY 2026-12-01T09:00
    2026-12-01T00:00Z -> 2026-12-01T03:15Z 2026-12-02T03:15Z
a whole day that was left out. Samoa had no 30th: it becomes the 31st, which is there already.
    Pacific/Apia FREQ=DAILY 2011-12-28T09:00
    2011-12-28T00:00Z -> 2011-12-28T19:00Z 2011-12-29T19:00Z 2011-12-30T19:00Z 2011-12-31T19:00Z
a country that changed its zone. Since the 5th it has the time of Seoul.
    Asia/Pyongyang FREQ=DAILY 2018-05-04T12:00
    2018-05-04T00:00Z -> 2018-05-04T03:30Z 2018-05-05T03:00Z 2018-05-06T03:00Z
a change in the middle of winter. Morocco leaves summer time for Ramadan.
    Africa/Casablanca FREQ=DAILY 2027-02-06T12:00
    2027-02-06T00:00Z -> 2027-02-06T11:00Z 2027-02-07T12:00Z 2027-02-08T12:00Z
what moves out of a gap meets what follows. 02:00 becomes 03:00 and 02:30 becomes 03:30, which are there already.
    America/New_York FREQ=DAILY;BYHOUR=2,3;BYMINUTE=0,30 2027-03-13T02:00
    2027-03-14T06:00Z -> 2027-03-14T07:00Z 2027-03-14T07:30Z 2027-03-15T06:00Z
what moves out of a gap comes in its turn
    America/New_York FREQ=HOURLY;INTERVAL=2;BYMINUTE=45 2027-03-14T00:45
    2027-03-14T05:00Z -> 2027-03-14T05:45Z 2027-03-14T07:45Z 2027-03-14T08:45Z
an end in UTC is an instant
    America/New_York FREQ=DAILY;UNTIL=20270314T070000Z 2027-03-13T02:00
    2027-03-13T00:00Z -> 2027-03-13T07:00Z 2027-03-14T07:00Z
an end on a day includes the day
    America/New_York FREQ=DAILY;UNTIL=20270314 2027-03-13T23:59
    2027-03-13T00:00Z -> 2027-03-14T04:59Z 2027-03-15T03:59Z
a count begins at the start
    America/New_York FREQ=DAILY;COUNT=3 2027-03-13T12:00
    2027-03-14T00:00Z -> 2027-03-14T16:00Z 2027-03-15T16:00Z
"""
_LINES = _OCCURRENCES.strip().splitlines()


@pytest.mark.parametrize(
    ("schedule", "instants"),
    list(zip(_LINES[1::3], _LINES[2::3], strict=True)),
    ids=[line.split(". ")[0] for line in _LINES[::3]],
)
def test_occurrences_come_at_these_instants(schedule: str, instants: str) -> None:
    name, text, start = schedule.split()
    passed_at, expected_text = instants.strip().split(" -> ")
    expected = [datetime.fromisoformat(one) for one in expected_text.split()]
    zone, times = ZoneInfo(name), timing(text, start, passed_at)

    coming = times.coming(zone, len(expected))
    one_by_one = []
    for _ in expected:
        one_by_one.append(times.next(zone))
        assert one_by_one[-1] is not None
        times = times.passed(one_by_one[-1], zone)

    assert coming == expected
    assert one_by_one == expected


@pytest.mark.parametrize(
    ("zone", "year"), [(zone, year) for zone in ("America/New_York", "Australia/Lord_Howe") for year in (2026, 2030)]
)
def test_an_hourly_schedule_occurs_once_at_each_local_hour(zone: str, year: int) -> None:
    """By a walk over every quarter of an hour of a year, which knows nothing of rules."""
    place = ZoneInfo(zone)
    first = datetime(year, 1, 1, tzinfo=UTC)
    schedule = timing("FREQ=HOURLY", f"{year - 1}-12-01T00:00", first.isoformat())

    coming = schedule.coming(place, 24 * 364)

    seen: set[datetime] = {first.astimezone(place).replace(tzinfo=None)}
    expected, moment = [], first
    while len(expected) < len(coming):
        moment += timedelta(minutes=15)
        before, now = ((moment - timedelta(minutes=15)).astimezone(place), moment.astimezone(place))
        local = now.replace(tzinfo=None, fold=0)
        skips = local - before.replace(tzinfo=None) > timedelta(minutes=15)
        moved = skips and any((local - timedelta(minutes=back)).minute == 0 for back in (0, 30))
        if (local.minute == 0 or moved) and local not in seen:
            seen.add(local)
            expected.append(moment)
    assert coming == expected


def test_of_several_that_were_missed_the_last_counts() -> None:
    schedule = timing("FREQ=DAILY", "2026-12-01T09:00", "2026-12-01T00:00Z")
    now = datetime(2026, 12, 20, 12, tzinfo=UTC)

    missed = schedule.last_missed(ZoneInfo("UTC"), now)

    assert missed == datetime(2026, 12, 20, 9, tzinfo=UTC)
    assert schedule.passed(missed, ZoneInfo("UTC")).next(ZoneInfo("UTC")) == datetime(2026, 12, 21, 9, tzinfo=UTC)


@pytest.mark.parametrize("days", [0, 1, 40, 700, 3000])
def test_the_last_that_was_missed_is_found_however_long_ago_it_was(days: int) -> None:
    schedule = timing("FREQ=MONTHLY;BYMONTH=12;COUNT=1", "2026-12-01T09:00", "2026-11-30T00:00Z")
    now = datetime(2026, 12, 1, 9, tzinfo=UTC) + timedelta(days=days)

    assert schedule.last_missed(ZoneInfo("UTC"), now) == datetime(2026, 12, 1, 9, tzinfo=UTC)


def test_nothing_was_missed_before_its_time() -> None:
    schedule = timing("FREQ=DAILY", "2026-12-01T09:00", "2026-12-01T00:00Z")

    assert schedule.last_missed(ZoneInfo("UTC"), datetime(2026, 12, 1, 8, 59, 59, tzinfo=UTC)) is None


def test_what_was_before_it_began_is_not_missed() -> None:
    schedule = timing("FREQ=DAILY", "2020-01-01T09:00", "2026-12-01T10:00Z")

    assert schedule.last_missed(ZoneInfo("UTC"), datetime(2026, 12, 1, 12, tzinfo=UTC)) is None


def test_a_schedule_that_begins_in_a_repeated_hour_makes_up_for_nothing_of_its_first_pass() -> None:
    # 06:40 UTC is 01:40 for the second time; 01:45 came at 05:45 UTC.
    schedule = timing("FREQ=DAILY", "2027-11-01T01:45", "2027-11-07T06:40Z")

    assert schedule.last_missed(ZoneInfo("America/New_York"), datetime(2027, 11, 7, 7, tzinfo=UTC)) is None


def test_a_user_who_moves_west_does_not_get_the_same_local_time_again() -> None:
    schedule = timing("FREQ=DAILY", "2026-12-01T09:00", "2026-12-01T00:00Z")
    in_new_york = schedule.next(ZoneInfo("America/New_York"))
    assert in_new_york == datetime(2026, 12, 1, 14, tzinfo=UTC)

    moved = schedule.passed(in_new_york, ZoneInfo("America/New_York"))

    assert moved.next(ZoneInfo("America/Los_Angeles")) == datetime(2026, 12, 2, 17, tzinfo=UTC)


def test_a_user_who_moves_east_gets_what_passed_there_in_the_meantime() -> None:
    schedule = timing("FREQ=DAILY", "2026-12-01T09:00", "2026-12-01T00:00Z")
    moved = schedule.passed(datetime(2026, 12, 1, 14, tzinfo=UTC), ZoneInfo("America/New_York"))

    # It is ten o'clock of the second in Tokyo.
    assert moved.last_missed(ZoneInfo("Asia/Tokyo"), datetime(2026, 12, 2, 1, tzinfo=UTC)) == datetime(
        2026, 12, 2, 0, tzinfo=UTC
    )


def test_what_comes_next_is_after_the_local_time_that_passed_elsewhere() -> None:
    """It passed at 09:00 in Tokyo, and its user is in Berlin since."""
    daily = timing("FREQ=DAILY", "2026-12-01T09:00", "2026-11-30T00:00Z")
    moved = daily.passed(datetime(2026, 12, 1, 0, tzinfo=UTC), ZoneInfo("Asia/Tokyo"))

    assert moved.passed_at == datetime(2026, 12, 1, 0, tzinfo=UTC)
    assert moved.coming(BERLIN, 2) == [datetime(2026, 12, day, 8, tzinfo=UTC) for day in (2, 3)]
    assert moved.last_missed(BERLIN, datetime(2026, 12, 1, 12, tzinfo=UTC)) is None
    assert moved.last_missed(BERLIN, datetime(2026, 12, 2, 12, tzinfo=UTC)) == datetime(2026, 12, 2, 8, tzinfo=UTC)


def test_nothing_comes_after_the_last_one() -> None:
    once = timing("FREQ=DAILY;COUNT=1", "2026-12-01T09:00", "2026-12-01T09:00Z")

    assert once.next(BERLIN) is None
    assert once.coming(BERLIN, 3) == []
