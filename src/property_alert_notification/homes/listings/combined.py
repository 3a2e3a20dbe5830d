"""What the listings of one home say together. Pure.

Several sources and agents may list a home at the same time or one after the other. Only what a listing changes of
itself says something new about the home: two listings may differ in their prices for months, without a change of price.
A listing that may not be shown says nothing while another one may.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from property_alert_notification.homes.listings.open_houses import same_time
from property_alert_notification.homes.listings.snapshot import OpenHouse, Snapshot, with_open_houses, with_price
from property_alert_notification.homes.reso.words import OFF_MARKET, OpenHouseStatus, StandardStatus

_STATUSES = (OpenHouseStatus.ACTIVE, OpenHouseStatus.CANCELED, OpenHouseStatus.ENDED)


def combined(records: Iterable[tuple[str, Snapshot]]) -> Iterator[Snapshot]:
    """What is known of a home after each record: names of listings with snapshots, in the order of the feeds' clocks.

    The names decide where the clocks do not, so that the order in which records came does not.
    """
    known: dict[str, Snapshot] = {}
    home: Snapshot | None = None
    for listing, snapshot in records:
        before = known.get(listing)
        if before is not None:
            snapshot = with_open_houses(snapshot, before)
            # Off the market the last price of the home counts, whichever of its listings named it.
            snapshot = with_price(snapshot, before) if _is_on_market(snapshot) else snapshot
        known[listing] = snapshot = replace(snapshot, listing=listing)
        offered = {key: one for key, one in known.items() if _is_offered(one)}
        home = replace(_after(home, before, snapshot, offered), at=snapshot.at)
        if len(known) > 1 and offered:
            home = replace(home, open_houses=_open_houses(offered))
        said_at = known[home.listing].at
        home = replace(home, record_at=None if said_at == home.at else said_at)
        yield home


def _after(home: Snapshot | None, before: Snapshot | None, now: Snapshot, offered: Mapping[str, Snapshot]) -> Snapshot:
    """The home after one of its listings changed from `before` to `now`."""
    if home is None:
        return now
    was_offered = before is not None and _is_offered(before)
    if not _is_offered(now):
        return _after_leaving(home, now, offered, was_offered=was_offered, is_known=before is not None)
    price_changed = before is not None and (before.price, before.currency) != (now.price, now.currency)
    status_changed = before is not None and before.status != now.status
    if before is None or not was_offered:
        return now
    if not _is_offered(home):  # sold, as another listing says
        return now if price_changed or status_changed else home
    said = home if not (price_changed or status_changed or before.searched != now.searched) else now
    price = now if price_changed else home
    return replace(
        home,
        status=now.status if status_changed else home.status,
        price=price.price,
        currency=price.currency,
        searched=now.searched if before.searched != now.searched else home.searched,
        open_houses=now.open_houses,
        listing=said.listing,
    )


def _after_leaving(
    home: Snapshot, now: Snapshot, offered: Mapping[str, Snapshot], *, was_offered: bool, is_known: bool
) -> Snapshot:
    """The home after one of its listings left the market, or was not there."""
    if was_offered and now.status is StandardStatus.CLOSED:
        return now  # it was sold, whatever other agents still say
    if home.listing != now.listing or not is_known:
        return home
    # What the others say holds from now on: first the one that said something last.
    return max(offered.values(), key=lambda one: (one.at, one.listing), default=now)


def _is_offered(snapshot: Snapshot) -> bool:
    return _is_on_market(snapshot) and not snapshot.hidden


def _is_on_market(snapshot: Snapshot) -> bool:
    return snapshot.status not in OFF_MARKET


def _open_houses(offered: Mapping[str, Snapshot]) -> tuple[OpenHouse, ...]:
    """Those of all listings; those at one time are one, which takes place if one listing says so."""
    found: dict[str, OpenHouse] = {}
    key_at: dict[object, str] = {}
    for listing, snapshot in sorted(offered.items()):
        for one in snapshot.open_houses or ():
            names = same_time(one)
            key = next((key_at[name] for name in names if name in key_at), None)
            if key is None:
                key = one.key if one.key not in found else f"{one.key} {listing}"
                found[key] = one._replace(key=key)
            else:
                found[key] = min(found[key], one, key=_precedence)._replace(key=key)
            key_at |= dict.fromkeys(names, key)
    return tuple(found.values())


def _precedence(one: OpenHouse) -> tuple[int, bool, bool]:
    rank = _STATUSES.index(one.status) if one.status in _STATUSES else 0
    return rank, one.is_online, one.by_appointment
