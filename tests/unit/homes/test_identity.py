"""Which records are of the same home, and which are not, however dirty they are."""

import math
from time import process_time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from property_alert_notification.homes.properties.identity import (
    NEAR,
    Evidence,
    contradict,
    evidence,
    identifying,
    identity_of,
    keys_of,
    metres,
)
from property_alert_notification.homes.properties.street_words import DESIGNATORS, DIRECTIONS, INSIDE
from tests.fuzz.budget import budget
from tests.unit.homes.identities import Record, evidence_in, identity_in

SEATTLE = {"City": "Seattle", "StateOrProvince": "WA", "PostalCode": "98125", "CountyOrParish": "King"}
POINT = {"Longitude": -122.31, "Latitude": 47.71}
MADRID = {"City": "Madrid", "PostalCode": "28013", "Country": "ES"}


def test_the_parts_of_an_address_are_the_same_as_the_whole() -> None:
    parts = {
        "StreetNumber": "123",
        "StreetDirPrefix": "N",
        "StreetName": "Main",
        "StreetSuffix": "Street",
        "UnitNumber": "4B",
    }
    assert evidence_in(SEATTLE | parts, SEATTLE | {"UnparsedAddress": "123 North Main St Apt 4B, Seattle, WA 98125"})
    without_unit = {name: value for name, value in parts.items() if name != "UnitNumber"}
    whole = {"UnparsedAddress": "123 N Main St #4B"}
    assert evidence_in(SEATTLE | without_unit | whole, SEATTLE | parts)
    assert not evidence_in(SEATTLE | without_unit, SEATTLE | parts)


UPI = {"UniversalParcelId": "urn:reso:upi:2.0:US:53033:R:1234567890"}
KING = {"ParcelNumber": "641410-0192", "CountyOrParish": "King", "StateOrProvince": "WA"}
SUB = {"UniversalParcelId": "urn:reso:upi:2.0:US:36061:010237502:sub:118"}
BUILDING = SEATTLE | {"UnparsedAddress": "123 Main St", "PropertyType": "Residential Income"}
HOME = SEATTLE | {"UnparsedAddress": "11515 Pinehurst Way NE"}
FLAT = SEATTLE | {"UnparsedAddress": "123 Main St #4B", "PropertySubType": "Condominium"}

