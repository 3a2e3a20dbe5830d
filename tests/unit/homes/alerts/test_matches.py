"""Which searches a change concerns, and whom it is told."""

import gc
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

import numpy as np
import pytest

from property_alert_notification.base.errors import StoreUnavailable
from property_alert_notification.homes.alerts.matches import matches_of, not_told, tellings
from property_alert_notification.homes.alerts.news import IN_RANGE, News
from property_alert_notification.homes.alerts.numbers import Numbers
from property_alert_notification.homes.alerts.searches import Searches
from property_alert_notification.homes.listings.facts import Fact
from property_alert_notification.homes.reso.words import ChangeType
from property_alert_notification.homes.saved_searches.versions.queries import CurrentVersion

BEFORE, AFTER = {"StandardStatus": "Active", "ListPrice": 500}, {"StandardStatus": "Active", "ListPrice": 450}
CUT = News("cut", "Price Change", to_new=False)
RANGE = News("range", IN_RANGE, to_new=True)


class UpTo:
    """Matches listings up to the price of each search."""

    def __init__(self) -> None:
        self.prices: dict[int, int] = {}
        self.statuses = {7, 8}
        """The searches that name some status, whichever."""

    def put_stored(self, number: int, expression: str) -> None:
        self.prices[number] = int(expression)

    def put_all_stored(self, rows: Iterable[tuple[int, str, Any]]) -> tuple[Mapping[int, Exception], list[int]]:
        for number, expression, _ in rows:
            self.put_stored(number, expression)
        return {}, []

    def put_many(self, items: Iterable[tuple[int, Any]]) -> None:
        self.prices.update(items)

    def remove(self, number: int) -> None:
        self.prices.pop(number, None)

    def match(self, fields: Mapping[str, Any]) -> Numbers:
        found = [
            number
            for number, price in self.prices.items()
            if fields["ListPrice"] <= price and (number not in self.statuses or fields.get("StandardStatus"))
        ]
        return np.array(sorted(found), dtype=np.int64)


def searches(*rows: tuple[int, int, int, str, str]) -> Searches:
    """Number, person, price, schedule and change types of each."""
    made = Searches(UpTo())
    made.put_many(
        CurrentVersion(number, 1, person, str(price), schedule, kinds, 0)
        for number, person, price, schedule, kinds in rows
    )
    return made


def told(found: Any, **known: list[int]) -> list[tuple[int, list[str], list[int]]]:
    its = {key: np.array(people, dtype=np.int64) for key, people in known.items()}
    made = tellings(found, not_told(found, its))
    return [(one.person, [news.key for news in one.news], [its.number for its in one.searches]) for one in made]


async def test_searches_are_read_part_by_part_until_the_store_fails() -> None:
    async def parts(*numbers: int, fails: bool) -> AsyncIterator[list[CurrentVersion]]:
        for number in numbers:
            yield [CurrentVersion(number, 1, number, "500", "ASAP", "", 0)]
        if fails:
            raise StoreUnavailable

    made = Searches(UpTo())
    await made.read(parts(fails=False))
    await made.read(parts(1, 2, 3, fails=False))
    with pytest.raises(StoreUnavailable):
        await made.read(parts(4, 5, fails=True))

    assert made.match({"ListPrice": 400, "StandardStatus": "Active"}).tolist() == [1, 2, 3, 4, 5]
    assert gc.isenabled()


def test_a_search_that_matched_hears_of_the_change_and_another_that_it_came_into_its_range() -> None:
    known = searches((1, 10, 600, "ASAP", "Price Change"), (2_000, 20, 480, "ASAP", ""), (3, 30, 400, "ASAP", ""))
    found = matches_of(known, [CUT, RANGE], BEFORE, AFTER)
    assert found is not None
    assert (found.numbers.tolist(), found.is_new.tolist()) == ([1, 2_000], [False, True])
    assert told(found) == [(10, ["cut"], [1]), (20, ["range"], [2_000])]


def test_a_person_hears_once_of_all_their_searches() -> None:
    known = searches(
        (1, 10, 600, "ASAP", "Price Change"), (2, 10, 480, "ASAP", ""), (3, 10, 700, "Daily", "Price Change")
    )
    found = matches_of(known, [CUT, RANGE], BEFORE, AFTER)
    assert told(found) == [(10, ["cut", "range"], [1, 2, 3])]
    assert told(found, cut=[10]) == [(10, ["range"], [1, 2, 3])]
    assert told(found, cut=[5, 10], range=[10]) == []


