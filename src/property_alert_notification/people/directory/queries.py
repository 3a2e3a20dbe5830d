"""Every statement about profiles."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import FromClause, Integer, RowMapping, Select, bindparam, delete, or_, select, text, true

# SQLite has the same ON CONFLICT syntax as PostgreSQL.
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.errors import UnreadableRow
from property_alert_notification.database import (
    BatchStatement,
    among,
    as_rows,
    columns_of,
    readable,
    table_of,
    time_type,
)
from property_alert_notification.people.directory.models import WAS_ASKED, StoredProfile
from property_alert_notification.people.directory.profile import FIELDS, Entry, Profile
from property_alert_notification.people.directory.rows import is_readable

_profiles = table_of(StoredProfile)
_COLUMNS = (*FIELDS, "missing", "pushed", "etag", "known_at")
_NOTHING = (None,) * (len(FIELDS) - 1)


def _look_up(wanted: FromClause) -> Select[*tuple[Any, ...]]:
    columns = (_profiles.c[name] for name in _COLUMNS)
    return select(*columns).join(wanted, wanted.c.user_id == _profiles.c.user_id)


_ENTRIES = BatchStatement(columns_of(_profiles, "user_id"), _look_up)


_MOST_OF_A_NUMBER = 100
"""The users of one phone number that are found; it belongs to a family or an office at most."""


async def users_of_number(connection: AsyncConnection, phone_number: str) -> set[int]:
    """The users whose profile has this phone number."""
    statement = select(_profiles.c.user_id).where(_profiles.c.phone_number == phone_number)
    return set((await connection.execute(statement.limit(_MOST_OF_A_NUMBER))).scalars())


async def entries_of(connection: AsyncConnection, users: Collection[int]) -> dict[int, Entry]:
    """The entries of these users in the directory. An unreadable row is left out, as if it did not exist."""
    found = readable(await _ENTRIES.run(connection, as_rows(users)), _entry)
    return {user_id: entry for user_id, entry in found if entry is not None}


def _entry(row: RowMapping) -> tuple[int, Entry | None]:
    fields = [row[name] for name in FIELDS]
    if not is_readable([*fields, row["etag"]]):
        return row["user_id"], None
    profile = None if row["missing"] else Profile(*fields)
    return row["user_id"], Entry(profile, row["known_at"], row["pushed"], row["etag"])


async def find(connection: AsyncConnection, user_id: int) -> Entry | None:
    """The entry of one user in the directory, or None.

    Raises:
        UnreadableRow: a column holds an impossible value.
    """
    if (entry := (await entries_of(connection, [user_id])).get(user_id)) is not None:
        return entry
    exists = select(true()).where(_profiles.c.user_id == user_id)
    if (await connection.execute(exists)).one_or_none() is not None:
        raise UnreadableRow("the profile of the user")
    return None


FUTURE = timedelta(days=1)
"""How far the clocks of two processes may differ at most: a profile that is known from later on is damaged."""


def _insert_or_replace(new: FromClause) -> Insert:
    wanted = insert(_profiles).from_select(_COLUMNS, select(*new.c).where(true()))
    return wanted.on_conflict_do_update(
        index_elements=["user_id"],
        set_={name: wanted.excluded[name] for name in _COLUMNS[1:]},
        # A push is newer than a request that was still open. A stored time in the future, or of SQLite one that is no
        # time, is damaged: nothing newer would ever replace it.
        where=or_(
            _profiles.c.known_at <= wanted.excluded.known_at,
            _profiles.c.known_at > bindparam("future", type_=time_type()),
        ),
    )


_PUT = BatchStatement(columns_of(_profiles, *_COLUMNS), _insert_or_replace)


async def put(connection: AsyncConnection, entries: Mapping[int, Entry]) -> None:
    """Store these entries, by user, unless the stored one is newer."""
    if entries:
        future = max(entry.known_at for entry in entries.values()) + FUTURE
        await _PUT.run(connection, list(_rows(entries)), future=future)


def _rows(entries: Mapping[int, Entry]) -> Iterable[tuple[Any, ...]]:
    # Rows are written in one order everywhere, or two processes deadlock.
    for user_id, entry in sorted(entries.items()):
        profile = entry.profile
        fields = _NOTHING if profile is None else tuple(getattr(profile, name) for name in FIELDS[1:])
        yield (user_id, *fields, profile is None, entry.pushed, entry.etag, entry.known_at)


_REMOVE_OLD = (
    delete(_profiles)
    .where(
        among(
            _profiles.c.user_id,
            select(_profiles.c.user_id)
            .where(text(WAS_ASKED), _profiles.c.known_at < bindparam("until", type_=time_type()))
            .order_by(_profiles.c.known_at)
            .limit(bindparam("limit", type_=Integer))
            .with_for_update(skip_locked=True),
        )
    )
    .returning(_profiles.c.user_id)
)


async def remove_old(connection: AsyncConnection, *, until: datetime, limit: int) -> int:
    """Delete up to `limit` profiles that were asked for before `until`, and not since; returns how many.

    What the User service pushed stays: it pushes its deletion, too.
    """
    # SQLite's driver does not count what a statement deletes that begins with a WITH.
    return len((await connection.execute(_REMOVE_OLD, {"until": until, "limit": limit})).all())
