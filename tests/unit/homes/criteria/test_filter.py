"""How a `$filter` is read, and which sentence answers a wrong one."""

from datetime import UTC, date, datetime
from math import nextafter

import pytest

from property_alert_notification.homes.criteria.areas import Circle, Polygons
from property_alert_notification.homes.criteria.evaluate import evaluate
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


@pytest.mark.parametrize(
    ("mirrored", "usual"),
    [
        ("null eq BedroomsTotal", "BedroomsTotal eq null"),
        ("NULL ne View", "View ne null"),
        ("5 le BedroomsTotal", "BedroomsTotal ge 5"),
        ("5 gt BedroomsTotal", "BedroomsTotal lt 5"),
        ("'Seattle' ne City", "City ne 'Seattle'"),
        ("true eq PoolPrivateYN", "PoolPrivateYN eq true"),
        ("false eq contains(City,'x')", "not contains(City,'x')"),
        ("PoolPrivateYN", "PoolPrivateYN eq true"),
        ("not PoolPrivateYN or (PoolPrivateYN)", "not (PoolPrivateYN eq true) or PoolPrivateYN eq true"),
        (
            "8000 ge geo.distance(geography'POINT(1 2)',Coordinates)",
            "geo.distance(Coordinates,geography'POINT(1 2)') le 8000",
        ),
        ("CITY_1 EQ 'x' AND NOT CONTAINS(City,'y')", "CITY_1 eq 'x' and not contains(City,'y')"),
    ],
)
def test_what_is_written_otherwise_means_the_same(mirrored: str, usual: str) -> None:
    assert read_filter(mirrored, "USD") == read_filter(usual, "USD")


def test_and_binds_closer_than_or_and_not_closest() -> None:
    found = read_filter("City eq 'Seattle' or not City eq 'Seattle' and BedroomsTotal ge 3", "USD")

    assert found == And((Or((CITY, And((Not(CITY), BEDS)))),))
    assert read_filter("(BedroomsTotal ge 3 and City eq 'Seattle') and (BedroomsTotal ge 3)", "USD") == And(
        (BEDS, CITY, BEDS)
    )


_EURO_OR_YEN = ("currency in ('EUR','JPY')", "(currency eq 'EUR' or currency eq 'JPY')")


def _at_most(currency: str, most: int) -> And:
    return And((OneOf("currency", (currency,)), Range("ListPrice", None, most, currency)))


def test_a_currency_and_a_unit_count_for_the_numbers_beside_them() -> None:
    in_euros = "currency eq 'EUR' and (ListPrice le 5 or ListPrice ge 9)"

    assert read_filter(in_euros, "USD").parts[1] == Or(  # type: ignore[union-attr]
        (Range("ListPrice", None, 500, "EUR"), Range("ListPrice", 900, None, "EUR"))
    )
    either = f"({in_euros}) or (currency eq 'JPY' and ListPrice le 5) or ListPrice le 6"
    assert '"JPY"' in to_json(read_filter(either, "USD"))
    assert '600,"USD"' in to_json(read_filter(either, "USD"))
    assert read_filter("currency eq 'JPY' and ListPrice eq 5", "USD").parts[1] == Range("ListPrice", 5, 5, "JPY")  # type: ignore[union-attr]
    others = [read_filter(f"ListPrice le 5 and {said}", "USD").parts[0] for said in _EURO_OR_YEN]  # type: ignore[union-attr]
    assert others == [Or((_at_most("EUR", 500), _at_most("JPY", 5)))] * len(others)
    left = read_filter("currency in ('USD','EUR') and currency ne 'USD' and ListPrice le 5", "USD")
    assert left.parts[2] == Range("ListPrice", None, 500, "EUR")  # type: ignore[union-attr]
    assert read_filter("currency ne 'USD' and ListPrice le 5", "EUR").parts[1] == left.parts[2]  # type: ignore[union-attr]
    metres = read_filter("LivingAreaUnits eq 'SquareMeters' and LivingArea ge 90", "USD")
    assert metres.parts[1] == Range("LivingArea", 90, None, "Square Meters")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("currency", "price", "verdict"), [("EUR", 5, True), ("JPY", 6, False), ("USD", 5, False), ("EUR", None, None)]
)
def test_an_amount_beside_several_currencies_counts_in_each(
    currency: str, price: int | None, verdict: bool | None
) -> None:
    home = {"currency": currency, "ListPrice": price}
    for said in _EURO_OR_YEN:
        assert evaluate(read_filter(f"{said} and ListPrice le 5", "USD"), home) is verdict
        dearer = evaluate(read_filter(f"{said} and not (ListPrice le 5)", "USD"), home)
        assert dearer is (False if currency == "USD" else None if verdict is None else not verdict)