CASES: list[tuple[str, Record, Record, Evidence | None]] = [
    ("universal", UPI, UPI | HOME, Evidence.UNIVERSAL),
    (
        "universal, another version",
        UPI,
        {"UniversalParcelId": "URN:RESO:UPI:1.0:us:53033:r:1234567890"},
        Evidence.UNIVERSAL,
    ),
    ("universal differs, parcel agrees", UPI | KING, {"UniversalParcelId": "US:53033:R:999999999"} | KING, None),
    (
        "property id",
        {"UniversalPropertyId": "US-53033-N-6414192-R-N"},
        {"UniversalPropertyId": "us-53033-n-6414192-r-n"},
        Evidence.UNIVERSAL,
    ),
    (
        "universal of two kinds, parcel decides",
        UPI | KING,
        {"UniversalPropertyId": "US-53033-N-6414192-R-N"} | KING,
        Evidence.PARCEL,
    ),
    (
        "parcel, other marks",
        KING,
        KING | {"ParcelNumber": "6414100192", "CountyOrParish": "King County"},
        Evidence.PARCEL,
    ),
    ("parcel, lost zeros", KING | {"ParcelNumber": "0064141"}, KING | {"ParcelNumber": 64141}, Evidence.PARCEL),
    ("parcel, the state in full", KING, KING | {"StateOrProvince": "Washington", "Country": "US"}, Evidence.PARCEL),
    (
        "parcel, another address",
        KING | HOME,
        KING | SEATTLE | {"UnparsedAddress": "11515 Pinehurst Wy"},
        Evidence.PARCEL,
    ),
    ("parcel of another county", KING, KING | {"CountyOrParish": "Pierce"}, None),
    ("parcel of another state", KING, KING | {"StateOrProvince": "TX"}, None),
    ("parcel of another country", KING | {"Country": "US"}, KING | {"Country": "AU"}, None),
    ("bare parcels", {"ParcelNumber": "641410-0192"}, {"ParcelNumber": "641410-0192"}, None),
    ("one parcel is bare", KING, {"ParcelNumber": "641410-0192"}, None),
    (
        "bare parcels of one postcode",
        {"ParcelNumber": "641410", "PostalCode": "98125"},
        {"ParcelNumber": "641410", "PostalCode": "98125-1234"},
        Evidence.PARCEL,
    ),
    ("block and lot", KING | {"ParcelNumber": "112-33"}, KING | {"ParcelNumber": "11-233"}, None),
    ("parcel only filled in", KING | {"ParcelNumber": "000-000"}, KING | {"ParcelNumber": "000-000"}, None),
    ("parcel not given", KING | {"ParcelNumber": "TBD"}, KING | {"ParcelNumber": "TBD"}, None),
    ("two parcels for one house", KING | HOME, HOME | {"ParcelNumber": "641410-0193"}, None),
    ("parcel, two flats", KING | FLAT, KING | FLAT | {"UnparsedAddress": "123 Main St #4D"}, None),
    ("parcel, one unit is not named", KING | FLAT, KING | FLAT | {"UnparsedAddress": "123 Main St"}, Evidence.PARCEL),
    (
        "parcel, a flat and its building",
        KING | FLAT,
        KING | SEATTLE | {"UnparsedAddress": "123 Main St", "PropertyType": "Residential Income"},
        None,
    ),
    ("parcel, far away", KING | POINT, KING | {"Longitude": -122.31, "Latitude": 47.2}, None),
    ("address", HOME, HOME | {"UnparsedAddress": "11515 PINEHURST WY N.E."}, Evidence.ADDRESS),
    ("address, near", HOME | POINT, HOME | {"Longitude": -122.31, "Latitude": 47.7102}, Evidence.ADDRESS),
    ("address, not near", HOME | POINT, HOME | {"Longitude": -122.31, "Latitude": 47.7104}, None),
    (
        "address, near, the town is another word",
        HOME | POINT,
        HOME | POINT | {"City": "Lake City", "PostalCode": "98155"},
        Evidence.ADDRESS,
    ),
    ("address, one without coordinates", HOME | POINT, HOME, Evidence.ADDRESS),
    (
        "address, no place",
        {"UnparsedAddress": "11515 Pinehurst Way NE"},
        {"UnparsedAddress": "11515 Pinehurst Way NE"},
        None,
    ),
    (
        "address, one without a postcode",
        HOME | POINT,
        {"UnparsedAddress": "11515 Pinehurst Way NE", "City": "Seattle", "StateOrProvince": "WA"},
        Evidence.ADDRESS,
    ),
    ("address of another town", HOME, HOME | {"PostalCode": "98004"}, None),
    (
        "address of another state",
        {"UnparsedAddress": "1 Elm St", "City": "Salem", "StateOrProvince": "OR"},
        {"UnparsedAddress": "1 Elm St", "City": "Salem", "StateOrProvince": "MA"},
        None,
    ),
    ("address, one has a parcel", HOME | KING, HOME, Evidence.ADDRESS),
    ("flat", FLAT, FLAT | {"UnparsedAddress": "123 Main Street, Unit 4b"}, Evidence.ADDRESS),
    (
        "flats without units",
        FLAT | {"UnparsedAddress": "123 Main St"} | POINT,
        FLAT | {"UnparsedAddress": "123 Main St"} | POINT,
        None,
    ),
    ("flat and building", FLAT | POINT, SEATTLE | {"UnparsedAddress": "123 Main St"} | POINT, None),
    (
        "Spanish flat",
        MADRID | {"UnparsedAddress": "C/ Mayor, 5, 3ºB"},
        MADRID | {"UnparsedAddress": "Calle Mayor 5, 3º B, 28013 Madrid"},
        Evidence.ADDRESS,
    ),
    ("coordinates alone", POINT | SEATTLE, POINT | SEATTLE, None),
    ("for sale and to let", HOME | {"PropertyType": "Residential"}, HOME | {"PropertyType": "Residential Lease"}, None),
    (
        "no more than a postcode",
        MADRID | {"UnparsedAddress": "28013 Madrid"},
        MADRID | {"UnparsedAddress": "28013 Madrid"},
        None,
    ),
    ("nothing", {}, {}, None),
    ("county by its number", KING | SEATTLE, KING | SEATTLE | {"CountyOrParish": "53033"}, Evidence.PARCEL),
    ("county with its state", KING, KING | {"CountyOrParish": "King, WA"}, Evidence.PARCEL),
    (
        "county of the name of a city",
        KING | {"CountyOrParish": "St. Louis"},
        KING | {"CountyOrParish": "St. Louis City"},
        None,
    ),
    (
        "county of a saint",
        KING | {"CountyOrParish": "St. Louis"},
        KING | {"CountyOrParish": "Saint Louis County"},
        Evidence.PARCEL,
    ),
    (
        "town, one has a state",
        {"UnparsedAddress": "1 Elm St", "City": "Springfield", "StateOrProvince": "IL"},
        {"UnparsedAddress": "1 Elm St", "City": "Springfield"},
        None,
    ),
    (
        "town of feeds that name no state",
        {"UnparsedAddress": "1 Elm St", "City": "Springfield"},
        {"UnparsedAddress": "1 Elm St", "City": "Springfield"},
        Evidence.ADDRESS,
    ),
    ("flat and building of one identifier", UPI | FLAT, UPI | BUILDING, None),
    (
        "a unit of one identifier, and none",
        UPI | FLAT,
        UPI | SEATTLE | {"UnparsedAddress": "123 Main St"},
        Evidence.UNIVERSAL,
    ),
    ("two units of one identifier", UPI | {"UnitNumber": "12"} | HOME, UPI | {"UnitNumber": "12A"} | HOME, None),
    (
        "two numbers of one unit that is identified",
        SUB | {"UnitNumber": "12"},
        SUB | {"UnitNumber": "12A"},
        Evidence.UNIVERSAL,
    ),
    ("two units that are identified", SUB | HOME, {"UniversalParcelId": SUB["UniversalParcelId"] + "9"} | HOME, None),
]


