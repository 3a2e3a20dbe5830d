"""Finds the homes of listings whose records identify them for the first time, or differently."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.logs import origin
from property_alert_notification.homes.properties import queries
from property_alert_notification.homes.properties.grouping import Grouping
from property_alert_notification.homes.properties.identity import Identity, identity_of, keys_of
from property_alert_notification.homes.properties.models import PropertyRuling
from property_alert_notification.homes.properties.queries import Member

log = structlog.get_logger()


class IdentifiedListing(NamedTuple):
    """A listing with what its newest record says of its home."""

    id: UUID
    property_id: UUID
    listing_key: str
    source: str
    identity: str
    is_new: bool
    """It is alone, and had no keys before."""


async def regroup(
    connection: AsyncConnection, identified: Sequence[IdentifiedListing], new_id: Callable[[], UUID]
) -> Grouping:
    """Find the home of each of these listings; the caller stores it.

    The caller holds the lock of all homes: listings that come at the same time must see each other.
    """
    identified = sorted(identified, key=lambda one: (one.listing_key, one.source))
    identities = {one.id: _read(one.identity) for one in identified}
    keys = [(key, one.id) for one in identified for key in keys_of(identities[one.id])]
    others: dict[UUID, set[UUID]] = {one.id: set() for one in identified}
    for listing, other in await queries.replace_keys(
        connection, keys, of=[one.id for one in identified if not one.is_new]
    ):
        others[listing].add(other)
    around = [one.id for one in identified if not one.is_new or others[one.id]]
    new = {one.property_id for one in identified if one.is_new and not others[one.id]}
    grouping = Grouping({one.id: one.property_id for one in identified}, identities, {}, new=new)
    if around:
        await _see_around(connection, grouping, set(around).union(*others.values()))
    for one in identified:
        if one.property_id in new:
            continue
        ruled = {listing for pair, same in grouping.rulings.items() if same and one.id in pair for listing in pair}
        grouping.place(one.id, sorted(others[one.id] | (ruled & grouping.home_of.keys())), new_id)
    return grouping


async def _see_around(connection: AsyncConnection, grouping: Grouping, listings: set[UUID]) -> None:
    """Read the homes of these listings, with all their listings."""
    grouping.rulings = rulings_of(await queries.rulings(connection, listings))
    ruled = {listing for pair in grouping.rulings for listing in pair}
    homes = {one.property_id for one in await queries.listings(connection, listings | ruled)}
    for member in await queries.members(connection, homes):
        _see(grouping, member)


def _see(grouping: Grouping, member: Member) -> None:
    grouping.home_of[member.id] = member.property_id
    # That of a listing that is placed now is newer than what is stored.
    if member.id not in grouping.identities:
        grouping.identities[member.id] = _read(member.identity)


def _read(stored: str) -> Identity:
    """What identifies a home; nothing does if this service fails to read it."""
    try:
        return identity_of(stored)
    except MemoryError:
        raise
    except Exception as error:
        # Otherwise a fault of ours in one address would refuse a whole batch, and stop a feed at one page for ever.
        log.error("identity.unreadable", **origin(error))  # noqa: TRY400 - its text may hold personal data
        return identity_of("")


def rulings_of(stored: Iterable[PropertyRuling]) -> Mapping[frozenset[UUID], bool]:
    """What operators said of pairs of listings."""
    return {frozenset((one.listing_id, one.other_listing_id)): one.same for one in stored}
