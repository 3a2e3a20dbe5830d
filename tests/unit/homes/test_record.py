"""Records of Property, as real feeds send them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from property_alert_notification.base.errors import InvalidField
from property_alert_notification.base.json_body import read_records
from property_alert_notification.homes.reso import by_kind, words
from property_alert_notification.homes.reso.record import FIELDS, Feed, ListingRecord, read

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
LEAST = {"ListingKey": "1", "ModificationTimestamp": "2026-11-27T17:05:00Z", "StandardStatus": "Active"}


def _read(**fields: Any) -> ListingRecord:
    return read(LEAST | fields, Feed(None, "USD"), NOW)


def _refused(**fields: Any) -> InvalidField:
    with pytest.raises(InvalidField) as refused:
        _read(**fields)
    return refused.value


def test_a_time_without_a_zone_is_refused_if_that_of_the_feed_is_not_known() -> None:
    assert "LISTING_TIME_ZONE" in _refused(OnMarketTimestamp="2026-11-28T10:00:00").problem


@pytest.mark.parametrize(
    "gone", [{"@removed": {"reason": "deleted"}}, {"MlgCanView": False}, {"StandardStatus": "Deleted"}]
)
def test_a_deletion_needs_no_time(gone: dict[str, Any]) -> None:
    record = read({"ListingKey": "1"} | gone, Feed(None, "USD"), NOW)

    assert (record.fields["StandardStatus"], record.is_dated) == ("Delete", False)
    assert read(LEAST | gone, Feed(None, "USD"), NOW).is_dated
    with pytest.raises(InvalidField, match="ModificationTimestamp"):
        read({"ListingKey": "1", "StandardStatus": "Active"}, Feed(None, "USD"), NOW)


def test_a_record_of_a_real_feed_is_understood() -> None:
    """Its shape is that of MLS Grid's: prefixed local fields, texts with commas, both spellings, no coordinates."""
    record = _read(
        OriginatingSystemName="mred",
        PropertyType="ResidentialLease",
        ListPrice="$2,450",
        BedroomsTotal="3",
        BathroomsTotalInteger=1.1,
        LivingArea="2,100 sqft",
        Appliances="Dishwasher, Range",
        MajorChangeType="Price Decrease",
        MRD_LASTCHANGE="PRCH",
        PoolPrivateYN="N",
        Latitude=None,
    )

    assert record.source == "mred"
    assert record.fields == LEAST | {
        "SourceSystemName": "mred",
        "OriginatingSystemName": "mred",
        "PropertyType": "Residential Lease",
        "ListPrice": 2450,
        "currency": "USD",
        "BedroomsTotal": 3,
        "BathroomsTotalInteger": 2,
        "LivingArea": 2100,
        "LivingAreaUnits": "Square Feet",
        "Appliances": ["Dishwasher", "Range"],
        "MajorChangeType": "Price Decrease",
        "MRD_LASTCHANGE": "PRCH",
        "PoolPrivateYN": False,
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ListPrice", "450.000"),
        ("BedroomsTotal", "three"),
        ("BathroomsTotalInteger", 2.2),
        ("LivingArea", "about 2100"),
        ("YearBuilt", 1999.5),
        ("StandardStatus", "For Sale"),
        ("InternetEntireListingDisplayYN", "maybe"),
        ("ModificationTimestamp", "2026-11-27T17:05:00"),
        ("ModificationTimestamp", "2027-11-27T17:05:00Z"),
        ("ModificationTimestamp", None),
        ("Latitude", 95),
        ("Longitude", "x"),
        ("Latitude", 47.7),
        ("Appliances", 3),
        ("Coordinates", "47.7,-122.3"),
        ("Coordinates", [13.4, 52.5]),  # it could be the other way round
        ("Coordinates", [-122.2, -122.2]),
        ("Coordinates", [-122.2, None]),
        ("Coordinates", {"type": "Point", "coordinates": [-122.2]}),
        ("Coordinates", "POINT(-122.2)"),
        ("Coordinates", "POINT(x y)"),
        ("currency", "dollars"),
        ("ListingKey", ""),
        ("ListingKey", None),
        ("ListingKey", "a\nb"),
        ("X_Deep", [[[[[[[[[[1]]]]]]]]]]),
        ("PublicRemarks", "x" * 70_000),
    ],
)
def test_a_field_that_cannot_be_understood_is_named(field: str, value: Any) -> None:
    refused = _refused(**{field: value})

    named = "Longitude" if (field, value) == ("Latitude", 47.7) else field  # the other one is missing
    assert refused.field == named
    assert str(value) not in refused.problem or value in ("", None)


