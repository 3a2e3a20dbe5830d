"""What has changed between two states of a listing, and when it is told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from property_alert_notification.homes.listings.combined import combined
from property_alert_notification.homes.listings.facts import Fact, facts_between
from property_alert_notification.homes.listings.history import (
    Change,
    Periods,
    Progress,
    changes_of,
    decode_facts,
    decode_progress,
    encode_facts,
    encode_progress,
    end_quiet,
)
from property_alert_notification.homes.listings.snapshot import (
    OpenHouse,
    Snapshot,
    decode_text,
    encode_text,
    snapshot_of,
)
from property_alert_notification.homes.reso.words import ChangeType, StandardStatus

AT = datetime(2026, 11, 1, 9, tzinfo=UTC)
QUIET = Periods(timedelta(seconds=30))
ACTIVE = Snapshot(AT, StandardStatus.ACTIVE, 500_000, "USD", (), "x")
HOUSE = OpenHouse("1", "2026-11-08", "13:00:00", "15:00:00", "Active")


def _after(seconds: float = 0, **fields: object) -> Snapshot:
    return replace(ACTIVE, at=AT + timedelta(seconds=seconds), **fields)  # type: ignore[arg-type]


def _kinds(before: Snapshot | None, after: Snapshot) -> list[str]:
    return [fact.change_type.value for fact in facts_between(before, after)]


@pytest.mark.parametrize(
    ("was", "now", "kinds"),
    [
        (None, "Active", ["New Listing"]),
        (None, "Coming Soon", ["Coming Soon"]),
        (None, "Pending", ["Pending"]),
        (None, "Closed", ["Closed"]),
        (None, "Withdrawn", []),
        (None, "Expired", []),
        (None, "Delete", []),
        (None, "Incomplete", []),
        ("Incomplete", "Active", ["New Listing"]),
        ("Coming Soon", "Active", ["Active"]),
        ("Pending", "Active", ["Back On Market"]),
        ("Active Under Contract", "Active", ["Back On Market"]),
        ("Withdrawn", "Active", ["Back On Market"]),
        ("Expired", "Active", ["Back On Market"]),
        ("Canceled", "Active", ["Back On Market"]),
        ("Closed", "Active", ["Back On Market"]),
        ("Delete", "Active", ["Back On Market"]),
        ("Active", "Active", []),
        ("Active", "Active Under Contract", ["Active Under Contract"]),
        ("Active", "Pending", ["Pending"]),
        ("Pending", "Closed", ["Closed"]),
        ("Active", "Hold", ["Hold"]),
        ("Active", "Withdrawn", ["Withdrawn"]),
        ("Active", "Canceled", ["Canceled"]),
        ("Active", "Expired", ["Expired"]),
        ("Active", "Delete", ["Deleted"]),
        ("Active", "Incomplete", []),
    ],
)
def test_a_status_means(was: str | None, now: str, kinds: list[str]) -> None:
    before = None if was is None else _after(status=StandardStatus(was))

    assert _kinds(before, _after(1, status=StandardStatus(now))) == kinds


def test_a_price_change_has_the_old_and_the_new_price() -> None:
    [fact] = facts_between(ACTIVE, _after(1, price=480_000))

    assert fact == Fact(ChangeType.PRICE_CHANGE, "ListPrice", 500_000, 480_000)
    assert _kinds(_after(price=None), ACTIVE) == []
    assert _kinds(ACTIVE, _after(1, price=None)) == []


@pytest.mark.parametrize("price", [500_000, 450_000])
def test_a_price_in_another_currency_names_the_one_before(price: int) -> None:
    [fact] = facts_between(ACTIVE, _after(1, price=price, currency="EUR"))

    assert (fact.change_type, fact.before, fact.before_currency) == (ChangeType.PRICE_CHANGE, 500_000, "USD")
    assert decode_facts(encode_facts([fact])) == [fact]


@pytest.mark.parametrize("none", [None, 0])
def test_a_price_is_compared_with_the_last_one_that_was_known(none: int | None) -> None:
    records = [_after(), _after(100, price=none), _after(200, price=none, currency="EUR"), _after(300, price=400_000)]

    facts = [fact for change in changes_of(records, QUIET, ended=None)[1] for fact in change.facts]
    assert [(fact.before, fact.after, fact.before_currency) for fact in facts[1:]] == [(500_000, 400_000, None)]
    assert changes_of([*records[:3], _after(300)], QUIET, ended=None)[1][1:] == []


def test_a_listing_without_a_price_for_a_while_does_not_take_back_the_price_of_another_one() -> None:
    records = [
        ("a", _after()), ("b", _after(1, price=500_000)), ("b", _after(100, price=490_000)),
        ("a", _after(200, price=None)), ("a", _after(300)), ("a", _after(400, price=480_000)),
    ]  # fmt: skip
    facts = [fact for change in changes_of(combined(records), QUIET, ended=None)[1] for fact in change.facts]

    assert [fact.after for fact in facts] == ["Active", 490_000, 480_000]


def test_a_status_and_a_price_that_change_together_are_two_facts() -> None:
    assert _kinds(_after(status=StandardStatus.PENDING), _after(1, price=1)) == ["Back On Market", "Price Change"]


_GONE = StandardStatus.WITHDRAWN


@pytest.mark.parametrize(
    ("while_gone", "again", "told"),
    [
        ([450], 450, [(500, 450)]),
        ([450, 440], 440, [(500, 440)]),
        ([500, 450], 450, [(500, 450)]),
        ([450], 500, []),
        ([450, 500], 500, []),
        ([500], 450, [(500, 450)]),
        ([None, 450], 450, [(500, 450)]),
    ],
)
@pytest.mark.parametrize("status", [StandardStatus.WITHDRAWN, StandardStatus.PENDING, StandardStatus.HOLD])
@pytest.mark.parametrize("pause", [100, 5])
def test_offered_again_a_home_has_another_price_than_when_it_was_offered_last(
    pause: int, status: StandardStatus, while_gone: list[int | None], again: int, told: list[tuple[int, int]]
) -> None:
    prices = [500, *while_gone, again]
    statuses = [StandardStatus.ACTIVE, *[status] * len(while_gone), StandardStatus.ACTIVE]
    pauses = [0, 100, *[pause] * (len(while_gone) - 1), 100]
    records = [
        _after(sum(pauses[: place + 1]), price=price, status=its)
        for place, (price, its) in enumerate(zip(prices, statuses, strict=True))
    ]
    for some in (records, combined(("a", one) for one in records)):
        last = changes_of(some, QUIET, ended=None)[1][-1]
        assert [fact.change_type.value for fact in last.facts] == ["Back On Market", *["Price Change"] * len(told)]
        assert [(fact.before, fact.after) for fact in last.facts[1:]] == told


_DAY = 86_400


@pytest.mark.parametrize(
    ("statuses", "days", "kinds"),
    [
        # What was on the market is no draft of something new.
        (["Active", "Incomplete", "Active"], [0, 1, 9], ["Back On Market", "Price Change"]),
        (["Active", "Withdrawn", "Incomplete", "Active"], [0, 1, 2, 9], ["Back On Market", "Price Change"]),
        (["Active", "Incomplete", "Incomplete", "Active"], [0, 1, 2, 9], ["Back On Market", "Price Change"]),
        (["Active", "Incomplete", "Active"], [0, 1, 120], ["New Listing"]),
        (["Incomplete", "Active"], [0, 120], ["New Listing"]),
        (["Incomplete", "Incomplete", "Active"], [0, 1, 2], ["New Listing"]),
        # On hold a home is not offered yet.
        (["Active", "Expired", "Hold", "Active"], [0, 1, 120, 121], ["New Listing"]),
        (["Active", "Expired", "Hold", "Active"], [0, 1, 80, 90], ["Back On Market", "Price Change"]),
        (["Active", "Hold", "Active"], [0, 1, 120], ["Back On Market", "Price Change"]),
        (["Active", "Expired", "Coming Soon", "Active"], [0, 1, 80, 120], ["Active", "Price Change"]),
    ],
)
def test_what_left_the_market_is_the_same_offer_for_fourteen_weeks_whatever_it_was_meanwhile(
    statuses: list[str], days: list[int], kinds: list[str]
) -> None:
    prices = [*[500] * (len(days) - 1), 450]
    records = [
        _after(day * _DAY, status=StandardStatus(status), price=price)
        for status, day, price in zip(statuses, days, prices, strict=True)
    ]
    for some in (records, combined(("a", one) for one in records)):
        last = changes_of(some, QUIET, ended=None)[1][-1]
        assert [fact.change_type.value for fact in last.facts] == kinds


def test_the_price_of_a_home_that_cannot_be_had_comes_back_from_the_store() -> None:
    records = [_after(0), _after(100, price=450_000, status=_GONE)]
    progress, _ = changes_of(records, QUIET, ended=None)
    assert progress.last is not None
    assert progress.last.offered == (500_000, "USD")
    assert decode_progress(encode_progress(progress)) == progress
    hidden = replace(progress.last, hidden=True)
    assert decode_text(encode_text(hidden)) == hidden


def test_photos_and_remarks_are_no_change() -> None:
    fields = {"StandardStatus": "Active", "ListPrice": 1, "currency": "USD", "OpenHouse": []}
    before = snapshot_of(fields | {"PhotosCount": 3, "PublicRemarks": "Nice", "Appliances": ["a", "b"]}, AT)
    after = snapshot_of(
        fields | {"PhotosCount": 9, "PublicRemarks": "Very nice", "Appliances": ["b", "a"]}, AT + QUIET.quiet
    )

    assert changes_of([before, after], QUIET, ended=None)[1] == [Change(None, before, facts_between(None, before))]


def test_a_field_that_a_search_asks_for_is_a_change_without_a_fact() -> None:
    before = snapshot_of({"StandardStatus": "Active", "BedroomsTotal": 2}, AT)
    after = snapshot_of({"StandardStatus": "Active", "BedroomsTotal": 3}, AT + QUIET.quiet)

    assert [change.facts for change in changes_of([before, after], QUIET, ended=None)[1]][1:] == [()]


@pytest.mark.parametrize(
    ("name", "was", "now"),
    [
        ("WaterfrontYN", None, True),
        ("AssociationFee", 300, 200),
        ("GarageSpaces", 1, 2),
        ("SubdivisionName", "Elm", "Oak"),
        ("UnparsedAddress", "1 Elm St", "2 Elm St"),
        ("ElementarySchool", "A", "B"),
        ("AvailabilityDate", "2026-12-01", "2026-12-02"),
        ("ListAgentKey", "1", "2"),
        ("X_Local", {"a": 1}, {"a": 2}),
        ("PoolFeatures", ["a"], ["b"]),
    ],
)
def test_any_field_that_a_search_may_ask_for_is_a_change(name: str, was: object, now: object) -> None:
    before, after = (snapshot_of({"StandardStatus": "Active", name: one}, AT) for one in (was, now))
    assert before.searched != after.searched


@pytest.mark.parametrize(
    "name",
    [
        "PhotosCount",
        "PhotosChangeTimestamp",
        "Media",
        "PublicRemarks",
        "X_Public_Remarks",
        "DaysOnMarket",
        "CumulativeDaysOnMarket",
        "ListingKey",
        "ListingId",
        "ModificationTimestamp",
        "SourceSystemName",
        "OriginatingSystemKey",
        "VirtualTourURLUnbranded",
    ],
)
def test_what_changes_without_the_home_is_no_change(name: str) -> None:
    before, after = (snapshot_of({"StandardStatus": "Active", name: one}, AT) for one in ("1", "2"))
    assert before == after


def _prices(changes: list[Change]) -> list[tuple[object, object]]:
    return [(change.before and change.before.price, change.after.price) for change in changes]


def test_further_changes_wait_until_the_quiet_time_is_over_and_are_one() -> None:
    storm = [_after(0), _after(10, price=490_000), _after(20, price=480_000)]

    progress, changes = changes_of(storm, QUIET, ended=None)
    assert _prices(changes) == [(None, 500_000)]
    assert progress.waits

    progress, changes = end_quiet(progress, QUIET)
    assert _prices(changes) == [(500_000, 480_000)]
    assert not progress.waits
    assert progress.quiet_until == AT + 2 * QUIET.quiet


def test_changes_that_cancel_each_other_are_none() -> None:
    progress, _ = changes_of([_after(0), _after(10, price=490_000), _after(20)], QUIET, ended=None)

    assert not progress.waits
    assert end_quiet(progress, QUIET)[1] == []


def test_a_later_record_ends_the_quiet_time_too() -> None:
    records = [_after(0), _after(10, price=490_000), _after(45, price=480_000), _after(60, price=470_000)]

    progress, changes = changes_of(records, QUIET, ended=None)

    # The net change at 30 begins another quiet time, in which the third record waits.
    assert _prices(changes) == [(None, 500_000), (500_000, 490_000), (490_000, 480_000)]
    assert progress.waits


def test_without_a_quiet_time_nothing_waits() -> None:
    progress, changes = changes_of([_after(0), _after(1, price=490_000)], Periods(timedelta()), ended=None)

    assert _prices(changes) == [(None, 500_000), (500_000, 490_000)]
    assert not progress.waits


def test_a_record_that_does_not_speak_of_open_houses_takes_none_back() -> None:
    records = [_after(0, open_houses=(HOUSE,)), _after(60, open_houses=None), _after(120, open_houses=(HOUSE,))]

    assert len(changes_of(records, QUIET, ended=None)[1]) == 1


def test_what_is_stored_is_read_again() -> None:
    records = [_after(0, open_houses=(HOUSE,)), _after(10, price=1.5)]
    progress, _ = changes_of(records, QUIET, ended=AT)

    assert decode_progress(encode_progress(progress)) == progress
    assert decode_progress(encode_progress(Progress())) == Progress()
    assert [decode_text(encode_text(one)) for one in records] == records
