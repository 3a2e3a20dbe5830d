"""Every statement about preferences."""

import operator
from collections.abc import Callable, Collection
from datetime import datetime
from functools import lru_cache
from typing import Any

import structlog
from sqlalchemy import ColumnElement, FromClause, ScalarSelect, Select, Table, case, func, select, true, update

# SQLite has the same ON CONFLICT syntax as PostgreSQL.
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningInsert

from property_alert_notification.base.errors import UnreadableRow
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.database import BatchStatement, columns_of, table_of
from property_alert_notification.people.preferences.models import Preference, PreferenceForTests, words_of
from property_alert_notification.people.preferences.rules import UNREADABLE, Preferences
from property_alert_notification.people.preferences.stored_rules import read_rules, write_rules

log = structlog.get_logger()

_COLUMNS = ("user_id", "channels", "rules", "updated_at")

_CHANNELS = {channel.value: channel for channel in Channel}

_REMEMBERED = 1_000
"""How many sets of channels are kept in memory; there are few, but damaged rows may hold any text."""

_WITHDRAWN = "-"
"""The value that statements return for the channels of a user who withdrew all consent."""


RULES = "|"
"""Separates the names of channels from the rules."""


class _Preferences:
    """One of the two tables and its statements: preferences set with live keys, or with test keys."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.given = table.c.withdrawn_at.is_(None)
        # One expression, so that both columns cost one index lookup. The space makes it differ from `_WITHDRAWN`.
        self.wanted = " " + table.c.channels + func.coalesce(RULES + table.c.rules, "")
        self.create = BatchStatement(columns_of(table, *_COLUMNS), self._insert_new)
        self.put = BatchStatement(columns_of(table, *_COLUMNS), lambda new: self._replacing(self._insert(new)))

    def preferences_of(self, wanted: FromClause) -> ScalarSelect[str]:
        """The preferences of a user in the form that `read` expects; NULL without a row."""
        words = case((self.table.c.withdrawn_at.is_not(None), _WITHDRAWN), else_=self.wanted)
        return select(words).where(self.table.c.user_id == wanted.c.user_id).scalar_subquery()

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


LIVE, TESTS = _Preferences(table_of(Preference)), _Preferences(table_of(PreferenceForTests))


def _of(*, test: bool) -> _Preferences:
    return TESTS if test else LIVE


async def find(connection: AsyncConnection, user_id: int, *, test: bool) -> Preferences | None:
    """The preferences of a user, or None; `test` selects those set with test keys."""
    its = _of(test=test)
    return await _find(connection, select(its.wanted).where(its.table.c.user_id == user_id, its.given))


async def find_or_hold(connection: AsyncConnection, user_id: int, *, test: bool) -> Preferences | None:
    """Like `find`, with `UNREADABLE` rules if the row is damaged."""
    its = _of(test=test)
    statement = select(its.wanted).where(its.table.c.user_id == user_id, its.given)
    found = (await connection.execute(statement)).one_or_none()
    return None if found is None else read_or_hold(user_id, found[0])


async def find_locked(connection: AsyncConnection, user_id: int, *, test: bool) -> Preferences | None:
    """Like `find_or_hold`; no other transaction changes the row until this one has ended."""
    its = _of(test=test)
    statement = select(its.wanted).where(its.table.c.user_id == user_id, its.given).with_for_update()
    found = (await connection.execute(statement)).one_or_none()
    return None if found is None else read_or_hold(user_id, found[0])


async def _find(connection: AsyncConnection, statement: Select[str]) -> Preferences | None:
    found = (await connection.execute(statement)).one_or_none()
    return None if found is None else read(found[0])


def read_or_hold(user_id: int, text: str | bytes) -> Preferences | None:
    """Like `read`, with `UNREADABLE` rules if the row is damaged: it must not stop messages of other users."""
    try:
        return read(text)
    except UnreadableRow as error:
        log.error("preferences.unreadable", user_id=user_id, what=str(error))  # noqa: TRY400 - the trace says no more
        words, _, _ = _as_text(text).partition(RULES)
        known = _switches(words)
        return known and known._replace(rules=UNREADABLE)


def read(text: str | bytes) -> Preferences | None:
    """Parse stored preferences: names of channels, then the rules as JSON if there are any.

    Raises:
        UnreadableRow: this service cannot have written the rules.
    """
    words, has_rules, rules = _as_text(text).partition(RULES)
    known = _switches(words)
    return Preferences(known.opted_in, read_rules(rules)) if has_rules and known is not None else known


def _as_text(text: str | bytes) -> str:
    """SQLite may return bytes of any column; their replacement characters are no JSON, so the rules stay unreadable."""
    return text if isinstance(text, str) else text.decode(errors="replace")


@lru_cache(_REMEMBERED)
def _switches(words: str) -> Preferences | None:
    if words == _WITHDRAWN:
        return None
    # The store accepts any text: words that name no channel are ignored.
    return Preferences(frozenset([_CHANNELS[word] for word in words.split(" ") if word in _CHANNELS]))


async def create(connection: AsyncConnection, preferences: Collection[Preference], *, test: bool) -> set[int]:
    """Insert preferences of users, each named once, who have none; returns those users."""
    return set((await _of(test=test).create.run(connection, _rows(preferences))).scalars())


async def put(connection: AsyncConnection, preference: Preference, *, test: bool) -> None:
    """Insert preferences or replace those that are there."""
    await _of(test=test).put.run(connection, _rows([preference]))


def _rows(preferences: Collection[Preference]) -> list[tuple[Any, ...]]:
    # Rows are written in one order everywhere, or two processes deadlock.
    return sorted(map(operator.attrgetter(*_COLUMNS), preferences))


async def change(
    connection: AsyncConnection,
    user_id: int,
    change_them: Callable[[Preferences], Preferences],
    *,
    changed_at: datetime,
    test: bool,
) -> Preferences | None:
    """Change the preferences of a user; returns the new ones, or None if the user has no preferences."""
    its = _of(test=test)
    held = select(its.wanted).where(its.table.c.user_id == user_id, its.given).with_for_update()
    if (before := await _find(connection, held)) is None:
        return None
    now = change_them(before)
    values = {"channels": words_of(now.opted_in), "rules": write_rules(now.rules), "updated_at": changed_at}
    await connection.execute(update(its.table).where(its.table.c.user_id == user_id).values(values))
    return now


async def withdraw(connection: AsyncConnection, user_id: int, *, withdrawn_at: datetime, test: bool) -> bool:
    """Delete preferences, but remember that the user took them back; returns whether there were any."""
    its = _of(test=test)
    statement = (
        update(its.table)
        .where(its.table.c.user_id == user_id, its.given)
        .values(channels="", rules=None, updated_at=withdrawn_at, withdrawn_at=withdrawn_at)
    )
    return (await connection.execute(statement)).rowcount == 1


async def is_withdrawn(connection: AsyncConnection, user_id: int, *, test: bool) -> bool:
    """Whether a user withdrew all consent. With `test`, preferences set with test keys come first."""
    for its in (TESTS, LIVE) if test else (LIVE,):
        withdrawn = select(its.table.c.withdrawn_at.is_not(None)).where(its.table.c.user_id == user_id)
        if (found := (await connection.execute(withdrawn)).scalar_one_or_none()) is not None:
            return bool(found)
    return False
