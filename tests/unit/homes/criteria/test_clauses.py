"""What is said of each condition of a search beside a listing."""

import json
from typing import Any

import pytest

from property_alert_notification.homes.criteria.clauses import Clause, clauses_of
from property_alert_notification.homes.criteria.explained import explained, explained_in_full
from property_alert_notification.homes.criteria.expression import Excluding
from property_alert_notification.homes.criteria.odata.read_filter import read_filter
from property_alert_notification.homes.criteria.read_criteria import read_criteria
from tests.unit.homes.criteria.test_evaluate import HOME


def _one(criteria: dict[str, Any]) -> tuple[str, str | None, Any, Any, bool | None]:
    [clause] = clauses_of(read_criteria(criteria, "USD"), HOME)
    json.dumps([clause.value, clause.bound])
    return clause.test, clause.field, clause.value, clause.bound, clause.verdict


@pytest.mark.parametrize(
    ("criteria", "clause"),
    [
        ({"City": ["Kent"]}, ("one_of", "City", "SEATTLE", ["Kent"], False)),
        (
            {"ListPrice": {"max": 650_000.5}},
            ("range", "ListPrice", {"amount": 650_000, "currency": "USD"}, {"max": 650_000.5, "currency": "USD"}, True),
        ),
        (
            {"ListPrice": {"min": 1, "currency": "EUR"}},
            ("range", "ListPrice", {"amount": 650_000, "currency": "USD"}, {"min": 1, "currency": "EUR"}, None),
        ),
        (
            {"LivingArea": {"min": 100, "units": "sqm"}},
            (
                "range",
                "LivingArea",
                {"amount": 1076, "units": "Square Feet"},
                {"min": 100, "units": "Square Meters"},
                True,
            ),
        ),
        ({"BedroomsTotal": {"min": 4}}, ("range", "BedroomsTotal", 3, {"min": 4}, False)),
        ({"CountyOrParish": ["King"]}, ("one_of", "CountyOrParish", None, ["King"], None)),
        ({"Keywords": ["roof", "pool"]}, ("keywords", "PublicRemarks", ["roof"], ["roof", "pool"], False)),
        ({"Features": ["Spa"]}, ("has_all", "Features", ["Dishwasher", "Gas Range"], ["Spa"], False)),
        (
            {"Area": {"type": "Circle", "center": [-122.33, 47.61], "radius": 1000}},
            (
                "within",
                "Coordinates",
                {"longitude": -122.33, "latitude": 47.6, "distance": 1112},
                {"type": "Circle", "center": [-122.33, 47.61], "radius": 1000},
                False,
            ),
        ),
        (
            {"Area": {"bbox": [-123, 47, -122, 48]}},
            ("within", "Coordinates", {"longitude": -122.33, "latitude": 47.6}, {"bbox": [-123, 47, -122, 48]}, True),
        ),
        (
            {"Area": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}},
            (
                "within",
                "Coordinates",
                {"longitude": -122.33, "latitude": 47.6},
                {"type": "MultiPolygon", "coordinates": [[[[0, 0], [1, 0], [1, 1], [0, 0]]]]},
                False,
            ),
        ),
    ],
)
def test_a_clause_has_the_value_the_bound_and_the_verdict(criteria: dict[str, Any], clause: tuple[Any, ...]) -> None:
    assert _one(criteria) == clause


def test_nested_conditions_are_parts() -> None:
    filter_ = "(BedroomsTotal gt 9 or not (City eq 'Kent')) and View eq null and OnMarketDate ge 2026-11-01"
    either, missing, day = clauses_of(read_filter(f"{filter_} and contains(PublicRemarks,'Sunny')", "USD"), HOME)[:3]

    assert (either.test, either.verdict) == ("or", True)
    assert [(part.test, part.verdict) for part in either.parts] == [("range", False), ("not", True)]
    assert either.parts[1].parts[0].bound == ["Kent"]
    assert (missing.test, missing.value, missing.verdict) == ("missing", None, True)
    assert (day.test, day.value, day.bound, day.verdict) == ("ge", "2026-11-01", "2026-11-01", True)


