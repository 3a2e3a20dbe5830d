"""Every statement about the told ledger, each on a batch.

The ledger has the listing whose change told a fact, and a user was told a fact of a home if a listing of the home told
it. So nothing has to be moved when homes are merged or split: what counts follows from the listings of the home, in
whatever order it happens, also if a matcher commits meanwhile what it matched before.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from sqlalchemy import FromClause, select, true

# Its words for conflicts are SQLite's too.
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import BatchStatement, columns_of, table_of
from property_alert_notification.homes.alerts.models import Told
from property_alert_notification.homes.alerts.numbers import NONE, Numbers, pack, unpack
from property_alert_notification.homes.alerts.shards.queries import add_first_shard
from property_alert_notification.homes.alerts.shards.queries import shards as shards_of
from property_alert_notification.homes.alerts.shards.shard import Shard
from property_alert_notification.homes.properties.ids.queries import with_mates

_told = table_of(Told)

FactKey = tuple[UUID, str]
"""A listing, and the key of a fact that it tells."""

PersonsFact = tuple[UUID, str, int]
"""A listing, a fact that it tells, and a person."""

_KEY = columns_of(_told, "listing_id", "fact")


class ToldRow(NamedTuple):
    """Who was told a fact by one listing of a home: a row for each shard, and one for a listing that told nobody."""

    listing_id: UUID
    """The listing that was asked for."""
    fact: str
    home: UUID
    told_by: UUID
    """A listing of the same home."""
    people: str | None
    """Packed; None if it told nobody."""


def _told_these(wanted: FromClause) -> Any:
    homes, mate, home = with_mates(wanted, wanted.c.listing_id)
    return (
        select(wanted.c.listing_id, wanted.c.fact, home, mate, _told.c.people)
        .select_from(homes)
        .outerjoin(_told, (_told.c.listing_id == mate) & (_told.c.fact == wanted.c.fact))
    )


_TOLD = BatchStatement(_KEY, _told_these)


async def told_rows(connection: AsyncConnection, keys: Collection[FactKey]) -> list[ToldRow]:
    """Who was told these facts by any listing of the same homes, as it is stored; deleted listings are left out."""
    return [ToldRow(*row) for row in await _TOLD.run(connection, sorted(keys))] if keys else []


@dataclass(frozen=True, slots=True)
class ToldFacts:
    """Who was told some facts, by the homes as they are now."""

    homes: Mapping[UUID, UUID]
    """The homes of the listings that were asked for; deleted listings are left out."""
    of_homes: Mapping[FactKey, Numbers]
    """The people, by home and fact; facts that nobody was told are left out."""
    by_listings: Mapping[FactKey, Numbers]
    """The same, by the listing that told them."""

    def of(self, listing: UUID, fact: str) -> Numbers:
        """Who was told a fact by any listing of the home of this one."""
        return self.of_homes.get((self.homes.get(listing, listing), fact), NONE)


async def told_of(connection: AsyncConnection, keys: Collection[FactKey]) -> ToldFacts:
    """Who was told these facts by any listing of the same homes."""
    homes: dict[UUID, UUID] = {}
    people: dict[FactKey, Numbers] = {}
    by_listings: dict[FactKey, Numbers] = {}
    for row in await told_rows(connection, keys):
        homes[row.listing_id] = row.home
        if row.people is not None:
            its = unpack(row.people)
            for found, key in ((people, (row.home, row.fact)), (by_listings, (row.told_by, row.fact))):
                # Most facts have one row.
                found[key] = its if (known := found.get(key)) is None else np.union1d(known, its)
    return ToldFacts(homes, people, by_listings)


class NewlyTold(NamedTuple):
    """A fact that a person is told now."""

    listing_id: UUID
    """The listing whose change tells it."""
    fact: str
    person: int
    sequence: int
    """The number of the change."""


_TOLD_COLUMNS = ("listing_id", "fact", "shard", "people", "sequence", "changed_at")


def _put_told_these(new: FromClause) -> Insert:
    wanted = insert(_told).from_select(_TOLD_COLUMNS, select(*new.c).where(true()), include_defaults=False)
    changed = {name: wanted.excluded[name] for name in _TOLD_COLUMNS[3:]}
    return wanted.on_conflict_do_update(index_elements=["listing_id", "fact", "shard"], set_=changed)


_PUT_TOLD = BatchStatement(columns_of(_told, *_TOLD_COLUMNS), _put_told_these)


async def put_told(
    connection: AsyncConnection,
    told: Iterable[NewlyTold],
    known: ToldFacts,
    *,
    shards: Collection[Shard],
    now: datetime,
) -> None:
    """Store whom listings tell facts now, beside those who are `known`: of these facts all that the ledger has.

    People of other shards may be among them; they are left out.
    """
    by_fact: dict[FactKey, list[NewlyTold]] = {}
    for one in told:
        by_fact.setdefault(one[:2], []).append(one)
    # In one order everywhere, or two transactions deadlock.
    rows = [
        (*key, shard.number, pack(people), max(one.sequence for one in new), now)
        for key, new in sorted(by_fact.items())
        for shard in shards
        if len(people := shard.share.of(np.union1d(known.by_listings.get(key, NONE), [one.person for one in new])))
    ]
    if rows:
        await _PUT_TOLD.run(connection, rows)


async def lock(connection: AsyncConnection) -> list[Shard]:
    """Keep matchers from telling people of homes until the transaction ends; returns the shards, which are everyone's.

    So what is read of the ledger holds. A matcher begins its transactions with the row of its shard.
    """
    await add_first_shard(connection)
    return [one.shard for one in await shards_of(connection, lock=True)]
