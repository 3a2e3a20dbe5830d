"""The return path of each email."""

from uuid import UUID, uuid4

import pytest

from property_alert_notification.channels.delivery_signature import DeliverySigner
from property_alert_notification.channels.mime import parse_address
from property_alert_notification.channels.return_path import LONGEST_MAILBOX, ReturnPaths

OLD, NEW = b"a" * 32, b"b" * 32
DELIVERY = UUID("0196f3c2-0000-7000-8000-000000000001")


@pytest.fixture
def paths() -> ReturnPaths:
    return ReturnPaths("Bounces@Alerts.example.com", DeliverySigner([OLD]))


def test_a_return_path_names_its_delivery_in_any_case(paths: ReturnPaths) -> None:
    for delivery in (DELIVERY, uuid4(), UUID(int=0), UUID(int=2**128 - 1)):
        address = paths.of(delivery)
        assert parse_address(address).text.startswith("Bounces+")
        assert {paths.delivery_of(spelt) for spelt in (address, address.upper(), f" {address.lower()} ")} == {delivery}


def test_the_longest_mailbox_leaves_room_for_the_name() -> None:
    address = ReturnPaths(f"{'m' * LONGEST_MAILBOX}@example.com", DeliverySigner([OLD])).of(DELIVERY)
    assert parse_address(address).text == address
    assert len(address.partition("@")[0]) == 64


def test_every_changed_character_makes_it_void(paths: ReturnPaths) -> None:
    address = paths.of(DELIVERY)
    start = address.index("+") + 1
    for position in range(start, address.index("@") - 1):
        changed = "a" if address[position] != "a" else "b"
        assert paths.delivery_of(address[:position] + changed + address[position + 1 :]) is None


@pytest.mark.parametrize(
    "address", ["", "@", "bounces@alerts.example.com", "bounces+@alerts.example.com", "bounces+1@alerts.example.com",
                f"bounces+{'1' * 34}@alerts.example.com", f"bounces+{'é' * 34}@alerts.example.com"]
)  # fmt: skip
def test_what_is_no_return_path_names_no_delivery(paths: ReturnPaths, address: str) -> None:
    assert paths.delivery_of(address) is None


def test_a_return_path_of_another_address_or_key_is_void(paths: ReturnPaths) -> None:
    assert ReturnPaths("other@alerts.example.com", DeliverySigner([OLD])).delivery_of(paths.of(DELIVERY)) is None
    assert ReturnPaths("bounces@alerts.example.com", DeliverySigner([NEW])).delivery_of(paths.of(DELIVERY)) is None


def test_an_earlier_key_behind_the_new_one_is_still_valid(paths: ReturnPaths) -> None:
    assert (
        ReturnPaths("bounces@alerts.example.com", DeliverySigner([NEW, OLD])).delivery_of(paths.of(DELIVERY))
        == DELIVERY
    )


def test_a_message_id_names_its_delivery_by_its_signature_only() -> None:
    signer = DeliverySigner([NEW, OLD])
    name = DeliverySigner([OLD]).message_name(DELIVERY)
    assert name.startswith(f"{DELIVERY}.")
    assert {signer.delivery_of(spelt) for spelt in (name, name.upper())} == {DELIVERY}
    for void in (str(DELIVERY), f"{DELIVERY}.", f"{DELIVERY}.aaaaaaaa", name.replace("1.", "2."), "", ".", "é.é"):
        assert signer.delivery_of(void) is None
