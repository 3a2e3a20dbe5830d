"""The addresses of a notification as its row keeps them until its deliveries are created: JSON, by channel."""

import json
from collections.abc import Mapping
from typing import cast

from property_alert_notification.base.errors import UnreadableRow
from property_alert_notification.base.vocabulary import Channel


def write_addresses(addresses: Mapping[Channel, str]) -> str:
    """The text of these addresses."""
    return json.dumps(addresses, ensure_ascii=False, separators=(",", ":"))


def read_addresses(text: object) -> dict[Channel, str]:
    """The addresses of a text; none where there is none.

    Raises:
        UnreadableRow: it is no mapping of channels to addresses.
    """
    if text is None:
        return {}
    try:
        addresses = {Channel(name): address for name, address in json.loads(cast(str, text)).items()}
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise UnreadableRow("addresses cannot be read") from None
    if not all(isinstance(address, str) for address in addresses.values()):
        raise UnreadableRow("addresses has one that is no text")
    return addresses
