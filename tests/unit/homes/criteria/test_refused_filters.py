"""What is said of a `$filter` that is not understood: the part, its column, and what to write instead."""

import pytest

from property_alert_notification.base.errors import InvalidField
from property_alert_notification.homes.criteria.odata.read_filter import read_filter
from property_alert_notification.homes.reso.currencies import CURRENCIES


@pytest.mark.parametrize(
    ("filter_", "column", "part", "problem"),
    [
        ("", 1, "the end", "begins with a field"),
        ("BedroomsTotal ge", 17, "the end", "must be a value"),
        ("BedroomsTotal", 14, "the end", "BedroomsTotal needs an operator"),
        ("BedroomsTotal ge 3 and", 23, "the end", "begins with a field"),
        ("BedroomsTotal ge 3 City eq 'x'", 20, "City", "joined by and, or"),
        ("(BedroomsTotal ge 3", 1, "(", "not closed"),
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
        ("City eq ''", 9, "''", "write City eq null"),
        ("City ne ' '", 9, "' '", "write City ne null"),
        ("City in ('Seattle','')", 20, "''", "write City eq null"),
        ("StandardStatus has ''", 20, "''", "a member"),
        ("Appliances/any(a: a eq '')", 24, "''", "write Appliances/any()"),
        ("ListPrice le 1e999", 14, "1e999", "plausible"),
        ("ListPrice le 650,000", 17, ",", "digits alone, as 500000"),
        ("ListPrice le OriginalListPrice", 14, "OriginalListPrice", "not with another field"),
        ("ListPrice add 5 le 6", 11, "add", "no operator"),
        ("length(City) eq 3", 1, "length", "cannot be compared by its length"),
        ("trim(City) eq 'x'", 1, "trim", "contains, startswith"),
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
        ("Appliances/any(a: a eq 'x'", 15, "(", "not closed"),
        ("((City eq 'x') or (City eq 'y')", 1, "(", "not closed"),
        ("City eq 'x') and (City eq 'y'", 12, ")", "no parenthesis is open"),
        ("City in ('a','b'", 9, "(", "not closed"),
        ("contains(City,'x'", 9, "(", "not closed"),
        ("contains('x',City)", 10, "'x'", "write the field first"),
        ("contains City", 1, "contains", "needs parentheses"),
        ("substringof('x',City)", 1, "substringof", "write contains"),
        ("year(OnMarketDate) eq 2026", 1, "year", "write a date"),
        ("StandardStatus eq Active", 19, "Active", "a text stands in single quotes"),
        ("City eq'x'", 6, "eq'x'", "needs a blank before the quote"),
        ("City eq \u2018x\u2019", 9, "\u2018", "is no quote of OData"),
        ("ListPrice le .5", 14, ".", "as 0.5"),
        ("ListPrice le $5", 14, "$", "write an amount as a number"),
        ("Appliances/$count gt 2", 12, "$", "only any"),
        ("null lt BedroomsTotal", 1, "null", "compared by eq and ne"),
        ("null", 1, "null", "is a value alone: compare it with a field"),
        ("contains(City,'a') and true", 24, "true", "is a value alone: compare it with a field"),
        ("5 is BedroomsTotal", 3, "is", "must be an operator"),
        ("true gt contains(City,'x')", 1, "true", "by eq or ne"),
        ("startswith(City,'S') eq 1", 25, "1", "must be true or false"),
        ("8000 le geo.distance(Coordinates,geography'POINT(1 2)')", 6, "le", "at most so many metres"),
        ("'x' ge geo.distance(Coordinates,geography'POINT(1 2)')", 1, "'x'", "a number of metres"),
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


def test_an_amount_is_beside_10_currencies_at_most() -> None:
    """Each amount becomes a condition for each of them."""
    some, many = (f"currency in {tuple(sorted(CURRENCIES)[:count])}" for count in (10, 11))

    read_filter(f"{some} and ListPrice le 5", "USD")
    read_filter(many, "USD")
    with pytest.raises(InvalidField, match="at most 10 currencies beside an amount, not 11"):
        read_filter(f"{many} and ListPrice le 5", "USD")


@pytest.mark.parametrize(
    "filter_",
    [
        "currency ne 'USD' and ListPrice le 5",
        "(ListPrice ge 5 or City eq 'Seattle') and not (currency in ('EUR','USD'))",
        "currency in ('EUR','CHF') and currency ne 'EUR' and currency ne 'CHF' and ListPrice le 5",
    ],
)
def test_an_amount_is_in_no_currency_that_is_excluded_beside_it(filter_: str) -> None:
    """No home could match."""
    with pytest.raises(InvalidField, match="excludes the currency of its amount"):
        read_filter(filter_, "USD")


def test_a_filter_has_at_most_8000_characters() -> None:
    long = "City in (" + ",".join(f"'{n:05}'" for n in range(998)) + ")"
    assert len(long) < 8_000

    read_filter(long.ljust(8_000), "USD")
    with pytest.raises(InvalidField, match="8,000"):
        read_filter(long.ljust(8_001), "USD")