def test_an_exclusion_has_the_excluded_condition_as_its_part() -> None:
    [clause] = clauses_of(read_criteria({"Exclude": {"City": ["Seattle"]}}, "USD"), HOME)

    assert isinstance(clause, Clause)
    assert (clause.test, clause.verdict, clause.parts[0].verdict) == ("excluding", False, True)
    assert isinstance(clause.expression, Excluding)


def test_a_long_text_is_shown_in_part() -> None:
    [clause] = clauses_of(read_filter("contains(PublicRemarks,'x')", "USD"), {"PublicRemarks": "y" * 5000})

    assert (len(clause.value), clause.bound, clause.verdict) == (200, "x", False)


@pytest.mark.parametrize(
    ("criteria", "language", "words"),
    [
        ({"BedroomsTotal": {"min": 4}}, "en", "4 or more bedrooms → no, it has 3"),
        ({"BedroomsTotal": {"min": 3}}, "es", "3 o más dormitorios → sí, tiene 3"),
        ({"YearBuilt": {"min": 1990}}, "en", "built in 1990 or later → no, it is from 1969"),
        ({"ListPrice": {"max": 600_000}}, "en", "up to $600,000 → no, it is $650,000"),
        (
            {"ListPrice": {"max": 9, "currency": "EUR"}},
            "en",
            "up to €9 → it is $650,000, which cannot be compared",
        ),
        ({"LivingArea": {"min": 1000}}, "en", "1,000 sq ft or more → yes, it is 1,076 sq ft"),
        ({"City": ["Kent"]}, "en", "in Kent → no, it is in SEATTLE"),
        ({"City": ["Kent"]}, "es", "en Kent → no, está en SEATTLE"),
        ({"CountyOrParish": ["King"]}, "en", "in King → the listing does not say"),
        ({"CountyOrParish": ["King"]}, "es", "en King → el anuncio no lo indica"),
        ({"StandardStatus": ["Active"]}, "es", "estado: activa → no, es activa con contrato"),
        ({"Features": ["Spa"]}, "en", "with Spa → no, it has Dishwasher and Gas Range"),
        ({"Keywords": ["pool"]}, "en", "with “pool” → no"),
        ({"Area": {"bbox": [0, 0, 1, 1]}}, "en", "in the area on the map → no"),
        (
            {"Area": {"type": "Circle", "center": [-122.33, 47.61], "radius": 1000}},
            "en",
            "within 1 km of a point on the map → no, it is 1.11 km away",
        ),
        ({"Exclude": {"City": ["Kent"]}}, "en", "not in Kent → yes"),
    ],
)
def test_a_clause_is_put_in_words(criteria: dict[str, Any], language: str, words: str) -> None:
    [clause] = clauses_of(read_criteria(criteria, "USD"), HOME)

    assert explained(clause, language) == words


def test_a_condition_of_a_filter_is_put_in_words() -> None:
    filter_ = "PoolPrivateYN eq true and contains(PublicRemarks,'Sunny') and View eq null"

    assert [explained(clause) for clause in clauses_of(read_filter(filter_, "USD"), HOME)] == [
        "private pool: yes → no",
        "description: containing “Sunny” → yes",
        "view: not stated → yes",
    ]


def test_a_condition_with_parts_says_in_full_what_is_true_of_each() -> None:
    [either] = clauses_of(read_filter("City eq 'Kent' or not (BedroomsTotal ge 2)", "USD"), HOME)
    assert explained_in_full(either) == (
        f"{explained(either)} (in Kent → no, it is in SEATTLE; fewer than 2 bedrooms → no "
        "(2 or more bedrooms → yes, it has 3))"
    )
    filter_ = " or ".join(f"City eq 'Kent' and YearBuilt gt {year}" for year in range(2030, 2037))
    [many] = clauses_of(read_filter(filter_, "USD"), HOME)
    assert explained_in_full(many).endswith("; 2 more)")
