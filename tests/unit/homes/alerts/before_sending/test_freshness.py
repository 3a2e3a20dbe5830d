"""The last look at an alert before it is sent."""

from dataclasses import replace
from typing import Any

import pytest

from property_alert_notification.homes.alerts.before_sending.freshness import (
    CHANGED_BACK,
    LISTING_GONE,
    NEWER_ALERT,
    NO_LONGER_MATCHES,
    OPEN_HOUSE_OVER,
    PRICE_CHANGED_SINCE,
    in_place_of,
    offered,
    still_holds,
    still_matches,
    still_true,
    told_together,
)
from property_alert_notification.homes.alerts.details import AlertDetails, ToldFact, ToldSearch
from property_alert_notification.homes.alerts.news import IN_RANGE
from property_alert_notification.homes.criteria.expression import And, Range

CUT = ToldFact("Price Change", "ListPrice", 500_000, 470_000)
ALERT = AlertDetails(
    "en", "1", "1 Main St", "Seattle", "Active", 470_000, "USD", (CUT,), (ToldSearch("Near work", "", False),)
)
NOW = {"StandardStatus": "Active", "ListPrice": 470_000, "currency": "USD"}


def held(
    alert: AlertDetails = ALERT, *, newer: bool = False, overtaken: bool = False, over: Any = None, **now: Any
) -> Any:
    return still_holds(alert, NOW | now, has_newer=newer, is_overtaken=overtaken, is_over=lambda one: one == over)


def gone(alert: AlertDetails = ALERT) -> Any:
    return still_holds(alert, None, has_newer=False, is_overtaken=False, is_over=lambda _: False)


def test_what_did_not_change_is_sent_as_it_is() -> None:
    assert held() == ALERT
    assert held(newer=True) == ALERT


@pytest.mark.parametrize("status", ["Pending", "Closed", "Withdrawn", "Delete", "Hold", "Expired", "Canceled"])
def test_a_home_that_left_the_market_is_gone(status: str) -> None:
    assert held(StandardStatus=status) == LISTING_GONE


def test_a_home_that_another_agent_still_offers_is_not_gone() -> None:
    sold, hidden = NOW | {"StandardStatus": "Withdrawn"}, NOW | {"InternetEntireListingDisplayYN": False}
    assert offered([sold, hidden, NOW]) == NOW
    assert offered([NOW, sold]) == NOW
    assert offered([sold, hidden]) == sold
    assert offered([]) is None


CHEAP = ToldSearch("Cheap", "", is_new=False, number=1)
ANY = ToldSearch("Any", "", is_new=False, number=2)
LOOKED_FOR = {1: Range("ListPrice", None, 48_000_000, "USD"), 2: And(())}
DEAR = NOW | {"ListPrice": 500_000}


def test_only_searches_that_match_now_are_named() -> None:
    both = replace(ALERT, searches=(CHEAP, ANY))
    assert still_matches(both, NOW, [], LOOKED_FOR) == (both, NOW)
    assert still_matches(both, DEAR, [], LOOKED_FOR) == (replace(ALERT, searches=(ANY,)), DEAR)
    assert still_matches(ALERT, DEAR, [], LOOKED_FOR) == (ALERT, DEAR)  # stored without the number of its search


def test_a_home_that_matches_none_of_its_searches_is_not_announced() -> None:
    deleted = ToldSearch("Deleted", "", is_new=False, number=3)
    dear, now = still_matches(replace(ALERT, searches=(CHEAP, deleted)), DEAR, [], LOOKED_FOR)
    assert held(dear, **now) == NO_LONGER_MATCHES
    assert gone(dear) == LISTING_GONE


