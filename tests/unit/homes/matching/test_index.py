"""The index finds exactly the searches whose expression is true, with either kernel."""

import sys
from random import Random
from typing import Any

import pytest

from property_alert_notification.base.damaged import UNREADABLE
from property_alert_notification.homes.criteria.areas import Box, Circle, Polygons
from property_alert_notification.homes.criteria.evaluate import evaluate
from property_alert_notification.homes.criteria.expression import And, Expression, OneOf, Range, Text, Within, to_json
from property_alert_notification.homes.matching import numpy_kernel
from property_alert_notification.homes.matching.index import SearchIndex
from property_alert_notification.homes.matching.kernels import fastest_kernel
from property_alert_notification.homes.matching.pack import pack
from property_alert_notification.homes.reso.currencies import largest_amount
from tests.unit.homes.matching.kernels import KERNELS
from tests.unit.homes.matching.random_searches import a_listing, a_search

HOME = {"StandardStatus": "Active", "currency": "USD", "ListPrice": 500_000, "Longitude": -122.3, "Latitude": 47.6}
ANY = And(())


@pytest.fixture(params=KERNELS)
def index(request: pytest.FixtureRequest) -> SearchIndex:
    return SearchIndex(KERNELS[request.param])


def test_it_finds_what_evaluate_calls_true_between_edits_and_removals() -> None:
    random = Random(13)
    searches: dict[int, Expression] = {number: a_search(random) for number in range(700)}
    index, found = SearchIndex(), 0
    index.put_many(searches.items())

    for _ in range(150):
        for number in random.sample(range(800), 4):
            searches[number] = a_search(random)
            index.put(number, searches[number])
        for number in random.sample(range(800), 4):
            searches.pop(number, None)
            index.remove(number)
        fields = a_listing(random)
        right = sorted(number for number, search in searches.items() if evaluate(search, fields) is True)
        for kernel in KERNELS.values():
            index.use(kernel)
            assert index.match(fields).tolist() == right, fields
        assert len(index) == len(searches)
        found += len(right)

    assert found > 5_000


def test_a_search_that_was_replaced_or_removed_is_not_found(index: SearchIndex) -> None:
    index.put(7, ANY)
    index.put(7, Range("ListPrice", None, 40_000_000, "USD"))
    assert index.match(HOME).tolist() == []

    index.put(7, ANY)
    index.put(8, ANY)
    index.remove(7)
    index.remove(7)
    index.remove(99)

    assert (index.match(HOME).tolist(), len(index)) == ([8], 1)


def test_the_last_expression_of_a_number_counts(index: SearchIndex) -> None:
    index.put_many([(1, OneOf("City", ("Kent",))), (2, ANY), (1, ANY), (2, OneOf("City", ("Kent",)))])

    assert (index.match(HOME).tolist(), len(index)) == ([1], 2)


@pytest.mark.parametrize(
    "damaged",
    [
        "{",
        "{}",
        '["maybe"]',
        '["range","LivingArea",1]',
        '["in","circle",-122.3,47.6]',
        '["in","circle","west",47.6,100]',
        '["in","circle",-122.3,47.6,"far"]',
        '["in","polygons",[[-122.4,47.5,-122.2,47.5,-122.3]]]',
        '["in","polygons",[[-122.4,47.5,-122.2,"north"]]]',
        '["in","polygons",[[]]]',
    ],
)
def test_a_search_that_cannot_be_compiled_leaves_nothing_behind(index: SearchIndex, damaged: str) -> None:
    parts = '["all","InteriorFeatures",["Skylights"]],["one","City",["Kent"]]'
    if damaged != "{":
        damaged = f'["and",{parts},{damaged}]'
    with pytest.raises(UNREADABLE):
        index.put_stored(1, damaged)
    square = ((-122.4, 47.5), (-122.2, 47.5), (-122.2, 47.7), (-122.4, 47.7))
    index.put(2, Within(Polygons(((square,),))))

    assert index.match(HOME).tolist() == [2]


def test_many_stored_searches_are_added_without_those_that_are_damaged(index: SearchIndex) -> None:
    kent, seattle = to_json(OneOf("City", ("Kent",))), to_json(OneOf("City", ("Seattle",)))

    added = index.put_all_stored(
        [(1, seattle, None), (2, '["maybe"]', None), (3, kent, pack(kent)), (1, kent, pack(seattle)), (4, "{", b"")]
    )

    assert (sorted(added.faults), added.packed) == ([2, 4], [1, 1])
    assert (index.match({"City": "Kent"}).tolist(), len(index)) == ([1, 3], 2)


def test_a_search_with_several_places_is_found_once(index: SearchIndex) -> None:
    index.put(1, Within(Box(-122.4, 47.5, -122.2, 47.7)))
    index.put(2, OneOf("PostalCode", ("98101", "98102", "98101")))

    assert index.match(HOME | {"PostalCode": ["98101", "98102"]}).tolist() == [1, 2]


@pytest.mark.parametrize(("price", "matches"), [(167_772.17, []), (167_772.16, [1]), (10**15, [])])
def test_prices_are_compared_to_the_cent(index: SearchIndex, price: float, matches: list[int]) -> None:
    index.put(1, Range("ListPrice", None, 16_777_216, "USD"))

    assert index.match(HOME | {"ListPrice": price}).tolist() == matches


@pytest.mark.parametrize(("currency", "decimals"), [("CLF", 4), ("KWD", 3), ("USD", 2), ("JPY", 0)])
def test_the_largest_price_of_a_currency_is_compared(index: SearchIndex, currency: str, decimals: int) -> None:
    largest = min(largest_amount(currency), 10**15)
    minor = largest * 10**decimals
    for number, bounds in enumerate([(1, None), (minor, None), (None, minor), (None, 10**19), (10**19, None)]):
        index.put(number, Range("ListPrice", *bounds, currency))

    assert index.match(HOME | {"ListPrice": largest, "currency": currency}).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("missing", ["ListPrice", "currency", "Longitude"])
def test_a_missing_value_meets_no_condition(index: SearchIndex, missing: str) -> None:
    index.put(1, Range("ListPrice", None, None, "USD"))
    index.put(2, Within(Circle(-122.3, 47.6, 100)))
    fields: dict[str, Any] = {name: value for name, value in HOME.items() if name != missing}

    assert index.match(fields).tolist() == ([1] if missing == "Longitude" else [2])


def test_searches_that_were_removed_and_edited_a_thousand_times_leave_nothing_behind() -> None:
    index = SearchIndex()
    for turn in range(1_200):
        index.put(turn % 3, Text("City", "contains", f"Town {turn}", folded=True))

    assert index.match(HOME | {"City": "Town 1199"}).tolist() == [1199 % 3]
    assert len(index._vocabulary.open) < 300
    assert index._searches.row.size < 300


def test_numba_is_used_if_it_is_installed_and_numpy_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    assert fastest_kernel() is KERNELS["numba"]

    monkeypatch.setitem(sys.modules, "numba", None)

    assert fastest_kernel() is numpy_kernel
