"""How `Criteria` are read, and which sentence answers a wrong one."""

from typing import Any

import pytest

from property_alert_notification.base.errors import InvalidField
from property_alert_notification.homes.criteria.areas import Box
from property_alert_notification.homes.criteria.expression import (
    And,
    Excluding,
    Expression,
    HasAll,
    HasAny,
    Keywords,
    OneOf,
    Or,
    Range,
    Within,
    from_json,
    to_json,
)
from property_alert_notification.homes.criteria.read_criteria import read_criteria


def _only(criteria: dict[str, Any]) -> Expression:
    found = read_criteria(criteria, "USD")
    assert from_json(to_json(found)) == found
    assert isinstance(found, And)
    [part] = found.parts
    return part


@pytest.mark.parametrize(
    ("criteria", "part"),
    [
        ({"City": ["Seattle", " Bellevue "]}, OneOf("City", ("Seattle", "Bellevue"))),
        ({"City": "Seattle"}, OneOf("City", ("Seattle",))),
        ({"City": ["Seattle", "Seattle"], "PostalCode": None}, OneOf("City", ("Seattle",))),
        ({"PostalCode": ["01234"]}, OneOf("PostalCode", ("01234",))),
        (
            {"StandardStatus": ["ActiveUnderContract", "RESO.StandardStatus'Active'", "cancelled"]},
            OneOf("StandardStatus", ("Active Under Contract", "Active", "Canceled")),
        ),
        ({"PropertyType": ["residentiallease"]}, OneOf("PropertyType", ("Residential Lease",))),
        ({"PropertySubType": ["Single Family Residence"]}, OneOf("PropertySubType", ("Single Family Residence",))),
        ({"ListPrice": {"max": 650_000}}, Range("ListPrice", None, 65_000_000, "USD")),
        ({"ListPrice": {"min": 0.5, "max": "1,000.75"}}, Range("ListPrice", 50, 100_075, "USD")),
        ({"ListPrice": {"min": 100, "currency": "eur"}}, Range("ListPrice", 10_000, None, "EUR")),
        ({"ListPrice": {"min": "€ 100", "max": "200 EUR"}}, Range("ListPrice", 10_000, 20_000, "EUR")),
        ({"ListPrice": {"max": 50_000_000, "currency": "JPY"}}, Range("ListPrice", None, 50_000_000, "JPY")),
        ({"ListPrice": {"max": 1.234, "currency": "KWD"}}, Range("ListPrice", None, 1234, "KWD")),
        ({"BedroomsTotal": {"min": 0, "max": "3"}}, Range("BedroomsTotal", 0, 3)),
        ({"BathroomsTotalInteger": {"min": 1.5}}, Range("BathroomsTotalInteger", 2, None)),
        ({"BathroomsTotalInteger": {"min": 1.1, "max": 2.5}}, Range("BathroomsTotalInteger", 2, 3)),
        ({"LivingArea": {"min": 1500}}, Range("LivingArea", 1500, None, "Square Feet")),
        ({"LivingArea": {"min": 100, "units": "sqm"}}, Range("LivingArea", 100, None, "Square Meters")),
        ({"LivingArea": {"min": "100 m²"}}, Range("LivingArea", 100, None, "Square Meters")),
        ({"LotSizeArea": {"max": 0.25, "units": "Acres"}}, Range("LotSizeArea", None, 0.25, "Acres")),
        ({"YearBuilt": {"min": 1990}}, Range("YearBuilt", 1990, None)),
        ({"Area": {"bbox": [-123, 47, -122, 48]}}, Within(Box(-123, 47, -122, 48))),
        ({"Keywords": ["view", "corner lot"]}, Keywords(("view", "corner lot"))),
        ({"Features": ["Dishwasher", "Gas Range"]}, HasAll("Features", ("Dishwasher", "Gas Range"))),
        ({"Exclude": {"City": ["Tacoma"]}}, Excluding(OneOf("City", ("Tacoma",)))),
        ({"Exclude": {"Features": ["Pool", "Spa"]}}, Excluding(HasAny("Features", ("Pool", "Spa")))),
        ({"Exclude": {"Keywords": ["fixer", "as is"]}}, Excluding(Or((Keywords(("fixer",)), Keywords(("as is",)))))),
    ],
)  # fmt: skip
def test_a_condition_is_read(criteria: dict[str, Any], part: Expression) -> None:
    assert _only(criteria) == part


def test_all_conditions_must_hold_and_each_exclusion_excludes() -> None:
    both = {"City": ["Seattle"], "BedroomsTotal": {"min": 3}, "Exclude": {"BedroomsTotal": {"min": 6}, "City": ["x"]}}

    assert read_criteria(both, "USD") == And(
        (
            OneOf("City", ("Seattle",)),
            Range("BedroomsTotal", 3, None),
            Excluding(OneOf("City", ("x",))),
            Excluding(Range("BedroomsTotal", 6, None)),
        )
    )
    assert read_criteria({}, "USD") == And(())


