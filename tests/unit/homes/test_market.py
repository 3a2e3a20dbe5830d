"""What a search matches on the market: homes, of which several agents may list one."""

import random
from datetime import UTC, datetime
from uuid import UUID

import numpy as np
import pytest

from property_alert_notification.homes.criteria.areas import Area, Box, Circle, Polygons, covers
from property_alert_notification.homes.criteria.expression import And, Expression, Keywords, Not, OneOf, Or
from property_alert_notification.homes.criteria.read_criteria import read_criteria
from property_alert_notification.homes.reso.record import Feed, read
from property_alert_notification.homes.saved_searches.estimate import Sample
from property_alert_notification.homes.saved_searches.market.columns import NONE, MarketColumns, is_kept
from property_alert_notification.homes.saved_searches.market.counts import Comparison, Matches
from property_alert_notification.homes.saved_searches.market.history import History
from property_alert_notification.homes.saved_searches.market.listing import OnMarket, matches_condition
from property_alert_notification.homes.saved_searches.market.points import covered
from property_alert_notification.homes.saved_searches.preview.outcome import most_changed
from tests.unit.homes.criteria import drawn

ONE, OTHER = UUID(int=1), UUID(int=2)
CITY, STATUS = OneOf("City", ("Seattle",)), OneOf("StandardStatus", ("Active",))
SEARCH = And((CITY, STATUS))
_NOW = datetime(2026, 11, 29, tzinfo=UTC)


def _listing(home: UUID, city: str = "Seattle", status: str = "Active") -> OnMarket:
    return OnMarket(home, {"City": city, "StandardStatus": status})


def _compared(*listings: OnMarket, by_rows: bool) -> Matches:
    comparison, columns = Comparison(SEARCH, len(listings)), MarketColumns()
    if by_rows:
        rows = columns.add([one.fields for one in listings])
        comparison.compare_rows(np.arange(len(listings)), columns.at(rows))
    for place in comparison.open(9):
        comparison.compare(place, listings[place].fields)
    return comparison.matches(lambda place: str(listings[place].home))


@pytest.mark.parametrize("by_rows", [False, True])
def test_a_home_matches_once_under_all_of_its_listings(by_rows: bool) -> None:
    found = _compared(
        _listing(ONE, status="Pending"), _listing(ONE), _listing(ONE), _listing(OTHER, "Tacoma"), by_rows=by_rows
    )

    assert found == Matches(compared=4, matching=1, compared_without=4, without=[1, 0], first=[1])


@pytest.mark.parametrize("by_rows", [False, True])
def test_a_listing_that_may_not_be_shown_matches_nothing(by_rows: bool) -> None:
    hidden = OnMarket(ONE, {**_listing(ONE).fields, "InternetEntireListingDisplayYN": False})

    assert _compared(hidden, by_rows=by_rows) == Matches(
        compared=1, matching=0, compared_without=1, without=[0, 0], first=[]
    )


def test_what_was_compared_ends_before_the_first_listing_that_was_not() -> None:
    comparison = Comparison(SEARCH, 4)
    for place in (0, 1, 3):
        comparison.compare(place, _listing(UUID(int=place)).fields)

    assert comparison.matches(str) == Matches(2, 2, 2, [0, 0], first=[0, 1])


def test_what_may_match_is_compared_before_what_may_without_one_condition() -> None:
    listings = [_listing(UUID(int=place), city).fields for place, city in enumerate(["Tacoma", "Tacoma", "Seattle"])]
    comparison, columns = Comparison(And((CITY, Keywords(("view",)))), 3), MarketColumns()
    comparison.compare_rows(np.arange(3), columns.at(columns.add(listings)))

    assert (comparison.open(9), comparison.matches(str).compared) == ([2], 2)
    comparison.compare(2, {**listings[2], "PublicRemarks": "A view."})
    assert (comparison.open(9), comparison.matches(str)) == ([0, 1], Matches(3, 1, 0, [0, 0], first=[2]))
    comparison.compare(0, {**listings[0], "PublicRemarks": "A view."})
    comparison.compare(1, listings[1])
    assert comparison.matches(str) == Matches(3, 1, 3, [1, 0], first=[2])


