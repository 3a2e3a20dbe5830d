"""Addresses in the many ways in which people write them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from property_alert_notification.homes.properties.address import read_address
from tests.fuzz.budget import budget

SAME_ADDRESSES = [
    ("123 N Main St #4B", "123 north MAIN Street, Apt. 4B", "123 N. Main St Unit 4B", "123 N Main St 4-b",
     "Apto 4B, 123 N Main Street", "123 N Main St Apt 04B, Seattle, WA 98125", "  123  N Main St. Suite 4 B "),
    ("11515 Pinehurst Way NE", "11515 pinehurst wy n.e.", "11515 Pinehurst Way Northeast",
     "11515 Pinehurst Way North East"),
    ("100 Twenty-First Ave", "100 21st Avenue", "100 Twenty First Av"),
    ("100 NE Fifth St", "100 N.E. 5th Street", "100 NE 5 St"),
    ("1 Main St", "One Main Street"),
    ("12 1/2 Elm St", "12½ Elm Street"),
    ("12B Main St", "12 b Main Street"),
    ("112-10 Queens Blvd", "112 - 10 Queens Boulevard", "112\u201310 Queens Blvd."),
    ("5 Saint James Ave", "5 St. James Avenue"),
    ("500 County Road 5", "500 Co. Rd. 5"),
    ("123 Main St Bldg 3 Unit 4", "123 Main Street, Building 3, Apt 4"),
    ("123 Main St PH 2", "123 Main Street, Penthouse 2"),
    ("Flat 2, 10 High Street, London SW1A 1AA", "10 High St, Flat 2", "2/10 High Street", "Flat 2 10 High Street"),
    ("12 Church Lane", "The Old Mill, 12 Church Lane"),
    ("Hauptstraße 12 a", "Hauptstr. 12a", "HAUPTSTRASSE 12A, 10115 Berlin"),
    ("Müllerstraße 3", "Muellerstr. 3", "Mullerstrasse 3"),
    ("Straße des 17. Juni 135", "Strasse des 17 Juni 135"),
    ("Calle Mayor 5, 3º B, 28013 Madrid", "C/ Mayor, 5, 3ºB", "Calle de Mayor nº 5, piso 3 puerta B"),
    ("C/ Alcalá 50 1ºD", "Calle de Alcala, 50, 1º D"),
    ("Cra 7 # 12-34 Apto 401", "Carrera 7 No. 12-34, Apartamento 401"),
    ("Av. Insurgentes Sur 123, Int. 4", "Avenida Insurgentes Sur 123 Depto 4"),
]  # fmt: skip

OTHER_ADDRESSES = [
    ("123 Main St #4B", "123 Main St"),
    ("123 Main St #4B", "123 Main St #4D"),
    ("123 Main St #1-12", "123 Main St #112"),
    ("123 Main St Bldg 3 Unit 4", "123 Main St Bldg 4 Unit 3"),
    ("123 Main St Bldg 3 Unit 4", "123 Main St Unit 4"),
    ("123 Main St Rear", "123 Main St"),
    ("123 N Main St", "123 S Main St"),
    ("123 N Main St", "123 Main St"),
    ("123 Main St", "123 Main Ave"),
    ("123 Main St", "124 Main St"),
    ("123 Main St", "123 1/2 Main St"),
    ("123 Main St", "123A Main St"),
    ("100 5th Ave", "100 6th Ave"),
    ("100 W Avenue 34", "100 W Avenue 35"),
    ("500 Highway 99", "500 Highway 9"),
    ("112-10 Queens Blvd", "11 Queens Blvd"),
    ("Hauptstraße 12", "Hauptstraße 12a"),
    ("Hauptstraße 12", "Hauptweg 12"),
    ("Calle Mayor 5, 3º B", "Calle Mayor 5, 3º D"),
    ("Calle Mayor 5, 3º izq", "Calle Mayor 5, 3º dcha"),
    ("Calle 5 123", "Calle 6 123"),
    ("Flat 2, 10 High Street", "Flat 3, 10 High Street"),
]

NO_ADDRESSES = [
    "", "Main St", "0 Main St", "000 Main St", "TBD Main St", "Undisclosed", "Address withheld", "PO Box 12",
    "Highway 99", "County Road 12", "FM 12", "Calle 5", "Lot 5 Main St", "Flat 2", "Seattle, WA 98125", "WA 98125",
]  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other"), [(forms[0], other) for forms in SAME_ADDRESSES for other in forms[1:]], ids=str
)
def test_one_address_in_many_forms_is_one(one: str, other: str) -> None:
    assert read_address(one) == read_address(other)
    assert read_address(one).street


@pytest.mark.parametrize(("one", "other"), OTHER_ADDRESSES, ids=str)
def test_two_addresses_are_not_taken_for_one(one: str, other: str) -> None:
    assert read_address(one) != read_address(other)


@pytest.mark.parametrize("text", NO_ADDRESSES)
def test_what_names_no_house_is_no_address(text: str) -> None:
    assert not read_address(text).street


def test_in_canada_the_unit_comes_before_the_number() -> None:
    assert read_address("401-123 King St W", country="CA") == read_address("123 King Street West, Unit 401")
    assert read_address("401-123 King St W") != read_address("123 King Street West, Unit 401")


_words = st.sampled_from(
    [
        "Main",
        "Old",
        "Oak",
        "Calle",
        "Haupt",
        "straße",
        "5",
        "12",
        "4B",
        "North",
        "St",
        "Ave",
        "NE",
        "#",
        "Apt",
        "Unit",
        ",",
        "Flat",
        "3º",
        "Fifth",
        "Rear",
        "de",
    ]
)


@settings(budget(share=10))
@given(st.lists(_words, max_size=9).map(" ".join))
def test_a_normal_form_is_its_own(text: str) -> None:
    found = read_address(text)
    again = read_address(f"{found.street}, # {found.unit}" if found.unit else found.street)
    if found.street and again.street:
        assert read_address(f"{again.street}, # {again.unit}" if again.unit else again.street) == again
