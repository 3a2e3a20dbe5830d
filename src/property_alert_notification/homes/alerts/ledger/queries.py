"""Every statement about the told ledger, each on a batch."""

from collections.abc import Collection, Iterable
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
from property_alert_notification.homes.listings.models import ListingChange
from property_alert_notification.homes.properties.ids.queries import with_ids

_told, _changes = table_of(Told), table_of(ListingChange)

FactKey = tuple[UUID, str]
"""A property, and the key of one of its facts."""

_KEY = columns_of(_told, "property_id", "fact")


def _told_these(wanted: FromClause) -> Any:
    # What was told of a home before it was merged has the id that it had then.
    homes, its_id = with_ids(wanted, wanted.c.property_id)
    return (
        select(wanted.c.property_id, _told.c.fact, _told.c.people)
        .select_from(homes)
        .join(_told, (_told.c.property_id == its_id) & (_told.c.fact == wanted.c.fact))
    )


_TOLD = BatchStatement(_KEY, _told_these)


async def told_rows(connection: AsyncConnection, keys: Collection[FactKey]) -> list[tuple[FactKey, str]]:
    """Who was told these facts of homes, packed: a fact may have several rows, if its home was merged."""
    rows = await _TOLD.run(connection, sorted(keys)) if keys else ()
    return [((row[0], row[1]), row[2]) for row in rows]


async def told_of(connection: AsyncConnection, keys: Collection[FactKey]) -> dict[FactKey, Numbers]:
    """Who was told these facts of homes, also before these were merged; facts that nobody was told are left out."""
    found: dict[FactKey, Numbers] = {}
    for key, people in await told_rows(connection, keys):
        found[key] = np.union1d(found.get(key, NONE), unpack(people))
    return found


_TOLD_COLUMNS = ("property_id", "fact", "shard", "people", "sequence", "changed_at")


def _put_told_these(new: FromClause) -> Insert:
    wanted = insert(_told).from_select(_TOLD_COLUMNS, select(*new.c).where(true()), include_defaults=False)
    changed = {name: wanted.excluded[name] for name in _TOLD_COLUMNS[3:]}
    return wanted.on_conflict_do_update(index_elements=["property_id", "fact", "shard"], set_=changed)


_PUT_TOLD = BatchStatement(columns_of(_told, *_TOLD_COLUMNS), _put_told_these)


async def put_told(
    connection: AsyncConnection,
    told: Iterable[tuple[FactKey, Numbers, int]],
    *,
    shards: Collection[Shard],
    now: datetime,
) -> None:
    """Store which people of these shards were told facts, each with the number of the change that told it last.

    People of other shards may be among them, since `told_of` returns all; they are left out.
    """
    # In one order everywhere, or two transactions deadlock.
    rows = [
        (*key, shard.number, pack(its), sequence, now)
        for key, people, sequence in sorted(told, key=lambda one: one[0])
        for shard in shards
        if len(its := shard.share.of(people))
    ]
    if rows:
        await _PUT_TOLD.run(connection, rows)


class SplitOff(NamedTuple):
    """A listing that turned out to be of another home than others of its home."""

    listing_id: UUID
    home: UUID
    """That it is not of."""
    to: UUID
    """Its home."""


def _told_by_these(wanted: FromClause) -> Any:
    homes, its_id = with_ids(wanted, wanted.c.home)
    return (
        select(wanted.c.to, _told.c.fact, _told.c.people, _told.c.sequence)
        .select_from(homes)
        .join(_told, _told.c.property_id == its_id)
        .join(_changes, (_changes.c.sequence == _told.c.sequence) & (_changes.c.listing_id == wanted.c.listing_id))
    )


_its = _told.c.property_id.type
_TOLD_BY = BatchStatement({"listing_id": _its, "home": _its, "to": _its}, _told_by_these)


async def copy_told(connection: AsyncConnection, listings: Collection[SplitOff], *, now: datetime) -> None:
    """Let what was told by these listings count as told of their homes, too, and not only of those they are not of."""
    if not listings:
        return
    everyone = await lock(connection)
    people: dict[FactKey, Numbers] = {}
    newest: dict[FactKey, int] = {}
    for to, fact, told, sequence in await _TOLD_BY.run(connection, sorted(listings)):
        people[to, fact] = np.union1d(people.get((to, fact), NONE), unpack(told))
        newest[to, fact] = max(newest.get((to, fact), 0), sequence)
    known = await told_of(connection, people.keys())
    rows = [(key, np.union1d(its, known.get(key, NONE)), newest[key]) for key, its in people.items()]
    await put_told(connection, rows, shards=everyone, now=now)


async def lock(connection: AsyncConnection) -> list[Shard]:
    """Keep matchers from telling people of homes until the transaction ends; returns the shards, which are everyone's.

    So what is read of the ledger holds. A matcher begins its transactions with the row of its shard.
    """
    await add_first_shard(connection)
    return [one.shard for one in await shards_of(connection, lock=True)]
