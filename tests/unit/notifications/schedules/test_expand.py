"""The local times of rules, compared with those that python-dateutil finds, which expands rules in another way."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

import pytest
from dateutil.rrule import rrulestr

from property_alert_notification.notifications.schedules.expand import FARTHEST, nth_occurrence, occurrences
from property_alert_notification.notifications.schedules.rrule import read_rule

START = datetime(2026, 12, 1, 9, 0)


def expected(text: str, start: datetime, count: int) -> list[datetime]:
    """The first times, by python-dateutil; those of some years at most, because it looks for more without an end."""
    end = _end(text, start)
    bounded = text if "UNTIL" in text else f"{text};UNTIL={end:%Y%m%dT%H%M%S}"
    return list(islice(rrulestr(bounded, dtstart=start), count))


def _end(text: str, start: datetime) -> datetime:
    return start + timedelta(days=366 if "HOURLY" in text else 6 * 366)


def found(text: str, start: datetime, count: int, *, since: datetime | None = None) -> list[datetime]:
    end = _end(text, start)
    moments = occurrences(read_rule(text), start, since=since or start)
    return [moment for moment in islice(moments, count) if moment <= end]


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=HOURLY",
        "FREQ=HOURLY;INTERVAL=7",
        "FREQ=HOURLY;INTERVAL=36;BYDAY=MO",
        "FREQ=HOURLY;BYHOUR=9,12;BYMINUTE=15,45",
        "FREQ=DAILY",
        "FREQ=DAILY;INTERVAL=10",
        "FREQ=DAILY;BYMONTH=1;BYDAY=MO,TU,WE",
        "FREQ=DAILY;BYMONTHDAY=-1,13;BYDAY=FR,SA",
        "FREQ=DAILY;BYHOUR=8,20;BYMINUTE=0,30",
        "FREQ=DAILY;UNTIL=20261224T090000",
        "FREQ=WEEKLY",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU",
        "FREQ=WEEKLY;INTERVAL=3;BYDAY=MO;BYMONTH=3,4",
        "FREQ=MONTHLY",
        "FREQ=MONTHLY;BYDAY=1FR",
        "FREQ=MONTHLY;BYDAY=1SU,-1SU;INTERVAL=2",
        "FREQ=MONTHLY;BYDAY=-2MO",
        "FREQ=MONTHLY;BYDAY=5TH",
        "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
        "FREQ=MONTHLY;BYMONTHDAY=31",
        "FREQ=MONTHLY;BYMONTHDAY=-3,2,15",
        "FREQ=MONTHLY;INTERVAL=18;BYMONTHDAY=10,11,12",
        "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=29",
    ],
)
def test_a_rule_has_the_times_of_rfc_5545(text: str) -> None:
    assert found(text, START, 40) == expected(text, START, 40)


def test_days_with_and_without_a_number_are_a_union() -> None:
    """python-dateutil wants a day to be both."""
    times = found("FREQ=MONTHLY;BYDAY=TU,-1WE;BYHOUR=7", START, 8)

    assert [(moment.month, moment.day) for moment in times] == [
        (12, 8),
        (12, 15),
        (12, 22),
        (12, 29),
        (12, 30),
        (1, 5),
        (1, 12),
        (1, 19),
    ]


@pytest.mark.parametrize("day", [28, 29, 30, 31])
def test_a_month_without_the_day_of_the_start_is_left_out(day: int) -> None:
    start = datetime(2027, 1, day, 9)

    assert found("FREQ=MONTHLY", start, 12) == expected("FREQ=MONTHLY", start, 12)


def _rules(seed: int) -> Iterator[tuple[str, datetime]]:
    dice = random.Random(seed)
    while True:
        yield _rule(dice), datetime(2026, 1, 1) + timedelta(minutes=dice.randrange(3 * 525_600))


def _rule(dice: random.Random) -> str:
    def some(values: range | tuple[str, ...], most: int = 3) -> str:
        return ",".join(str(one) for one in dice.sample(list(values), dice.randint(1, most)))

    freq = dice.choice(["HOURLY", "DAILY", "WEEKLY", "MONTHLY"])
    days = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
    if freq == "MONTHLY" and dice.random() < 0.5:
        days = tuple(f"{dice.choice([1, 2, 3, 4, 5, -1, -2, -3, -4, -5])}{day}" for day in days)
    signed = [one for one in range(-31, 32) if one]
    parts = {
        "INTERVAL": str(dice.choice([1, 2, 3, 5, 7, 12, 24, 25, 90])),
        "BYMONTH": some(range(1, 13)),
        "BYDAY": some(days),
        "BYMONTHDAY": ",".join(map(str, dice.sample(signed, dice.randint(1, 4)))),
        "BYHOUR": some(range(24)),
        "BYMINUTE": some(range(60)),
    }
    if freq == "WEEKLY":
        del parts["BYMONTHDAY"]
    chosen = [f"{name}={value}" for name, value in parts.items() if dice.random() < 0.35]
    return ";".join([f"FREQ={freq}", *chosen])


@pytest.mark.parametrize("seed", range(3))
def test_random_rules_have_the_same_times(seed: int) -> None:
    compared = 0
    for text, start in islice(_rules(seed), 60):
        try:
            times = expected(text, start, 12)
        except ValueError:  # an hour that the interval never reaches, which python-dateutil refuses
            assert next(occurrences(read_rule(text), start, since=start), None) is None, text
            continue
        assert found(text, start, 12) == times, (text, start)
        compared += bool(times)
    assert compared > 15


@pytest.mark.parametrize("seed", range(4, 5))
def test_a_rule_that_began_long_ago_has_the_same_times_as_if_it_were_walked_from_its_start(seed: int) -> None:
    for text, start in islice(_rules(seed), 60):
        walked = found(text, start, 400)
        if len(walked) < 3:
            continue
        since = walked[len(walked) // 2]
        assert found(text, start, 20, since=since) == [moment for moment in walked if moment >= since][:20], text


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=HOURLY;INTERVAL=48;BYHOUR=10",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTH=11",
        "FREQ=MONTHLY;BYDAY=1MO;BYMONTHDAY=8",
    ],
)
def test_a_rule_that_never_occurs_has_no_times(text: str) -> None:
    assert next(occurrences(read_rule(text), START, since=START), None) is None
    assert nth_occurrence(read_rule(text), START, 1) is None


def test_a_rule_whose_end_is_before_its_start_has_no_times() -> None:
    assert found("FREQ=DAILY;UNTIL=20261130", START, 1) == []


def test_a_rule_with_rare_times_has_them_all() -> None:
    rule = read_rule("FREQ=MONTHLY;INTERVAL=11;BYMONTH=2;BYMONTHDAY=29")

    assert [moment.year for moment in occurrences(rule, START, since=START)] == [2036, 2080, 2124, 2168]


def test_no_occurrence_is_after_the_end_of_the_search() -> None:
    late = datetime(2200, 12, 30, 9)

    assert list(occurrences(read_rule("FREQ=DAILY"), START, since=late)) == [late, FARTHEST.replace(hour=9, minute=0)]


@pytest.mark.parametrize("text", ["FREQ=HOURLY;INTERVAL=5;BYMINUTE=10,20", "FREQ=DAILY;BYDAY=MO", "FREQ=MONTHLY"])
@pytest.mark.parametrize("count", [1, 2, 9, 100])
def test_the_nth_time_is_found_without_the_others(text: str, count: int) -> None:
    rule = read_rule(text)

    assert nth_occurrence(rule, START, count) == list(islice(occurrences(rule, START, since=START), count))[-1]


def test_a_count_that_is_never_reached_has_no_last_time() -> None:
    assert nth_occurrence(read_rule("FREQ=HOURLY"), START, 999_999_999) is None
