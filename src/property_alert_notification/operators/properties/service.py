"""Correcting which listings are of one home, each time with an entry in the audit record.

What an operator says holds for good: the next record of a listing does not undo it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.api.access import queries as access
from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import Conflict, NotFound
from property_alert_notification.homes.listings import queries as listings
from property_alert_notification.homes.listings.history import Periods, Progress, encode_progress
from property_alert_notification.homes.listings.intake import HOMES, ListingIntake
from property_alert_notification.homes.properties import queries
from property_alert_notification.homes.properties.grouping import Grouping
from property_alert_notification.homes.properties.models import PropertyRuling
from property_alert_notification.homes.properties.queries import Home, Member
from property_alert_notification.homes.reso.words import OFF_MARKET


class HomeView(NamedTuple):
    """A home as operators see it."""

    id: UUID
    ids: list[UUID]
    """All ids that mean it: its own, and those of properties that were merged into it."""
    members: list[Member]
    rulings: list[PropertyRuling]


class ListingName(NamedTuple):
    """A listing as operators name it."""

    key: str
    source: str | None = None
    """None if only one source has a listing with this key."""


async def view(connection: AsyncConnection, property_id: UUID) -> HomeView:
    """A home by any of its ids.

    Raises:
        NotFound: there is none.
    """
    ids = (await queries.same_property(connection, [property_id]))[property_id]
    # Among them is the one into which the others were merged: it alone has members.
    members = await queries.members(connection, ids)
    if not members:
        raise NotFound("Property not found")
    rulings = await queries.rulings(connection, [one.id for one in members])
    return HomeView(members[0].property_id, sorted(ids), members, rulings)


async def find(connection: AsyncConnection, name: ListingName) -> Member:
    """A listing.

    Raises:
        NotFound: there is none.
        Conflict: several sources have one, and none is named.
    """
    found = [one for one in await listings.find(connection, name.key) if name.source in (None, one.source)]
    if not found:
        raise NotFound(f"Listing {name.key} not found")
    if len(found) > 1:
        raise Conflict(f"Several sources have a listing {name.key}: name one of them.")
    return (await queries.listings(connection, [found[0].id]))[0]


@dataclass(frozen=True, slots=True)
class PropertyService:
    """The operations of one operator; `actor` is their name in the audit record."""

    connection: AsyncConnection
    """Of the transaction whose commit makes it so."""
    clock: Clock
    periods: Periods
    actor: str

    async def split(self, property_id: UUID, names: Sequence[ListingName]) -> HomeView:
        """Make these listings a home of their own; returns it.

        If it is on the market, it is news: while it was taken for another one, nobody heard of it.

        Raises:
            NotFound: there is no such property, or no such listing.
            Conflict: they are not of this property, or all of it.
        """
        chosen = {(one := await find(self.connection, name)).id: one for name in names}
        # Listings, then the homes: in the order in which records lock them.
        await listings.lock_or_add(self.connection, [(one.id, one.source, one.listing_key) for one in chosen.values()])
        await listings.take_numbers(self.connection, 0, name=HOMES)
        home = await view(self.connection, property_id)
        rest = {one.id for one in home.members} - chosen.keys()
        if not chosen.keys() <= {one.id for one in home.members}:
            raise Conflict("Not all of these listings are of this property.")
        if not rest:
            raise Conflict("A property cannot lose all its listings: name some of them.")
        new = self.clock.new_id()
        await self._rule(product(chosen, rest), same=False)
        await listings.move(self.connection, [(id_, new) for id_ in sorted(chosen)])
        if all(one.status in OFF_MARKET for one in chosen.values()):
            # Its facts are old: nobody hears of them now.
            told_at = max(filter(None, (one.modified_at for one in chosen.values())), default=None)
            unknown = Home(new, len(chosen), encode_progress(Progress()), told_at, None, None)
            await queries.save(self.connection, [unknown])
        home_of = {one.id: new if one.id in chosen else home.id for one in home.members}
        await self._find_again(Grouping(home_of, {}, {}, regrouped={home.id, new}))
        await self._record("property.split", home.id)
        return await view(self.connection, new)

    async def merge(self, property_id: UUID, other_id: UUID) -> HomeView:
        """Make two homes one; returns it.

        Raises:
            NotFound: there is no such property.
            Conflict: they are one already.
        """
        await listings.take_numbers(self.connection, 0, name=HOMES)
        home, other = [await view(self.connection, id_) for id_ in (property_id, other_id)]
        if home.id == other.id:
            raise Conflict("These are one property already.")
        kept, merged = sorted((home, other), key=lambda one: one.id)
        pairs = product([one.id for one in kept.members], [one.id for one in merged.members])
        await self._rule(pairs, same=True)
        home_of = {one.id: kept.id for one in (*kept.members, *merged.members)}
        await self._find_again(Grouping(home_of, {}, {}, merged={merged.id: kept.id}, regrouped={kept.id}))
        await self._record("property.merged", kept.id)
        return await view(self.connection, kept.id)

    async def _rule(self, pairs: Iterable[tuple[UUID, UUID]], *, same: bool) -> None:
        await queries.rule(self.connection, pairs, same=same, at=self.clock.now(), by=self.actor)

    async def _find_again(self, grouping: Grouping) -> None:
        await ListingIntake(self.connection, self.clock, self.periods).find_again(grouping)

    async def _record(self, action: str, property_id: UUID) -> None:
        await access.record(self.connection, self.clock, actor=self.actor, action=action, subject=str(property_id))
