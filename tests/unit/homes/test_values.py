"""What feeds write in single fields: understood without guessing, or refused."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from property_alert_notification.homes.reso import texts, times, values

CHICAGO = ZoneInfo("America/Chicago")


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (1250000, 1250000),
        (3.0, 3),
        ("1.5", 1.5),
        ("1250000", 1250000),
        ("1,250,000", 1250000),
        ("1,250,000.50", 1250000.5),
        ("1 250 000", 1250000),
        ("1.250.000", 1250000),
        ("1.250.000,50", 1250000.5),
        ("1 250 000,50", 1250000.5),
        ("450000,50", 450000.5),
        (" 12 ", 12),
        ("-122.319", -122.319),
        ("0.250", 0.25),
        ("1e6", 1_000_000),
        ("1.5E+3", 1_500),
        ("", None),
        ("N/A", None),
        (None, None),
    ],
)
def test_a_number_is_understood(given: Any, meant: float | None) -> None:
    assert values.number(given) == meant


@pytest.mark.parametrize(
    "given",
    [
        "1,25",
        "450,50",
        "4500,500",
        "12,50,000",
        "three",
        "1e600",
        "1e",
        "1-2",
        "٣",
        "1,250.000.000",
        True,
        [3],
        float("nan"),
        float("inf"),
        10**16,
        10**400,
        -(10**400),
        "9" * 41,
    ],
)
def test_a_number_that_could_be_another_one_is_refused(given: Any) -> None:
    with pytest.raises(ValueError, match="must be"):
        values.number(given)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (538000, (538000, None)),
        ("$1,250,000", (1250000, None)),
        ("$ 1,250,000.00", (1250000, None)),
        ("€ 450 000", (450000, "EUR")),
        ("450000 EUR", (450000, "EUR")),
        ("USD 1,250,000", (1250000, "USD")),
        ("£325,000", (325000, "GBP")),
        ("usd 450000", (450000, "USD")),
        ("450000 Eur", (450000, "EUR")),
        ("450 000 euros", (450000, "EUR")),
        ("4.5e5 USD", (450000, "USD")),
        ("$450,000 USD", (450000, "USD")),
        ("USD $450,000", (450000, "USD")),
        ("CAD $450,000", (450000, "CAD")),
        ("MXN$4,500,000", (4500000, "MXN")),
        ("$4,500,000 MXN", (4500000, "MXN")),
        ("€ 450 000,50 EUR", (450000.5, "EUR")),
        ("none", (None, None)),
    ],
)
def test_an_amount_is_understood(given: Any, meant: tuple[float | None, str | None]) -> None:
    assert values.money(given) == meant


@pytest.mark.parametrize(
    ("given", "usual", "currency"),
    [
        ("$450,000", "USD", "USD"),
        ("$450,000", "CAD", "CAD"),
        ("450000 $", "MXN", "MXN"),
        ("¥450000", "JPY", "JPY"),
        ("¥450000", "CNY", "CNY"),
        ("450000 kr", "SEK", "SEK"),
        ("£450000", "EGP", "EGP"),
        ("£450000", "USD", "GBP"),
        ("€450000", "USD", "EUR"),
        ("450000 all", "ALL", "ALL"),
    ],
)
def test_a_symbol_means_the_currency_of_the_feed_if_it_can(given: str, usual: str, currency: str) -> None:
    assert values.money(given, usual) == (450000, currency)


@pytest.mark.parametrize(
    ("given", "usual"),
    [("$450,000", "EUR"), ("$450,000", "JPY"), ("¥450000", "USD"), ("450000 kr", "EUR")],
)
def test_a_symbol_that_cannot_mean_the_currency_of_the_feed_is_refused(given: str, usual: str) -> None:
    with pytest.raises(ValueError, match="symbol"):
        values.money(given, usual)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("Dishwasher, Range", ["Dishwasher", "Range"]),
        ("Dishwasher;Range", ["Dishwasher", "Range"]),
        ("Dishwasher | Range", ["Dishwasher", "Range"]),
        ("Dishwasher\nRange", ["Dishwasher", "Range"]),
        (["Dishwasher, Range"], ["Dishwasher", "Range"]),
        (["Dishwasher;Range", "Oven, Range"], ["Dishwasher", "Range", "Oven"]),
        ("RESO.Appliances'Dishwasher,Range'", ["Dishwasher", "Range"]),
        ("Pool (heated, indoor), Spa", ["Pool (heated, indoor)", "Spa"]),
        ("1,000 gallon tank, Well", ["1,000 gallon tank", "Well"]),
        (["Garage(s)", "Multi/Split"], ["Garage(s)", "Multi/Split"]),
        (";, |", None),
    ],
)
def test_the_values_of_a_field_with_several_are_taken_apart(given: Any, meant: list[str] | None) -> None:
    assert texts.words_of(given) == meant


@pytest.mark.parametrize(
    ("counts", "total"),
    [
        ({"Full": 2, "Half": 1}, 3),
        ({"Full": 2, "Half": 0}, 2),
        ({"Full": 1, "Half": 1, "ThreeQuarter": 1, "OneQuarter": None}, 3),
        ({"Full": 2, "Partial": 1}, 3),
        ({"Full": 2, "Half": 1, "Partial": 1}, 3),
        ({"Full": 2, "Half": 0, "Partial": 1}, None),
        ({"Full": 2, "Partial": 1, "ThreeQuarter": 1}, None),
        ({"Full": 2}, None),
        ({"Half": 1}, None),
        ({}, None),
    ],
)
def test_bathrooms_are_counted_by_kinds_if_all_are_known(counts: dict[str, int | None], total: int | None) -> None:
    assert values.bathrooms_of_kinds({f"Bathrooms{kind}": count for kind, count in counts.items()}) == total


@pytest.mark.parametrize(
    "given",
    ["450 mil", "1.2 mln", "450 tsd", "2.5 mio", "1200 pcm", "450 MIL", "2 MIO", "450000 XXX", "450000 all"],
)
def test_what_is_no_currency_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match="must"):
        values.money(given)
    with pytest.raises(ValueError, match="currency"):
        values.currency(given.split()[1] if given != "450000 all" else "abc")


@pytest.mark.parametrize(
    "given", ["450.000", "450k", "1.2M", "from 450000", "$450,000 EUR", "USD 450,000 EUR", "$1.250", -1, "-5", "$"]
)
def test_an_amount_that_could_be_another_one_is_refused(given: Any) -> None:
    with pytest.raises(ValueError, match=r"must|could|several"):
        values.money(given)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (2100, (2100, None)),
        ("2,100 sqft", (2100, "Square Feet")),
        ("2,100 Sq. Ft.", (2100, "Square Feet")),
        ("195.1 m²", (195.1, "Square Meters")),
        ("195 sq. meters", (195, "Square Meters")),
        ("2100 ft²", (2100, "Square Feet")),
        ("2,100 Sq Feet", (2100, "Square Feet")),
        ("300 sq yds", (300, "Square Yards")),
        ("0.25 Acres", (0.25, "Acres")),
        ("0.25", (0.25, None)),
        ("1.250 acres", (1.25, "Acres")),
    ],
)
def test_an_area_is_understood(given: Any, meant: tuple[float | None, str | None]) -> None:
    assert values.area(given) == meant


@pytest.mark.parametrize(
    "given", ["about 2,100", "2,100 tsubo", "2,100 sqft (approx.)", -3, "2.100 sqft", "1.250 m2", "10.000"]
)
def test_an_area_with_other_words_is_refused(given: Any) -> None:
    with pytest.raises(ValueError, match=r"must|could"):
        values.area(given)


@pytest.mark.parametrize(
    ("given", "meant"), [("Y", True), ("no", False), (1, True), ("0", False), (None, None), ("", None)]
)
def test_a_switch_is_understood(given: Any, meant: bool | None) -> None:
    assert values.switch(given) is meant


@pytest.mark.parametrize("given", ["maybe", 2, [], 1.0])
def test_what_is_neither_true_nor_false_is_refused(given: Any) -> None:
    with pytest.raises(ValueError, match="true or false"):
        values.switch(given)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("2026-11-29T09:30:00Z", datetime(2026, 11, 29, 9, 30, tzinfo=UTC)),
        ("2026-11-29T09:30:00.125-05:00", datetime(2026, 11, 29, 14, 30, 0, 125000, tzinfo=UTC)),
        ("2026-11-29 09:30:00+0000", datetime(2026, 11, 29, 9, 30, tzinfo=UTC)),
        ("2026-11-29t09:30:00z", datetime(2026, 11, 29, 9, 30, tzinfo=UTC)),
        ("2026-11-29T09:30:00 UTC", datetime(2026, 11, 29, 9, 30, tzinfo=UTC)),
        ("2026-11-29 9:30 gmt", datetime(2026, 11, 29, 9, 30, tzinfo=UTC)),
        ("2026-11-29 09:30:00 -05:00", datetime(2026, 11, 29, 14, 30, tzinfo=UTC)),
        ("2026-11-29T09:30:00,125Z", datetime(2026, 11, 29, 9, 30, 0, 125000, tzinfo=UTC)),
        ("2026-11-29 1:30 PM UTC", datetime(2026, 11, 29, 13, 30, tzinfo=UTC)),
    ],
)
def test_a_time_with_an_offset_is_understood(given: str, meant: datetime) -> None:
    assert times.moment(given, None) == meant


def test_a_time_without_an_offset_is_refused_unless_the_zone_of_the_feed_is_known() -> None:
    with pytest.raises(ValueError, match="LISTING_TIME_ZONE"):
        times.moment("2026-11-29T09:30:00", None)
    assert times.moment("2026-11-29T09:30:00", CHICAGO) == datetime(2026, 11, 29, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Chicago"])
@pytest.mark.parametrize("given", ["0001-01-01T00:00:00", "9999-12-31T23:59:59"])
def test_a_time_at_the_end_of_the_calendar_is_refused(given: str, zone: str) -> None:
    with pytest.raises(ValueError, match="must be a time"):
        times.moment(given, ZoneInfo(zone))
    with pytest.raises(ValueError, match="must be a time"):
        times.moment(f"{given}Z", None)
    times.clock_time("13:00", ZoneInfo(zone))


@pytest.mark.parametrize("given", ["2026-11-01T01:30:00", "2026-03-08T02:30:00"])
def test_a_local_time_that_exists_twice_or_not_at_all_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match="clocks change"):
        times.moment(given, CHICAGO)


@pytest.mark.parametrize(
    "given",
    [
        "2026-11-29",
        "29.11.2026 09:30",
        "/Date(1450000000000)/",
        1450000000,
        "2026-13-01T00:00Z",
        "0001-01-01T00:00:00+10:00",
    ],
)
def test_what_is_no_time_is_refused(given: Any) -> None:
    with pytest.raises(ValueError, match="must be a time"):
        times.moment(given, None)


@pytest.mark.parametrize(
    ("given", "full", "half", "meant"),
    [
        (2, None, None, 2),
        ("2.5", None, None, 3),
        (1.1, None, None, 2),
        (1.75, None, None, 2),
        (2.2, 2, 2, 4),
        (None, 1, 1, None),
    ],
)
def test_bathrooms_are_counted(given: Any, full: int | None, half: int | None, meant: int | None) -> None:
    assert values.bathrooms(given, full, half) == meant


def test_a_number_of_bathrooms_with_two_meanings_is_refused() -> None:
    with pytest.raises(ValueError, match="BathroomsHalf"):
        values.bathrooms(2.2, None, None)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("Active Under Contract", "Active Under Contract"),
        ("ActiveUnderContract", "Active Under Contract"),
        ("active_under_contract", "Active Under Contract"),
        ("Cancelled", "Canceled"),
        ("Sold", "Closed"),
        ("org.reso.metadata.enums.StandardStatus'ComingSoon'", "Coming Soon"),
        (["Pending"], "Pending"),
    ],
)
def test_both_spellings_of_a_member_are_understood(given: Any, meant: str) -> None:
    assert texts.word_of("StandardStatus", given) == meant


@pytest.mark.parametrize("given", ["Active,Pending", "For Sale", 3, ["Active", "Pending"]])
def test_another_word_is_refused_if_the_enumeration_is_locked(given: Any) -> None:
    with pytest.raises(ValueError, match="must be one"):
        texts.word_of("StandardStatus", given)


def test_another_word_is_kept_if_the_enumeration_is_open() -> None:
    assert texts.word_of("PropertyType", "Houseboat") == "Houseboat"


def _kinds_of_texts() -> list[Callable[[Any], Any]]:
    return [values.number, values.whole, values.money, values.area, values.switch, times.day, texts.words_of]


@pytest.mark.parametrize("given", ["", None])
def test_nothing_is_no_value(given: Any) -> None:
    assert [kind(given) for kind in _kinds_of_texts()] == [
        (None, None) if kind in (values.money, values.area) else None for kind in _kinds_of_texts()
    ]


def test_several_values_in_one_text_are_several() -> None:
    assert texts.words_of("Dishwasher, Range ,Dishwasher,") == ["Dishwasher", "Range"]
    assert texts.words_of(["Dishwasher", "Range"]) == ["Dishwasher", "Range"]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("1:00 PM", "13:00:00"),
        ("12:30am", "00:30:00"),
        ("12 p.m.", "12:00:00"),
        ("9:00", "09:00:00"),
        ("13:00:00.000", "13:00:00"),
        ("13:00:00.000Z", "2026-12-01T13:00:00+00:00"),
        ("13:00 UTC", "2026-12-01T13:00:00+00:00"),
        ("13:00:00-08:00", "2026-12-01T13:00:00-08:00"),
        ("2026-12-01T13:00:00", "13:00:00"),
        ("2026-12-01 1:00 PM", "13:00:00"),
        ("1900-01-01T13:00:00", "13:00:00"),
        ("1899-12-30 1:00 PM", "13:00:00"),
        ("0001-01-01T00:00:00", None),
        ("1900-01-01T00:00:00.000", None),
        ("1900-01-01 12:00 AM", None),
        ("0001-01-01T00:00:00Z", None),
        ("", None),
    ],
)
def test_a_time_of_an_open_house_is_understood(given: str, meant: str | None) -> None:
    found = times.clock_time(given, None, "2026-12-01")
    assert (found and found.isoformat()) == meant


@pytest.mark.parametrize(
    "given",
    [
        "13:00 PM",
        "0:30 PM",
        "25:00",
        "9:75",
        "1",
        "noon",
        "10:00-12:00",
        "10:00 - 12:00",
        "2026-12-02T13:00:00",
        "1:00 EST",
    ],
)
def test_a_time_of_an_open_house_that_could_be_another_one_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match=r"must be|no time zone"):
        times.clock_time(given, None, "2026-12-01")