def test_an_alert_tells_the_price_of_its_own_listing_unless_that_is_gone() -> None:
    cheap = replace(ALERT, searches=(CHEAP,))
    other = NOW | {"ListPrice": 460_000}
    assert still_matches(cheap, NOW, [other], LOOKED_FOR) == (cheap, NOW)
    assert still_matches(cheap, DEAR, [other], LOOKED_FOR) == (replace(ALERT, searches=()), DEAR)
    for gone in (NOW | {"StandardStatus": "Withdrawn"}, NOW | {"InternetEntireListingDisplayYN": False}, None):
        assert still_matches(cheap, gone, [DEAR, other], LOOKED_FOR) == (cheap, other)
    assert still_matches(cheap, None, [], LOOKED_FOR) == (replace(ALERT, searches=()), None)


def test_an_alert_that_tells_that_its_listing_left_the_market_has_its_price() -> None:
    sold = replace(ALERT, status="Closed", searches=(ANY,))
    closed = NOW | {"StandardStatus": "Closed", "ListPrice": 450_000}
    assert still_matches(sold, closed, [NOW], LOOKED_FOR) == (sold, closed)


def test_an_alert_about_that_very_status_is_sent() -> None:
    pending = replace(ALERT, status="Pending", facts=(ToldFact("Pending", "StandardStatus", "Active", "Pending"),))
    assert held(pending, StandardStatus="Pending") == pending


TAKEN = ToldFact("Pending", "StandardStatus", "Active", "Pending")


@pytest.mark.parametrize("status", ["Active", "Coming Soon", "Active Under Contract"])
def test_a_home_that_is_available_again_is_not_said_to_be_taken(status: str) -> None:
    pending = replace(ALERT, status="Pending", facts=(TAKEN,))
    assert held(pending, StandardStatus=status) == CHANGED_BACK
    assert held(pending, overtaken=True, StandardStatus=status) == NEWER_ALERT
    assert still_true(pending, NOW | {"StandardStatus": status}, lambda _: False) is None
    both = replace(ALERT, facts=(TAKEN, CUT))
    assert held(both, StandardStatus=status) == replace(ALERT, facts=(CUT,), status=status)


def test_an_alert_has_the_status_of_now() -> None:
    assert held(StandardStatus="Active Under Contract") == replace(ALERT, status="Active Under Contract")


@pytest.mark.parametrize("status", ["Coming Soon", "Active Under Contract"])
def test_a_home_that_was_not_active_yet_when_it_was_first_seen_is_a_new_listing_once_it_is(status: str) -> None:
    first = replace(ALERT, status=status, facts=(ToldFact(status, "StandardStatus", None, status),))
    assert held(first, StandardStatus=status) == first
    new = ToldFact("New Listing", "StandardStatus", None, "Active")
    assert held(first) == replace(ALERT, facts=(new,))


def test_a_home_that_may_not_be_shown_any_more_is_gone() -> None:
    assert held(InternetEntireListingDisplayYN=False) == LISTING_GONE
    assert gone() == LISTING_GONE


def test_an_address_that_may_not_be_shown_any_more_is_left_out() -> None:
    assert held(InternetAddressDisplayYN=False) == replace(ALERT, address=None)


SUNDAY = {"OpenHouseDate": "2026-12-06", "OpenHouseStartTime": "14:00:00"}
MONDAY = {"OpenHouseDate": "2026-12-07"}
VISIT = ToldFact("Open House", "OpenHouse", None, SUNDAY)
HELD = [{"OpenHouseKey": "7", "OpenHouseStatus": "Active", **SUNDAY}]


@pytest.mark.parametrize("newer", [{"overtaken": True}, {"newer": True, "ListPrice": 460_000}])
def test_an_open_house_is_told_although_a_newer_alert_told_another_price(newer: dict[str, Any]) -> None:
    both = replace(ALERT, facts=(CUT, VISIT))
    price = newer.get("ListPrice", 470_000)
    assert held(both, OpenHouse=HELD, **newer) == replace(both, facts=(VISIT,), price=price)


NOT_PLANNED = [
    [],
    [HELD[0] | {"OpenHouseStatus": "Canceled"}],
    [HELD[0] | {"OpenHouseStatus": "Ended"}],
    [HELD[0] | {"OpenHouseStartTime": "15:00:00"}],
]


