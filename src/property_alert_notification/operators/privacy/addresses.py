"""Which addresses of a person a row names. Pure."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.definition import definition_of
from property_alert_notification.people.suppressions.subjects import Subjects


class Address(NamedTuple):
    """An address on a channel, as it is stored."""

    channel: str
    address: str


_OF_ADDRESSES = r"[\w.!#$%&'*+/=?^`{|}~@-]"
"""A character that can be a part of an address."""

COLUMNS = {"address", "addresses", *(str(definition_of(channel).profile_field) for channel in Channel)}
"""The columns that may have addresses."""


def is_named(address: str, text_: str) -> bool:
    """Whether a text names this address, and not a longer one that it is a part of."""
    return re.search(rf"(?<!{_OF_ADDRESSES}){re.escape(address)}(?!{_OF_ADDRESSES})", text_, re.IGNORECASE) is not None


def addresses_of(rows: Iterable[Mapping[str, Any]]) -> set[Address]:
    """The addresses in these rows, whatever table they are of: of deliveries, notifications, schedules and profiles."""
    return {one for row in rows for one in _addresses(row) if one.address}


def _addresses(row: Mapping[str, Any]) -> Iterator[Address]:
    if isinstance(address := row.get("address"), str):
        yield Address(str(row.get("channel")), address)
    for channel in Channel:
        if isinstance(address := row.get(str(definition_of(channel).profile_field)), str):
            yield Address(channel, address)
    for name, value in read_json(row.get("addresses"), {}).items():
        if isinstance(value, str):
            yield Address(name, value)


def read_json(text: Any, default: dict[str, Any]) -> dict[str, Any]:
    """The object that a column holds as JSON; the default if it holds none, as in a damaged row."""
    try:
        value = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return default
    return value if isinstance(value, dict) else default


_CHANNELS = frozenset[str](Channel)


def subjects_of(addresses: Iterable[Address], subjects: Subjects) -> list[str]:
    """The keyed hashes that entries about these addresses may have."""
    return [
        subject
        for channel, address in addresses
        if channel in _CHANNELS
        for subject in subjects.of_address(Channel(channel), address)
    ]
