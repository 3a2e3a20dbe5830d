"""The stored form of a notification's addresses until its deliveries are created: JSON, by channel."""

import json
from collections.abc import Mapping
from typing import cast

from property_alert_notification.base.errors import UnreadableRow
from property_alert_notification.base.vocabulary import Channel


def write_addresses(addresses: Mapping[Channel, str]) -> str:
    """The stored form of addresses."""
    # An alert has none until they are looked up.
    return "{}" if not addresses else json.dumps(addresses, ensure_ascii=False, separators=(",", ":"))


def read_addresses(text: object) -> dict[Channel, str]:
    """Parse stored addresses; empty for None.

    Raises:
        UnreadableRow: the text is not a mapping of channels to addresses.
    """
    if text is None:
        return {}
    try:
        addresses = {Channel(name): address for name, address in json.loads(cast(str, text)).items()}
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise UnreadableRow("addresses cannot be read") from None
    if not all(isinstance(address, str) for address in addresses.values()):
        raise UnreadableRow("addresses has a value that is not text")
    return addresses
