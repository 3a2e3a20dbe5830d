"""Scripts on SQLite: its statements in the event loop, its waiting in a thread."""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from typing import Any, Protocol

from sqlalchemy import Dialect

from property_alert_notification.database.batch import BatchStatement
from property_alert_notification.database.quick import QuickConnection
from property_alert_notification.database.script import (
    Ending,
    Result,
    Row,
    Script,
    Statement,
    Step,
    UniqueConflict,
    drive,
)
from property_alert_notification.database.sqlite_connections import Opening
from property_alert_notification.database.sqlite_values import AS_THEY_ARE, document, stored
from property_alert_notification.database.statement_text import StatementText

_POLL_SECONDS = 0.001
"""Seconds between two checks whether another process has stopped writing."""

_CONFLICTS = {sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID}

_LONGEST_HOLD_UP = 50
"""Milliseconds for which a reader may hold the event loop up; only a repair of the file makes it wait."""


class SqliteScripts:
    """Runs scripts one after the other on one connection.

    The statements run in the event loop: they work on memory, and a thread would fight with it for the interpreter
    at every row. What may take long has a thread: waiting for another process, and flushing to the disk.
    """

    def __init__(self, dialect: Dialect, connect: Callable[[], sqlite3.Connection], *, wait: float) -> None:
        """Nothing is opened before the first script. `wait` is how many seconds other processes may hold us up."""
        self._dialect = dialect
        self._wait = wait
        self._connect = connect
        self._thread = ThreadPoolExecutor(1, "sqlite-writer")
        self._connection: sqlite3.Connection | None = None
        self._reader: sqlite3.Connection | None = None
        self._known: dict[BatchStatement, _SqliteStatement] = {}

    async def run(self, script: Script[Result], ending: Ending) -> Result:
        """Run a script as one transaction. One at a time: the caller sees to that."""
        loop = asyncio.get_running_loop()
        if self._connection is None:
            self._connection = await self._open()
        cursor = self._connection.cursor()
        try:
            await self._begin(cursor)
            result = await drive(script, partial(self._answer, cursor))
            ending.begun = True
            # Even when its caller goes away meanwhile: the next one must find the transaction ended.
            await asyncio.shield(loop.run_in_executor(self._thread, cursor.execute, "COMMIT"))
        except BaseException:
            cursor.close()  # a statement of which not all could be read would hold the transaction open
            await asyncio.shield(loop.run_in_executor(self._thread, _roll_back, self._connection))
            raise
        return result

    async def reader(self, *, repair: bool) -> QuickConnection:
        """A connection that waits for no writer; with `repair` it reads None for a value that cannot be read."""
        return _QuickSqlite(self._reader or await self._open_reader(), partial(self._execute, repair=repair))

    async def close(self) -> None:
        """Wait for what is running, and close."""
        for connection in (self._connection, self._reader):
            if connection is not None:
                await asyncio.get_running_loop().run_in_executor(self._thread, connection.close)
        self._thread.shutdown()

    async def _open_reader(self) -> sqlite3.Connection:
        opened = await self._open()
        if self._reader is None:
            opened.execute(f"PRAGMA busy_timeout = {_LONGEST_HOLD_UP}")
            self._reader = opened
        else:  # two looked for the first time at once
            opened.close()
        return self._reader

    async def _open(self) -> sqlite3.Connection:
        opening = Opening(self._connect)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, opening)
        except asyncio.CancelledError:
            opening.cancel()
            raise

    async def _begin(self, cursor: sqlite3.Cursor) -> None:
        if not _begin_at_once(cursor):
            loop = asyncio.get_running_loop()
            await asyncio.shield(loop.run_in_executor(self._thread, _begin, cursor, self._wait))

    async def _answer(self, cursor: sqlite3.Cursor, step: Step) -> list[Row]:
        if isinstance(step, Statement):
            return self._execute(cursor, step)
        rows: list[Row] = []
        try:
            for one in step.statements:
                rows = self._execute(cursor, one)
        except sqlite3.IntegrityError as error:
            if error.sqlite_errorcode not in _CONFLICTS:
                raise
            # Not to a savepoint: that would copy every page that is changed after it.
            cursor.execute("ROLLBACK")
            await self._begin(cursor)
            raise UniqueConflict from error
        return rows

    def _execute(self, cursor: sqlite3.Cursor, step: Statement, *, repair: bool = False) -> list[Row]:
        known = self._known.get(step.statement)
        if known is None:
            known = self._known[step.statement] = _sqlite_statement(step.statement, self._dialect)
        return known.execute(cursor, step, repair=repair)


