"""The address of a home as people are shown it."""

from typing import Any

import pytest

from property_alert_notification.homes.properties.shown_address import shown_address

PARTS = ("StreetNumber", "StreetDirPrefix", "StreetName", "StreetSuffix", "StreetSuffixModifier", "StreetDirSuffix")
HOME = {"StreetNumber": "12", "StreetName": "Main", "StreetSuffix": "St"}


def test_the_parts_are_in_the_order_of_the_data_dictionary() -> None:
    fields = {
        "UnitNumber": "4",
        **dict(zip(reversed(PARTS), ("NE", "Extended", "St", "Main", "Old", "12"), strict=True)),
    }
    assert shown_address(fields) == "12 Old Main St Extended NE #4"


def test_the_whole_address_is_shown_if_there_is_one() -> None:
    assert shown_address(HOME | {"UnparsedAddress": " 12  Main St,\nSeattle "}) == "12 Main St, Seattle"
    for none in (None, "", " ", "N/A", "tbd", "0", ["12 Main St", "12 Elm St"]):
        assert shown_address(HOME | {"UnparsedAddress": none}) == "12 Main St"


@pytest.mark.parametrize("fields", [HOME, HOME | {"UnparsedAddress": "12 Main St"}])
def test_an_address_is_shown_only_if_its_seller_allows_it(fields: dict[str, Any]) -> None:
    shown = [shown_address(fields | {"InternetAddressDisplayYN": allowed}) for allowed in (True, None, False)]
    assert shown == ["12 Main St", "12 Main St", None]


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ({"StreetNumber": 12}, "12"),
        ({"StreetNumber": " 12B "}, "12B"),
        ({"StreetNumber": "12-14"}, "12-14"),
        ({"StreetNumber": "Lot 5"}, "Lot 5"),
        ({"StreetNumber": "\uff11\uff12"}, "\uff11\uff12"),
        ({"StreetNumberNumeric": 12}, "12"),
        ({"StreetNumberNumeric": 12.0}, "12"),
        ({"StreetNumber": "12½", "StreetNumberNumeric": 12}, "12½"),
        ({"StreetNumber": "TBD", "StreetNumberNumeric": "12"}, "12"),
    ],
)
def test_the_number_of_the_house(number: dict[str, Any], shown: str) -> None:
    assert shown_address({"StreetName": "Main", "StreetSuffix": "St"} | number) == f"{shown} Main St"


@pytest.mark.parametrize("none", [None, "", "0", 0, 0.0, "000", "N/A", "XXX", "TBD", "s/n", "-", True, ["1", "2"]])
def test_a_street_without_a_number_is_no_address(none: Any) -> None:
    # The address with 1 is remembered: True is not that number.
    assert shown_address({"StreetName": "Main", "StreetNumber": 1}) == "1 Main"
    for name in ("StreetNumber", "StreetNumberNumeric"):
        assert shown_address({"StreetName": "Main", name: none}) is None


@pytest.mark.parametrize("none", [None, "", " ", "N/A", "Unknown", "0", ["Main", "Elm"], {}, "Main " * 10_000])
def test_a_number_without_a_street_is_no_address(none: Any) -> None:
    assert shown_address({"StreetNumber": "12", "StreetName": none, "StreetSuffix": "St", "UnitNumber": "4"}) is None
    assert shown_address({"StreetNumber": "12", "StreetSuffix": "St"}) is None


@pytest.mark.parametrize("none", [None, "", "N/A", "None", "-", "0", 0, ["N", "S"], {}])
def test_what_fills_other_parts_is_left_out(none: Any) -> None:
    filled = dict.fromkeys(("StreetDirPrefix", "StreetSuffixModifier", "StreetDirSuffix", "UnitNumber"), none)
    assert shown_address(HOME | filled) == "12 Main St"
    assert shown_address(HOME | {"StreetSuffix": none}) == "12 Main"


@pytest.mark.parametrize(
    ("unit", "shown"),
    [
        *((bare, f"#{bare}") for bare in ("4", "4B", "12-A", "A-101", "B4", "b", "4/5", "É")),
        *((whole, whole) for whole in ("#4", "Apt 4", "Unit B", "PH1", "Penthouse", "Rear", "3º B", "Wohnung 4")),
        (4, "#4"),
        (" Apt   4 ", "Apt 4"),
    ],
)
def test_a_unit_is_shown_as_the_record_writes_it_or_with_its_mark(unit: Any, shown: str) -> None:
    assert shown_address(HOME | {"UnitNumber": unit}) == f"12 Main St {shown}"


@pytest.mark.parametrize("unit", ["no", "NONE", "N/A", "00", "unknown"])
def test_a_home_without_a_unit(unit: str) -> None:
    assert shown_address(HOME | {"UnitNumber": unit}) == "12 Main St"


@pytest.mark.parametrize(
    ("street", "shown"),
    [
        (("12", None, "Main St", "St", None, None), "12 Main St"),
        (("12", None, "MAIN ST", "Street", None, None), "12 MAIN ST"),
        (("12", "N", "North Main", "St", None, None), "12 North Main St"),
        (("12", None, "Pinehurst Way NE", "Way", None, "NE"), "12 Pinehurst Way NE"),
        (("12", None, "Main", "St", "st", None), "12 Main St"),
        # Of one word it is the name.
        (("12", None, "Avenue", "Ave", None, None), "12 Avenue Ave"),
        (("12", "N", "North", "St", None, None), "12 N North St"),
        (("12", None, "E", "St", None, "E"), "12 E St E"),
        (("100", None, "100", "St", None, "NW"), "100 100 St NW"),
        # Both directions may be meant.
        (("12", "N", "Main", "St", None, "N"), "12 N Main St N"),
        (("12", None, "Highway 9", None, None, None), "12 Highway 9"),
    ],
)
def test_what_the_name_of_a_street_has_already_is_shown_once(street: tuple[str | None, ...], shown: str) -> None:
    assert shown_address(dict(zip(PARTS, street, strict=True))) == shown


def test_letters_are_shown_as_they_are_given() -> None:
    for name in ("PINEHURST", "pinehurst", "Rue de l'Église", "Ñuñoa", "中山路"):
        assert (
            shown_address({"StreetNumber": "12", "StreetName": f" {name} ", "StreetSuffix": "way"}) == f"12 {name} way"
        )
