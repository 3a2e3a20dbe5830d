"""Addresses in the many ways in which people write them. The tables are in `addresses/`, each line after its town."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from property_alert_notification.homes.properties.address import Address, address_of, read_address
from tests.fuzz.budget import budget

Fields = dict[str, Any]

PLACES: dict[str, Fields] = {
    "Seattle": {"City": "Seattle", "StateOrProvince": "WA", "PostalCode": "98101", "Country": "US"},
    "Seattle, WA": {"City": "Seattle, WA", "StateOrProvince": "WA"},
    "Pewaukee": {"City": "Pewaukee", "StateOrProvince": "WI", "PostalCode": "53072"},
    "Austin": {"City": "Austin", "StateOrProvince": "TX", "PostalCode": "78734"},
    "Washington": {"City": "Washington", "StateOrProvince": "DC", "PostalCode": "20001"},
    "Hartford": {"City": "Hartford", "StateOrProvince": "CT", "PostalCode": "06101"},
    "Omaha": {"City": "Omaha", "StateOrProvince": "NE", "PostalCode": "68102"},
    "St. Louis": {"City": "St. Louis", "StateOrProvince": "Missouri", "PostalCode": "63101"},
    "North Bend": {"City": "North Bend", "StateOrProvince": "WA", "PostalCode": "98045"},
    "Irvine": {"City": "Irvine", "StateOrProvince": "CA", "CountyOrParish": "Orange", "PostalCode": "92602"},
    "New York": {"City": "New York", "StateOrProvince": "New York", "PostalCode": "10001"},
    "London": {"City": "London", "PostalCode": "SW1A 1AA", "Country": "GB"},
    "Toronto": {"City": "Toronto", "StateOrProvince": "ON", "PostalCode": "M5V 2T6"},
    "Paris": {"City": "Paris", "PostalCode": "75002", "Country": "FR"},
    "Berlin": {"City": "Berlin", "PostalCode": "10115", "Country": "Germany"},
    "Madrid": {"City": "Madrid", "PostalCode": "28013", "Country": "ES"},
    "nowhere": {},
}
TABLES = Path(__file__).parent / "addresses"


def _table(name: str, mark: str) -> list[tuple[Fields, list[str]]]:
    lines = (TABLES / name).read_text(encoding="utf-8").splitlines()
    return [(PLACES[place], forms.split(mark)) for place, _, forms in (line.partition(": ") for line in lines)]


SAME = [(place, forms[0], form) for place, forms in _table("same.txt", " = ") for form in forms[1:]]
DIFFERENT = [(place, *forms) for place, forms in _table("different.txt", " ≠ ")]
NONE = [(place, forms[0]) for place, forms in _table("none.txt", "\n")]

KINDS = [line.split() for line in (TABLES / "kinds.txt").read_text(encoding="utf-8").splitlines()]
"""Those of USPS Publication 28."""

INVISIBLE = [
    "123 Ma\u00adin St",
    "123\u00a0Main\u2009St",
    "123 Main\u200b St",
    "\ufeff123 Main St",
    "123 Main St\nSeattle, WA",
    "123 Main St\u2028Seattle",
]

SAME_FIELDS: list[tuple[str, Fields]] = [
    ("500 C St NW", {"StreetNumber": "500", "StreetName": "C", "StreetSuffix": "St", "StreetDirSuffix": "NW"}),
    ("123 N Main St", {"StreetNumber": "123", "StreetDirPrefix": "N", "StreetName": "Main", "StreetSuffix": "St"}),
    ("123 N Main St", {"StreetNumber": 123, "StreetName": "N Main St"}),
    ("123 N Main St", {"StreetNumberNumeric": "123.0", "StreetName": "N Main St"}),
    ("123 Main St", {"StreetNumber": "123", "StreetName": "Main St", "StreetSuffix": "Street"}),
    ("123 N Main St", {"StreetNumber": 123, "StreetDirPrefix": "N", "StreetName": "N Main", "StreetSuffix": "St"}),
    ("123 Main St", {"StreetNumber": "123", "StreetName": "Main St", "UnitNumber": "0"}),
    ("123 Main St #4", {"StreetNumber": "123", "StreetName": "Main", "StreetSuffix": "St", "UnitNumber": "#04"}),
    ("123 Main St", {"StreetNumber": "123", "StreetName": "Main", "StreetSuffix": "St", "StreetDirPrefix": "None"}),
    ("123-125 Main St", {"StreetNumber": "123/125", "StreetName": "Main", "StreetSuffix": "St"}),
    ("123 Main St #4", {"StreetNumber": "123", "StreetName": "Main", "StreetSuffix": "St", "UnitNumber": "Unit 4"}),
    ("123 Main St #4", {"UnparsedAddress": "123 Main St", "UnitNumber": "4"}),
    ("123 Main St #4", {"UnparsedAddress": "123 Main St #4", "UnitNumber": "Apt. 4"}),
    ("123 Main St #4", {"StreetNumber": "123", "StreetName": "Main St #4"}),
    (
        "123 Main St #4",
        {"StreetNumber": "123", "StreetName": "Main St", "UnitNumber": "N/A", "UnparsedAddress": "123 Main St Apt 4"},
    ),
]

NUMBERED_STREETS = [
    ("100 W Avenue 34", "100 W Avenue 35"),
    ("100 W Avenue A", "100 W Avenue B"),
    ("123 State Route 9A", "123 State Route 9B"),
    ("123 County Road B", "123 County Road C"),
    ("123 Highway 9 North", "123 Highway 9 South"),
    ("123 Old Highway 99", "123 Old Highway 98"),
    ("123 Ranch Road 620", "123 Ranch Road 12"),
    ("123 Forest Service Rd 620", "123 Forest Service Rd 12"),
    ("123 Township Line 620", "123 Township Line 12"),
    ("123 Camino 620", "123 Camino 12"),
    ("123 State Loop 1604", "123 State Loop 410"),
    ("123 Old Spur 400", "123 Old Spur 401"),
    ("123 North Lp 1604", "123 North Lp 410"),
    ("Calle 5 123", "Calle 6 123"),
    ("123 Calle 5", "123 Calle 6"),
]


def _address(text: str, place: Fields) -> Address:
    return address_of(place | {"UnparsedAddress": text})


def test_one_address_in_many_forms_is_one() -> None:
    assert len(SAME) > 400
    assert [case for case in SAME if _address(case[1], case[0]) != _address(case[2], case[0])] == []
    assert [one for place, one, _ in SAME if not _address(one, place).street] == []


def test_two_addresses_are_not_taken_for_one() -> None:
    assert len(DIFFERENT) > 200
    assert [case for case in DIFFERENT if _address(case[1], case[0]) == _address(case[2], case[0])] == []


def test_what_names_no_house_is_no_address() -> None:
    assert len(NONE) > 70
    assert [text for place, text in NONE if _address(text, place).street] == []


@pytest.mark.parametrize("text", INVISIBLE, ids=ascii)
def test_what_cannot_be_seen_makes_no_difference(text: str) -> None:
    assert _address(text, PLACES["Seattle"]) == Address("123", "main st")


@pytest.mark.parametrize(("text", "fields"), SAME_FIELDS)
def test_the_fields_of_an_address_say_the_same_as_its_text(text: str, fields: Fields) -> None:
    assert address_of(PLACES["Seattle"] | fields) == _address(text, PLACES["Seattle"])


@pytest.mark.parametrize(("one", "other"), NUMBERED_STREETS)
def test_the_number_of_a_street_is_not_replaced_by_that_of_a_unit(one: str, other: str) -> None:
    place = PLACES["Seattle"] | {"UnitNumber": "4"}
    assert _address(one, place) != _address(other, place)


def test_a_kind_of_street_is_the_same_under_all_its_names() -> None:
    parts = {"StreetNumber": "123", "StreetName": "Oak"}
    for names in KINDS:
        for street in ("123 Oak {}", "123 NE Oak {}", "123 Oak {} Dr", "123 Oak {} #4"):
            assert len({_address(street.format(name), PLACES["Seattle"]) for name in names}) == 1, (street, names)
        found = {address_of(parts | {"StreetSuffix": name}) for name in names}
        assert found == {read_address(f"123 Oak {names[0]}")}, names


def test_kinds_of_streets_are_not_taken_for_each_other() -> None:
    found = {read_address(f"123 Oak {names[0]}") for names in KINDS}
    assert len(found) == len(KINDS) > 140


def test_in_canada_the_unit_comes_before_the_number() -> None:
    assert _address("401-123 King St W", {"Country": "CA"}) == read_address("123 King Street West, Unit 401")
    assert read_address("401-123 King St W") != read_address("123 King Street West, Unit 401")


_WORDS = (
    "Main|Old|Oak|Calle|Haupt|straße|5|12|4B|North|St|Ave|NE|#|Apt|Unit|,|Flat|3º|Fifth|Rear|de|SR-9|Floor|Bldg|A|"
    "98101|Seattle|East|-|House"
)


@settings(budget(share=10))
@given(st.lists(st.sampled_from(_WORDS.split("|")), max_size=9).map(" ".join))
def test_a_normal_form_is_its_own(text: str) -> None:
    found = read_address(text)
    again = read_address(_text_of(found))
    if found.street and again.street:
        assert read_address(_text_of(again)) == again


def _text_of(address: Address) -> str:
    return f"{address.number} {address.street}" + (f", # {address.unit}" if address.unit else "")