@pytest.mark.parametrize("now", NOT_PLANNED)
def test_an_open_house_that_does_not_take_place_is_not_told(now: Any) -> None:
    assert held(replace(ALERT, facts=(VISIT,)), OpenHouse=now) == OPEN_HOUSE_OVER
    assert held(replace(ALERT, facts=(CUT, VISIT)), OpenHouse=now) == ALERT


@pytest.mark.parametrize(
    "fact", [VISIT, VISIT._replace(before=MONDAY), ToldFact("Open House", "OpenHouse", SUNDAY, None)]
)
def test_an_open_house_that_is_over_is_not_told(fact: ToldFact) -> None:
    assert held(replace(ALERT, facts=(fact,)), over=SUNDAY) == OPEN_HOUSE_OVER
    assert held(replace(ALERT, facts=(fact, CUT)), over=SUNDAY) == ALERT
    assert held(replace(ALERT, facts=(fact,)), over=MONDAY) == replace(ALERT, facts=(fact,))
    assert held(replace(ALERT, facts=(fact, CUT)), over=SUNDAY, overtaken=True) == NEWER_ALERT


def test_a_home_that_came_into_range_by_an_open_house_is_told_without_it() -> None:
    in_range = replace(ALERT, facts=(VISIT._replace(kind=IN_RANGE),))
    assert held(in_range) == in_range
    assert held(in_range, over=SUNDAY) == replace(ALERT, facts=(ToldFact(IN_RANGE, None, None, None),))


def test_a_record_that_says_nothing_about_open_houses_changes_none() -> None:
    alert = replace(ALERT, facts=(VISIT,))
    assert held(alert, overtaken=True) == alert


@pytest.mark.parametrize("now", NOT_PLANNED)
def test_a_cancelled_open_house_is_told_after_a_newer_alert(now: Any) -> None:
    cancelled = replace(ALERT, facts=(ToldFact("Open House", "OpenHouse", SUNDAY, None),))
    assert held(cancelled, overtaken=True, OpenHouse=now) == cancelled
    assert held(cancelled, OpenHouse=HELD) == OPEN_HOUSE_OVER


def test_a_new_price_is_told() -> None:
    changed = held(ListPrice=460_000)
    assert (changed.price, changed.facts) == (460_000, (CUT._replace(after=460_000),))


def test_what_brought_a_home_into_a_range_is_not_named_if_the_listing_says_otherwise_now() -> None:
    came = ToldFact(IN_RANGE, "BedroomsTotal", 2, 3)
    told = replace(ALERT, facts=(came,))
    assert held(told, BedroomsTotal=3) == told
    assert held(told, BedroomsTotal=4) == replace(told, facts=(ToldFact(IN_RANGE, None, None, None),))


def test_a_newer_alert_tells_the_new_price() -> None:
    assert held(ListPrice=460_000, newer=True) == PRICE_CHANGED_SINCE


def test_a_price_that_is_what_it_was_is_no_news() -> None:
    assert held(ListPrice=500_000) == CHANGED_BACK


@pytest.mark.parametrize("now", [{"ListPrice": None}, {"currency": "EUR"}, {"currency": "EUR", "ListPrice": 460_000}])
def test_a_price_that_compares_with_nothing_is_no_price_change(now: dict[str, Any]) -> None:
    assert held(**now) == PRICE_CHANGED_SINCE
    new = held(replace(ALERT, facts=(ToldFact("New Listing", "StandardStatus", None, "Active"), CUT)), **now)
    assert [fact.kind for fact in new.facts] == ["New Listing"]


def test_a_price_that_is_the_same_in_another_currency_than_before_is_news() -> None:
    fact = ToldFact("Price Change", "ListPrice", 480_000, 470_000, "EUR")
    sent = held(replace(ALERT, facts=(fact,)), ListPrice=480_000)
    assert sent.facts == (fact._replace(after=480_000),)


def test_an_older_alert_is_not_sent_after_a_newer_one() -> None:
    assert held(newer=True, overtaken=True) == NEWER_ALERT


