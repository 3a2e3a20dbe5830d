"""Addresses of a scheduled notification are read as they were written, and nothing else is taken for addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from property_alert_notification.base.errors import UnreadableRow
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.notifications.stored_addresses import read_addresses, write_addresses

ADDRESSES = st.dictionaries(st.sampled_from(list(Channel)), st.text(st.characters(exclude_categories=["Cs"])))


@given(ADDRESSES)
def test_written_rules_are_read_back(addresses: dict[Channel, str]) -> None:
    assert read_addresses(write_addresses(addresses)) == addresses


def test_nothing_is_no_address() -> None:
    assert read_addresses(None) == {}


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "7", '"email"', "null", '{"pigeon":"a"}', '{"email":7}', '{"email":null}', "[" * 100_000,
             b"\xff\x00", 7, 7.5]
)  # fmt: skip
def test_stored_addresses_must_be_a_mapping(text: object) -> None:
    with pytest.raises(UnreadableRow, match=r"^addresses"):
        read_addresses(text)
