"""What a search matches on the market: homes, of which several agents may list one."""

from uuid import UUID

import pytest

from property_alert_notification.homes.criteria.expression import And, OneOf
from property_alert_notification.homes.saved_searches.estimate import Sample
from property_alert_notification.homes.saved_searches.market.counts import OnMarket, count
from property_alert_notification.homes.saved_searches.market.history import History

ONE, OTHER = UUID(int=1), UUID(int=2)
CITY, STATUS = OneOf("City", ("Seattle",)), OneOf("StandardStatus", ("Active",))
SEARCH = And((CITY, STATUS))


def _listing(home: UUID, city: str = "Seattle", status: str = "Active") -> OnMarket:
    return OnMarket(home, {"City": city, "StandardStatus": status})


def test_a_home_matches_once_under_all_of_its_listings() -> None:
    found = count(SEARCH, [_listing(ONE, status="Pending"), _listing(ONE), _listing(ONE), _listing(OTHER, "Tacoma")])

    assert (found.considered, found.matching, len(found.first)) == (4, 1, 1)
    assert [found.without(place) for place in (0, 1)] == [2, 1]


def test_a_search_matches_too_many_homes_and_not_too_many_listings() -> None:
    listings = [_listing(ONE), _listing(ONE), _listing(OTHER)]
    sample = Sample(History((), 1.0, 0), listings, total=3)

    assert sample.estimate(SEARCH, (), too_many=2).warnings == ()
    assert sample.estimate(SEARCH, (), too_many=1).warnings == ("matches_too_many",)


@pytest.mark.parametrize(("matching", "warnings"), [(0, ()), (1, ()), (5, ()), (6, ("matches_too_many",))])
def test_a_few_homes_of_a_sample_are_not_too_many_of_a_large_market(matching: int, warnings: tuple[str, ...]) -> None:
    listings = [_listing(UUID(int=place), "Seattle" if place < matching else "Tacoma") for place in range(150)]
    sample = Sample(History((), 1.0, 0), listings, total=100_000)

    assert sample.estimate(SEARCH, (), too_many=500).warnings == warnings