def test_an_alert_that_a_newer_one_replaces_tells_nothing_itself() -> None:
    both = replace(ALERT, facts=(CUT, VISIT))
    told = {"has_newer": True, "is_told": True, "is_over": lambda _: False}
    assert still_holds(both, NOW, is_overtaken=True, **told) == NEWER_ALERT
    assert still_holds(both, NOW, is_overtaken=False, **told) == both
    assert still_holds(both, NOW | {"ListPrice": 1}, is_overtaken=False, **told) == PRICE_CHANGED_SINCE


LISTED = ToldFact("New Listing", "StandardStatus", None, "Active")
OLDER = replace(ALERT, price=500_000, facts=(LISTED,), searches=(CHEAP,))


def test_a_newer_alert_tells_the_facts_of_those_that_it_replaces() -> None:
    newest = replace(ALERT, price=450_000, facts=(CUT._replace(before=470_000, after=450_000),))
    told = told_together(newest, [OLDER, ALERT])
    assert told == replace(
        newest, facts=(LISTED, CUT._replace(after=450_000)), searches=(*ALERT.searches, *OLDER.searches)
    )
    assert told_together(newest, []) is newest
    back = replace(ALERT, price=500_000, facts=(ToldFact("Price Change", "ListPrice", 470_000, 500_000),))
    assert told_together(back, [ALERT]) == CHANGED_BACK
    assert told_together(back, [OLDER, ALERT]) == replace(
        back, facts=(LISTED,), searches=(*ALERT.searches, *OLDER.searches)
    )


def test_an_alert_that_does_not_hold_itself_tells_what_is_true_of_those_that_it_replaced() -> None:
    newest = replace(ALERT, language="es", listing_key="2", address=None, city="Tacoma", price=1, searches=(CHEAP,))
    now = NOW | {"ListPrice": 450_000, "UnparsedAddress": "1 Main Street"}
    other = NOW | {"ListPrice": 460_000}
    its = in_place_of(newest, [(OLDER, other), (ALERT, now)])
    assert its == replace(ALERT, language="es", address="1 Main Street", price=450_000, facts=(), searches=())
    told = told_together(its, [OLDER, ALERT])
    assert isinstance(told, AlertDetails)
    assert (told.facts, told.searches) == (
        (LISTED, CUT._replace(after=450_000)),
        (*ALERT.searches, *OLDER.searches),
    )
    assert in_place_of(newest, []) is None
    assert in_place_of(newest, [(ALERT, NOW | {"ListPrice": 500_000})]) is None


def test_a_price_of_an_older_alert_says_its_currency_if_that_is_another_one_now() -> None:
    euros = replace(ALERT, currency="EUR", price=500_000, facts=(VISIT,))
    told = told_together(euros, [ALERT])
    assert isinstance(told, AlertDetails)
    assert told.facts == (CUT._replace(after=500_000, before_currency="USD"), VISIT)
    from_euros = replace(ALERT, facts=(CUT._replace(before_currency="EUR"),))
    told = told_together(euros, [from_euros])
    assert told == replace(euros, facts=(VISIT,))


def test_a_newer_alert_tells_nothing_of_an_older_one_that_holds_no_longer() -> None:
    both = replace(ALERT, facts=(CUT, VISIT))

    def now_of(alert: AlertDetails = both, **now: Any) -> AlertDetails | None:
        return still_true(alert, NOW | now, lambda one: one == SUNDAY)

    assert now_of(ListPrice=460_000) == ALERT
    assert now_of(replace(ALERT, facts=(VISIT,))) is None
    assert now_of(StandardStatus="Pending") is None
    assert now_of(replace(ALERT, searches=())) is None
    assert still_true(ALERT, None, lambda _: False) is None


def test_details_come_back_from_the_store() -> None:
    assert AlertDetails.read(ALERT.stored) == ALERT
    for damaged in ("", "[]", "{}", '{"facts": 1}', "null"):
        with pytest.raises(ValueError):  # noqa: PT011 - whatever JSON says
            AlertDetails.read(damaged)
