"""Identifiers of homes in the ways in which feeds write them, and what feeds write instead."""

import pytest

from property_alert_notification.homes.properties.identity import Evidence, contradict, keys_of
from tests.unit.homes.identities import evidence_in, identity_in

KING = {"CountyOrParish": "King", "StateOrProvince": "WA"}
HOME = {"UnparsedAddress": "11515 Pinehurst Way NE", "PostalCode": "98125"}

SAME_IDENTIFIERS = [
    ("urn:reso:upi:2.0:US:53033:1234567890", "US:53033:1234567890"),
    ("US-53033-N-123456-R-N", "US-53033-N-123-456-R-N"),
    ("urn:reso:upi:2.0:US:48201:123", "urn:reso:upi:US:48201:123"),
    ("urn:reso:upi:2.0:US:48201:R000022230", " URN:RESO:UPI:2.0:us : 48201 : r000022230 "),
    ("urn:reso:upi:2.0:US:48201:R000022230", "US:48201:R000022230"),
    ("urn:reso:upi:2.0:US:48201:64-1410", "urn:reso:upi:1.0:US:48201:641410"),
    ("urn:reso:upi:2.0:US:48201:R000022230:sub:78 - 9.aB", "urn:reso:upi:2.0:US:48201:R000022230:sub:78-9.AB"),
    ("urn:reso:upi:2.0:US:48201:R000022230:sub:N", "urn:reso:upi:2.0:US:48201:R000022230"),
    ("US-48201-N-022230-R-N", "us - 48201 - n - 22230 - r - n"),
    ("US-48201-N-022230-R-N", "US-48201-N-022230-R-0"),
    ("urn:reso:upi:2.0:sha3-256:" + "dc7a33c6" * 8, "URN:RESO:UPI:2.0:SHA3-256:" + "DC7A33C6" * 8),
    ("urn:reso:upi:2.0:US:48201:\uff12\uff12\uff12\uff13\uff10", "US:48201:22230"),
]
OTHER_IDENTIFIERS = [
    ("urn:reso:upi:2.0:US:53033:1234567890", "urn:reso:upi:2.0:US:53033:12345"),
    ("US-53033-N-123456-R-N", "US-53033-N-12-R-N"),
    ("US:48201:R000022230", "US:48202:R000022230"),
    ("US:48201:R000022230", "MX:48201:R000022230"),
    ("US:48201:R000022230", "US:48201:R000022231"),
    ("US:48201:112 33", "US:48201:11 233"),
    ("US:48201:R000022230", "US:48201:R000022230:sub:2"),
    ("US:48201:R000022230:sub:1", "US:48201:R000022230:sub:2"),
    ("US-48201-N-22230-R-N", "US-48201-N-22230-S-N"),
    ("US-48201-N-22230-R-N", "US-48201-12-22230-R-N"),
    ("US-48201-N-22230-S-118", "US-48201-N-22230-S-119"),
]
NO_IDENTIFIERS = [
    "N/A", "0", "000000", "12345678", "NWM2041882", "641410-0192", "6f1c2a34-5d2e-4c1b-9a77-1f1f4b7a0c11",
    "Unknown 2026",
    "urn:reso:upi:2.0:US:48201:", "urn:reso:upi:2.0:US:00000:R000022230", "urn:reso:upi:2.0:US:48201:000000",
    "urn:reso:upi:2.0:US:48201:TBD", "US-00000-N-22230-R-N", "US-48201-N-000-R-N", "US-48201-N-999999999-R-N",
    "urn:reso:upi:2.0:US:48201:1111111111",
]  # fmt: skip

