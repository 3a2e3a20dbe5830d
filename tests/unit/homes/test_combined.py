"""What the listings of one home say together when not all of them may be shown."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from property_alert_notification.homes.listings.combined import combined
from property_alert_notification.homes.listings.facts import facts_between
from property_alert_notification.homes.listings.snapshot import Snapshot, decode_text, encode_text, snapshot_of

HIDDEN = {"InternetEntireListingDisplayYN": False}


def record(listing: str, minute: int, price: int, **others: Any) -> tuple[str, Snapshot]:
    fields = {"StandardStatus": "Active", "ListPrice": price, "currency": "USD", "City": "Seattle"} | others
    return listing, snapshot_of(fields, datetime(2026, 11, 30, tzinfo=UTC) + timedelta(minutes=minute))


def facts(*records: tuple[str, Snapshot]) -> list[list[tuple[str, Any, Any]]]:
    homes = list(combined(records))
    return [
        [(fact.change_type.value, fact.before, fact.after) for fact in facts_between(before, after)]
        for before, after in pairwise(homes)
    ]


def test_a_hidden_listing_says_nothing_while_another_one_may_be_shown() -> None:
    assert facts(
        record("a", 0, 500), record("b", 1, 480, **HIDDEN), record("b", 2, 470, **HIDDEN),
        record("b", 3, 470, StandardStatus="Closed", **HIDDEN), record("a", 4, 490),
    ) == [[], [], [], [("Price Change", 500, 490)]]  # fmt: skip


def test_what_is_shown_after_a_hidden_listing_is_not_compared_with_its_price() -> None:
    [shown] = facts(record("b", 0, 480, **HIDDEN), record("a", 1, 500))
    assert shown == []
    [shown] = facts(record("b", 0, 480, **HIDDEN), record("b", 1, 500))
    assert shown == []


def test_a_listing_that_may_be_shown_no_more_leaves_the_home_to_another_one() -> None:
    homes = list(combined([record("a", 0, 500), record("b", 1, 480), record("b", 2, 480, **HIDDEN)]))
    assert [(one.listing, one.price, one.hidden) for one in homes] == [
        ("a", 500, False), ("b", 480, False), ("a", 500, False)
    ]  # fmt: skip


def test_a_home_of_hidden_listings_alone_is_hidden() -> None:
    homes = list(combined([record("a", 0, 500, **HIDDEN), record("a", 1, 490, **HIDDEN)]))
    assert [(one.price, one.hidden) for one in homes] == [(500, True), (490, True)]


@pytest.mark.parametrize("more", [{}, HIDDEN])
def test_whether_it_is_hidden_comes_back_from_the_store(more: dict[str, Any]) -> None:
    _, snapshot = record("a", 0, 500, **more)
    assert decode_text(encode_text(snapshot)) == snapshot
