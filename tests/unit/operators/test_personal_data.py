"""What an export shows of a row, which addresses a row names, and the documented shape of an export."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from property_alert_notification.operators.privacy.addresses import Address, addresses_of, is_named, subjects_of
from property_alert_notification.operators.privacy.declaration import FoundBy
from property_alert_notification.operators.privacy.document import schema
from property_alert_notification.operators.privacy.export import exported, section_of
from property_alert_notification.operators.privacy.registry import TABLES
from property_alert_notification.people.suppressions.subjects import Subjects

SUBJECTS = Subjects([b"a key of tests"])


@pytest.mark.parametrize(
    ("row", "addresses"),
    [
        ({"channel": "sms", "address": "+14155550123"}, {Address("sms", "+14155550123")}),
        ({"channel": "email", "address": ""}, set()),
        ({"email": "a@example.com", "phone_number": None}, {Address("email", "a@example.com")}),
        ({"email": None, "phone_number": "+1"}, {Address("sms", "+1")}),
        (
            {"addresses": '{"email":"a@example.com","fax":"7"}'},
            {Address("email", "a@example.com"), Address("fax", "7")},
        ),
        ({"addresses": "no JSON"}, set()),
        ({"addresses": '["a@example.com"]'}, set()),
        ({"addresses": '{"email": 7}'}, set()),
        ({"addresses": None}, set()),
        ({"address": b"\xff", "channel": "email"}, set()),
    ],
)
def test_the_addresses_of_a_row(row: dict[str, object], addresses: set[Address]) -> None:
    assert addresses_of([row]) == addresses


def test_an_address_of_an_unknown_channel_has_no_hash() -> None:
    assert subjects_of([Address("fax", "7")], SUBJECTS) == []
    assert len(subjects_of([Address("email", "a@example.com")], SUBJECTS)) == 1


def test_an_exported_row_has_its_columns_as_json() -> None:
    row = dict.fromkeys(TABLES["notifications"].exported.split()) | {
        "id": UUID(int=7),
        "title": b"\xffbytes",
        "accepted_at": datetime(2026, 11, 29, 12, tzinfo=UTC),
        "addresses": '{"email":"a@example.com"}',
        "user_id": 7,
    }

    shown = exported("notifications", row)

    assert (shown["id"], shown["accepted_at"]) == (str(UUID(int=7)), "2026-11-29T12:00:00Z")
    assert shown["addresses"] == {"email": "a@example.com"}
    assert shown["title"] == "\N{REPLACEMENT CHARACTER}bytes"
    assert "user_id" not in shown


def test_json_that_cannot_be_read_is_shown_as_it_is() -> None:
    row = dict.fromkeys(TABLES["preferences"].exported.split()) | {"rules": "{"}

    assert exported("preferences", row)["rules"] == "{"


def test_every_exported_table_is_in_the_documented_shape_once() -> None:
    top = schema()["properties"]
    of_notification = top["notifications"]["items"]["properties"]
    of_delivery = of_notification["deliveries"]["items"]["properties"]
    places = {FoundBy.NOTIFICATION: of_notification, FoundBy.DELIVERY: of_delivery}

    for name, declared in TABLES.items():
        place = places.get(declared.found_by, top)
        assert (section_of(name) in place) == bool(declared.exported), name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("to ann@example.com", True),
        ('{"to":"ANN@EXAMPLE.COM"}', True),
        ("<ann@example.com>: unknown", True),
        ("joann@example.com", False),
        ("jo.ann@example.com", False),
        ("ann@example.com.au", False),
        ("ann@example.community", False),
        ("", False),
    ],
)
def test_an_address_is_named_only_as_a_whole(text: str, *, expected: bool) -> None:
    assert is_named("ann@example.com", text) is expected
