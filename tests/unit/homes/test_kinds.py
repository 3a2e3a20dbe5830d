"""Fields of records that are read by their kind: texts, days, times, words and lists as feeds write them."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from property_alert_notification.base.errors import InvalidField
from property_alert_notification.homes.reso.record import Feed, read

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
LEAST = {"ListingKey": "1", "ModificationTimestamp": "2026-11-27T17:05:00Z", "StandardStatus": "Active"}
PACIFIC = Feed(ZoneInfo("America/Los_Angeles"), "USD")

UNDERSTOOD: list[tuple[str, Any, Any]] = [
    ("StreetNumber", 123, "123"),
    ("UnitNumber", 4.0, "4"),
    ("TaxLot", 1.5, "1.5"),
    ("StreetNumber", [1], "1"),
    ("ParcelNumber", ["1"], "1"),
    ("PublicRemarks", 5, "5"),
    ("City", [None, "Seattle"], "Seattle"),
    ("ElementarySchool", ["A", "B"], ["A", "B"]),
    ("Zoning", [None], None),
    ("OnMarketDate", "2026-11-28", "2026-11-28"),
    ("OnMarketDate", "2026-11-28T00:00:00Z", "2026-11-28"),
    ("OnMarketDate", "11/28/2026", "2026-11-28"),
    ("OnMarketDate", "28/11/2026", "2026-11-28"),
    ("OnMarketDate", "11/11/2026", "2026-11-11"),
    ("OnMarketDate", "0000-00-00", None),
    ("OnMarketDate", "N/A", None),
    ("OnMarketTimestamp", "2026-11-28T10:00:00", "2026-11-28T10:00:00-08:00"),
    ("OnMarketTimestamp", "2026-11-28T10:00:00.5+01:00", "2026-11-28T10:00:00.5+01:00"),
    ("OnMarketTimestamp", "2026-11-28 10:00 am UTC", "2026-11-28T10:00:00+00:00"),
    ("PhotosChangeTimestamp", "0001-01-01T00:00:00", None),
    ("OriginalEntryTimestamp", "2026-11-01T01:30:00", None),  # it exists twice
    ("View", '["Water","City"]', ["Water", "City"]),
    ("View", "[Water", ["[Water"]),
    ("View", "[" * 50_000, ["[" * 50_000]),
    ("Appliances", [None, "Range"], ["Range"]),
    ("Appliances", [None], None),
    ("Roof", ['["Tile", null]'], ["Tile"]),
    ("PropertySubType", "Condominium, Townhouse", ["Condominium", "Townhouse"]),
    ("PropertySubType", ["Condominium"], "Condominium"),
    ("PropertyType", ["Land"], "Land"),
    ("PropertyType", "Cabin, Lodge", "Cabin, Lodge"),  # a word of the feed's own
    ("Furnished", ["Yes"], "Yes"),
    ("MlsStatus", ["A", "B"], ["A", "B"]),
    ("Media", {"MediaURL": "x"}, [{"MediaURL": "x"}]),
    *(
        (name, ["3"], 3)
        for name in ("BedroomsTotal", "BathroomsTotalInteger", "GarageSpaces", "ListPrice", "LivingArea")
    ),
    *((name, nothing, None) for name in ("BathroomsTotalInteger", "Coordinates", "OpenHouse") for nothing in ("", {})),
    *((name, [], None) for name in ("BedroomsTotal", "BathroomsTotalInteger", "Latitude", "Coordinates", "MlgCanView")),
    *(("OpenHouse", nothing, None) for nothing in ([None], [{}])),
    ("PoolPrivateYN", ["N"], False),
    ("LivingAreaUnits", "ft2", "Square Feet"),
    ("LivingAreaUnits", "Sq. Meters", "Square Meters"),
    ("LotSizeUnits", ["Acre"], "Acres"),
]
REFUSED: list[tuple[str, Any]] = [
    *((name, {"a": 1}) for name in ("City", "UnparsedAddress", "UnitNumber", "Country", "ListingURL", "MlsStatus")),
    *((name, [1, 2]) for name in ("BedroomsTotal", "ListPrice", "LivingArea", "Latitude", "PoolPrivateYN")),
    *((name, {"a": 1}) for name in ("PropertySubType", "WalkScore", "PublicRemarks", "OnMarketDate")),
    *((name, [{"a": 1}]) for name in ("City", "PropertySubType", "Furnished", "View")),
    *(("OnMarketDate", day) for day in ("garbage", 5, "05/06/2026", "13/13/2026", "02/30/2026")),
    *(("OnMarketTimestamp", time) for time in ("garbage", 1_790_000_000, ["x"])),
    ("UnitNumber", True),
    ("Media", "x"),
    ("PropertyType", "Residential,Land"),
    ("PropertyType", ["Residential", "Land"]),
]
DERIVED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"LotSizeAcres": 0.5}, {"LotSizeArea": 0.5, "LotSizeUnits": "Acres"}),
    ({"LotSizeAcres": 0.17, "LotSizeSquareFeet": 7_500}, {"LotSizeArea": 7_500, "LotSizeUnits": "Square Feet"}),
    ({"LotSizeAcres": 0.5, "LotSizeArea": 9, "LotSizeUnits": "Square Yards"}, {"LotSizeArea": 9}),
    ({"LotSizeAcres": 0.5, "LotSizeArea": 0.5}, {"LotSizeArea": 0.5, "LotSizeUnits": "Acres"}),
    ({"LotSizeAcres": 0.5, "LotSizeArea": 0.5, "LotSizeSquareFeet": 21_780}, {"LotSizeUnits": "Acres"}),
    ({"LotSizeArea": 1_012, "LotSizeSquareFeet": 10_893}, {"LotSizeArea": 10_893, "LotSizeUnits": "Square Feet"}),
    ({"LotSizeArea": 7_500}, {"LotSizeArea": 7_500, "LotSizeUnits": None}),
    ({"BathroomsTotalDecimal": 2.5}, {"BathroomsTotalInteger": 3}),
    ({"BathroomsTotalDecimal": 2.2}, {"BathroomsTotalInteger": None}),
    ({"BathroomsTotalDecimal": 2.5, "BathroomsFull": 2, "BathroomsHalf": 2}, {"BathroomsTotalInteger": 4}),
]


def _read(**given: Any) -> dict[str, Any]:
    return dict(read(LEAST | given, PACIFIC, NOW).fields)


def test_a_field_is_read_by_its_kind() -> None:
    for name, given, meant in UNDERSTOOD:
        fields = _read(**{name: given})

        assert fields.get(name) == meant, (name, given)
        assert _read(**fields) == fields, (name, given)


@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_a_value_of_another_kind_is_refused_with_the_name_of_its_field(name: str, value: Any) -> None:
    with pytest.raises(InvalidField) as refused:
        _read(**{name: value})
    assert refused.value.field == name


@pytest.mark.parametrize(("given", "derived"), DERIVED)
def test_what_a_field_says_by_another_name_is_derived(given: dict[str, Any], derived: dict[str, Any]) -> None:
    fields = _read(**given)

    assert {name: fields.get(name) for name in derived} == derived