def _some_of(dice: random.Random) -> Expression:
    parts = read_criteria(drawn.criteria(dice), "USD"), read_criteria(drawn.criteria(dice), "USD")
    return dice.choice([parts[0], Or(parts), Not(parts[0]), And((Not(parts[0]), Or(parts)))])


def test_columns_say_what_each_listing_says() -> None:
    dice = random.Random(20261130)
    listings = [dict(read(drawn.record(dice, key), Feed(None, "USD"), _NOW).fields) for key in range(150)]
    listings += [{}, {"City": ["Seattle"]}, {"Longitude": "east"}]
    columns = MarketColumns()
    rows = np.concatenate([columns.add(listings[:40]), columns.add(listings[40:])])
    assert [place for place, row in enumerate(rows) if row == NONE] == [150, 151, 152]
    kept = found = 0
    for _ in range(300):
        if is_kept(expression := _some_of(dice)):
            met = columns.at(rows[:150]).meet(expression).tolist()
            assert met == [matches_condition(expression, one) for one in listings[:150]], expression
            kept, found = kept + 1, found + sum(met)

    assert kept > 100
    assert found > 1_000


_SQUARE = ((-122.4, 47.5), (-122.0, 47.5), (-122.0, 47.75), (-122.4, 47.75))
_HOLE = ((-122.3, 47.5625), (-122.1, 47.5625), (-122.2, 47.6875))
_RAGGED = ((170.0, 9.0), (190.0, 9.5), (180.0, 10.0), (189.0, 12.0), (171.0, 11.0))
_AREAS = (
    Circle(-122.2, 47.6, 9_000),
    Circle(180, 10, 250_000),
    Box(-122.4, 47.5, -122.0, 47.75),
    Box(170, 9, 190, 11),
    Polygons(((_SQUARE, _HOLE),)),
    Polygons(((_RAGGED,), (_SQUARE,))),
)


@pytest.mark.parametrize("area", _AREAS)
def test_of_many_points_those_are_found_that_an_area_covers(area: Area) -> None:
    dice = random.Random(20261130)
    corners = [(-122.4, 47.5), (-122.2, 47.6875), (-122.0, 47.6), (-122.25, 47.75), (180, 10), (-180, 10), (-170, 9.5)]
    near = [(dice.uniform(-122.5, -121.9), dice.uniform(47.4, 47.8)) for _ in range(400)]
    far = [(dice.choice([1, -1]) * dice.uniform(170, 180), dice.uniform(8, 12)) for _ in range(400)]
    points = np.array(corners + near + far, np.float64)

    inside = covered(area, points[:, 0], points[:, 1]).tolist()

    assert inside == [covers(area, x, y) for x, y in points.tolist()]
    assert 0 < sum(inside) < len(inside)


def test_a_search_matches_too_many_homes_and_not_too_many_listings() -> None:
    listings = [_listing(ONE), _listing(ONE), _listing(OTHER)]
    sample = Sample(History((), 1.0, 1.0), listings, total=3)

    assert sample.warnings(SEARCH, too_many=2) == ()
    assert sample.warnings(SEARCH, too_many=1) == ("matches_too_many",)


@pytest.mark.parametrize(("matching", "warnings"), [(0, ()), (1, ()), (5, ()), (6, ("matches_too_many",))])
def test_a_few_homes_of_a_sample_are_not_too_many_of_a_large_market(matching: int, warnings: tuple[str, ...]) -> None:
    listings = [_listing(UUID(int=place), "Seattle" if place < matching else "Tacoma") for place in range(150)]
    sample = Sample(History((), 1.0, 1.0), listings, total=100_000)

    assert sample.warnings(SEARCH, too_many=500) == warnings


def test_the_more_conditions_a_search_has_the_fewer_changes_it_is_compared_with() -> None:
    many = And((STATUS, *[Not(Or((CITY, STATUS)))] * 250))

    assert most_changed(SEARCH) == most_changed(And(())) == 2_000
    assert most_changed(many) * 501 <= 2_000 * 50
    assert most_changed(many) > 150
