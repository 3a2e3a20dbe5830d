"""What a search would match, compared condition by condition, beside the plain evaluation of each listing."""

import random
from datetime import UTC, datetime

from property_alert_notification.homes.criteria.read_criteria import read_criteria
from property_alert_notification.homes.reso.display import may_be_displayed
from property_alert_notification.homes.reso.record import Feed, read
from property_alert_notification.homes.saved_searches.market.counts import (
    Fields,
    matches_condition,
)
from property_alert_notification.homes.saved_searches.market.grouped import GroupedListings, numbers_of
from tests.unit.homes.criteria import drawn

_NOW = datetime(2026, 11, 29, tzinfo=UTC)
_DAMAGED: list[Fields] = [
    {"StandardStatus": ["Active"], "BedroomsTotal": True},
    {"StandardStatus": {"Active": 1}, "BedroomsTotal": 1, "currency": []},
    {"StandardStatus": "Active", "BedroomsTotal": 1.0, "ListPrice": {}, "currency": ["USD"]},
    {"StandardStatus": "Active", "BedroomsTotal": "three", "LivingArea": 1_500, "LivingAreaUnits": [1]},
]


def test_comparing_by_conditions_says_what_each_listing_says() -> None:
    dice = random.Random(20261130)
    listings = [read(drawn.record(dice, key), Feed(None, "USD"), _NOW).fields for key in range(60)]
    listings += [{**one, "InternetEntireListingDisplayYN": False} for one in listings[:5]]
    listings += [{**listings[key], **damaged} for key, damaged in enumerate(_DAMAGED)]
    grouped = GroupedListings(listings)
    found = 0
    for _ in range(200):
        expression = read_criteria(drawn.criteria(dice), "USD")
        expected = [
            place
            for place, fields in enumerate(listings)
            if may_be_displayed(fields) and matches_condition(expression, fields)
        ]
        assert list(numbers_of(grouped.matching(expression))) == expected, expression
        found += len(expected)

    assert found > 200
