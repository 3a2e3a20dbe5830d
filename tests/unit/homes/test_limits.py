"""Numbers, places and postal codes that say that a value is unknown, and what no home has."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from property_alert_notification.base.errors import InvalidField
from property_alert_notification.homes.criteria.comparable import listed_keys
from property_alert_notification.homes.criteria.known_fields import KINDS, Kind
from property_alert_notification.homes.reso.limits import COUNTS, SUMS_AND_AREAS
from property_alert_notification.homes.reso.record import Feed, read
from property_alert_notification.homes.reso.words import AREAS, DECIMAL, WHOLE

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
LEAST = {"ListingKey": "1", "ModificationTimestamp": "2026-11-27T17:05:00Z", "StandardStatus": "Active"}
LIMITS = COUNTS | SUMS_AND_AREAS


def _fields(**fields: Any) -> Any:
    return read(LEAST | fields, Feed(None, "USD"), NOW).fields


def test_every_number_that_is_read_has_limits() -> None:
    assert LIMITS.keys() - {"BathroomsTotalInteger", "TaxAssessedValue"} == WHOLE | DECIMAL | AREAS.keys()
    assert all(KINDS.get(name) is Kind.NUMBER for name in LIMITS)


@pytest.mark.parametrize("name", sorted(LIMITS))
def test_a_number_is_kept_within_its_limits_and_unknown_or_refused_beyond(name: str) -> None:
    least, most, unknown = LIMITS[name]

    for kept in {least, most, 2} - unknown if least == 0 else {least, most, 1987}:
        assert _fields(**{name: kept})[name] == kept
    for none in unknown:
        assert name not in _fields(**{name: none})
        assert name not in _fields(**{name: f"{none}"})
    for wrong in {most + 1, *({least - 1} if least else ())} - unknown:
        with pytest.raises(InvalidField, match=f"{name}.* {most}") as refused:
            _fields(**{name: wrong})
        assert refused.value.field == name


@pytest.mark.parametrize(
    ("field", "zero"),
    [
        ("BedroomsTotal", True),
        ("GarageSpaces", True),
        ("BathroomsHalf", True),
        ("DaysOnMarket", True),
        ("AssociationFee", True),
        ("TaxAnnualAmount", True),
        ("YearBuilt", False),
        ("LivingArea", False),
        ("LotSizeAcres", False),
        ("StoriesTotal", False),
        ("ListPrice", False),
        ("TaxAssessedValue", False),
    ],
)
def test_zero_is_a_number_of_what_a_home_may_have_none_of(field: str, zero: bool) -> None:
    assert (_fields(**{field: 0}).get(field) == 0) is zero


def test_an_unknown_number_is_not_summed_up() -> None:
    assert "BathroomsTotalInteger" not in _fields(BathroomsFull=999, BathroomsHalf=1)


@pytest.mark.parametrize("none", ["N/A", " tbd ", "Unknown", "-", ".", "None", "TBA", "n.a."])
def test_a_text_that_says_that_there_is_no_place_is_unknown(none: str) -> None:
    for name in ("CountyOrParish", "PostalCode", "StreetName", "UnparsedAddress", "SubdivisionName"):
        assert name not in _fields(**{name: none})
    assert "PropertyType" not in _fields(PropertyType=none)
    assert "YearBuilt" not in _fields(YearBuilt=none)


def test_places_whose_names_look_like_such_texts_are_kept() -> None:
    fields = _fields(City="None", StateOrProvince="NA", Country="IT", StreetName="Na Row", SubdivisionName="TBD Ranch")

    assert [fields[name] for name in ("City", "StateOrProvince", "StreetName", "SubdivisionName")] == [
        "None",
        "NA",
        "Na Row",
        "TBD Ranch",
    ]


AMERICAN, GERMAN = {"Country": "US"}, {"Country": "DE"}


@pytest.mark.parametrize(
    ("code", "others", "kept"),
    [
        (98177, {}, "98177"),
        (98177.0, {}, "98177"),
        ("98177.0", {}, "98177"),
        ("98177-1234", {}, "98177-1234"),
        ("WA 98177", {"StateOrProvince": "WA"}, "98177"),
        ("WA, 98177-1234", {"StateOrProvince": "WA"}, "98177-1234"),
        ("WA 98177", {"StateOrProvince": "OR"}, "WA 98177"),
        ("DE-80331", GERMAN, "80331"),
        (2139, AMERICAN, "02139"),
        ("2139", AMERICAN | {"StateOrProvince": "MA"}, "02139"),
        (2139, {"StateOrProvince": "MA"}, "02139"),
        (2139, {"StateOrProvince": "Massachusetts"}, "02139"),
        (2139, {"StateOrProvince": "MA", "currency": "EUR"}, "2139"),
        (6000, {"StateOrProvince": "WA"}, "6000"),
        (2139, {"Country": "AU", "StateOrProvince": "NSW"}, "2139"),
        (601, {"StateOrProvince": "PR"}, "00601"),
        ("2139-1234", AMERICAN, "02139-1234"),
        (21391234, AMERICAN, "021391234"),
        ("SW1A 1AA", {"Country": "GB"}, "SW1A 1AA"),
        ("00000", {}, None),
        (0, {}, None),
        ("99999", AMERICAN, None),
        ("none", {}, None),
    ],
)
def test_a_postal_code_is_kept_as_the_post_writes_it(code: Any, others: dict[str, str], kept: str | None) -> None:
    assert _fields(PostalCode=code, **others).get("PostalCode") == kept


@pytest.mark.parametrize("code", ["98177", 98177.0, "98177-1234", "98177 1234", "WA 98177"])
def test_a_search_for_a_zip_code_finds_all_its_notations(code: Any) -> None:
    fields = _fields(PostalCode=code, StateOrProvince="WA")

    assert listed_keys("PostalCode", fields) == {"98177"}


@pytest.mark.parametrize("code", [98177.5, True, {"code": 1}, -1])
def test_what_is_no_postal_code_is_refused(code: Any) -> None:
    with pytest.raises(InvalidField, match="PostalCode"):
        _fields(PostalCode=code)


@pytest.mark.parametrize(("longitude", "latitude"), [(0, 0), (0, None), (None, "0"), ("N/A", 0.0), (None, None)])
def test_coordinates_of_nothing_are_unknown(longitude: Any, latitude: Any) -> None:
    assert not _fields(Longitude=longitude, Latitude=latitude).keys() & {"Longitude", "Latitude"}


def test_the_documentation_has_every_limit() -> None:
    text = (Path(__file__).parents[3] / "docs" / "listings.md").read_text()

    missing = [name for name in LIMITS if f"`{name}`" not in text]
    assert not missing
    for _, most, _ in LIMITS.values():
        assert f"{most:,}" in text or f"{most}" in text
