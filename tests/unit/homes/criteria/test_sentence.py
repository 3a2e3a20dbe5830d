"""How a search is put in words."""

from typing import Any

import pytest

from property_alert_notification.homes.criteria.odata.read_filter import read_filter
from property_alert_notification.homes.criteria.read_criteria import read_criteria
from property_alert_notification.homes.criteria.sentence import LONGEST, phrase, sentence

SEATTLE = {"City": ["Seattle"], "BedroomsTotal": {"min": 3}, "ListPrice": {"max": 650_000}}
MUCH: dict[str, Any] = {
    **SEATTLE,
    "PropertySubType": ["Single Family Residence"],
    "StandardStatus": ["Active", "Coming Soon"],
    "BathroomsTotalInteger": {"min": 2, "max": 3},
    "LivingArea": {"min": 1500},
    "LotSizeArea": {"min": 0.25, "max": 1, "units": "Acres"},
    "YearBuilt": {"min": 1990},
    "Area": {"type": "Circle", "center": [-122, 47], "radius": 5500},
    "Features": ["Dishwasher", "Spa"],
    "Keywords": ["view"],
    "Exclude": {"City": ["Tacoma"], "Keywords": ["fixer", "as is"]},
}

MUCH_IN_WORDS = (
    "Homes in Seattle, within 5.5 km of a point on the map, Single Family Residence, Active or Coming Soon, "
    "3 or more bedrooms, 2 to 3 bathrooms, 1,500 sq ft or more, a lot of 0.25 to 1 acres, "
    "built in 1990 or later, up to $650,000, with “view”, and 3 more"
)


@pytest.mark.parametrize(
    ("criteria", "language", "words"),
    [
        (SEATTLE, None, "Homes in Seattle, 3 or more bedrooms, up to $650,000"),
        (SEATTLE, "en-GB", "Homes in Seattle, 3 or more bedrooms, up to $650,000"),
        (SEATTLE, "de", "Homes in Seattle, 3 or more bedrooms, up to $650,000"),
        (SEATTLE, "es", "Viviendas en Seattle, 3 o más dormitorios, hasta 650.000\N{NO-BREAK SPACE}$"),
        (SEATTLE, "es-MX", "Viviendas en Seattle, 3 o más dormitorios, hasta $650,000"),
        ({}, "en", "All homes"),
        ({}, "es", "Todas las viviendas"),
        ({"City": ["Seattle", "Kent"]}, "en", "Homes in Seattle or Kent"),
        ({"PostalCode": [str(code) for code in range(98101, 98109)]}, "en", "Homes in 98101, 98102, 98103 or 5 more"),
        ({"YearBuilt": {"max": 1990}}, "en", "Homes, built in 1990 or earlier"),
        ({"YearBuilt": {"min": 1990, "max": 1999}}, "es", "Viviendas, de 1990 a 1999"),
        ({"BedroomsTotal": {"min": 1, "max": 1}}, "en", "Homes, 1 bedroom"),
        ({"BedroomsTotal": {"min": 2, "max": 2}}, "es", "Viviendas, 2 dormitorios"),
        ({"ListPrice": {"min": 1000.5, "max": 2000, "currency": "EUR"}}, "en", "Homes, €1,000.50 to €2,000"),
        ({"ListPrice": {"min": 90_000, "currency": "CHF"}}, "en", "Homes, from CHF\N{NO-BREAK SPACE}90,000"),
        ({"ListPrice": {"max": 9e6, "currency": "JPY"}}, "es", "Viviendas, hasta 9.000.000\N{NO-BREAK SPACE}¥"),
        ({"Area": {"bbox": [0, 0, 1, 1]}}, "en", "Homes in the area on the map"),
        ({"Area": {"type": "Circle", "center": [0, 0], "radius": 800}}, "es",
         "Viviendas a menos de 800 m de un punto del mapa"),
        ({"Exclude": {"Area": {"bbox": [0, 0, 1, 1]}, "Features": ["Pool"]}}, "en",
         "Homes, not in an area on the map, without Pool"),
        ({"Exclude": {"PropertyType": ["Land"]}}, "es", "Viviendas, no terreno"),
        (MUCH, "en", MUCH_IN_WORDS),
    ],
)  # fmt: skip
def test_criteria_are_put_in_words(criteria: dict[str, Any], language: str | None, words: str) -> None:
    assert sentence(read_criteria(criteria, "USD"), language) == words


@pytest.mark.parametrize(
    ("filter_", "words"),
    [
        ("City eq 'Seattle' or BedroomsTotal gt 3", "Homes (in Seattle or 4 or more bedrooms)"),
        ("not (City eq 'Kent' and ListPrice lt 5)", "Homes, not (in Kent, up to $4.99)"),
        ("GarageSpaces gt 1.5", "Homes, Garage Spaces more than 1.5"),
        ("GarageSpaces lt 1.5", "Homes, Garage Spaces less than 1.5"),
        ("GarageSpaces ge 2", "Homes, Garage Spaces 2 or more"),
        ("GarageSpaces eq 2", "Homes, Garage Spaces 2"),
        ("ListPrice eq 500000", "Homes, $500,000"),
        ("PoolPrivateYN eq true", "Homes, Pool Private: yes"),
        ("PoolPrivateYN ne true", "Homes, Pool Private: no"),
        ("OnMarketDate ge 2026-01-01", "Homes, On Market Date: from 2026-01-01"),
        ("PostalCode lt '98'", "Homes, Postal Code less than 98"),
        ("ModificationTimestamp le 2026-01-01T09:00:00Z",
         "Homes, Modification Timestamp: up to 2026-01-01 09:00+00:00"),
        ("View eq null", "Homes, View not stated"),
        ("View ne null", "Homes, View stated"),
        ("Appliances has 'A,B,C,D,E'", "Homes, with Appliances: A, B, C, 2 more"),
        ("Appliances/any(a: a eq 'Range')", "Homes, with Appliances: Range"),
        ("contains(PublicRemarks,'view')", "Homes, Public Remarks contains “view”"),
        ("not startswith(PublicRemarks,'view')", "Homes, not Public Remarks begins with “view”"),
        ("not (not (BedroomsTotal ge 3))", "Homes, 3 or more bedrooms"),
        ("SubdivisionName eq 'Oak'", "Homes, Subdivision Name: Oak"),
    ],
)  # fmt: skip
def test_a_filter_is_put_in_words(filter_: str, words: str) -> None:
    assert sentence(read_filter(filter_, "USD"), "en") == words


def test_a_sentence_has_at_most_255_characters() -> None:
    long = {**MUCH, "City": ["x" * 255, "y" * 255, "z" * 255], "Keywords": ["k" * 200] * 3}

    assert len(sentence(read_criteria(long, "USD"))) <= LONGEST
    assert len(sentence(read_criteria({"Features": [letter * 250 for letter in "abcdefgh"]}, "USD"))) <= LONGEST


def test_a_condition_alone_is_put_in_words() -> None:
    assert phrase(read_filter("BedroomsTotal ge 3", "USD").parts[0], "es") == "3 o más dormitorios"  # type: ignore[union-attr]
