"""At the edge of a circle the index says what `evaluate` says, however small or large the circle is."""

from random import Random

import pytest

from property_alert_notification.homes.criteria.areas import Circle
from property_alert_notification.homes.criteria.evaluate import evaluate
from property_alert_notification.homes.criteria.expression import Expression, Within
from property_alert_notification.homes.matching.index import SearchIndex
from property_alert_notification.homes.matching.tolerance import LARGEST_RADIUS
from tests.unit.homes.criteria.plain_oracle import _metres
from tests.unit.homes.matching.kernels import KERNELS

ERRORS = (0.0, 0.0, 1e-16, 1e-15, 1e-12, 1e-9, 1e-6, 0.1)
"""By what share the radius is wrong, at most."""


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_listing_at_the_edge_of_circles(kernel: str) -> None:
    dice, index = Random(13), SearchIndex(KERNELS[kernel])
    x, y = -122.3, 47.6
    searches: dict[int, Expression] = {}
    for number in range(3_000):
        far = 10 ** dice.uniform(-7, 1.2)
        east, north = x + dice.uniform(-far, far), y + dice.uniform(-far, far)
        radius = _metres(east, north, x, y) * (1 + dice.uniform(-1, 1) * dice.choice(ERRORS))
        searches[number] = Within(Circle(east, north, min(radius, LARGEST_RADIUS)))
    index.put_many(searches.items())
    home = {"Longitude": x, "Latitude": y}

    right = [number for number, search in searches.items() if evaluate(search, home) is True]

    assert index.match(home).tolist() == right
    assert 1_000 < len(right) < 2_000
