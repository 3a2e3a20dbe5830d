"""What a person is told of all that waited for a digest."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from property_alert_notification.homes.alerts.changes.read import ReadChange
from property_alert_notification.homes.alerts.details import ToldFact
from property_alert_notification.homes.alerts.digests.waiting import HomeInDigest, Waiting, gathered, net_facts
from property_alert_notification.homes.alerts.drops.drops import Drops
from property_alert_notification.homes.alerts.net import net
from property_alert_notification.homes.alerts.news import IN_RANGE, News
from property_alert_notification.homes.alerts.numbers import unpack
from property_alert_notification.homes.criteria.expression import And, Range, to_json
from property_alert_notification.homes.listings.facts import Fact
from property_alert_notification.homes.reso.words import ChangeType
from property_alert_notification.homes.saved_searches.versions.queries import CurrentVersion

HOME, LISTING = UUID(int=1), UUID(int=7)
NOW = {"StandardStatus": "Active", "ListPrice": 450, "currency": "USD"}
ANY = And(())


def cut(before: int, after: int) -> Fact:
    return Fact(ChangeType.PRICE_CHANGE, "ListPrice", before, after)


def a_change(sequence: int, *news: News, price: int = 450) -> ReadChange:
    after = {"StandardStatus": "Active", "ListPrice": price, "currency": "USD"}
    return ReadChange(sequence, UUID(int=7), HOME, None, after, [], news)


def a_search(number: int, *, since: int = 0, expression: Any = ANY, kinds: str = "Price Change") -> CurrentVersion:
    return CurrentVersion(number, 1, 10, to_json(expression), "Daily", kinds, since)


CUT = News("cut", "Price Change", to_new=False, fact=cut(500, 450))
CUT_MORE = News("more", "Price Change", to_new=False, fact=cut(450, 430))
RANGE = News("range", IN_RANGE, to_new=True, fact=cut(500, 450))


def told(waiting: list[Waiting]) -> list[HomeInDigest]:
    """What is told of a home that is still as it was."""
    return gathered(waiting, {HOME: {LISTING: NOW}}, Drops())


def test_all_searches_of_a_person_tell_of_a_home_once() -> None:
    first, second = a_change(5, CUT, RANGE), a_change(6, CUT_MORE)
    waiting = [
        Waiting(a_search(1), False, second),
        Waiting(a_search(1), False, first),
        Waiting(a_search(2), True, first),
    ]
    [home] = told(waiting)
    assert list(home.news) == ["cut", "range", "more"]
    assert home.searches == {1: False, 2: True}
    assert home.newest is second


def test_what_searches_tell_of_a_change_is_in_their_order_whichever_was_due_first() -> None:
    change = a_change(5, CUT, RANGE)
    waiting = [Waiting(a_search(2), False, change), Waiting(a_search(1), True, change)]
    for some in (waiting, waiting[::-1]):
        [home] = told(some)
        assert list(home.news) == ["range", "cut"]


def test_a_search_that_was_edited_is_judged_again() -> None:
    cheap = Range("ListPrice", None, 10_000, "USD")
    assert told([Waiting(a_search(1, since=6, expression=cheap), False, a_change(5, CUT))]) == []
    assert told([Waiting(a_search(1, since=6, kinds="Open House"), False, a_change(5, CUT))]) == []
    assert len(told([Waiting(a_search(1, since=4, expression=cheap), False, a_change(5, CUT))])) == 1


def test_of_several_prices_the_first_and_that_of_now_are_told() -> None:
    assert net_facts([CUT, CUT_MORE], 430) == [ToldFact("Price Change", "ListPrice", 500, 430)]
    assert net_facts([CUT, CUT_MORE], 500) == []


def test_a_price_that_is_told_in_two_ways_is_of_both_kinds() -> None:
    both = ToldFact(IN_RANGE, "ListPrice", 500, 430, also="Price Change")
    assert net_facts([RANGE, CUT_MORE], 430) == net_facts([RANGE, CUT_MORE, CUT_MORE], 430) == [both]
    assert net([both, *net_facts([CUT_MORE], 430)], 430) == net([*net_facts([RANGE], 430), both], 430) == [both]
    assert net_facts([CUT, RANGE], 450) == [ToldFact("Price Change", "ListPrice", 500, 450, also=IN_RANGE)]


def test_a_price_in_another_currency_than_at_first_is_another_one() -> None:
    euros = News("euros", "Price Change", to_new=False, fact=replace(cut(450, 500), before_currency="USD"))
    assert net_facts([CUT, euros], 500) == [ToldFact("Price Change", "ListPrice", 500, 500, "USD")]


def test_a_home_that_cannot_be_had_is_gone() -> None:
    waiting = [Waiting(a_search(1), False, a_change(5, CUT))]
    for change in ({"StandardStatus": "Closed"}, {"InternetEntireListingDisplayYN": False}):
        [home] = gathered(waiting, {HOME: {LISTING: NOW | change}}, Drops())
        assert home.is_gone
    [home] = gathered(waiting, {}, Drops())
    assert home.is_gone
    [home] = gathered(waiting, {HOME: {LISTING: NOW | {"StandardStatus": "Active Under Contract"}}}, Drops())
    assert not home.is_gone


def test_a_home_that_another_agent_offers_is_not_gone() -> None:
    listings = {LISTING: NOW | {"StandardStatus": "Withdrawn"}, UUID(int=8): NOW}
    [home] = gathered([Waiting(a_search(1), False, a_change(5, CUT))], {HOME: listings}, Drops())
    assert (home.is_gone, home.listing_id, home.now) == (False, UUID(int=8), NOW)


def test_only_searches_that_match_now_tell() -> None:
    cheap = Range("ListPrice", None, 46_000, "USD")
    waiting = [
        Waiting(a_search(1, expression=cheap), True, a_change(5, RANGE)),
        Waiting(a_search(2), False, a_change(5, CUT)),
    ]
    [home] = gathered(waiting, {HOME: {LISTING: NOW | {"ListPrice": 500}}}, Drops())
    assert (home.searches, list(home.news)) == ({2: False}, ["cut"])
    [home] = gathered(waiting[:1], {HOME: {LISTING: NOW | {"ListPrice": 500}}}, Drops())
    assert (home.searches, home.news, home.is_gone) == ({}, {}, False)
    [home] = gathered(waiting[:1], {HOME: {LISTING: NOW | {"ListPrice": 500}, UUID(int=8): NOW}}, Drops())
    assert (home.searches, home.listing_id) == ({1: True}, UUID(int=8))


def test_what_is_left_out_has_its_reason() -> None:
    cheap, drops = Range("ListPrice", None, 10_000, "USD"), Drops()
    waiting = [
        Waiting(a_search(1, since=6, expression=cheap), False, a_change(5, CUT)),
        Waiting(a_search(2, since=6, kinds="Open House"), False, a_change(5, CUT)),
        Waiting(a_search(3, since=6, kinds="Open House"), False, a_change(5, CUT)),
        Waiting(a_search(4, expression=cheap), False, a_change(5, CUT)),
        Waiting(a_search(5), False, a_change(5, CUT)),
    ]
    [home] = gathered(waiting, {HOME: {LISTING: NOW}}, drops)
    assert home.matches == [(5, 5)]
    rows = [(sequence, why, unpack(searches).tolist()) for sequence, why, _, searches in drops.rows()]
    assert rows == [(5, "no_longer_asked_for", [2, 3]), (5, "no_longer_matches", [1, 4])]

    drops = Drops()
    gathered(waiting[3:], {HOME: {LISTING: NOW | {"StandardStatus": "Closed"}}}, drops)
    assert [(why, unpack(searches).tolist()) for _, why, _, searches in drops.rows()] == [("listing_gone", [4])]
