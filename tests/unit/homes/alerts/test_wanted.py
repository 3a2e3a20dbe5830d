"""What one search has to tell of a change, as digests, `explain` and backtests judge it."""

from typing import Any
from uuid import UUID

import pytest

from property_alert_notification.homes.alerts.changes.read import ReadChange
from property_alert_notification.homes.alerts.news import IN_RANGE, News
from property_alert_notification.homes.alerts.wanted import wanted_news
from property_alert_notification.homes.criteria.expression import And, Compare, Expression, OneOf, Range
from property_alert_notification.homes.listings.facts import Fact
from property_alert_notification.homes.reso.words import ChangeType

ACTIVE = {"StandardStatus": "Active", "MlsStatus": "Active", "ListPrice": 500, "currency": "USD"}
SOLD = News("sold", "Closed", to_new=False, fact=Fact(ChangeType.CLOSED, "StandardStatus", "Active", "Closed"))
CUT = News("cut", "Price Change", to_new=False, fact=Fact(ChangeType.PRICE_CHANGE, "ListPrice", 500, 450))
RANGE = News("range", IN_RANGE, to_new=True, fact=CUT.fact)


def told(expression: Expression, *, before: Any = ACTIVE, status: str = "Closed") -> list[str]:
    after = ACTIVE | {"StandardStatus": status, "MlsStatus": status, "ListPrice": 450}
    change = ReadChange(5, UUID(int=7), UUID(int=1), before, after, [], [SOLD, CUT, RANGE])
    return [one.key for one in wanted_news(expression, "Price Change,Closed", change)]


ANY, CHEAP = And(()), Range("ListPrice", None, 48_000, "USD")


@pytest.mark.parametrize(
    "named", [OneOf("StandardStatus", ("Active", "Closed")), Compare("MlsStatus", "ne", "Pending")]
)
def test_a_search_that_names_the_status_hears_all_of_a_home_that_cannot_be_had(named: Expression) -> None:
    assert told(named) == ["sold", "cut"]
    assert told(And((named, CHEAP))) == ["range"]


def test_another_search_hears_of_its_status_alone() -> None:
    assert told(ANY) == ["sold"]
    assert told(CHEAP) == []
    assert told(ANY, status="Active Under Contract") == ["sold", "cut"]
    assert told(CHEAP, status="Active") == ["range"]