class _QuickSqlite(QuickConnection):
    """Reads on one connection that several callers share: a statement ends before the next one begins."""

    def __init__(
        self, connection: sqlite3.Connection, execute: Callable[[sqlite3.Cursor, Statement], list[Row]]
    ) -> None:
        self._connection = connection
        self._execute = execute

    async def _fetch(self, statement: BatchStatement, rows: Iterable[Row], parameters: Mapping[str, Any]) -> list[Row]:
        with closing(self._connection.cursor()) as cursor:
            return self._execute(cursor, Statement(statement, rows, parameters))


def _begin_at_once(cursor: sqlite3.Cursor) -> bool:
    """Begin, unless another process is writing."""
    cursor.execute("PRAGMA busy_timeout = 0")
    try:
        cursor.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True


def _begin(cursor: sqlite3.Cursor, wait: float) -> None:
    """Begin as soon as other processes let us.

    SQLite itself checks after ever longer pauses, and misses the gaps between two transactions of a busy writer.
    """
    for _ in range(round(wait / _POLL_SECONDS)):
        if _begin_at_once(cursor):
            return
        time.sleep(_POLL_SECONDS)
    cursor.execute("BEGIN IMMEDIATE")


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.rollback()


class _SqliteStatement(Protocol):
    """How one statement is put to SQLite."""

    def execute(self, cursor: sqlite3.Cursor, step: Statement, *, repair: bool) -> list[Row]:
        """Execute it for all rows; returns what it found, with `repair` None for what cannot be read."""


def _sqlite_statement(statement: BatchStatement, dialect: Dialect) -> _SqliteStatement:
    if getattr(statement.on_document(), "exported_columns", None):
        return _ForAll(statement, dialect)
    return _ForEach(statement, dialect)


class _ForAll:
    """All rows as one JSON document: the one way to get an answer about many of them."""

    def __init__(self, statement: BatchStatement, dialect: Dialect) -> None:
        built: Any = statement.on_document()
        self._text = StatementText(built, dialect)
        self._readers = [
            column.type.dialect_impl(dialect).result_processor(dialect, None) for column in built.exported_columns
        ]

    def execute(self, cursor: sqlite3.Cursor, step: Statement, *, repair: bool) -> list[Row]:
        parameters = {name: stored(value) for name, value in step.parameters.items()}
        found = cursor.execute(
            self._text.text, self._text.in_order(parameters | {"batch": document(step.rows)})
        ).fetchall()
        if repair:
            return [tuple(map(_repaired, self._readers, row)) for row in found]
        return [self._read(row) for row in found] if any(self._readers) else found

    def _read(self, row: Row) -> Row:
        return tuple(read(value) if read else value for read, value in zip(self._readers, row, strict=True))


def _repaired(read: Callable[[Any], Any] | None, value: Any) -> Any:
    try:
        return read(value) if read else value
    except (ValueError, TypeError, AttributeError):
        return None


class _ForEach:
    """Row by row: SQLite binds values faster than it reads JSON."""

    def __init__(self, statement: BatchStatement, dialect: Dialect) -> None:
        self._text = StatementText(statement.on_one_row(), dialect)
        every = [f"batch_{name}" for name in statement.columns]
        self._others = [name for name in self._text.names if name not in every]
        every += self._others
        self._places = [every.index(name) for name in self._text.names]

    def execute(self, cursor: sqlite3.Cursor, step: Statement, *, repair: bool) -> list[Row]:
        known = self._text.constants | {name: stored(value) for name, value in step.parameters.items()}
        others = [known[name] for name in self._others]
        # A statement without columns has no batch: it is executed once.
        rows = step.rows if step.statement.columns else [()]
        cursor.executemany(self._text.text, (self._in_order((*row, *others)) for row in rows))
        return []

    def _in_order(self, every: Row) -> Row:
        return [value if type(value := every[place]) in AS_THEY_ARE else stored(value) for place in self._places]
