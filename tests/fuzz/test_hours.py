"""The first moment at which a message may be sent, beside an oracle that knows nothing of how it is computed."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
import tzdata

from property_alert_notification.base.vocabulary import CategoryKind, Channel
from property_alert_notification.base.zones import zone_named
from property_alert_notification.people.hours.legal import LegalWindow
from property_alert_notification.people.hours.moments import Law, first_allowed
from property_alert_notification.people.preferences.rules import QuietHours
from tests.fuzz.budget import cases, seed
from tests.fuzz.hours_oracle import Case, Quiet, Window, changes, wrong

_TZDATA = Path(tzdata.__file__).parent
ZONES = sorted(zone for zone in (_TZDATA / "zones").read_text().split() if zone != "Factory")
UNLIKE = sorted({(_TZDATA / "zoneinfo" / zone).read_bytes(): zone for zone in ZONES}.values())
"""One of all zones that are the same under several names."""

STRANGE = ["Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Chatham", "Antarctica/Troll", "Africa/Casablanca"]
"""Half an hour of daylight saving; quarters of hours; two hours of it; and winter time within summer."""

ALL_DAYS = frozenset(range(7))
MINUTE = 60_000_000


def answer(case: Case) -> datetime | None:
    quiet_hours = tuple(QuietHours(one.days, one.start, one.end) for one in case.quiet)
    windows = tuple(
        LegalWindow(
            place="*",
            channel=Channel("sms"),
            kind=CategoryKind.PROMOTIONAL,
            hours=tuple(tuple((start * MINUTE, end * MINUTE) for start, end in day) for day in one.week),
            closed=tuple(str(day) for day in one.closed),
            source="a test",
        )
        for one in case.windows
    )
    return first_allowed(case.now, Law(windows), quiet_hours, tuple(zone_named(zone) for zone in case.zones))


def check(case: Case) -> None:
    found = answer(case)
    problem = wrong(case, found)
    assert problem is None, f"{case}: {found}: {problem}"


def random_case(dice: random.Random) -> Case:
    zones = tuple(dice.sample(STRANGE if dice.random() < 0.2 else ZONES, dice.choice((1, 1, 1, 2, 4))))
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=dice.randrange(5 * 365 * 86_400))
    if (near := changes(zones[0])) and dice.random() < 0.5:
        now = dice.choice(near) + timedelta(minutes=dice.randint(-2_000, 300))
    quiet = tuple(random_quiet(dice) for _ in range(dice.choice((0, 1, 1, 1, 2, 3))))
    windows = tuple(random_window(dice, now) for _ in range(dice.choice((0, 0, 1, 2))))
    return Case(now, zones, quiet, windows)


def random_quiet(dice: random.Random) -> Quiet:
    days = ALL_DAYS if dice.random() < 0.6 else frozenset(dice.sample(range(7), dice.randint(1, 4)))
    start, end = dice.sample(range(24 * 60), 2)
    if dice.random() < 0.3:  # an end within the hours that are skipped or repeated
        end = dice.choice([minute for minute in range(60, 190, 15) if minute != start])
    return Quiet(days, time(*divmod(start, 60)), time(*divmod(end, 60)))


def random_window(dice: random.Random, now: datetime) -> Window:
    def day() -> tuple[tuple[int, int], ...]:
        if dice.random() < 0.1:
            return ()
        borders = sorted(dice.sample(range(24 * 60 + 1), dice.choice((2, 2, 4))))
        return tuple(zip(borders[::2], borders[1::2], strict=True))

    always = day() or ((480, 1_260),)
    week = tuple(always if dice.random() < 0.7 else day() for _ in range(7))
    closed = frozenset(now.date() + timedelta(days=dice.randint(-1, 3)) for _ in range(dice.choice((0, 0, 1, 2))))
    return Window(week, closed)


def test_random_rules_in_random_zones_allow_what_the_oracle_allows() -> None:
    dice = random.Random(seed())
    for _ in range(cases(few=150, whole=100_000)):
        check(random_case(dice))


def around_changes(zones: list[str]) -> Iterator[Case]:
    """Quiet hours that begin or end before, within and behind what a change of the clock skips or repeats."""
    for zone in zones:
        for change in changes(zone):
            local = change.astimezone(zone_named(zone))
            for shift in (-90, -60, -30, -15, 0, 15, 30, 60, 90):
                border = (local + timedelta(minutes=shift)).time().replace(second=0, microsecond=0)
                far = (local + timedelta(minutes=shift + 600)).time().replace(second=0, microsecond=0)
                for quiet in (Quiet(ALL_DAYS, far, border), Quiet(ALL_DAYS, border, far)):
                    for minutes in (-150, -1, 0, 1, 45):
                        yield Case(change + timedelta(minutes=minutes), (zone,), (quiet,))


def test_every_change_of_the_clock_until_2030_is_seen() -> None:
    for case in around_changes(STRANGE[:1] if cases(few=0, whole=1) == 0 else UNLIKE):
        check(case)


@pytest.mark.parametrize(
    ("zone", "now"),
    [
        ("Pacific/Apia", datetime(2011, 12, 29, 20, 30, tzinfo=UTC)),  # there was no 30 December
        ("Pacific/Kwajalein", datetime(1993, 8, 20, 6, tzinfo=UTC)),  # no 21 August
        ("Pacific/Kiritimati", datetime(1994, 12, 30, 18, tzinfo=UTC)),  # no 31 December
        ("America/Juneau", datetime(1867, 10, 18, tzinfo=UTC)),  # before anything is computed
    ],
)
def test_zones_that_left_a_day_out(zone: str, now: datetime) -> None:
    for day in range(7):
        for start, end in ((time(21), time(8)), (time(0), time(23, 59)), (time(12), time(11, 59))):
            case = Case(now, (zone,), (Quiet(frozenset({day, (day + 1) % 7}), start, end),))
            if now.year > 1900:
                check(case)
            else:
                assert answer(case) == now


def test_a_closed_date_is_closed_in_every_zone() -> None:
    window = Window((((480, 1_260),),) * 7, frozenset({date(2026, 12, 25)}))
    case = Case(datetime(2026, 12, 24, 12, tzinfo=UTC), ("Pacific/Auckland", "Pacific/Honolulu"), (), (window,))

    check(case)
    assert answer(case) == datetime(2026, 12, 26, 19, tzinfo=UTC)
