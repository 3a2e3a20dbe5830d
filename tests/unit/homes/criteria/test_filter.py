"""How a `$filter` is read, and which sentence answers a wrong one."""

from datetime import UTC, date, datetime
from math import nextafter

import pytest

from property_alert_notification.base.errors import InvalidField
from property_alert_notification.homes.criteria.areas import Circle, Polygons
from property_alert_notification.homes.criteria.expression import (
    And,
    Compare,
    Expression,
    HasAll,
    HasAny,
    IsMissing,
    Not,
    OneOf,
    Or,
    Range,
    Text,
    Within,
    from_json,
    to_json,
)
from property_alert_notification.homes.criteria.odata.read_filter import read_filter

BEDS, CITY = Range("BedroomsTotal", 3, None), OneOf("City", ("Seattle",))
POINT = "geography'POINT(-122.33 47.6)'"
SQUARE = "(0 0, 4 0, 4 4, 0 4, 0 0)"
RING = ((0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0))

HOLED = Polygons(((RING, ((1.0, 1.0), (1.0, 2.0), (2.0, 2.0))),))


@pytest.mark.parametrize(
    ("filter_", "part"),
    [
        ("BedroomsTotal ge 3", BEDS),
        ("3 le BedroomsTotal", BEDS),
        ("  BedroomsTotal  GE  3 ", BEDS),
        ("BedroomsTotal gt 2", BEDS),
        ("BedroomsTotal gt 2.5", BEDS),
        ("BedroomsTotal lt 3", Range("BedroomsTotal", None, 2)),
        ("BedroomsTotal lt 2.5", Range("BedroomsTotal", None, 2)),
        ("BedroomsTotal le 2.7", Range("BedroomsTotal", None, 2)),
        ("BedroomsTotal ge 2.2", BEDS),
        ("ListPrice eq 500000", Range("ListPrice", 50_000_000, 50_000_000, "USD")),
        ("BedroomsTotal eq 3", Range("BedroomsTotal", 3, 3)),
        ("BedroomsTotal ne 3", Not(Range("BedroomsTotal", 3, 3))),
        ("BedroomsTotal in (3)", Range("BedroomsTotal", 3, 3)),
        ("ListingKey gt 'a'", Compare("ListingKey", "gt", "a")),
        ("BedroomsTotal in (2, 3)", Or((Range("BedroomsTotal", 2, 2), Range("BedroomsTotal", 3, 3)))),
        ("GarageSpaces gt 1.5", Not(Range("GarageSpaces", None, 1.5))),
        ("GarageSpaces lt 1.5", Not(Range("GarageSpaces", 1.5, None))),
        ("Latitude ge -47.5", Range("Latitude", -47.5, None)),
        ("ListPrice le 650000", Range("ListPrice", None, 65_000_000, "USD")),
        ("ListPrice lt 6.5e5", Range("ListPrice", None, 64_999_999, "USD")),
        ("ListPrice gt 1.005", Range("ListPrice", 101, None, "USD")),
        ("LivingArea ge 1500", Range("LivingArea", 1500, None, "Square Feet")),
        ("LivingArea gt 1500", Not(Range("LivingArea", None, 1500, "Square Feet"))),
        ("LivingArea lt 1500", Not(Range("LivingArea", 1500, None, "Square Feet"))),
        ("LivingArea eq 1500", Range("LivingArea", 1500, 1500, "Square Feet")),
        ("BathroomsTotalInteger gt 1.5", Range("BathroomsTotalInteger", 2, None)),
        ("BathroomsTotalInteger ge 2.5", Range("BathroomsTotalInteger", 3, None)),
        ("BathroomsTotalInteger le 2.5", Range("BathroomsTotalInteger", None, 3)),
        ("BathroomsTotalInteger lt 2.5", Range("BathroomsTotalInteger", None, 2)),
        ("BathroomsTotalInteger eq 2.5", Range("BathroomsTotalInteger", 3, 3)),
        ("BathroomsTotalInteger in (1.5, 3.0)", Or(tuple(Range("BathroomsTotalInteger", n, n) for n in (2, 3)))),
        ("BathroomsTotalInteger le 2.3", Range("BathroomsTotalInteger", None, 2)),
        ("not (ListPrice le 5)", Not(Range("ListPrice", None, 500, "USD"))),
        ("LotSizeAcres ge 0.25", Range("LotSizeAcres", 0.25, None, "Acres")),
        ("LotSizeSquareFeet le 5000", Range("LotSizeSquareFeet", None, 5000, "Square Feet")),
        ("City eq 'Seattle'", CITY),
        ("'Seattle' eq City", CITY),
        ("tolower(City) eq 'seattle'", OneOf("City", ("seattle",))),
        ("City eq toupper('Seattle')", CITY),
        ("City ne 'Seattle'", Not(CITY)),
        ("City in ('Seattle','Bellevue')", OneOf("City", ("Seattle", "Bellevue"))),
        ("City in ('Seattle',null)", Or((CITY, IsMissing("City")))),
        ("City eq null", IsMissing("City")),
        ("City ne null", Not(IsMissing("City"))),
        ("Coordinates ne null", Not(IsMissing("Coordinates"))),
        ("City eq 'Coeur d''Alene'", OneOf("City", ("Coeur d'Alene",))),
        ("PostalCode ge '98100'", Compare("PostalCode", "ge", "98100")),
        ("StandardStatus eq 'ActiveUnderContract'", OneOf("StandardStatus", ("Active Under Contract",))),
        ("StandardStatus eq RESO.StandardStatus'Active'", OneOf("StandardStatus", ("Active",))),
        ("StandardStatus has RESO.StandardStatus'Active'", OneOf("StandardStatus", ("Active",))),
        ("PropertyType in ('Residential','Land')", OneOf("PropertyType", ("Residential", "Land"))),
        ("PropertySubType ne 'Condominium'", Not(OneOf("PropertySubType", ("Condominium",)))),
        ("currency eq 'eur'", OneOf("currency", ("EUR",))),
        ("tolower(ListingKey) eq 'a1'", Text("ListingKey", "equals", "a1", folded=True)),
        ("PoolPrivateYN eq true", Compare("PoolPrivateYN", "eq", True)),
        ("PoolPrivateYN ne true", Not(Compare("PoolPrivateYN", "eq", True))),
        ("OnMarketDate ge 2026-11-01", Compare("OnMarketDate", "ge", date(2026, 11, 1))),
        (
            "ModificationTimestamp gt 2026-11-01T09:00:00+01:00",
            Compare("ModificationTimestamp", "gt", datetime(2026, 11, 1, 8, tzinfo=UTC)),
        ),
        ("contains(PublicRemarks,'View')", Text("PublicRemarks", "contains", "View", folded=False)),
        ("contains(tolower(PublicRemarks), 'view')", Text("PublicRemarks", "contains", "view", folded=True)),
        ("startswith(City,'Sea') eq true", Text("City", "startswith", "Sea", folded=True)),
        ("endswith(PostalCode,'1') eq false", Not(Text("PostalCode", "endswith", "1", folded=True))),
        ("Appliances has 'Dishwasher'", HasAll("Appliances", ("Dishwasher",))),
        ("Appliances has RESO.Appliances'Dishwasher,GasRange'", HasAll("Appliances", ("Dishwasher", "GasRange"))),
        ("Appliances/any(a: a eq 'Dishwasher')", HasAny("Appliances", ("Dishwasher",))),
        ("Appliances/any(a:a in ('Range','Oven'))", HasAny("Appliances", ("Range", "Oven"))),
        (
            "Appliances/any(a: a eq 'Range' or contains(a,'Gas'))",
            Or((HasAny("Appliances", ("Range",)), Text("Appliances", "contains", "Gas", folded=False))),
        ),
        ("Appliances/any(a: tolower(a) eq 'range')", HasAny("Appliances", ("range",))),
        ("X_Tags/any(a: tolower(a) eq 'range')", Text("X_Tags", "equals", "range", folded=True)),
        ("Appliances/any()", Not(IsMissing("Appliances"))),
        ("X_Score ge 7", Range("X_Score", 7, None)),
        (f"geo.distance(Coordinates,{POINT}) le 5000", Within(Circle(-122.33, 47.6, 5000))),
        (f"geo.distance(Coordinates,{POINT}) lt 5000", Within(Circle(-122.33, 47.6, nextafter(5000, 0)))),
        (f"geo.intersects(Coordinates, geography'SRID=4326;POLYGON({SQUARE})')", Within(Polygons(((RING,),)))),
        (f"geo.intersects(Coordinates,geography'MULTIPOLYGON(({SQUARE},(1 1,1 2,2 2,1 1)))')", Within(HOLED)),
        ("BedroomsTotal ge 3 or City eq 'Seattle'", Or((BEDS, CITY))),
        ("not (City eq 'Seattle')", Not(CITY)),
        ("not City eq 'Seattle'", Not(CITY)),
        ("((City eq 'Seattle'))", CITY),
    ],
)  # fmt: skip
def test_a_condition_is_read(filter_: str, part: Expression) -> None:
    found = read_filter(filter_, "USD")

    assert found == And((part,))
    assert from_json(to_json(found)) == found


