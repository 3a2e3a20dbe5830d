"""Which open houses are new, were moved, or were cancelled."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from property_alert_notification.homes.listings.combined import combined
from property_alert_notification.homes.listings.facts import facts_between
from property_alert_notification.homes.listings.history import Periods, changes_of
from property_alert_notification.homes.listings.snapshot import (
    OpenHouse,
    Snapshot,
    decode_text,
    encode_text,
    snapshot_of,
)
from property_alert_notification.homes.reso.open_house_times import clock_of
from property_alert_notification.homes.reso.words import ChangeType, StandardStatus

AT = datetime(2026, 11, 1, 9, tzinfo=UTC)
QUIET = Periods(timedelta(seconds=30))
HOUSE = OpenHouse("1", "2026-11-08", "13:00:00", "15:00:00", "Active")
ENDED, CANCELED = HOUSE._replace(status="Ended"), HOUSE._replace(status="Canceled")


def on(day: int, start: int, key: str = "", **others: str) -> OpenHouse:
    """Two hours on a day of November; without a key of its feed it has that of this service."""
    date, begin = f"2026-11-{day:02}", f"{start:02}:00:00"
    return OpenHouse(key or f"{date} {begin}", date, begin, f"{start + 2:02}:00:00", "Active")._replace(**others)


def after(seconds: float = 0, houses: Any = ()) -> Snapshot:
    at = AT + timedelta(seconds=seconds)
    return Snapshot(at, StandardStatus.ACTIVE, 500_000, "USD", houses, "x")


def told(old: Any, new: Any, *, at: datetime = AT) -> list[tuple[str | None, str | None]]:
    """What is told when open houses of a listing become others: when they were, and are."""
    facts = facts_between(after(houses=old), replace(after(houses=new), at=at))
    return [(time_of(fact.before), time_of(fact.after)) for fact in facts]


def time_of(value: Any) -> str | None:
    """As `8 13`."""
    if value is None:
        return None
    return f"{int(value['OpenHouseDate'][-2:])} {int(clock_of(value['OpenHouseStartTime'])[:2])}"


@pytest.mark.parametrize(
    ("old", "new", "before", "after_"),
    [
        ((), (HOUSE,), None, "2026-11-08"),
        ((HOUSE,), (HOUSE._replace(day="2026-11-09"),), "2026-11-08", "2026-11-09"),
        ((HOUSE,), (), "2026-11-08", None),
        ((HOUSE,), (CANCELED,), "2026-11-08", None),
    ],
)
def test_an_open_house_is_new_moved_or_cancelled(old: Any, new: Any, before: str | None, after_: str | None) -> None:
    [fact] = facts_between(after(houses=old), after(1, new))

    assert (fact.change_type, fact.open_house) == (ChangeType.OPEN_HOUSE, "1")
    days = [None if value is None else value["OpenHouseDate"] for value in (fact.before, fact.after)]
    assert days == [before, after_]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ([on(8, 13, "1")], [on(8, 13, "2")]),
        ([on(8, 13)], [on(8, 13, "1")]),
        ([on(8, 13, "1"), on(9, 10, "2")], [on(8, 13, "2"), on(9, 10, "1")]),
        ([on(8, 13, "1"), on(8, 13, "2")], [on(8, 13, "3")]),
        ([on(8, 13, "1")], [on(8, 13, "1", status="Canceled"), on(8, 13, "2")]),
    ],
)
def test_an_open_house_at_the_same_time_is_the_same_whatever_its_key_is(old: Any, new: Any) -> None:
    assert told(old, new) == told(new, old) == []


@pytest.mark.parametrize(
    ("old", "new", "facts"),
    [
        # Without keys of the feed.
        ([on(8, 10)], [on(8, 12)], [("8 10", "8 12")]),
        ([on(8, 10)], [on(9, 10)], [("8 10", "9 10")]),
        ([on(8, 10), on(8, 15)], [on(8, 11), on(8, 15)], [("8 10", "8 11")]),
        ([on(8, 10), on(8, 15)], [on(8, 11), on(8, 16)], [("8 10", "8 11"), ("8 15", "8 16")]),
        ([on(8, 10), on(9, 10)], [on(9, 12), on(8, 12)], [("8 10", "8 12"), ("9 10", "9 12")]),
        ([on(8, 10), on(9, 10)], [on(8, 12), on(15, 10)], [("8 10", "8 12"), ("9 10", "15 10")]),
        # It could be either of the two.
        ([on(8, 10)], [on(8, 9), on(8, 11)], [("8 10", None), (None, "8 9"), (None, "8 11")]),
        ([on(8, 9), on(8, 11)], [on(8, 10)], [("8 9", None), (None, "8 10"), ("8 11", None)]),
        ([on(8, 10), on(9, 10)], [on(15, 10), on(16, 10)],
         [("8 10", None), ("9 10", None), (None, "15 10"), (None, "16 10")]),
        # With keys, which say more than the day, and less than the time.
        ([on(8, 10, "1"), on(9, 10, "2")], [on(9, 12, "1"), on(8, 12, "2")], [("9 10", "8 12"), ("8 10", "9 12")]),
        ([on(8, 10, "1"), on(9, 10, "2")], [on(9, 10, "1"), on(15, 10, "2")], [("8 10", "15 10")]),
        ([on(8, 10, "1")], [on(8, 12, "2")], [("8 10", "8 12")]),
        ([on(8, 10)], [on(8, 12, "1")], [("8 10", "8 12")]),
        ([on(8, 10, "1")], [on(8, 10, "1", status="Canceled"), on(8, 12, "2")], [("8 10", None), (None, "8 12")]),
        ([on(8, 10, "1")], [on(8, 10, "1", status="Canceled"), on(8, 12, "1 ")], [("8 10", None), (None, "8 12")]),
    ],
)  # fmt: skip
def test_what_disappears_was_moved_to_what_is_new_if_there_is_one_way_to_see_it(old: Any, new: Any, facts: Any) -> None:
    expected = sorted(facts, key=str)
    for before in permutations(old):
        for now in permutations(new):
            assert sorted(told(before, now), key=str) == expected


def test_facts_of_several_open_houses_are_in_the_order_of_their_times() -> None:
    assert told([], [on(9, 9), on(8, 13, "z"), on(8, 10)]) == [(None, "8 10"), (None, "8 13"), (None, "9 9")]


def test_a_move_names_the_key_of_now() -> None:
    [fact] = facts_between(after(houses=[on(8, 10, "1")]), after(1, [on(8, 12, "2")]))
    assert fact.open_house == "2"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ([HOUSE], [ENDED]),
        ([], [ENDED]),
        (None, [ENDED]),
        ([CANCELED], [ENDED]),
        ([ENDED], [CANCELED]),
        ([ENDED], []),
        ([HOUSE], [ENDED._replace(key="2")]),
        ([HOUSE], [ENDED._replace(day="2026-11-09")]),
        ([HOUSE], [HOUSE._replace(status="Scheduled")]),
    ],
)
def test_the_end_of_an_open_house_is_no_news(old: Any, new: Any) -> None:
    assert told(old, new) == []


OVER_EVERYWHERE = datetime(2026, 11, 9, 3, tzinfo=UTC)
"""15:00 of November 8 where days end last."""


@pytest.mark.parametrize(
    ("old", "new", "before", "since"),
    [
        ([HOUSE], [], [("8 13", None)], []),
        ([HOUSE], [CANCELED], [("8 13", None)], []),
        ([], [HOUSE], [(None, "8 13")], []),
        ([HOUSE], [on(15, 13)], [("8 13", "15 13")], [(None, "15 13")]),
        ([HOUSE], [on(15, 13, "1")], [("8 13", "15 13")], [(None, "15 13")]),
        ([on(15, 13, "1")], [HOUSE], [("15 13", "8 13")], [("15 13", None)]),
        ([HOUSE, on(15, 13)], [on(15, 16)], [("8 13", None), ("15 13", "15 16")], [("15 13", "15 16")]),
    ],
)
def test_an_open_house_that_is_over_is_no_news(old: Any, new: Any, before: Any, since: Any) -> None:
    assert told(old, new, at=OVER_EVERYWHERE - timedelta(seconds=1)) == before
    assert told(old, new, at=OVER_EVERYWHERE) == since


@pytest.mark.parametrize("key", ["1", ""])
def test_changes_within_the_quiet_time_are_told_as_the_net_one(key: str) -> None:
    records = [after(0, [on(8, 10, key)]), after(10, []), after(20, [on(8, 12, key)]), after(60, [on(8, 12, "other")])]

    changes = changes_of(records, QUIET, ended=None)[1]
    told_ = [(time_of(fact.before), time_of(fact.after)) for change in changes[1:] for fact in change.facts]
    assert told_ == [("8 10", "8 12")]


@pytest.mark.parametrize("status", ["Ended", "Canceled"])
def test_an_open_house_of_two_listings_takes_place_as_long_as_one_says_so(status: str) -> None:
    over = HOUSE._replace(status=status)
    records = [
        ("a", after(0, [HOUSE])), ("b", after(1, [HOUSE._replace(key="2")])),
        ("a", after(100, [over])), ("b", after(200, [over._replace(key="2")])),
    ]  # fmt: skip
    facts = [fact for change in changes_of(combined(records), QUIET, ended=None)[1] for fact in change.facts]

    found = [(fact.before is None, fact.after is None) for fact in facts if fact.change_type is ChangeType.OPEN_HOUSE]
    assert found == [(True, False)] + [(False, True)] * (status == "Canceled")


def test_keys_that_two_listings_share_are_of_two_open_houses() -> None:
    records = [("a", after(0, [on(8, 10, "1")])), ("b", after(100, [on(9, 10, "1")])), ("a", after(200, []))]
    facts = [fact for change in changes_of(combined(records), QUIET, ended=None)[1] for fact in change.facts]

    assert [(time_of(fact.before), time_of(fact.after)) for fact in facts if fact.field == "OpenHouse"] == [
        (None, "8 10"), (None, "9 10"), ("8 10", None)
    ]  # fmt: skip


def of_record(**others: Any) -> Snapshot:
    house = {"OpenHouseKey": "1", "OpenHouseDate": "2026-11-08", "OpenHouseStartTime": "13:00:00"}
    given = [house | {"OpenHouseStatus": "Active"} | others]
    return snapshot_of({"StandardStatus": "Active", "ListPrice": 1, "OpenHouse": given}, AT)


@pytest.mark.parametrize("kind", ["Broker", "Livestream Broker", "Office", "Private", "Caravan"])
def test_an_open_house_that_is_not_for_everybody_is_no_news(kind: str) -> None:
    public, closed = of_record(OpenHouseType="Public"), of_record(OpenHouseType=kind)

    assert facts_between(replace(closed, open_houses=()), closed) == ()
    assert [(fact.before is None, fact.after is None) for fact in facts_between(public, closed)] == [(False, True)]
    assert [(fact.before is None, fact.after is None) for fact in facts_between(closed, public)] == [(True, False)]
    assert facts_between(public, of_record()) == ()


def test_a_fact_says_how_people_may_come() -> None:
    online = of_record(OpenHouseType="Livestream Public", AppointmentRequiredYN=True)
    [fact] = facts_between(replace(online, open_houses=()), online)

    assert fact.after == {
        "OpenHouseDate": "2026-11-08",
        "OpenHouseStartTime": "13:00:00",
        "OpenHouseType": "Livestream Public",
        "AppointmentRequiredYN": True,
    }
    assert facts_between(of_record(), online) == ()
    assert decode_text(encode_text(online)) == online
    assert decode_text(encode_text(of_record())) == of_record()


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-11-08T13:00:00-08:00", "2026-11-08T15:00:00-08:00"),
        ("2026-11-08T21:00:00Z", "2026-11-08T23:00:00Z"),
    ],
)
def test_the_same_time_in_another_notation_is_no_move(start: str, end: str) -> None:
    seattle = HOUSE._replace(start="2026-11-08T13:00:00-08:00", end="2026-11-08T15:00:00-08:00")
    other = HOUSE._replace(key="2", start=start, end=end)
    assert told([seattle], [other]) == told([other], [seattle]) == told([HOUSE], [seattle]) == []
    records = [("a", after(0, [seattle])), ("b", after(100, [other])), ("a", after(200, []))]
    assert [len(home.open_houses or ()) for home in combined(records)] == [1, 1, 1]


def test_an_open_house_whose_place_is_known_is_over_at_its_end_there() -> None:
    seattle = HOUSE._replace(start="2026-11-08T13:00:00-08:00", end="2026-11-08T15:00:00-08:00")
    over = datetime(2026, 11, 8, 23, tzinfo=UTC)
    assert [fact.after for fact in facts_between(after(houses=[seattle]), replace(after(), at=over))] == []
    [fact] = facts_between(after(houses=[seattle]), replace(after(), at=over - timedelta(seconds=1)))
    assert fact.after is None