def test_a_deleted_listing_keeps_nothing_but_its_keys() -> None:
    for gone in ({"MlgCanView": False}, {"MlgCanView": "false"}, {"StandardStatus": "Delete"}):
        record = _read(**{"ListPrice": 538000, "PublicRemarks": "Quiet."} | gone)

        assert record.fields == LEAST | {"StandardStatus": "Delete"}


@pytest.mark.parametrize("removed", [{"reason": "deleted"}, {"reason": "changed"}, {}, True])
@pytest.mark.parametrize("name", ["@removed", "@odata.removed"])
def test_what_a_delta_says_to_be_removed_is_deleted(name: str, removed: object) -> None:
    assert _read(**{name: removed, "ListPrice": 538000}).fields == LEAST | {"StandardStatus": "Delete"}
    assert _read(**{name: None}).fields["StandardStatus"] == "Active"
    assert _refused(**{name: "perhaps"}).field == name


@pytest.mark.parametrize("none", [0, "0", "$0.00"])
def test_a_price_of_0_is_none(none: object) -> None:
    fields = _read(ListPrice=none, ClosePrice=none, AssociationFee=none).fields

    assert fields == LEAST | {"AssociationFee": 0, "currency": "USD"}


def test_bathrooms_are_counted_if_their_number_is_missing() -> None:
    assert _read(BathroomsFull=2, BathroomsHalf="1").fields["BathroomsTotalInteger"] == 3
    assert _read(BathroomsFull=2, BathroomsHalf=1, BathroomsTotalInteger=4).fields["BathroomsTotalInteger"] == 4


def test_a_deletion_needs_no_status() -> None:
    assert _read(StandardStatus=None, MlgCanView=False).fields["StandardStatus"] == "Delete"


def test_a_status_of_the_mls_counts_if_it_is_one_of_resos() -> None:
    assert _read(StandardStatus=None, MlsStatus="Coming Soon").fields["StandardStatus"] == "Coming Soon"
    for nothing in ("N/A", "", []):
        for said in ("ComingSoon", ["Coming Soon"], "RESO.MlsStatus'ComingSoon'"):
            assert _read(StandardStatus=nothing, MlsStatus=said).fields["StandardStatus"] == "Coming Soon"
    for other in ("Contingent", ["Active", "Pending"], {"a": 1}, None):
        assert _refused(StandardStatus=None, MlsStatus=other).field == "StandardStatus"


