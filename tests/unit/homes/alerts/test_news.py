"""What a change means, and when two facts are the same one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from property_alert_notification.homes.alerts.details import ToldFact
from property_alert_notification.homes.alerts.differences import Difference
from property_alert_notification.homes.alerts.news import IN_RANGE, Earlier, News, may_be_shown, news_of
from property_alert_notification.homes.listings.facts import Fact
from property_alert_notification.homes.listings.snapshot import Snapshot
from property_alert_notification.homes.reso.words import ChangeType, StandardStatus

NOW = Snapshot(datetime(2026, 11, 1, tzinfo=UTC), StandardStatus.ACTIVE, 450, "USD", searched="a")
NEW = Fact(ChangeType.NEW_LISTING, "StandardStatus", None, "Active")
OPEN = Fact(ChangeType.OPEN_HOUSE, "OpenHouse", None, {"OpenHouseDate": "2026-12-01"}, "7")


def cut(before: int, after: int) -> Fact:
    return Fact(ChangeType.PRICE_CHANGE, "ListPrice", before, after)


def opened(after: str | None, before: str | None = None, key: str = "7") -> Fact:
    old, new = (None if day is None else {"OpenHouseDate": day} for day in (before, after))
    return Fact(ChangeType.OPEN_HOUSE, "OpenHouse", old, new, key)


def news(*facts: Fact, was_known: bool = True, **others: Any) -> list[News]:
    usual: dict[str, Any] = {"now": NOW, "earlier": Earlier()}
    return news_of(facts, was_known=was_known, **usual | others)


def test_a_new_listing_is_new_to_every_search() -> None:
    found = news(NEW, OPEN, was_known=False)
    assert [(one.kind, one.to_new) for one in found] == [("New Listing", True), ("Open House", True)]


def test_a_change_is_told_to_searches_that_matched_and_its_cause_to_those_that_did_not() -> None:
    told, came = news(cut(500, 450))
    assert (told.kind, told.to_new, came.kind, came.to_new) == ("Price Change", False, IN_RANGE, True)
    assert came.fact == cut(500, 450)


def test_a_listing_comes_into_a_range_by_no_fact_at_all() -> None:
    [came] = news()
    assert (came.kind, came.fact) == (IN_RANGE, None)
    assert news(now=replace(NOW, searched="b")) != [came]
    assert news() == [came]


def test_a_listing_that_comes_into_a_range_again_by_the_same_values_tells_another_fact() -> None:
    first, again = (keys(news(now=replace(NOW, at=NOW.at + timedelta(days=days)))) for days in (0, 2))
    assert set(first).isdisjoint(again)


def test_what_else_is_different_comes_with_the_range() -> None:
    more = Difference("BedroomsTotal", 2, 3)
    told, came = news(cut(500, 450), different=[more])
    assert (told.differences, came.differences) == ((), (more,))
    assert [fact[:4] for fact in ToldFact.all_of(came)] == [
        (IN_RANGE, "ListPrice", 500, 450),
        (IN_RANGE, "BedroomsTotal", 2, 3),
    ]
    assert [fact[:4] for fact in ToldFact.all_of(news(different=[more])[0])] == [(IN_RANGE, "BedroomsTotal", 2, 3)]
    assert [fact[:4] for fact in ToldFact.all_of(news()[0])] == [(IN_RANGE, None, None, None)]


def test_two_agents_who_ask_the_same_price_tell_one_fact() -> None:
    assert keys(news(cut(500, 450))) == keys(news(cut(480, 450)))
    assert keys(news(cut(500, 450))) != keys(news(cut(500, 440)))


def test_the_open_house_of_one_agent_does_not_make_the_range_another_one() -> None:
    assert news(cut(500, 450), OPEN)[-1].key == news(cut(500, 450))[-1].key


def test_the_same_cut_again_is_another_fact() -> None:
    again = news(cut(500, 450), earlier=Earlier([(1, [cut(500, 450)]), (2, [cut(450, 500)])]))
    assert set(keys(again)).isdisjoint(keys(news(cut(500, 450))))


def test_each_of_many_equal_cuts_is_another_fact() -> None:
    some = [keys(news(cut(500, 450), earlier=Earlier([(at, [cut(500, 450)])], at))) for at in range(3)]
    # None of the last changes told it, and there were more before them.
    some += [keys(news(cut(500, 450), earlier=Earlier([(at, [OPEN])], at))) for at in range(7, 9)]
    assert len({key for one in some for key in one}) == 2 * len(some)


def test_a_home_that_is_new_again_is_another_fact() -> None:
    sold = Fact(ChangeType.CLOSED, "StandardStatus", "Active", "Closed")
    again = Earlier([(1, [NEW]), (2, [sold])])
    assert keys(news(NEW, was_known=False)) != keys(news(NEW, was_known=False, earlier=again))


def test_keys_fit_their_column() -> None:
    long = Fact(ChangeType.OPEN_HOUSE, "OpenHouse", None, {"OpenHouseDate": "x" * 999}, "y" * 255)
    assert max(map(len, keys(news(long)))) <= 64


def keys(found: list[News]) -> list[str]:
    return [one.key for one in found]


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        (None, False),
        ({"StandardStatus": "Active"}, True),
        ({"StandardStatus": "Delete"}, False),
        ({"StandardStatus": "Incomplete"}, False),
        ({"StandardStatus": "Active", "InternetEntireListingDisplayYN": False}, False),
        ({"StandardStatus": "Active", "InternetEntireListingDisplayYN": True}, True),
    ],
)
def test_only_what_may_be_shown_matches(fields: dict[str, Any] | None, *, shown: bool) -> None:
    assert may_be_shown(fields) is shown


def test_a_fact_that_is_found_again_is_the_same_one_unless_another_was_told_since() -> None:
    told, later = (
        (1, [cut(500, 450)]),
        Fact(ChangeType.OPEN_HOUSE, "OpenHouse", None, {"OpenHouseDate": "2026-12-08"}, "8"),
    )
    first = keys(news(cut(500, 450), OPEN))
    assert keys(news(cut(500, 450), OPEN, earlier=Earlier([told, (2, [NEW, OPEN]), (3, [later])]))) == first
    risen = Earlier([told, (2, [cut(450, 500)])])
    assert keys(news(cut(500, 450), earlier=risen)) != keys(news(cut(500, 450)))


def test_an_open_house_is_known_by_its_time() -> None:
    told = keys(news(opened("2026-12-01")))
    assert keys(news(opened("2026-12-01", "2026-12-02", key="8"))) == told
    for other in (opened("2026-12-02"), opened(None, "2026-12-01")):
        assert set(keys(news(other))).isdisjoint(told)


@pytest.mark.parametrize("between", [opened("2026-12-02", "2026-12-01", key="8"), opened(None, "2026-12-01")])
def test_an_open_house_that_is_moved_back_or_takes_place_again_is_told_again(between: Fact) -> None:
    first = opened("2026-12-01")
    again = keys(news(first, earlier=Earlier([(1, [first]), (2, [between])])))
    assert set(again).isdisjoint(keys(news(first)))