@pytest.mark.parametrize(("one", "other", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_two_records(one: Record, other: Record, expected: Evidence | None) -> None:
    assert evidence_in(one, other) is expected
    assert evidence_in(other, one) is expected
    if expected:
        assert keys_of(identity_in(one)) & keys_of(identity_in(other))


def test_a_record_without_an_address_and_a_number_identifies_nothing() -> None:
    assert identifying(POINT | SEATTLE) == ""
    assert keys_of(identity_of("")) == set()


@pytest.mark.parametrize("name", ["UnparsedAddress", "City"])
def test_a_field_that_is_too_long_says_nothing(name: str) -> None:
    record = {"UnparsedAddress": "123 Main St", "City": "Seattle"} | {name: "1 Main # 1 " * 5_000}
    assert evidence_in(record, record) is None


_MARKS = ["#", ",", "(", "/", "-", "1", "12b", "12-b", "n6", "main", "st", "rr", "box"]
_words = st.sampled_from([*sorted(DESIGNATORS | INSIDE.keys() | DIRECTIONS.keys()), *_MARKS])
_text = st.lists(_words, max_size=9).map(" ".join)


@settings(budget(share=20))
@given(_text, _text)
@example("Bldg North Unit Rear 5", "")
@example("Upstairs E Unit No. Apt", "")
def test_whatever_words_an_address_has_it_is_read(address: str, unit: str) -> None:
    found = identity_in({"UnparsedAddress": address, "UnitNumber": unit, "ParcelNumber": "641410-0192"})
    assert keys_of(found)


def test_an_address_in_long_parts_is_read_without_delay() -> None:
    # Each part is as long as it may be, and becomes four times as long when its characters are made plain.
    parts = dict.fromkeys(("StreetDirPrefix", "StreetName", "StreetSuffix", "UnparsedAddress"), "½Ⅷ" * 250)
    stored = identifying({"StreetNumber": "1", **parts})
    started = process_time()
    identity_of(stored)
    assert process_time() - started < 0.15


_one = st.sampled_from([record for case in CASES for record in case[1:3]])


@settings(budget(share=20))
@given(_one, _one)
def test_whether_two_are_the_same_does_not_depend_on_their_order(one: Record, other: Record) -> None:
    first, second = identity_in(one), identity_in(other)
    assert evidence(first, second) is evidence(second, first)
    assert contradict(first, second) is contradict(second, first)
    assert not (contradict(first, second) and evidence(first, second))
    if evidence(first, second):
        assert keys_of(first) & keys_of(second)


_unit = st.from_regex(r"[1-9][0-9]{0,3}[A-H]?", fullmatch=True)


@settings(budget(share=10))
@given(_unit, _unit, st.sampled_from(["#", "Apt ", "Unit ", "Apto. ", ""]), st.sampled_from(["Flat ", "# ", "STE "]))
def test_another_unit_is_another_home(one: str, other: str, mark: str, word: str) -> None:
    first = SEATTLE | POINT | {"UnparsedAddress": f"123 Main St {mark}{one}"}
    second = SEATTLE | POINT | {"UnparsedAddress": f"123 Main Street {word}{other}"}
    assert (evidence_in(first, second) is not None) == (one == other)


_degrees = st.floats(-89, 89), st.floats(-180, 180)


@settings(budget(share=10))
@given(*_degrees, st.floats(0, math.tau), st.floats(0, NEAR * 0.99))
def test_near_points_have_a_key_in_common(latitude: float, longitude: float, way: float, distance: float) -> None:
    north = latitude + distance * math.sin(way) / 111_195
    east = longitude + distance * math.cos(way) / 111_195 / math.cos(math.radians(latitude))
    east = (east + 180) % 360 - 180
    one = {"UnparsedAddress": "1 Elm St", "Longitude": longitude, "Latitude": latitude}
    other = one | {"Longitude": east, "Latitude": north}
    assert metres((longitude, latitude), (east, north)) <= NEAR
    assert evidence_in(one, other) is Evidence.ADDRESS
    assert keys_of(identity_in(one)) & keys_of(identity_in(other))