def test_a_numeric_key_is_one() -> None:
    assert _read(ListingKey=7129300520).listing_key == "7129300520"
    assert _read(ListingKey=None, ListingKeyNumeric=7129300520).listing_key == "7129300520"


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"Latitude": "47.5", "Longitude": -122.2}, (-122.2, 47.5)),
        ({"Coordinates": {"type": "Point", "coordinates": [-122.2, 47.5]}}, (-122.2, 47.5)),
        ({"Coordinates": {"type": "Point", "coordinates": ["-122.2", "47.5", 12]}}, (-122.2, 47.5)),
        ({"Coordinates": {"type": "Point", "coordinates": []}}, (None, None)),
        ({"Coordinates": [-122.2, 47.5]}, (-122.2, 47.5)),
        ({"Coordinates": ["47.5", "-122.2"]}, (-122.2, 47.5)),
        ({"Coordinates": [0, 0]}, (None, None)),
        ({"Coordinates": [None, None]}, (None, None)),
        ({"Coordinates": "POINT (13.4 52.5)"}, (13.4, 52.5)),
        ({"Coordinates": "SRID=4326;POINT(-122.2 47.5)"}, (-122.2, 47.5)),
        ({"Latitude": 0, "Longitude": 0}, (None, None)),
        ({}, (None, None)),
    ],
)
def test_coordinates_may_be_missing(given: dict[str, Any], place: tuple[float | None, float | None]) -> None:
    fields = _read(**given).fields

    assert (fields.get("Longitude"), fields.get("Latitude")) == place


def test_a_currency_or_unit_that_contradicts_the_record_is_refused() -> None:
    assert _read(ListPrice="€450,000").fields["currency"] == "EUR"
    assert _refused(ListPrice="€450,000", currency="USD").field == "ListPrice"
    assert _refused(ListPrice=450000, AssociationFee="€100").field == "AssociationFee"
    assert _read(ListPrice="€450,000", AssociationFee="€100").fields["AssociationFee"] == 100
    assert _refused(ListPrice="€450,000", AssociationFee="$100").field == "AssociationFee"
    assert _refused(ListPrice="$450,000", currency="EUR").field == "ListPrice"
    assert _refused(LivingArea="100 m2", LivingAreaUnits="Square Feet").field == "LivingArea"
    assert _refused(LotSizeAcres="100 m2").field == "LotSizeAcres"


@pytest.mark.parametrize(
    "name",
    [
        "ListAgentFullName",
        "ListAgentEmail",
        "CoListAgentDirectPhone",
        "BuyerAgentMobilePhone",
        "ListOfficePhone",
        "OwnerName",
        "OccupantPhone",
        "PrivateRemarks",
        "ShowingInstructions",
        "LockBoxSerialNumber",
        *(
            "DoorCode",
            "EntryCode",
            "SecurityCode",
            "ShowingPin",
            "CBSCode",
            "GateCode",
            "AgentRemarks",
            "BrokerRemarks",
        ),
        *(
            "ConfidentialRemarks",
            "RealtorRemarks",
            "OfficeRemarks",
            "InternalNotes",
            "AgentName",
            "agent_name",
            "Realtor",
        ),
        *("SellerFirstName", "Seller", "Vendor", "TenantName", "PropertyManagerName", "Contact", "AttributionContact"),
        *("ModificationUser", "X_BuyerName", "Listing_Agent", "Comments"),
        "GateCode",
        "MRD_AgentEmail",
        "X_Seller_Name",
    ],
)
def test_what_is_about_a_person_is_not_kept(name: str) -> None:
    record = _read(
        **{name: "Ada Lovelace"}, X_Local={name: "Ada", "Color": "red"}, ListAgentKey="7", ListOfficeName="Oak"
    )

    assert record.fields == LEAST | {
        "X_Local": {"Color": "red"}, "ListAgentKey": "7", "ListOfficeName": "Oak", "currency": "USD"
    }  # fmt: skip


def test_only_the_first_picture_is_kept() -> None:
    media = [{"Order": 2, "MediaURL": "b"}, {"Order": 1, "MediaURL": "a"}, {"MediaURL": "c"}]

    assert _read(Media=media).fields["Media"] == [{"Order": 1, "MediaURL": "a"}]
    as_texts = [{"Order": "10", "MediaURL": "b"}, {"Order": "2", "MediaURL": "a"}]
    assert _read(Media=as_texts).fields["Media"] == [{"Order": "2", "MediaURL": "a"}]


