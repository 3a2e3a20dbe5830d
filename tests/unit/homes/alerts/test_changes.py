"""A change with the states of its listing, as the matcher reads it."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from property_alert_notification.homes.alerts.changes.queries import ChangeToMatch
from property_alert_notification.homes.alerts.changes.read import ReadChange, read_change
from property_alert_notification.homes.alerts.news import IN_RANGE, Earlier
from property_alert_notification.homes.listings.facts import Fact
from property_alert_notification.homes.listings.history import encode_facts
from property_alert_notification.homes.listings.snapshot import encode_text, snapshot_of
from property_alert_notification.homes.reso.words import ChangeType

AT = datetime(2026, 11, 1, tzinfo=UTC)
SOLD, OFFERED = ({"StandardStatus": status, "ListPrice": 500_000} for status in ("Closed", "Active"))
OFFERED["City"] = "Kent"


def change(kind: ChangeType, before: dict[str, Any]) -> ReadChange:
    stored = ChangeToMatch(
        1,
        UUID(int=1),
        UUID(int=2),
        encode_facts([Fact(kind, "StandardStatus", None, "Active")]),
        AT,
        encode_text(snapshot_of(OFFERED, AT)),
        json.dumps(OFFERED),
        json.dumps(before),
    )
    return read_change(stored, Earlier())


def test_a_home_that_is_offered_anew_is_new_to_the_searches_that_it_matched_when_it_was_sold() -> None:
    read = change(ChangeType.NEW_LISTING, SOLD)
    assert (read.before, [one.to_new for one in read.news]) == (None, [True])


@pytest.mark.parametrize("kind", [ChangeType.BACK_ON_MARKET, ChangeType.PRICE_CHANGE])
def test_a_home_that_comes_back_is_compared_with_what_it_was(kind: ChangeType) -> None:
    read = change(kind, SOLD)
    assert read.before == SOLD
    assert [one.to_new for one in read.news] == [False, True]


@pytest.mark.parametrize(
    ("before", "named"),
    [
        ({"StandardStatus": "Active"}, ["City"]),
        ({"StandardStatus": "Delete"}, []),
        ({"StandardStatus": "Active", "InternetEntireListingDisplayYN": False}, []),
    ],
)
def test_what_a_hidden_or_deleted_listing_said_is_no_difference(before: dict[str, Any], named: list[str]) -> None:
    came = change(ChangeType.BACK_ON_MARKET, before).news[-1]
    assert (came.kind, [one.field for one in came.differences]) == (IN_RANGE, named)