@pytest.mark.parametrize(
    ("criteria", "place", "problem"),
    [
        ([], "Criteria", "object"),
        (None, "Criteria", "object"),
        ({"Bedrooms": {"min": 3}}, "Criteria.Bedrooms", "did you mean BedroomsTotal?"),
        ({"Colour": "red"}, "Criteria.Colour", "known are"),
        ({"GarageSpaces": {"min": 2}}, "Criteria.GarageSpaces", "write a $filter in SearchQuery"),
        ({"Exclude": {"Appliances": ["Range"]}}, "Criteria.Exclude.Appliances", "write a $filter in SearchQuery"),
        ({"City": []}, "Criteria.City", "leave it out"),
        ({"City": {"a": 1}}, "Criteria.City", "list"),
        ({"City": ["Seattle", 5]}, "Criteria.City[1]", "text"),
        ({"City": [" "]}, "Criteria.City[0]", "text"),
        ({"City": ["x" * 256]}, "Criteria.City[0]", "255"),
        ({"City": ["a\nb"]}, "Criteria.City[0]", "printable"),
        ({"City": ["x"] * 201}, "Criteria.City", "200"),
        ({"PostalCode": [98101]}, "Criteria.PostalCode[0]", "quotes"),
        ({"StandardStatus": ["For Sale"]}, "Criteria.StandardStatus[0]", "Active Under Contract"),
        ({"Keywords": ["!"]}, "Criteria.Keywords[0]", "letter"),
        ({"ListPrice": 650_000}, "Criteria.ListPrice", "bounds"),
        ({"ListPrice": {}}, "Criteria.ListPrice", "`min`, `max` or both"),
        ({"ListPrice": {"currency": "USD"}}, "Criteria.ListPrice", "`min`, `max` or both"),
        ({"ListPrice": {"from": 1}}, "Criteria.ListPrice.from", "not known"),
        ({"ListPrice": {"min": "cheap"}}, "Criteria.ListPrice.min", "amount"),
        ({"ListPrice": {"min": "450.000"}}, "Criteria.ListPrice.min", "could be"),
        ({"ListPrice": {"min": ""}}, "Criteria.ListPrice.min", "leave it out"),
        ({"ListPrice": {"min": -1}}, "Criteria.ListPrice.min", "negative"),
        ({"ListPrice": {"min": True}}, "Criteria.ListPrice.min", "number"),
        ({"ListPrice": {"min": float("nan")}}, "Criteria.ListPrice.min", "finite"),
        ({"ListPrice": {"min": 1e300}}, "Criteria.ListPrice.min", "plausible"),
        ({"ListPrice": {"min": 5, "max": 4}}, "Criteria.ListPrice.min", "`max`"),
        ({"ListPrice": {"max": 1.005}}, "Criteria.ListPrice.max", "decimals than its currency"),
        ({"ListPrice": {"max": 1.5, "currency": "JPY"}}, "Criteria.ListPrice.max", "decimals than its currency"),
        ({"ListPrice": {"max": 1, "currency": "XYZ"}}, "Criteria.ListPrice.currency", "USD"),
        ({"ListPrice": {"max": "1 EUR", "currency": "USD"}}, "Criteria.ListPrice", "more than one"),
        ({"ListPrice": {"max": 1, "units": "Acres"}}, "Criteria.ListPrice.units", "not known"),
        ({"LivingArea": {"max": 1, "units": "barns"}}, "Criteria.LivingArea.units", "Square Meters"),
        ({"LivingArea": {"max": 1.0000001}}, "Criteria.LivingArea.max", "6 decimals"),
        ({"BedroomsTotal": {"min": 2.5}}, "Criteria.BedroomsTotal.min", "whole"),
        ({"BathroomsTotalInteger": {"min": 2.2}}, "Criteria.BathroomsTotalInteger.min", "full or half"),
        ({"Area": {"bbox": []}}, "Criteria.Area.bbox", "four"),
        ({"Exclude": []}, "Criteria.Exclude", "object"),
        ({"Exclude": {"Exclude": {}}}, "Criteria.Exclude.Exclude", "not known"),
        ({"Exclude": {"City": []}}, "Criteria.Exclude.City", "list"),
    ],
)
def test_a_fault_names_its_place_and_what_to_send(criteria: Any, place: str, problem: str) -> None:
    with pytest.raises(InvalidField) as refused:
        read_criteria(criteria, "USD")

    assert refused.value.field == place
    assert problem in refused.value.problem


@pytest.mark.parametrize(
    ("bounds", "currency", "meant"),
    [
        ({"max": "$500,000"}, "USD", "USD"),
        ({"max": "$500,000"}, "CAD", "CAD"),
        ({"max": "$500,000", "currency": "AUD"}, "EUR", "AUD"),
        ({"max": "€500,000"}, "USD", "EUR"),
        ({"max": "$500,000"}, "EUR", None),
        ({"max": "$500,000", "currency": "EUR"}, "USD", None),
        ({"max": "¥500000"}, "USD", None),
    ],
)
def test_a_symbol_is_not_taken_for_a_currency_that_it_cannot_mean(
    bounds: dict[str, Any], currency: str, meant: str | None
) -> None:
    if meant is not None:
        found = read_criteria({"ListPrice": bounds}, currency)
        assert found == And((Range("ListPrice", None, 50_000_000, meant),))
        return
    with pytest.raises(InvalidField) as refused:
        read_criteria({"ListPrice": bounds}, currency)
    assert refused.value.field.startswith("Criteria.ListPrice")