@pytest.mark.parametrize(
    ("more", "is_kept"),
    [
        ({"Permission": ["Private"]}, False),
        ({"Permission": "Agent Only"}, False),
        ({"Permission": "OfficeOnly,FirmOnly"}, False),
        ({"Permission": ["Private", "IDX"]}, True),
        ({"Permission": "Public"}, True),
        ({"Permission": None, "MediaCategory": None}, True),
        ({"MediaCategory": "Photo"}, True),
        ({"MediaCategory": "Agent Photo"}, False),
        ({"MediaCategory": "Document"}, False),
        ({"MediaCategory": {"a": 1}}, False),
    ],
)
def test_a_picture_that_is_not_of_the_home_or_not_for_the_public_is_not_kept(
    more: dict[str, Any], *, is_kept: bool
) -> None:
    first, other = {"Order": 1, "MediaURL": "a"} | more, {"Order": 2, "MediaURL": "b"}

    assert _read(Media=[first, other]).fields["Media"] == [first if is_kept else other]
    assert ("Media" in _read(Media=[first]).fields) is is_kept


@pytest.mark.parametrize(
    ("currency", "largest"),
    [("CLF", 461_168_601_842_738), ("UYW", 461_168_601_842_738), ("KWD", 10**15), ("USD", 10**15), ("JPY", 10**15)],
)
def test_an_amount_that_is_too_large_for_its_currency_is_refused(currency: str, largest: int) -> None:
    assert _read(ListPrice=largest, currency=currency).fields["ListPrice"] == largest
    for name in ("ListPrice", "ClosePrice"):
        assert _refused(currency=currency, **{name: largest + 1}).field == name


@pytest.mark.parametrize(
    ("given", "currency", "kept"),
    [
        (449_999.99999999994, "USD", 450_000),
        ("1299.9900000000002", "USD", 1299.99),
        ("450000.004", "USD", 450_000),
        (0.001, "USD", None),
        (1_000_000.4, "JPY", 1_000_000),
        (1.2345, "KWD", 1.234),
    ],
)
def test_a_price_is_a_number_of_the_smallest_units_of_its_currency(given: Any, currency: str, kept: Any) -> None:
    """Otherwise an error of computing with binary fractions would be a change of price."""
    fields = _read(ListPrice=given, ClosePrice=given, currency=currency).fields
    assert fields.get("ListPrice") == fields.get("ClosePrice") == kept
    assert type(fields.get("ListPrice")) is type(kept)


def test_what_is_no_object_is_refused() -> None:
    with pytest.raises(InvalidField):
        read(["ListingKey"], Feed(None, "USD"), NOW)


_HOSTILE = [
    True,
    0,
    -1,
    10**400,
    1e308,
    "",
    " ",
    "x",
    "9" * 50,
    "\u0000",
    "\ud800",
    "٣",
    [],
    [1],
    [[]],
    {},
    {"a": 1},
    "25:00",
    "--",
    "2026W48",
    "2026-W48-6",
    "20261128",
]


@pytest.mark.parametrize("value", _HOSTILE, ids=range(len(_HOSTILE)))
def test_any_value_is_understood_or_refused_by_its_field(value: Any) -> None:
    """Whatever a feed sends, nothing else is raised, and no error repeats what it sent."""
    named = sorted({*FIELDS, *words.MONEY, *words.AREAS, *LEAST, "BathroomsTotalInteger", "Latitude", "Coordinates"})
    named += sorted(by_kind.TEXTS | by_kind.DAYS | by_kind.TIMES | by_kind.OTHER_NUMBERS | by_kind.OTHER_SWITCHES)
    for name in (*named, "currency", "MlgCanView", "Media", "MlsStatus", "OpenHouse", "Local"):
        _read_or_refuse({name: value}, value)
    for name in ("OpenHouseKey", "OpenHouseDate", "OpenHouseStartTime", "OpenHouseStatus", "OpenHouseType"):
        _read_or_refuse({"OpenHouse": [{"OpenHouseDate": "2026-12-01", name: value}]}, value)


