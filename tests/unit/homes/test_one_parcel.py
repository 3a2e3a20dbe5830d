"""Which records with one parcel number are of the same home."""

from typing import Any

import pytest

from property_alert_notification.homes.properties.identity import Evidence, Identity, contradict, evidence, keys_of
from tests.unit.homes.identities import identity_in

PARCEL = {"ParcelNumber": "641410-0192", "CountyOrParish": "King", "StateOrProvince": "WA", "PostalCode": "98101"}
UNIVERSAL = PARCEL | {"UniversalParcelId": "US:53033:6414100192"}

ONE_HOME = [
    ("123 Main St", "123 Mian St"),
    ("123 Main St", "123 N Main St"),
    ("123 Main St", "Undisclosed"),
    ("123 Main St", "0 Main St"),
    ("123 Main St", "Lot 5 Main St"),
    ("Lot 5 Main St", "Lot 5, Main Street"),
    ("Lot 5 Main St", "TBD Main St Lot 5"),
    ("0 Highway 9", "TBD Highway 9 E"),
    ("12B Main St", "12 Main St Unit B"),
    ("12B Main St", "12 Main St"),
    ("12B Main St", "12-B Main St"),
    ("12A-B Main St", "12B Main St"),
    ("12A-B Main St", "12 Main St"),
    ("12-B Main St", "12 Main St #B"),
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
    ("123-A Main St", "123-B Main St"),
    ("123A-B Main St", "125A-B Main St"),
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
    ("0 Main St Lot 1", "0 Main St Lot 2"),
    ("TBD Main St Lot 1", "TBD Main St Lot 2"),
    ("TBD Main St, Lot 1", "Lot 2, Main St"),
    ("Main St Lot # 1", "Main St Lot # 2"),
]


def _identities(of: dict[str, Any], one: str, other: str) -> tuple[Identity, Identity]:
    return identity_in(of | {"UnparsedAddress": one}), identity_in(of | {"UnparsedAddress": other})


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
    assert evidence(identity_in(building), identity_in(house)) is None


@pytest.mark.parametrize("place", [", Miami, FL 33101", " Miami FL 33101", ", FL 33101-1234"])
def test_the_postcode_of_a_home_in_florida_is_no_floor(place: str) -> None:
    florida = PARCEL | {"StateOrProvince": "FL", "PostalCode": "33101", "City": "Miami"}
    assert evidence(*_identities(florida, f"Lot 5 Main St{place}", "Lot 5 Main St")) is Evidence.PARCEL
    assert evidence(*_identities(florida, f"TBD Main St{place}", "Main St Lot 5")) is Evidence.PARCEL
    assert contradict(*_identities(florida, f"TBD Main St Lot 4{place}", "Main St Lot 5"))


def test_the_lot_is_known_by_the_fields_of_an_address_too() -> None:
    one, other = (PARCEL | {"StreetNumber": f"Lot {lot}", "StreetName": "Main", "StreetSuffix": "St"} for lot in (1, 2))
    assert contradict(identity_in(one), identity_in(other))