SAME_PARCELS = [
    ("641410-0192", "6414100192"),
    ("641410-0192", "641410 0192"),
    ("641410-0192", " 641410 - 0192 "),
    ("641410-0192", "641410\u20130192"),
    ("641410-0192", "\uff16\uff14\uff11\uff14\uff11\uff10\uff0d\uff10\uff11\uff19\uff12"),
    ("0064141", "64141"),
    ("00-0064-141", "0-64-141"),
    ("R000022230", "r000022230"),
    ("7654-32-1", "7654321"),
    ("56789-1", "567891"),
    ("King-1234 6414100192", "KING-1234-6414100192"),
    *(
        ("641410-0192", f"{label}641410-0192")
        for label in (
            "APN ",
            "APN: ",
            "apn#",
            "APN",
            "#",
            "PIN: ",
            "Parcel ",
            "Parcel # ",
            "Parcel ID: ",
            "Parcel No. ",
            "Tax ID ",
            "Tax Parcel Number ",
            "Assessor's Parcel Number: ",
            "Folio # ",
            "Account ",
        )
    ),
]
OTHER_PARCELS = [
    ("112-33", "11-233"),
    ("641410-0192", "641410-0193"),
    ("R22230", "22230"),
    ("641410-0192", "641410-0192A"),
    ("641410-0192", "PIN641410-0192"),
]
NO_PARCELS = [
    "0", "000-000", "9999999999", "123", "1234", "12345", "123456789", "1234567890", "0123456789", "123-45-6789",
    "987654321", "N/A", "TBD", "TBD 2026", "New 2026", "Unknown", "See remarks 2026", "Not yet assigned 123",
    "641410-0192, 641410-0193", "641410-0192 & 0193", "641410-0192 and others", "641410-0192 thru 0199",
    "641410-0192 et al",
    "641410-0192/641410-0193", "641410-0192 641410-0193", "Portion of 641410-0192", "641410-0192 (part)",
    "multiple 641410", "Parent parcel 641410-0192", "Master parcel: 641410-0192", "APN TBD 2026", "PIN 12345",
    "Parcel #",
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), SAME_IDENTIFIERS, ids=ascii)
def test_an_identifier_in_several_forms_is_one(one: str, other: str) -> None:
    # Feeds have it in either field.
    records = {"UniversalParcelId": one}, {"UniversalPropertyId": other}
    assert evidence_in(*records) is Evidence.UNIVERSAL
    assert keys_of(identity_in(records[0])) & keys_of(identity_in(records[1]))


@pytest.mark.parametrize(("one", "other"), OTHER_IDENTIFIERS)
def test_two_identifiers_are_two_homes(one: str, other: str) -> None:
    assert contradict(identity_in(HOME | {"UniversalParcelId": one}), identity_in(HOME | {"UniversalParcelId": other}))


@pytest.mark.parametrize("value", NO_IDENTIFIERS)
def test_what_is_no_identifier_says_nothing(value: str) -> None:
    record = {"UniversalParcelId": value}
    assert evidence_in(record, record) is None
    assert evidence_in(record | HOME, {"UniversalParcelId": "US:48201:R22230"} | HOME) is Evidence.ADDRESS


def test_an_identifier_that_contradicts_itself_says_nothing() -> None:
    both = {"UniversalParcelId": "US:48201:R22230", "UniversalPropertyId": "US:48201:R22231"}
    assert evidence_in(both, {"UniversalParcelId": "US:48201:R22230"}) is None
    # Those of two notations are not compared with each other.
    assert evidence_in(
        HOME | {"UniversalParcelId": "US:48201:22230"}, HOME | {"UniversalPropertyId": "US-48201-N-7-R-N"}
    )


@pytest.mark.parametrize(("one", "other"), SAME_PARCELS, ids=ascii)
def test_a_parcel_in_several_forms_is_one(one: str, other: str) -> None:
    assert evidence_in(KING | {"ParcelNumber": one}, KING | {"ParcelNumber": other}) is Evidence.PARCEL


@pytest.mark.parametrize(("one", "other"), OTHER_PARCELS)
def test_two_parcels_are_two_homes(one: str, other: str) -> None:
    assert contradict(identity_in(KING | {"ParcelNumber": one}), identity_in(KING | {"ParcelNumber": other}))


@pytest.mark.parametrize("number", NO_PARCELS)
def test_what_is_no_parcel_number_says_nothing(number: str) -> None:
    record = KING | {"ParcelNumber": number}
    assert evidence_in(record, record) is None
    assert evidence_in(record | HOME, KING | HOME) is Evidence.ADDRESS
