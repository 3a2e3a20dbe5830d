"""Every statement about preferences."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Row, ScalarSelect, Select, Table, case, func, select, true, update

# Its words for conflicts are SQLite's too.
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningInsert

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.database import BatchStatement, Script, Statement, columns_of, table_of
from property_alert_notification.people.preferences.models import Preference, PreferenceForTests
from property_alert_notification.people.preferences.rules import Preferences

_COLUMNS = ("user_id", "email_enabled", "sms_enabled", "updated_at")


class _Preferences:
    """One of the two tables, and its statements: what live keys say of users, or what test keys say of them."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.given = table.c.withdrawn_at.is_(None)
        # Computed, as in `code_of`: SQLite keeps anything in a column, and what is no truth value allows nothing.
        self.switches = [case((table.c[name], 1), else_=0) for name in ("email_enabled", "sms_enabled")]
        self.create = BatchStatement(columns_of(table, *_COLUMNS), self._insert_new)
        self.put = BatchStatement(columns_of(table, *_COLUMNS), lambda new: self._replacing(self._insert(new)))

    def code_of(self, wanted: FromClause) -> ScalarSelect[int]:
        """A user's wishes as a number, NULL without a row."""
        code = case(
            (self.table.c.withdrawn_at.is_not(None), -1),
            else_=case((self.table.c.email_enabled, 1), else_=0) + case((self.table.c.sms_enabled, 2), else_=0),
        )
        return select(code).where(self.table.c.user_id == wanted.c.user_id).scalar_subquery()

    def _insert_new(self, new: FromClause) -> ReturningInsert[tuple[int]]:
        """Insert those who have none, or took them back."""
        wanted = self._insert(new)
        return self._replacing(wanted, where=self.table.c.withdrawn_at.is_not(None)).returning(self.table.c.user_id)

    def _insert(self, new: FromClause) -> Insert:
        return insert(self.table).from_select(_COLUMNS, select(*new.c).where(true()))

    def _replacing(self, wanted: Insert, *, where: ColumnElement[bool] | None = None) -> Insert:
        changed = {name: wanted.excluded[name] for name in _COLUMNS[1:]}
        return wanted.on_conflict_do_update(
            index_elements=["user_id"], set_={**changed, "withdrawn_at": None}, where=where
        )


_LIVE, _TESTS = _Preferences(table_of(Preference)), _Preferences(table_of(PreferenceForTests))


def _of(*, test: bool) -> _Preferences:
    return _TESTS if test else _LIVE


@dataclass(frozen=True, slots=True)
class Given:
    """What a user said, as it counts when something is sent."""

    email_enabled: bool
    sms_enabled: bool


async def find(connection: AsyncConnection, user_id: int, *, test: bool) -> Given | None:
    """What a user wants, or None; `test` asks for what test keys said."""
    its = _of(test=test)
    statement = select(*its.switches).where(its.table.c.user_id == user_id, its.given)
    return _given((await connection.execute(statement)).one_or_none())


def _given(row: Row[Any] | None) -> Given | None:
    return None if row is None else Given(*map(bool, row))


def _look_up(wanted: FromClause) -> Select[tuple[int, int]]:
    # One look into the index for each user, whatever the store believes to know about the table.
    return select(wanted.c.user_id, _LIVE.code_of(wanted))


def _look_up_for_tests(wanted: FromClause) -> Select[tuple[int, int]]:
    return select(wanted.c.user_id, func.coalesce(_TESTS.code_of(wanted), _LIVE.code_of(wanted)))


_WISHES_OF = {
    False: BatchStatement(columns_of(_LIVE.table, "user_id"), _look_up),
    True: BatchStatement(columns_of(_TESTS.table, "user_id"), _look_up_for_tests),
}


def wishes_of(
    users: Collection[tuple[int, bool]], *, default: Preferences | None
) -> Script[dict[tuple[int, bool], Preferences]]:
    """The wishes of many users, each by its id and whether a test asks.

    For a test those count that test keys gave, or else the live ones. Users who never gave any have `default`;
    users who withdrew theirs, or have none at all, are left out.
    """
    wishes: dict[tuple[int, bool], Preferences] = {}
    for test, statement in _WISHES_OF.items():
        if asked := [(user_id,) for user_id, is_test in users if is_test is test]:
            for user_id, code in (yield Statement(statement, asked)):
                if (wish := default if code is None else _WISHES.get(code)) is not None:
                    wishes[user_id, test] = wish
    return wishes


_WISHES = {
    code: Preferences(frozenset(channel for channel, bit in ((Channel("email"), 1), (Channel("sms"), 2)) if code & bit))
    for code in range(4)
}


async def create(connection: AsyncConnection, preferences: Collection[Preference], *, test: bool) -> set[int]:
    """Insert preferences of users, each named once, who have none; returns those users."""
    return set((await _of(test=test).create.run(connection, _rows(preferences))).scalars())


async def put(connection: AsyncConnection, preference: Preference, *, test: bool) -> None:
    """Insert preferences or replace those that are there."""
    await _of(test=test).put.run(connection, _rows([preference]))


def _rows(preferences: Collection[Preference]) -> list[tuple[Any, ...]]:
    # Always in the same order, or two processes wait for each other for ever.
    return sorted(map(attrgetter(*_COLUMNS), preferences))


async def change(
    connection: AsyncConnection, user_id: int, changes: dict[str, bool], *, changed_at: datetime, test: bool
) -> Given | None:
    """Change the named fields; returns what the user wants now, or None when there are none."""
    its = _of(test=test)
    statement = (
        update(its.table)
        .where(its.table.c.user_id == user_id, its.given)
        .values(**changes, updated_at=changed_at)
        .returning(*its.switches)
    )
    return _given((await connection.execute(statement)).one_or_none())


async def withdraw(connection: AsyncConnection, user_id: int, *, withdrawn_at: datetime, test: bool) -> bool:
    """Delete preferences, but remember that the user took them back; returns whether there were any."""
    its = _of(test=test)
    statement = (
        update(its.table)
        .where(its.table.c.user_id == user_id, its.given)
        .values(email_enabled=False, sms_enabled=False, updated_at=withdrawn_at, withdrawn_at=withdrawn_at)
    )
    return (await connection.execute(statement)).rowcount == 1
