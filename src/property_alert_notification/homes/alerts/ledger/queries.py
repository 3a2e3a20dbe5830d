"""Every statement about the told ledger, each on a batch."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import FromClause, bindparam, select, true, union_all

# Its words for conflicts are SQLite's too.
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import BatchStatement, columns_of, table_of
from property_alert_notification.homes.alerts.models import Told
from property_alert_notification.homes.alerts.numbers import NONE, Numbers, pack, unpack
from property_alert_notification.homes.alerts.shards.shard import Shard
from property_alert_notification.homes.listings.models import ListingChange
from property_alert_notification.homes.properties.models import Property
from property_alert_notification.homes.properties.queries import ids_of_home

_told, _properties, _changes = table_of(Told), table_of(Property), table_of(ListingChange)

FactKey = tuple[UUID, str]
"""A property, and the key of one of its facts."""

_KEY = columns_of(_told, "property_id", "fact")


def _told_these(wanted: FromClause) -> Any:
    # What was told of a home before it was merged has the id that it had then.
    merged = wanted.join(_properties, _properties.c.merged_into == wanted.c.property_id)
    found = [
        select(wanted.c.property_id, _told.c.fact, _told.c.people)
        .select_from(part)
        .join(_told, (_told.c.property_id == its) & (_told.c.fact == wanted.c.fact))
        for part, its in ((wanted, wanted.c.property_id), (merged, _properties.c.id))
    ]
    return union_all(*found)


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


async def copy_told(connection: AsyncConnection, listings: Collection[UUID], *, home: UUID, to: UUID) -> None:
    """Let what was told of these listings be told of another home, too: they are split off."""
    of_home = _told.c.property_id.in_(ids_of_home(bindparam("home", home, type_=_told.c.property_id.type)))
    told = (
        select(bindparam("to", to, type_=_told.c.property_id.type), *[_told.c[name] for name in _TOLD_COLUMNS[1:]])
        .join(_changes, _changes.c.sequence == _told.c.sequence)
        .where(of_home, _changes.c.listing_id.in_(sorted(listings)))
    )
    copied = insert(_told).from_select(_TOLD_COLUMNS, told, include_defaults=False)
    await connection.execute(copied.on_conflict_do_nothing())
