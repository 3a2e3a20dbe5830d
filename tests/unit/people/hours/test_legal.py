"""The file of legal windows: what it says, and what is refused."""

import re
from datetime import date

import pytest

from property_alert_notification.base.vocabulary import CategoryKind, Channel
from property_alert_notification.people.hours.closed_days import check, dates_in
from property_alert_notification.people.hours.legal import LegalWindows, built_in, read

SMS, EMAIL = Channel("sms"), Channel("email")
PROMOTIONAL = CategoryKind.PROMOTIONAL
HOUR = 3_600_000_000
BUILT_IN = built_in()


def hours(windows: LegalWindows, *places: str, weekday: int) -> list[list[tuple[float, float]]]:
    found = windows.of(SMS, PROMOTIONAL, places)
    return [[(start / HOUR, end / HOUR) for start, end in window.hours[weekday]] for window in found]


def test_promotional_sms_are_allowed_from_8_to_21_everywhere() -> None:
    assert all(hours(BUILT_IN, "DE", weekday=weekday) == [[(8, 21)]] for weekday in range(7))


@pytest.mark.parametrize(
    ("place", "saturday", "sunday"),
    [
        ("US-TX", (9, 21), (12, 21)),
        ("US-OK", (8, 20), (8, 20)),
        ("US-FL", (8, 20), (8, 20)),
        ("US-WA", (8, 20), (8, 20)),
        ("US-CT", (9, 20), (9, 20)),
        ("US-RI", (10, 17), None),
        ("CA", (10, 18), (10, 18)),
        ("FR", (8, 22), None),
    ],
)
def test_places_narrow_it(place: str, saturday: tuple[int, int], sunday: tuple[int, int] | None) -> None:
    assert hours(BUILT_IN, place, weekday=5)[1] == [saturday]
    assert hours(BUILT_IN, place, weekday=6)[1] == ([] if sunday is None else [sunday])


def test_nothing_limits_email_or_transactional_messages() -> None:
    assert not BUILT_IN.limit(EMAIL, PROMOTIONAL)
    assert not BUILT_IN.limit(SMS, CategoryKind.TRANSACTIONAL)
    assert BUILT_IN.limit(SMS, PROMOTIONAL)


def test_every_window_has_a_source() -> None:
    assert all(len(window.source) > 10 for window in BUILT_IN.windows)


ONE = """
[[window]]
place = "US-TX"
channel = "sms"
hours = { mon-sat = ["09:00-12:00", "13:00-24:00"], sun = "12:00-21:00" }
closed = ["12-25"]
source = "a law"
"""


def test_a_file_is_read() -> None:
    (window,) = read(ONE).windows

    assert window.kind is PROMOTIONAL
    assert hours(read(ONE), "US-TX", weekday=0) == [[(9, 12), (13, 24)]]
    assert hours(read(ONE), "US-TX", weekday=6) == [[(12, 21)]]
    assert window.is_closed(date(2026, 12, 25))
    assert not window.is_closed(date(2026, 12, 24))
    assert read("").windows == ()


@pytest.mark.parametrize(
    ("was", "became", "problem"),
    [
        ("[[window]]", "[window]", "windows are written as"),
        ("[[window]]", "[[windows]]", "unknown: windows"),
        ('place = "US-TX"', "", "place is missing"),
        ('place = "US-TX"', 'place = "Texas"', "place must be a country"),
        ('place = "US-TX"', "place = 7", "window 1: "),
        ('"sms"', '"pigeon"', "'pigeon' is not a valid Channel"),
        ('source = "a law"', 'source = " "', "source must say where"),
        ('source = "a law"', "", "source is missing"),
        ('source = "a law"', 'source = "a"\nstate = "TX"', "unknown: state"),
        ("mon-sat", "mon-sun", "sun twice"),
        ("mon-sat", "sat-mon", "the week begins on mon"),
        ("mon-sat", "week", "are not days"),
        ("13:00-24:00", "11:00-24:00", "overlap"),
        ("13:00-24:00", "13:00-12:30", "does not go over midnight"),
        ("13:00-24:00", "13-24", "are not hours"),
        ("13:00-24:00", "13:00-24:30", "are not hours"),
        ("12-25", "25-12", "month must be in 1..12"),
        ("12-25", "xmas", "'xmas' is not a day"),
        ('closed = ["12-25"]', "closed = 7", "window 1 (US-TX): "),
        ('hours = { mon-sat = ["09:00-12:00", "13:00-24:00"], sun = "12:00-21:00" }', "hours = 7", "window 1 (US-TX)"),
        ("source", "[[window", "Expected"),
    ],
)
def test_an_invalid_file_is_reported_with_window_and_problem(was: str, became: str, problem: str) -> None:
    with pytest.raises(ValueError, match=re.escape(problem)):
        read(ONE.replace(was, became))


def test_a_place_has_one_window_for_each_kind_of_message() -> None:
    with pytest.raises(ValueError, match="US-TX has two windows for promotional messages on sms"):
        read(ONE + ONE)
    assert len(read(ONE + ONE.replace("source", 'kind = "transactional"\nsource')).windows) == 2


@pytest.mark.parametrize(
    ("written", "year", "dates"),
    [
        ("12-25", 2026, ["2026-12-25"]),
        ("2027-03-09", 2027, ["2027-03-09"]),
        ("2027-03-09", 2026, []),
        ("02-29", 2026, []),
        ("02-29", 2028, ["2028-02-29"]),
        ("easter", 2026, ["2026-04-05"]),
        ("easter", 2000, ["2000-04-23"]),
        ("easter", 2038, ["2038-04-25"]),  # the latest possible
        ("easter", 2285, ["2285-03-22"]),  # the earliest
        ("easter+39", 2027, ["2027-05-06"]),
        ("easter-2", 2027, ["2027-03-26"]),
        ("nov thu 4", 2026, ["2026-11-26"]),
        ("may mon last", 2026, ["2026-05-25"]),
        ("may mon last", 2027, ["2027-05-31"]),
        ("feb mon 1", 2027, ["2027-02-01"]),
        ("07-04 observed", 2027, ["2027-07-04", "2027-07-05"]),
        ("07-04 observed", 2026, ["2026-07-03", "2026-07-04"]),
        ("07-04 observed", 2028, ["2028-07-04"]),
        ("01-01 observed", 2027, ["2027-01-01", "2027-12-31"]),  # New Year of 2028 is a Saturday
    ],
)
def test_days_of_the_year(written: str, year: int, dates: list[str]) -> None:
    assert check(written) == written
    assert sorted(day.isoformat() for day in dates_in((written,), year)) == dates


@pytest.mark.parametrize("written", ["", "12-25-", "nov thu 5", "thu nov 4", "easter+", "02-30", "2027-02-29", "7-4"])
def test_other_days_are_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"is not a day|out of range|must be in"):
        check(written)