def test_and_binds_closer_than_or_and_not_closest() -> None:
    found = read_filter("City eq 'Seattle' or not City eq 'Seattle' and BedroomsTotal ge 3", "USD")

    assert found == And((Or((CITY, And((Not(CITY), BEDS)))),))
    assert read_filter("(BedroomsTotal ge 3 and City eq 'Seattle') and (BedroomsTotal ge 3)", "USD") == And(
        (BEDS, CITY, BEDS)
    )


def test_a_currency_and_a_unit_count_for_the_numbers_beside_them() -> None:
    in_euros = "currency eq 'EUR' and (ListPrice le 5 or ListPrice ge 9)"

    assert read_filter(in_euros, "USD").parts[1] == Or(  # type: ignore[union-attr]
        (Range("ListPrice", None, 500, "EUR"), Range("ListPrice", 900, None, "EUR"))
    )
    either = f"({in_euros}) or (currency eq 'JPY' and ListPrice le 5) or ListPrice le 6"
    assert '"JPY"' in to_json(read_filter(either, "USD"))
    assert '600,"USD"' in to_json(read_filter(either, "USD"))
    assert read_filter("currency eq 'JPY' and ListPrice eq 5", "USD").parts[1] == Range("ListPrice", 5, 5, "JPY")  # type: ignore[union-attr]
    metres = read_filter("LivingAreaUnits eq 'SquareMeters' and LivingArea ge 90", "USD")
    assert metres.parts[1] == Range("LivingArea", 90, None, "Square Meters")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("filter_", "column", "part", "problem"),
    [
        ("", 1, "the end", "begins with a field"),
        ("BedroomsTotal ge", 17, "the end", "must be a value"),
        ("BedroomsTotal", 14, "the end", "no operator"),
        ("BedroomsTotal ge 3 and", 23, "the end", "begins with a field"),
        ("BedroomsTotal ge 3 City eq 'x'", 20, "City", "joined by and, or"),
        ("(BedroomsTotal ge 3", 20, "the end", "not closed"),
        ("BedroomsTotal ge 3)", 19, ")", "not expected"),
        ("BedroomsTotal >= 3", 15, ">", "write gt or ge"),
        ("BedroomsTotal = 3", 15, "=", "write eq"),
        ("City eq \"Seattle\"", 9, '"', "single quotes"),
        ("City eq 'Seattle", 9, "'", "closing quote"),
        ("City eq Seattle", 9, "Seattle", "must be a value"),
        ("City+eq+'Seattle'", 5, "+", "encoding of URLs"),
        ("$filter=City eq 'x'", 1, "$", "without $filter="),
        ("BedroomTotal ge 3", 1, "BedroomTotal", "did you mean BedroomsTotal?"),
        ("bedroomstotal ge 3", 1, "bedroomstotal", "did you mean BedroomsTotal?"),
        ("status eq 'Active'", 1, "status", "did you mean StandardStatus?"),
        ("Wunschpreis le 3", 1, "Wunschpreis", "underscore"),
        ("ListAgentFullName eq 'x'", 1, "ListAgentFullName", "personal"),
        ("BedroomsTotal ge '3'", 18, "'3'", "without quotes"),
        ("BedroomsTotal eq 2.5", 18, "2.5", "whole number"),
        ("BedroomsTotal in (2, 2.5)", 22, "2.5", "whole number"),
        ("YearBuilt ne 1990.5", 14, "1990.5", "whole number"),
        ("BathroomsTotalInteger eq 2.3", 26, "2.3", "whole number"),
        ("BedroomsTotal eq true", 18, "true", "without quotes"),
        ("City eq 3", 9, "3", "single quotes"),
        ("City gt true", 9, "true", "single quotes"),
        ("PoolPrivateYN eq 'Y'", 18, "'Y'", "true or false"),
        ("PoolPrivateYN gt true", 18, "true", "use eq"),
        ("StandardStatus eq 'Sellable'", 19, "'Sellable'", "Active Under Contract"),
        ("StandardStatus gt 'Active'", 19, "'Active'", "use eq"),
        ("OnMarketDate ge '2026-11-01'", 17, "'2026-11-01'", "write a date"),
        ("OnMarketDate ge 2026-11-01T00:00:00Z", 17, "2026-11-01T00:00:00Z", "write a date"),
        ("ModificationTimestamp ge 2026-11-01", 26, "2026-11-01", "with an offset"),
        ("ModificationTimestamp ge 2026-11-01T00:00:00", 26, "2026-11-01T00:00:00", "no offset"),
        ("ModificationTimestamp ge 2026-13-01T00:00:00Z", 26, "2026-13-01T00:00:00Z", "must be a time"),
        ("OnMarketDate ge 2026-02-30", 17, "2026-02-30", "must be a day"),
        ("City lt null", 9, "null", "eq and ne"),
        ("ListPrice le 1e999", 14, "1e999", "plausible"),
        ("ListPrice le 650,000", 17, ",", "joined by and, or"),
        ("ListPrice le OriginalListPrice", 14, "OriginalListPrice", "must be a value"),
        ("ListPrice add 5 le 6", 11, "add", "no operator"),
        ("length(City) eq 3", 1, "length", "contains, startswith"),
        ("year(OnMarketDate) eq 2026", 1, "year", "no function"),
        ("contains(City)", 14, ")", "a field and a text"),
        ("contains(BedroomsTotal,'3')", 24, "'3'", "no text"),
        ("contains(City,3)", 15, "3", "single quotes"),
        ("contains(Appliances,'x')", 21, "'x'", "any(x: contains"),
        ("contains(City,'x') eq 1", 23, "1", "true or false"),
        ("tolower(BedroomsTotal) eq 3", 27, "3", "for texts"),
        ("tolower(ListingKey) gt 'a'", 24, "'a'", "eq, ne and in"),
        ("City in 'Seattle'", 9, "'Seattle'", "list in parentheses"),
        ("City in ('a' 'b')", 14, "'b'", "commas"),
        ("City has 'Seattle'", 10, "'Seattle'", "enumerations"),
        ("Appliances/any(a: a eq 3)", 24, "3", "single quotes"),
        ("Appliances/any(a: a eq null)", 24, "null", "inside any"),
        ("Appliances has ' , '", 16, "' , '", "a member"),
        ("Appliances has 3", 16, "3", "a member"),
        ("Appliances eq 'Dishwasher'", 15, "'Dishwasher'", "any(x: x eq"),
        ("Appliances/all(a: a eq 'x')", 12, "all", "only any"),
        ("City/any(a: a eq 'x')", 6, "any", "several values"),
        ("Appliances/any(a: a ne 'x')", 24, "'x'", "inside any"),
        ("Appliances/any(a: a eq 'x' and a eq 'y')", 28, "and", "two any"),
        ("Appliances/any(a: not (a eq 'x'))", 19, "not", "before the field"),
        ("Appliances/any(a: City eq 'x')", 19, "City", "about a"),
        ("Appliances/any(a a eq 'x')", 16, "a", "a colon"),
        ("Appliances/any(a: a eq 'x'", 27, "the end", "not closed"),
        ("City eq datetime'2026-11-01'", 9, "datetime'2026-11-01'", "write a date"),
        ("geo.distance(City,geography'POINT(1 2)') le 5", 14, "City", "Coordinates"),
        ("geo.distance(Coordinates,'POINT(1 2)') le 5", 26, "'POINT(1 2)'", "geography"),
        ("geo.distance(Coordinates,geography'POINT(1,2)') le 5", 26, "geography'POINT(1,2)'", "a point"),
        ("geo.distance(Coordinates,geography'POINT(1 95)') le 5", 26, "geography'POINT(1 95)'", "latitude"),
        ("geo.distance(Coordinates,geography'SRID=1;POINT(1 2)') le 5", 26, "geography'SRID=1;POINT(1 2)'", "4326"),
        ("geo.distance(Coordinates,geography'POINT(1 2)') gt 5", 49, "gt", "not (…)"),
        ("geo.distance(Coordinates,geography'POINT(1 2)') le -5", 52, "-5", "more than 0"),
        ("geo.intersects(Coordinates,geography'POINT(1 2)')", 28, "geography'POINT(1 2)'", "a polygon"),
        (
            "geo.intersects(Coordinates,geography'POLYGON((0 0,4 4,4 0,0 4,0 0))')",
            28,
            "geography'POLYGON((0 0,4 4,4 0,0 4,0 0))…",
            "coordinates[0][0] begins an edge that crosses",
        ),
        ("not", 4, "the end", "begins with a field"),
        ("and City eq 'x'", 1, "and", "begins with a field"),
    ],
)  # fmt: skip
def test_a_fault_names_the_part_and_its_column(filter_: str, column: int, part: str, problem: str) -> None:
    with pytest.raises(InvalidField) as refused:
        read_filter(filter_, "USD")

    assert refused.value.field == "SearchQuery"
    assert refused.value.problem.startswith(f"at column {column}, {part}: "), refused.value.problem
    assert problem in refused.value.problem


@pytest.mark.parametrize("opening", ["(", "not ", "tolower("])
def test_a_filter_is_nested_at_most_32_deep(opening: str) -> None:
    closing = ")" * 32 if "(" in opening else ""
    inner = "City" if opening == "tolower(" else "City eq 'Seattle'"
    end = " eq 'Seattle'" if opening == "tolower(" else ""

    read_filter(opening * 32 + inner + closing + end, "USD")
    with pytest.raises(InvalidField, match="is nested more than 32 deep"):
        read_filter(opening * 33 + inner + closing + end, "USD")


def test_a_filter_has_at_most_8000_characters() -> None:
    long = "City in (" + ",".join(f"'{n:05}'" for n in range(998)) + ")"
    assert len(long) < 8_000

    read_filter(long.ljust(8_000), "USD")
    with pytest.raises(InvalidField, match="8,000"):
        read_filter(long.ljust(8_001), "USD")
