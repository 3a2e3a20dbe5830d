"""Every statement of the calls about saved searches."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, Integer, bindparam, delete, select, text, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.api.paging import LAST_ID
from property_alert_notification.database import (
    BatchStatement,
    as_rows,
    columns_of,
    run_within,
    table_of,
    time_type,
    true_of_many,
)
from property_alert_notification.homes.listings.queries import take_numbers
from property_alert_notification.homes.saved_searches.models import HAS_ENDED, SavedSearch, SavedSearchVersion
from property_alert_notification.homes.saved_searches.scripts import find_person

_searches, _versions = table_of(SavedSearch), table_of(SavedSearchVersion)
_user = bindparam("user_id", type_=BigInteger)


_FIND = select(_searches).where(
    _searches.c.id == bindparam("key", type_=_searches.c.id.type), _searches.c.user_id == _user
)


async def find(connection: AsyncConnection, user_id: int, key: UUID) -> SavedSearch | None:
    """One search of a user, or None."""
    row = (await connection.execute(_FIND, {"key": key, "user_id": user_id})).mappings().one_or_none()
    return None if row is None else SavedSearch.of(**row)


async def page(
    connection: AsyncConnection, user_id: int, *, active: bool | None = None, before: UUID | None, limit: int
) -> list[SavedSearch]:
    """Up to `limit` searches of a user, the newest first; with `before` only those below that id."""
    asked = select(_searches).where(_searches.c.user_id == user_id, _searches.c.id < (before or LAST_ID))
    if active is not None:
        asked = asked.where(_searches.c.active.is_(active))
    found = await connection.execute(asked.order_by(_searches.c.id.desc()).limit(limit))
    return [SavedSearch.of(**row) for row in found.mappings()]


class StoredQuery(NamedTuple):
    """What a version of a search looks for."""

    id: UUID
    version: int
    expression: str


_NOT_TOLD_TOO_MANY = BatchStatement(
    columns_of(_searches, "id"),
    lambda wanted: (
        select(_searches.c.id, _searches.c.version, _searches.c.expression)
        .join(wanted, wanted.c.id == _searches.c.id)
        .where(_searches.c.active.is_(True), _searches.c.told_too_many.is_(False))
    ),
)


async def not_told_too_many(connection: AsyncConnection, searches: Collection[UUID]) -> list[StoredQuery]:
    """What those of these searches look for that are active, and whose users were not told that they match too many."""
    return [StoredQuery(*row) for row in await _NOT_TOLD_TOO_MANY.run(connection, as_rows(searches))]


_OPEN_OF_USER = (
    select(_versions.c.search_number)
    .where(_versions.c.user_id == _user, _versions.c.until_sequence.is_(None))
    .order_by(_versions.c.search_number)
)
_LOCK_ALL = select(_searches.c.id).where(_searches.c.user_id == _user).order_by(_searches.c.number).with_for_update()
_END_THESE = BatchStatement(
    columns_of(_versions, "search_number", "until_sequence"),
    lambda ended: (
        update(_versions)
        .where(_versions.c.search_number == ended.c.search_number, true_of_many(_versions.c.until_sequence.is_(None)))
        .values(until_sequence=ended.c.until_sequence, until_at=bindparam("now", type_=time_type()), packed=None)
    ),
)


async def end_all(connection: AsyncConnection, user_id: int, *, now: datetime) -> int:
    """Let the versions of all searches of a user end, before the user is erased; returns how many."""
    # In the order of all transactions: the person, the searches, the numbers, the versions.
    if await run_within(connection, find_person(user_id)) is None:
        return 0
    await connection.execute(_LOCK_ALL, {"user_id": user_id})
    searches = (await connection.execute(_OPEN_OF_USER, {"user_id": user_id})).scalars().all()
    if searches:
        first = await take_numbers(connection, len(searches))
        await _END_THESE.run(connection, [(one, first + place) for place, one in enumerate(searches)], now=now)
    return len(searches)


_OLD = (
    select(_versions.c.search_number, _versions.c.version)
    .where(text(HAS_ENDED), _versions.c.until_at < bindparam("until", type_=time_type()))
    .order_by(_versions.c.until_at)
    .limit(bindparam("limit", type_=Integer))
    .with_for_update(skip_locked=True)
)
_REMOVE = BatchStatement(
    columns_of(_versions, "search_number", "version"),
    lambda old: delete(_versions).where(
        # For the pair alone SQLite would read the whole table.
        _versions.c.search_number.in_(select(old.c.search_number)),
        true_of_many(
            tuple_(_versions.c.search_number, _versions.c.version).in_(select(old.c.search_number, old.c.version))
        ),
    ),
)


async def remove_old(connection: AsyncConnection, *, until: datetime, limit: int) -> int:
    """Delete up to `limit` versions that ended before `until`; returns how many."""
    old = (await connection.execute(_OLD, {"until": until, "limit": limit})).all()
    if old:
        await _REMOVE.run(connection, [tuple(row) for row in old])
    return len(old)