def _read_or_refuse(fields: dict[str, Any], value: Any) -> None:
    refused: InvalidField | None = None
    try:
        _read(**fields)
    except InvalidField as fault:
        refused = fault
    assert refused is None or len(str(value)) < 4 or str(value) not in refused.problem


def test_a_name_that_is_too_long_is_not_kept() -> None:
    assert _read(Local={"x" * 101: 1, "y": 2}).fields["Local"] == {"y": 2}
    assert _refused(**{"x" * 101: 1}).field == "x" * 100 + "…"


STRAY = ["\x00", "\x0b", "\ud800", "\udfff", "\ufffe", "\x7f"]


@pytest.mark.parametrize("stray", STRAY)
def test_stray_characters_of_texts_become_blanks(stray: str) -> None:
    record = _read(
        City=f"Seattle{stray}",
        UnparsedAddress=f"1{stray}Elm St",
        Appliances=[f"Range{stray}", "Oven"],
        XYZ_Local={"deep": [f"{stray}a"]},
        PublicRemarks=f"A home.\nA\tlarge one.{stray}",
        OpenHouse=[{"OpenHouseKey": f"7{stray}", "OpenHouseDate": "2026-11-30"}],
    )
    assert [record.fields[name] for name in ("City", "UnparsedAddress", "Appliances", "XYZ_Local")] == [
        "Seattle",
        "1 Elm St",
        ["Range", "Oven"],
        {"deep": ["a"]},
    ]
    assert record.fields["PublicRemarks"] == "A home.\nA\tlarge one."
    assert record.fields["OpenHouse"][0]["OpenHouseKey"] == "7"


@pytest.mark.parametrize("stray", STRAY)
def test_a_stray_character_in_a_key_or_in_the_name_of_a_field_refuses_the_record(stray: str) -> None:
    assert _refused(ListingKey=f"1{stray}").field == "ListingKey"
    assert _refused(SourceSystemName=f"mred{stray}").field == "SourceSystemName"
    assert _refused(**{f"City{stray}": "Seattle"}).field.startswith("City\\u")
    assert _refused(Local={"deep": [{f"a{stray}": 1}]}).field.startswith("a\\u")
    deep: Any = 1
    for _ in range(9):
        deep = [deep]
    assert _refused(**{f"City{stray}": deep}).field.startswith("City\\u")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400", "9" * 5_000])
@pytest.mark.parametrize("value", ["{}", '[{{"Order": {}}}]', '{{"a": [[{}]]}}'])
def test_a_number_that_is_none_is_named_by_its_field(number: str, value: str) -> None:
    for field in ("ListPrice", "Media", "X_Local", "OpenHouse"):
        refused = _refused(**read_records(f'{{"{field}": {value.format(number)}}}'.encode()))

        assert refused.field == field
        assert "infinite, too large or not a number" in refused.problem


@pytest.mark.parametrize(
    ("record", "named"),
    [
        ({"Local\x00": 1}, "Local\\u0000"),
        ({"Local": [{"a\ud800": 1}]}, "a\\ud800"),
    ],
)
def test_a_field_whose_name_cannot_be_kept_is_named_so_that_it_can_be_shown(record: dict[str, Any], named: str) -> None:
    assert _refused(**record).field == named


def test_a_field_with_two_values_is_named() -> None:
    body = json.dumps(LEAST)[:-1]
    for twice, named in (
        ('"ListPrice": 1, "ListPrice": 2', "ListPrice"),
        ('"Media": [{"Order": 1, "Order": 2}]', "Media"),
    ):
        with pytest.raises(InvalidField) as refused:
            read(read_records(f"{body}, {twice}}}".encode()), Feed(None, "USD"), NOW)
        assert refused.value.field == named
    assert read(read_records(f'{body}, "ListPrice": 1, "ListPrice": 1}}'.encode()), Feed(None, "USD"), NOW)