def test_a_search_whose_facts_were_told_before_is_named_but_tells_nothing() -> None:
    known = searches((1, 10, 600, "ASAP", "Price Change"), (2, 10, 480, "ASAP", ""))
    found = matches_of(known, [CUT, RANGE], BEFORE, AFTER)
    [one] = tellings(found, not_told(found, {"cut": np.array([10], dtype=np.int64)}))

    assert [news.key for news in one.news] == ["range"]
    assert [(its.number, its.tells) for its in one.searches] == [(1, False), (2, True)]


def test_what_a_search_does_not_ask_for_is_no_news() -> None:
    assert matches_of(searches((1, 10, 600, "ASAP", "Open House")), [CUT, RANGE], BEFORE, AFTER) is None


def test_searches_of_other_schedules_are_only_logged() -> None:
    found = matches_of(searches((1, 10, 600, "Daily", "Price Change")), [CUT, RANGE], BEFORE, AFTER)
    assert found is not None
    assert (found.numbers.tolist(), found.is_new.tolist()) == ([1], [False])
    assert told(found) == []


def test_what_was_not_to_be_shown_is_new_to_a_search() -> None:
    hidden = BEFORE | {"InternetEntireListingDisplayYN": False}
    known = searches((1, 10, 600, "ASAP", "Price Change"))
    assert told(matches_of(known, [CUT, RANGE], hidden, AFTER)) == [(10, ["range"], [1])]
    assert matches_of(known, [CUT, RANGE], BEFORE, AFTER | {"InternetEntireListingDisplayYN": False}) is None


@pytest.mark.parametrize("status", ["Coming Soon", "Active Under Contract"])
def test_a_home_that_is_offered_when_it_is_first_seen_is_told_as_a_new_one(status: str) -> None:
    fact = Fact(ChangeType(status), "StandardStatus", None, status)
    first, later = (News("key", status, to_new, fact) for to_new in (True, False))
    known = searches((1, 10, 600, "ASAP", "New Listing"), (2, 20, 600, "ASAP", "Price Change"))
    assert told(matches_of(known, [first], None, AFTER)) == [(10, ["key"], [1])]
    assert matches_of(known, [later], BEFORE, AFTER) is None


@pytest.mark.parametrize("status", ["Pending", "Closed"])
def test_a_home_that_is_sold_when_it_is_first_seen_is_no_new_one(status: str) -> None:
    sold = News("key", status, to_new=True, fact=Fact(ChangeType(status), "StandardStatus", None, status))
    assert matches_of(searches((1, 10, 600, "ASAP", "New Listing")), [sold], None, AFTER) is None


@pytest.mark.parametrize("status", ["Pending", "Closed", "Withdrawn", "Hold", "Expired", "Canceled"])
def test_of_a_home_that_cannot_be_had_a_search_that_names_no_status_hears_the_status_alone(status: str) -> None:
    gone = News("gone", status, to_new=False, fact=Fact(ChangeType(status), "StandardStatus", "Active", status))
    house = News("house", "Open House", to_new=False)
    after = AFTER | {"StandardStatus": status}
    everything = f"Price Change,Open House,{status}"
    known = searches(
        (1, 10, 600, "ASAP", everything), (2, 20, 480, "ASAP", everything),
        (7, 30, 600, "ASAP", everything), (8, 40, 480, "ASAP", everything),
    )  # fmt: skip

    found = matches_of(known, [gone, CUT, house, RANGE], BEFORE, after)

    assert told(found) == [(10, ["gone"], [1]), (30, ["gone", "cut", "house"], [7]), (40, ["range"], [8])]


def test_of_a_home_that_was_sold_before_no_search_that_names_no_status_hears() -> None:
    known = searches((1, 10, 600, "ASAP", "Price Change"), (2, 20, 480, "ASAP", ""))
    assert (
        matches_of(known, [CUT, RANGE], BEFORE | {"StandardStatus": "Closed"}, AFTER | {"StandardStatus": "Closed"})
        is None
    )
