"""Which rules are read, and how those that cannot be used are refused."""

from datetime import UTC, datetime

import pytest

from property_alert_notification.notifications.schedules.rrule import Freq, Rule, RuleRefused, Weekday, read_rule


def test_every_part_is_read() -> None:
    text = (
        "FREQ=MONTHLY;INTERVAL=2;COUNT=12;BYDAY=1MO,-1FR,SU;BYMONTHDAY=-1,15,1;BYMONTH=12,6;BYHOUR=17,9;BYMINUTE=30,0"
    )

    assert read_rule(text) == Rule(
        freq=Freq.MONTHLY,
        interval=2,
        count=12,
        weekdays=(Weekday(0, 1), Weekday(4, -1), Weekday(6)),
        month_days=(-1, 1, 15),
        months=(6, 12),
        hours=(9, 17),
        minutes=(0, 30),
    )


def test_a_rule_may_be_in_small_letters() -> None:
    assert read_rule("freq=daily;byday=mo") == Rule(Freq.DAILY, weekdays=(Weekday(0),))


@pytest.mark.parametrize(
    ("until", "moment"),
    [
        ("20261231", datetime(2026, 12, 31, 23, 59, 59)),
        ("20261231T090000", datetime(2026, 12, 31, 9)),
        ("20261231T235960", datetime(2026, 12, 31, 23, 59, 59)),
        ("20261231T080000Z", datetime(2026, 12, 31, 8, tzinfo=UTC)),
    ],
)
def test_until_is_a_date_a_local_time_or_an_instant(until: str, moment: datetime) -> None:
    assert read_rule(f"FREQ=DAILY;UNTIL={until}").until == moment


@pytest.mark.parametrize(
    ("part", "instead"),
    [
        ("BYWEEKNO=20", "BYMONTH"),
        ("BYSETPOS=-1", "BYDAY=-1FR"),
        ("BYYEARDAY=100", "BYMONTHDAY"),
        ("BYSECOND=30", "whole minutes"),
        ("BYEASTER=0", "BYMONTHDAY"),
        ("WKST=SU", "begin on Monday"),
        ("DTSTART=20261201T090000", "`start`"),
        ("EXDATE=20261201T090000", "pause"),
        ("RDATE=20261201T090000", "send_at"),
        ("TZID=Europe/Berlin", "`time_zone`"),
        ("RSCALE=GREGORIAN", "leave it out"),
        ("SKIP=FORWARD", "leave it out"),
    ],
)
def test_an_unsupported_part_is_named_with_its_replacement(part: str, instead: str) -> None:
    with pytest.raises(RuleRefused) as refused:
        read_rule(f"FREQ=MONTHLY;{part}")

    assert str(refused.value).startswith(f"has {part.partition('=')[0]}, which is not supported: ")
    assert instead in str(refused.value)


@pytest.mark.parametrize("freq", ["SECONDLY", "MINUTELY", "YEARLY"])
def test_a_frequency_that_is_not_supported_is_named(freq: str) -> None:
    with pytest.raises(RuleRefused, match=f"has FREQ={freq}, which is not supported: .*FREQ=(HOURLY|MONTHLY)"):
        read_rule(f"FREQ={freq}")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "must be parts such as FREQ=DAILY"),
        ("FREQ", "must be parts such as FREQ=DAILY"),
        ("FREQ=", "must be parts such as FREQ=DAILY"),
        ("FREQ=DAILY;", "must be parts such as FREQ=DAILY"),
        ("FREQ = DAILY", "must be parts such as FREQ=DAILY"),
        ("RRULE:FREQ=DAILY", "leave out `RRULE:`"),
        ("INTERVAL=2", "needs FREQ"),
        ("FREQ=FORTNIGHTLY", "FREQ must be"),
        ("FREQ=DAILY;FREQ=DAILY", "names FREQ twice"),
        ("FREQ=DAILY;X-MINE=1", "RFC 5545 does not define"),
        ("FREQ=DAILY;BYDAYS=MO", "RFC 5545 does not define"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL must be 1 to 100000"),
        ("FREQ=DAILY;INTERVAL=-1", "INTERVAL must be"),
        ("FREQ=DAILY;INTERVAL=1.5", "INTERVAL must be"),
        ("FREQ=DAILY;INTERVAL=9999999999", "INTERVAL must be"),
        ("FREQ=DAILY;INTERVAL=२", "INTERVAL must be"),
        ("FREQ=DAILY;COUNT=0", "COUNT must be"),
        ("FREQ=DAILY;COUNT=1;UNTIL=20270101", "both COUNT and UNTIL"),
        ("FREQ=DAILY;UNTIL=2027", "UNTIL must be a date"),
        ("FREQ=DAILY;UNTIL=20270230", "UNTIL must be a date"),
        ("FREQ=DAILY;UNTIL=20270101T250000", "UNTIL must be a date"),
        ("FREQ=DAILY;UNTIL=20270101Z", "UNTIL must be a date"),
        ("FREQ=WEEKLY;BYDAY=1MO", "BYDAY with a number and FREQ=WEEKLY"),
        ("FREQ=DAILY;BYDAY=-1FR", "BYDAY with a number and FREQ=DAILY"),
        ("FREQ=MONTHLY;BYDAY=6MO", "no month reaches"),
        ("FREQ=MONTHLY;BYDAY=0MO", "no month reaches"),
        ("FREQ=MONTHLY;BYDAY=XX", "BYDAY must be days"),
        ("FREQ=MONTHLY;BYDAY=MO,", "BYDAY must be days"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY must be 1 to 31 or -31 to -1"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY must be"),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY with FREQ=WEEKLY"),
        ("FREQ=DAILY;BYMONTH=13", "BYMONTH must be 1 to 12"),
        ("FREQ=DAILY;BYMONTH=+1", "BYMONTH must be 1 to 12"),
        ("FREQ=DAILY;BYHOUR=24", "BYHOUR must be 0 to 23"),
        ("FREQ=DAILY;BYHOUR=1,,2", "BYHOUR must be 0 to 23"),
        ("FREQ=HOURLY;BYMINUTE=60", "BYMINUTE must be 0 to 59"),
        ("FREQ=HOURLY;BYMINUTE=" + "0," * 300 + "0", "500 or fewer characters"),
    ],
)
def test_an_invalid_rule_is_refused_with_the_reason(text: str, problem: str) -> None:
    with pytest.raises(RuleRefused) as refused:
        read_rule(text)

    assert problem in str(refused.value)
