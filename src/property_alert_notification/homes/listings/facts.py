"""Change facts: what became different between two snapshots of a listing, whatever its feed calls it. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from property_alert_notification.homes.listings.open_houses import pairs_of
from property_alert_notification.homes.listings.snapshot import OpenHouse, Snapshot
from property_alert_notification.homes.reso.words import NOT_TO_BE_HAD, ChangeType, OpenHouseType, StandardStatus

RELISTING = timedelta(weeks=14)
"""How long a home that left the market may be offered again as the same offer, unless a setting says otherwise."""

_SILENT_AT_FIRST = frozenset(
    {
        StandardStatus.CANCELED,
        StandardStatus.DELETE,
        StandardStatus.EXPIRED,
        StandardStatus.HOLD,
        StandardStatus.INCOMPLETE,
        StandardStatus.WITHDRAWN,
    }
)
"""A listing that has one of these when it is first seen is no news. One that is pending or closed is."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One change, in the terms of RESO's HistoryTransactional."""

    change_type: ChangeType
    field: str
    before: Any
    """The previous value; None if there was none."""
    after: Any
    open_house: str | None = None
    """The key of the open house that it is about: the one of now, if it has one."""
    before_currency: str | None = None
    """That of the previous price, if it is another one than now."""


def facts_between(before: Snapshot | None, after: Snapshot, relisting: timedelta = RELISTING) -> tuple[Fact, ...]:
    """The facts of a change; `before` is None when the listing was unknown.

    Offered again more than `relisting` after it left the market, it is new, and so is what was a draft before.
    """
    if before is not None and (before.is_draft or _is_new_offer(before, after, relisting)):
        before = None
    if before is None and after.status in _SILENT_AT_FIRST:
        return ()
    return (*_status(before, after), *_price(before, after), *_open_houses(before, after))


def _is_new_offer(before: Snapshot, after: Snapshot, relisting: timedelta) -> bool:
    return before.off_since is not None and after.off_since is None and after.at - before.off_since > relisting


def differs(before: Snapshot, after: Snapshot) -> bool:
    """Whether a search may decide differently about the two, even if no fact says so."""
    return (before.status, before.price, before.searched) != (after.status, after.price, after.searched)


def _status(before: Snapshot | None, after: Snapshot) -> Iterator[Fact]:
    was = None if before is None else before.status
    if was == after.status or after.status is StandardStatus.INCOMPLETE:
        return
    yield Fact(
        _change_of_status(was, after.status), "StandardStatus", None if was is None else was.value, after.status.value
    )


def _change_of_status(was: StandardStatus | None, now: StandardStatus) -> ChangeType:
    if now is StandardStatus.DELETE:
        return ChangeType.DELETED
    if now is not StandardStatus.ACTIVE:
        return ChangeType(now.value)
    if was is None:
        return ChangeType.NEW_LISTING
    return ChangeType.ACTIVE if was is StandardStatus.COMING_SOON else ChangeType.BACK_ON_MARKET


def _price(before: Snapshot | None, after: Snapshot) -> Iterator[Fact]:
    if before is None or not after.price:
        return
    if before.offered and after.status not in NOT_TO_BE_HAD:
        # Only searches that name the status heard of the prices since then.
        price, currency = before.offered
    elif before.price and not before.hidden:
        price, currency = before.price, before.currency
    else:  # no alert has shown the price of a hidden listing, so there is nothing to compare with
        return
    other = currency if currency != after.currency else None
    if other is not None or price != after.price:
        yield Fact(ChangeType.PRICE_CHANGE, "ListPrice", price, after.price, before_currency=other)


def _open_houses(before: Snapshot | None, after: Snapshot) -> Iterator[Fact]:
    if after.status is StandardStatus.DELETE:
        return  # the listing is gone, and with it all else
    old = () if before is None else before.open_houses or ()
    for was, is_ in pairs_of(old, after.open_houses or (), after.at):
        key = is_.key if is_ is not None else was.key if was is not None else None
        yield Fact(ChangeType.OPEN_HOUSE, "OpenHouse", _in_words(was), _in_words(is_), key)


def _in_words(one: OpenHouse | None) -> dict[str, Any] | None:
    if one is None:
        return None
    named = {
        "OpenHouseDate": one.day,
        "OpenHouseStartTime": one.start,
        "OpenHouseEndTime": one.end,
        "OpenHouseType": OpenHouseType.LIVESTREAM_PUBLIC.value if one.is_online else None,
        "AppointmentRequiredYN": one.by_appointment or None,
    }
    return {name: value for name, value in named.items() if value is not None}
