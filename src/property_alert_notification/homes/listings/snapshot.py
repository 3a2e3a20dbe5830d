"""What of a listing's state makes change facts: a small part of it, so that comparing is cheap. Pure."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple, Self

from property_alert_notification.homes.reso.display import may_be_displayed
from property_alert_notification.homes.reso.open_house_times import time_of
from property_alert_notification.homes.reso.open_houses import is_online, is_public
from property_alert_notification.homes.reso.words import StandardStatus


class OpenHouse(NamedTuple):
    """An open house of a listing."""

    key: str
    day: str
    start: str | None
    end: str | None
    status: str
    is_online: bool = False
    """Whether it takes place online only."""
    by_appointment: bool = False

    @classmethod
    def of(cls, one: Mapping[str, Any]) -> Self:
        """That of a record."""
        usual = (one["OpenHouseKey"], *time_of(one), one["OpenHouseStatus"])
        return cls(*usual, is_online(one), one.get("AppointmentRequiredYN") is True)

    @property
    def stored(self) -> tuple[Any, ...]:
        """As the store keeps it."""
        return tuple(self) if self.is_online or self.by_appointment else self[: -len(OpenHouse._field_defaults)]


_NOT_COMPARED = re.compile(
    r"StandardStatus|ListPrice|OpenHouse|"  # parts of a snapshot by themselves
    r"Listing(Key(Numeric)?|Id)|(Source|Originating)System(Key|ID|Name)|"  # name the record of one agent
    r"\w*(Timestamp|Remarks?|Comments?|DaysOnMarket|Disclaimer|CopyrightNotice)|"
    r"\w*URL\w*|(Photos|Videos|Documents|Media)\w*"
)
"""Fields that become different although the home does not, or that are compared otherwise."""

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A listing at one time of its feed's clock."""

    at: datetime
    status: StandardStatus
    price: int | float | None = None
    currency: str = ""
    open_houses: tuple[OpenHouse, ...] | None = ()
    """Those for everybody. None if the record did not speak of any: then those of the record before it still hold."""
    searched: str = ""
    """A hash of the other fields, except for remarks and photos, which are replaced all the time, and their like."""
    off_since: datetime | None = None
    """Since when it is off the market, by the feed's clock."""
    listing: str = ""
    """Of the listings of one home, the one whose record says so; empty for the one that the home is named after."""
    record_at: datetime | None = None
    """The time of that record, if it is another one than `at`."""
    hidden: bool = False
    """Whether nobody may be shown it."""
    offered: tuple[int | float, str] | None = None
    """The price and currency at which a home could be had last that cannot be had now; None if they are the same."""

    @property
    def is_draft(self) -> bool:
        """Whether it is a draft of what was never on the market."""
        return self.status is StandardStatus.INCOMPLETE and self.off_since is None


def snapshot_of(fields: Mapping[str, Any], at: datetime) -> Snapshot:
    """The snapshot of a record."""
    status = StandardStatus(fields["StandardStatus"])
    if status is StandardStatus.DELETE:
        return Snapshot(at, status)
    given = fields.get("OpenHouse")
    return Snapshot(
        at,
        status,
        fields.get("ListPrice") or None,
        fields.get("currency", ""),
        None if given is None else tuple(OpenHouse.of(one) for one in given if is_public(one)),
        _hash_of(fields),
        hidden=not may_be_displayed(fields),
    )


def _hash_of(fields: Mapping[str, Any]) -> str:
    # Feeds write the values of a field with several in any order.
    text = _encode(
        {name: sorted(value) if _is_several(value) else value for name, value in fields.items() if _is_compared(name)}
    )
    return blake2b(text.encode(), digest_size=9).hexdigest()


def with_price(snapshot: Snapshot, before: Snapshot) -> Snapshot:
    """A snapshot with a price if there was one before: it is asked for when there is one again."""
    if snapshot.price or not before.price:
        return snapshot
    return replace(snapshot, price=before.price, currency=before.currency)


def with_offered(snapshot: Snapshot, told: Snapshot) -> Snapshot:
    """A snapshot of a home that cannot be had, with the price that was told while it could."""
    offered = told.offered
    if offered is None and told.price and not told.hidden:
        offered = told.price, told.currency
    return snapshot if offered == (snapshot.price, snapshot.currency) else replace(snapshot, offered=offered)


def with_open_houses(snapshot: Snapshot, before: Snapshot) -> Snapshot:
    """A snapshot with the open houses of the one before, if its record does not speak of any."""
    return snapshot if snapshot.open_houses is not None else replace(snapshot, open_houses=before.open_houses)


@lru_cache(4_096)
def _is_compared(name: str) -> bool:
    return not _NOT_COMPARED.fullmatch(name)


def _is_several(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def encode(snapshot: Snapshot | None) -> list[Any] | None:
    """As JSON keeps it."""
    if snapshot is None:
        return None
    one = snapshot
    houses = None if one.open_houses is None else [house.stored for house in one.open_houses]
    usual = [one.at.isoformat(), one.status, one.price, one.currency, houses, one.searched]
    others = [one.hidden, one.offered] if one.offered else [True] if one.hidden else []
    if one.off_since is None and not one.listing and one.record_at is None and not others:
        return usual
    off_since, record_at = (None if time is None else time.isoformat() for time in (one.off_since, one.record_at))
    return [*usual, off_since, one.listing, record_at, *others]


def decode(stored: list[Any] | None) -> Snapshot | None:
    """What `encode` wrote."""
    if stored is None:
        return None
    at, status, price, currency, open_houses, searched, *others = stored
    houses = None if open_houses is None else tuple(OpenHouse(*one) for one in open_houses)
    off_since, listing, record_at, *rare = others or (None, "", None)
    hidden, offered = rare if len(rare) == 2 else (bool(rare), None)
    times = (None if time is None else datetime.fromisoformat(time) for time in (off_since, record_at))
    left, said = times
    read = datetime.fromisoformat(at), StandardStatus(status), price, currency, houses, searched
    its = None if offered is None else (offered[0], offered[1])
    return Snapshot(*read, off_since=left, listing=listing, record_at=said, hidden=hidden, offered=its)


def encode_text(snapshot: Snapshot) -> str:
    """A snapshot as the text of a row."""
    return _encode(encode(snapshot))


def decode_text(stored: str) -> Snapshot:
    """What `encode_text` wrote."""
    snapshot = decode(json.loads(stored))
    assert snapshot is not None  # noqa: S101 - `encode_text` wrote one
    return snapshot
