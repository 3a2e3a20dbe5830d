"""Which records with one parcel number are of the same home."""

from typing import Any

import pytest

from property_alert_notification.homes.properties.identity import (
    Evidence,
    Identity,
    contradict,
    evidence,
    identifying,
    identity_of,
    keys_of,
)

PARCEL = {"ParcelNumber": "641410-0192", "CountyOrParish": "King", "StateOrProvince": "WA", "PostalCode": "98101"}
UNIVERSAL = PARCEL | {"UniversalParcelId": "US:53033:6414100192"}

ONE_HOME = [
    ("123 Main St", "123 Mian St"),
    ("123 Main St", "123 N Main St"),
    ("123 Main St", "Undisclosed"),
    ("123 Main St", "0 Main St"),
    ("123 Main St", "Lot 5 Main St"),
    ("Lot 5 Main St", "Lot 5, Main Street"),
    ("12B Main St", "12 Main St Unit B"),
    ("12B Main St", "12 Main St"),
    ("12B Main St #4", "12B Main St"),
    ("123-125 Main St", "123 Main St"),
    ("123-125 Main St", "125 Main St"),
    ("37-25 81st St", "3725 81st St"),
    ("RR 2 Box 15", "1234 County Rd 5"),
]
TWO_HOMES = [
    ("123 Main St", "127 Main St"),
    ("123 Main St", "5 Oak Ave"),
    ("123 Main St #1", "125 Main St #1"),
    ("123 Main St #1", "123 Main St #2"),
    ("123 Main St", "123 1/2 Main St"),
    ("123A Main St", "123B Main St"),
    ("123A Main St #4", "123B Main St #4"),
    ("12A Main St", "12 Main St Unit B"),
    ("123-125 Main St", "127 Main St"),
    ("123-125 Main St", "125-127 Main St"),
    ("112-10 Queens Blvd", "112-12 Queens Blvd"),
    ("RR 2 Box 15", "RR 2 Box 16"),
    ("N3456 Main St", "N3458 Main St"),
    ("Lot 1 Main St", "Lot 2 Main St"),
    ("Lot 1, Block 3, Pine Estates", "Lot 1, Block 4, Pine Estates"),
    ("Unit 1, TBD Main St", "Unit 2, TBD Main St"),
    ("TBD Lot 1 Main St", "TBD Lot 2 Main St"),
    ("0 Lot 1 Main St", "0 Lot 2 Main St"),
]


def _identity(record: dict[str, Any]) -> Identity:
    return identity_of(identifying(record))


def _identities(of: dict[str, Any], one: str, other: str) -> tuple[Identity, Identity]:
    return _identity(of | {"UnparsedAddress": one}), _identity(of | {"UnparsedAddress": other})


@pytest.mark.parametrize(("one", "other"), ONE_HOME)
def test_one_parcel_and_no_other_house_is_one_home(one: str, other: str) -> None:
    first, second = _identities(PARCEL, one, other)
    assert evidence(first, second) is evidence(second, first) is Evidence.PARCEL
    assert keys_of(first) & keys_of(second)
    assert evidence(*_identities(UNIVERSAL, one, other)) is Evidence.UNIVERSAL


@pytest.mark.parametrize(("one", "other"), TWO_HOMES)
def test_two_houses_of_one_parcel_are_two_homes(one: str, other: str) -> None:
    for of in (PARCEL, UNIVERSAL):
        first, second = _identities(of, one, other)
        assert contradict(first, second)
        assert contradict(second, first)


def test_two_house_numbers_of_one_part_of_a_parcel_are_one_home() -> None:
    part = PARCEL | {"UniversalParcelId": "US:53033:6414100192:sub:7"}
    assert evidence(*_identities(part, "123 Main St", "5 Oak Ave")) is Evidence.UNIVERSAL


def test_a_building_of_two_house_numbers_is_not_one_of_its_houses() -> None:
    building = PARCEL | {"PropertyType": "Residential Income", "UnparsedAddress": "123-125 Main St"}
    house = PARCEL | {"PropertyType": "Residential", "UnparsedAddress": "123 Main St"}
    assert evidence(_identity(building), _identity(house)) is None


def test_the_lot_is_known_by_the_fields_of_an_address_too() -> None:
    one, other = (PARCEL | {"StreetNumber": f"Lot {lot}", "StreetName": "Main", "StreetSuffix": "St"} for lot in (1, 2))
    assert contradict(_identity(one), _identity(other))
