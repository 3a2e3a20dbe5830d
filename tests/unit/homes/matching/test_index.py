"""The index finds exactly the searches whose expression is true, with either kernel."""

from random import Random

import pytest

from property_alert_notification.homes.criteria.evaluate import evaluate
from property_alert_notification.homes.criteria.expression import Expression
from property_alert_notification.homes.matching.index import SearchIndex
from tests.unit.homes.matching.kernels import KERNELS
from tests.unit.homes.matching.random_searches import a_listing, a_search


@pytest.fixture(params=KERNELS)
def index(request: pytest.FixtureRequest) -> SearchIndex:
    return SearchIndex(KERNELS[request.param])


def true_of(searches: dict[int, Expression], fields: dict) -> list[int]:  # type: ignore[type-arg]
    return sorted(number for number, search in searches.items() if evaluate(search, fields) is True)


def test_it_finds_what_evaluate_calls_true_between_edits_and_removals(index: SearchIndex) -> None:
    random = Random(13)
    searches = {number: a_search(random) for number in range(1_500)}
    index.put_many(searches.items())
    found = 0

    for _ in range(150):
        for number in random.sample(range(1_600), 5):
            searches[number] = a_search(random)
            index.put(number, searches[number])
        for number in random.sample(range(1_600), 5):
            searches.pop(number, None)
            index.remove(number)
        fields = a_listing(random)
        matches = index.match(fields).tolist()
        assert matches == true_of(searches, fields), fields
        assert len(index) == len(searches)
        found += len(matches)

    assert found > 10_000
