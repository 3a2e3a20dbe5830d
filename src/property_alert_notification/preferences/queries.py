"""Every statement about preferences."""

from collections.abc import Collection
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, case, select, true, update

# Its words for conflicts are SQLite's too.
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningInsert

from property_alert_notification.database import Ask, BatchStatement, Script, columns_of, table_of
from property_alert_notification.preferences.models import Preference
from property_alert_notification.preferences.rules import Wishes
from property_alert_notification.vocabulary import Channel

_preferences = table_of(Preference)
_given = _preferences.c.withdrawn_at.is_(None)


async def find(connection: AsyncConnection, user_id: int) -> Preference | None:
    """The preferences of a user, or None."""
    row = (
        (await connection.execute(select(_preferences).where(_preferences.c.user_id == user_id, _given)))
        .mappings()
        .one_or_none()
    )
    return None if row is None else Preference(**row)


def _look_up(wanted: FromClause) -> Select[tuple[int, int]]:
    # One look into the index for each user, whatever the store believes to know about the table.
    code = case(
        (_preferences.c.withdrawn_at.is_not(None), -1),
        else_=case((_preferences.c.email_enabled, 1), else_=0) + case((_preferences.c.sms_enabled, 2), else_=0),
    )
    found = select(code).where(_preferences.c.user_id == wanted.c.user_id)
    return select(wanted.c.user_id, found.scalar_subquery())


_WISHES_OF = BatchStatement(columns_of(_preferences, "user_id"), _look_up)


def wishes_of(users: Collection[int], *, default: Wishes | None) -> Script[dict[int, Wishes]]:
    """The wishes of many users.

    Who never said any has `default`; who took them back, or has none at all, is left out.
    """
    found = yield Ask(_WISHES_OF, zip(users, strict=True))
    wishes = {user_id: default if code is None else _WISHES.get(code) for user_id, code in found}
    return {user_id: wish for user_id, wish in wishes.items() if wish is not None}


_WISHES = {
    code: Wishes(frozenset(channel for channel, bit in ((Channel.EMAIL, 1), (Channel.SMS, 2)) if code & bit))
    for code in range(4)
}


_COLUMNS = ("user_id", "email_enabled", "sms_enabled", "updated_at")


def _insert_new(new: FromClause) -> ReturningInsert[tuple[int]]:
    """Insert those who have none, or took them back."""
    wanted = _insert(new)
    return _replacing(wanted, where=_preferences.c.withdrawn_at.is_not(None)).returning(_preferences.c.user_id)


def _insert(new: FromClause) -> Insert:
    return insert(_preferences).from_select(_COLUMNS, select(*new.c).where(true()))


def _replacing(wanted: Insert, *, where: ColumnElement[bool] | None = None) -> Insert:
    changed = {name: wanted.excluded[name] for name in _COLUMNS[1:]}
    return wanted.on_conflict_do_update(index_elements=["user_id"], set_={**changed, "withdrawn_at": None}, where=where)


_CREATE = BatchStatement(columns_of(_preferences, *_COLUMNS), _insert_new)
_PUT = BatchStatement(columns_of(_preferences, *_COLUMNS), lambda new: _replacing(_insert(new)))


async def create(connection: AsyncConnection, preferences: Collection[Preference]) -> set[int]:
    """Insert preferences of users, each named once, who have none; returns those users."""
    return set((await _CREATE.run(connection, _rows(preferences))).scalars())


async def put(connection: AsyncConnection, preference: Preference) -> None:
    """Insert preferences or replace those that are there."""
    await _PUT.run(connection, _rows([preference]))


def _rows(preferences: Collection[Preference]) -> list[tuple[Any, ...]]:
    # Always in the same order, or two processes wait for each other for ever.
    return sorted(map(attrgetter(*_COLUMNS), preferences))


async def change(
    connection: AsyncConnection, user_id: int, changes: dict[str, bool], *, changed_at: datetime
) -> Preference | None:
    """Change the named fields; returns the preferences as they are now, or None when there are none."""
    statement = (
        update(_preferences)
        .where(_preferences.c.user_id == user_id, _given)
        .values(**changes, updated_at=changed_at)
        .returning(*_preferences.c)
    )
    row = (await connection.execute(statement)).mappings().one_or_none()
    return None if row is None else Preference(**row)


async def withdraw(connection: AsyncConnection, user_id: int, *, withdrawn_at: datetime) -> bool:
    """Delete preferences, but remember that the user took them back; returns whether there were any."""
    statement = (
        update(_preferences)
        .where(_preferences.c.user_id == user_id, _given)
        .values(email_enabled=False, sms_enabled=False, updated_at=withdrawn_at, withdrawn_at=withdrawn_at)
    )
    return (await connection.execute(statement)).rowcount == 1
