"""What is true, false and unknown of a listing, and that an expression is stored whole."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from property_alert_notification.homes.criteria.areas import Box, Circle, Polygons
from property_alert_notification.homes.criteria.comparable import folded
from property_alert_notification.homes.criteria.evaluate import evaluate
from property_alert_notification.homes.criteria.expression import (
    And,
    Compare,
    Excluding,
    Expression,
    HasAll,
    HasAny,
    IsMissing,
    Keywords,
    Not,
    OneOf,
    Or,
    Range,
    Text,
    Within,
    from_json,
    to_json,
)
from tests.services.profiled import calls_of

HOME: dict[str, Any] = {
    "ListingKey": "1",
    "StandardStatus": "Active Under Contract",
    "PropertyType": "Residential",
    "PropertySubType": "SingleFamilyResidence",
    "City": "SEATTLE",
    "PostalCode": 98101,
    "ListPrice": 650_000,
    "currency": "USD",
    "BedroomsTotal": 3,
    "BathroomsTotalInteger": 2,
    "LivingArea": 1076,
    "LivingAreaUnits": "Square Feet",
    "LotSizeArea": 0.25,
    "LotSizeUnits": "Acres",
    "LotSizeAcres": 2,
    "LotSizeSquareFeet": 87_120,
    "YearBuilt": 1969,
    "Appliances": ["Dishwasher", "Gas Range"],
    "PoolPrivateYN": False,
    "OnMarketDate": "2026-11-01",
    "ModificationTimestamp": "2026-11-02T08:00:00Z",
    "PublicRemarks": "Sunny house. A view of the Sound, new ROOF!",
    "Longitude": -122.33,
    "Latitude": 47.6,
}
TRUE, FALSE, UNKNOWN = Range("BedroomsTotal", 3, 3), Range("BedroomsTotal", 4, 5), Range("RoomsTotal", 1, 9)


@pytest.mark.parametrize(
    ("expression", "verdict"),
    [
        (And(()), True),
        (Or(()), False),
        (And((TRUE, UNKNOWN)), None),
        (And((UNKNOWN, FALSE)), False),
        (Or((UNKNOWN, TRUE)), True),
        (Or((FALSE, UNKNOWN)), None),
        (Or((UNKNOWN,)), None),
        (Or((FALSE, FALSE)), False),
        (Not(UNKNOWN), None),
        (Not(FALSE), True),
        (Excluding(UNKNOWN), True),
        (Excluding(TRUE), False),
        (IsMissing("RoomsTotal"), True),
        (IsMissing("BedroomsTotal"), False),
        (IsMissing("Coordinates"), False),
        (IsMissing("Features"), False),
        (Range("ListPrice", None, 65_000_000, "USD"), True),
        (Range("ListPrice", None, 64_999_999, "USD"), False),
        (Range("ListPrice", None, 65_000_000, "EUR"), None),
        (Range("LivingArea", 100, None, "Square Meters"), True),
        (Range("LivingArea", 100.0, None, "Square Meters"), True),
        (Range("LivingArea", 101, None, "Square Meters"), False),
        (Range("LivingArea", None, 1076), True),
        (Range("LotSizeArea", 10_890, 10_890, "Square Feet"), True),
        (Range("LotSizeArea", 10_000, 10_400, "Square Feet"), False),
        (Range("LotSizeArea", 0.3, None, "Acres"), False),
        (OneOf("StandardStatus", ("ActiveUnderContract",)), True),
        (OneOf("PropertySubType", ("Single Family Residence", "Condominium")), True),
        (OneOf("City", ("Seattle",)), True),
        (OneOf("PostalCode", ("98101",)), True),
        (OneOf("CountyOrParish", ("King",)), None),
        (HasAll("Appliances", ("dishwasher", "GasRange")), True),
        (HasAll("Features", ("Dishwasher", "Pool")), False),
        (HasAny("Features", ("Dishwasher", "Pool")), True),
        (HasAny("View", ("Water",)), None),
        (HasAll("View", ("Water",)), None),
        (Range("LotSizeAcres", 2, None, "Acres"), True),
        (Range("LotSizeAcres", 90_000, None, "Square Feet"), False),
        (Range("LotSizeSquareFeet", 2, None, "Acres"), True),
        (Text("PublicRemarks", "contains", "sound", folded=True), True),
        (Text("PublicRemarks", "contains", "sound", folded=False), False),
        (Text("Appliances", "startswith", "Gas", folded=False), True),
        (Text("City", "endswith", "TLE", folded=False), True),
        (Text("StreetName", "equals", "Main", folded=True), None),
        (Keywords(("roof", "View")), True),
        (Keywords(("vie",)), False),
        (Compare("PoolPrivateYN", "eq", False), True),
        (Compare("PoolPrivateYN", "ne", False), False),
        (Compare("OnMarketDate", "ge", date(2026, 11, 1)), True),
        (Compare("ModificationTimestamp", "lt", datetime(2026, 11, 2, 8, tzinfo=UTC)), False),
        (Compare("BathroomsTotalInteger", "gt", 1.5), True),
        (Compare("PostalCode", "gt", "98"), True),
        (Compare("City", "gt", True), None),
        (Compare("City", "ge", "Sea"), True),
        (Compare("StreetName", "ge", "A"), None),
        (Compare("CloseDate", "ge", date(2026, 11, 1)), None),
        (Compare("CloseTimestamp", "ge", datetime(2026, 11, 1, tzinfo=UTC)), None),
        (Text("PublicRemarks", "contains", "SOUND", folded=True), True),
        (Within(Box(-123, 47, -122.33, 47.6)), True),
        (Within(Box(-122.3, 47, -122, 48)), False),
        (Within(Circle(-122.33, 47.601, 200)), True),
        (Within(Polygons((((( -123.0, 47.0), (-122.0, 47.0), (-122.0, 48.0)),),))), True),
    ],
)  # fmt: skip
def test_a_listing_meets_an_expression(expression: Expression, verdict: bool | None) -> None:
    assert evaluate(expression, HOME) is verdict
    assert from_json(to_json(expression)) == expression


def test_nothing_is_known_of_the_remarks_of_a_listing_without_any() -> None:
    assert evaluate(Keywords(("view",)), {}) is None
    assert evaluate(Keywords(("view",)), {"PublicRemarks": "View"}) is True
    assert evaluate(Text("PublicRemarks", "contains", "view", folded=True), {"PublicRemarks": " "}) is None


def test_the_remarks_of_a_listing_are_folded_once_however_many_conditions_look_at_them() -> None:
    many = Or(tuple(Text("PublicRemarks", "contains", f"word {n}", folded=True) for n in range(20)))
    evaluate(many, {"PublicRemarks": "Another home"})

    with calls_of(folded) as calls:
        evaluate(many, {"PublicRemarks": "A home with a view"})

    assert calls() == 1


def test_nothing_is_known_of_the_place_of_a_listing_without_coordinates() -> None:
    assert evaluate(Within(Box(-180, -90, 180, 90)), {}) is None
    assert evaluate(IsMissing("Coordinates"), {}) is True
    assert evaluate(IsMissing("Features"), {}) is True


@pytest.mark.parametrize(
    ("field", "value", "is_missing"),
    [
        ("View", "", True),
        ("View", [], True),
        ("PublicRemarks", " ", True),
        ("PublicRemarks", "N/A", False),
        ("WalkScore", "N/A", True),
        ("WalkScore", "70", False),
        ("WalkScore", 0, False),
        ("OnMarketDate", "n/a", True),
        ("OnMarketTimestamp", "N/A", True),
        ("HomeWarrantyYN", "Unknown", True),
        ("HomeWarrantyYN", False, False),
        ("X_Rate", "none", False),
    ],
)
def test_a_text_that_says_that_there_is_no_value_is_none(field: str, value: object, *, is_missing: bool) -> None:
    assert evaluate(IsMissing(field), {field: value}) is is_missing


@pytest.mark.parametrize(
    ("listed", "searched", "matches"),
    [
        ("98101-1234", "98101", True),
        ("981011234", "98101", True),
        ("98101", "98101-1234", True),
        ("98101-12", "98101", False),
        ("98102-1234", "98101", False),
        ("SW1A 1AA", "sw1a1aa", True),
        ("1012  AB", "1012 AB", True),
        ("1012 AB", "1012 AC", False),
    ],
)
def test_postal_codes_are_compared_without_blanks_and_without_zip_plus_4(
    listed: str, searched: str, matches: bool
) -> None:
    assert evaluate(OneOf("PostalCode", (searched,)), HOME | {"PostalCode": listed}) is matches
