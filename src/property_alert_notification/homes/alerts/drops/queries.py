"""Every statement about dropped matches, each on a batch."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

import numpy as np
from sqlalchemy import FromClause, delete, select, true

# Its words for conflicts are SQLite's too.
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.damaged import readable
from property_alert_notification.base.reasons import Reason
from property_alert_notification.database import BatchStatement, as_rows, columns_of, table_of
from property_alert_notification.homes.alerts.drops.drops import Drops, Match
from property_alert_notification.homes.alerts.models import DroppedMatches
from property_alert_notification.homes.alerts.numbers import Numbers, unpack

_dropped = table_of(DroppedMatches)
_COLUMNS = ("sequence", "reason_code", "first_search", "searches")


def _put(new: FromClause) -> Insert:
    wanted = insert(_dropped).from_select(_COLUMNS, select(*new.c).where(true()), include_defaults=False)
    return wanted.on_conflict_do_update(index_elements=list(_COLUMNS[:3]), set_={"searches": wanted.excluded.searches})


_PUT = BatchStatement(columns_of(_dropped, *_COLUMNS), _put)


async def put(connection: AsyncConnection, drops: Drops) -> None:
    """Store why matches were dropped."""
    if rows := list(drops.rows()):
        await _PUT.run(connection, rows)


class StoredDrops(NamedTuple):
    """Some searches whose match of one change was dropped for one reason."""

    sequence: int
    reason_code: str
    searches: str
    """Their numbers, packed."""


_OF = BatchStatement(
    columns_of(_dropped, "sequence"),
    lambda wanted: select(_dropped.c.sequence, _dropped.c.reason_code, _dropped.c.searches).join(
        wanted, wanted.c.sequence == _dropped.c.sequence
    ),
)


async def dropped_of(connection: AsyncConnection, sequences: Collection[int]) -> list[StoredDrops]:
    """What was dropped of these changes, as it is stored: of a change that many searches match it may be much."""
    rows = await _OF.run(connection, as_rows(sorted(sequences))) if sequences else ()
    return [StoredDrops(*row) for row in rows]


def reasons_in(stored: Iterable[StoredDrops], numbers: Numbers) -> dict[Match, Reason]:
    """Why the matches of these searches were dropped; those that were not are left out."""
    read = readable(stored, lambda one: (one, unpack(one.searches)), "dropped_matches.unreadable", lambda one: one[0])
    return {
        (one.sequence, number): Reason.read(one.reason_code, None)
        for one, searches in read
        for number in np.intersect1d(searches, numbers, assume_unique=True).tolist()
    }


_REMOVE = BatchStatement(
    columns_of(_dropped, "sequence"),
    lambda old: delete(_dropped).where(_dropped.c.sequence.in_(select(old.c.sequence))),
)


async def remove(connection: AsyncConnection, sequences: Collection[int]) -> None:
    """Forget what was dropped of these changes."""
    if sequences:
        await _REMOVE.run(connection, as_rows(sorted(sequences)))
