"""Scripts on SQLite: its statements in the event loop, its waiting in a thread."""

import asyncio
import json
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Dialect

from property_alert_notification.database.batch import BatchStatement
from property_alert_notification.database.script import (
    AlreadyThere,
    Ask,
    Result,
    Row,
    Script,
    StatementText,
    Together,
    drive,
)

_LONGEST_HOLD_UP = 50
"""Milliseconds for which a reader may hold the event loop up; only whoever mends the file ever makes it wait."""


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

    async def run(self, script: Script[Result]) -> Result:
        """Run a script as one transaction. One at a time: the caller sees to that."""
        loop = asyncio.get_running_loop()
        if self._connection is None:
            self._connection = await loop.run_in_executor(self._thread, self._connect)
        cursor = self._connection.cursor()
        try:
            await self._begin(cursor)
            result = await drive(script, partial(self._answer, cursor, self._connection.total_changes))
            # Even when its caller goes away meanwhile: the next one must find the transaction ended.
            await asyncio.shield(loop.run_in_executor(self._thread, cursor.execute, "COMMIT"))
        except BaseException:
            await asyncio.shield(loop.run_in_executor(self._thread, _roll_back, self._connection))
            raise
        return result

    async def look(self, script: Script[Result]) -> Result:
        """Run a script that changes nothing. Nobody who writes is waited for."""
        if self._reader is None:
            loop = asyncio.get_running_loop()
            reader = await loop.run_in_executor(self._thread, self._connect)
            reader.execute(f"PRAGMA busy_timeout = {_LONGEST_HOLD_UP}")
            self._reader = self._reader or reader
        return await drive(script, partial(self._answer, self._reader.cursor(), 0))

    async def close(self) -> None:
        """Wait for what is running, and close."""
        for connection in (self._connection, self._reader):
            if connection is not None:
                await asyncio.get_running_loop().run_in_executor(self._thread, connection.close)
        self._thread.shutdown()

    async def _begin(self, cursor: sqlite3.Cursor) -> None:
        if not _begin_at_once(cursor):
            loop = asyncio.get_running_loop()
            await asyncio.shield(loop.run_in_executor(self._thread, _begin, cursor, self._wait))

    async def _answer(self, cursor: sqlite3.Cursor, changes: int, step: Ask | Together) -> list[Row]:
        """`changes` is what the connection had changed in all its life when the transaction began."""
        if isinstance(step, Ask):
            return self._execute(cursor, step)
        untouched = cursor.connection.total_changes == changes
        if not untouched:  # a savepoint copies every page that is changed after it
            cursor.execute("SAVEPOINT before")
        try:
            for ask in step.asks:
                self._execute(cursor, ask)
        except sqlite3.IntegrityError as error:
            await self._begin_again(cursor) if untouched else cursor.execute("ROLLBACK TO before")
            raise AlreadyThere from error
        return []

    async def _begin_again(self, cursor: sqlite3.Cursor) -> None:
        cursor.execute("ROLLBACK")
        await self._begin(cursor)

    def _execute(self, cursor: sqlite3.Cursor, ask: Ask) -> list[Row]:
        known = self._known.get(ask.statement)
        if known is None:
            known = self._known[ask.statement] = _sqlite_statement(ask.statement, self._dialect)
        return known.execute(cursor, ask)


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
    """Begin as soon as other processes let us."""
    cursor.execute(f"PRAGMA busy_timeout = {round(wait * 1000)}")
    cursor.execute("BEGIN IMMEDIATE")


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.rollback()


class _SqliteStatement(Protocol):
    """How one statement is put to SQLite."""

    def execute(self, cursor: sqlite3.Cursor, ask: Ask) -> list[Row]:
        """Execute it for all rows; returns what it found."""


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

    def execute(self, cursor: sqlite3.Cursor, ask: Ask) -> list[Row]:
        document = json.dumps(list(ask.rows), ensure_ascii=False, separators=(",", ":"), default=_storable)
        parameters = {name: _storable(value) for name, value in ask.parameters.items()}
        found = cursor.execute(self._text.text, self._text.in_order(parameters | {"batch": document})).fetchall()
        return [self._read(row) for row in found] if any(self._readers) else found

    def _read(self, row: Row) -> Row:
        return tuple(read(value) if read else value for read, value in zip(self._readers, row, strict=True))


class _ForEach:
    """Row by row: SQLite binds values faster than it reads JSON."""

    def __init__(self, statement: BatchStatement, dialect: Dialect) -> None:
        self._text = StatementText(statement.on_one_row(), dialect)
        columns = [f"batch_{name}" for name in statement.columns]
        self._from_row = [
            (place, columns.index(name)) for place, name in enumerate(self._text.names) if name in columns
        ]
        self._no_row = dict.fromkeys(columns)

    def execute(self, cursor: sqlite3.Cursor, ask: Ask) -> list[Row]:
        parameters = {name: _storable(value) for name, value in ask.parameters.items()}
        every = self._text.in_order({**parameters, **self._no_row})
        cursor.executemany(self._text.text, (self._in_order(row, every) for row in ask.rows))
        return []

    def _in_order(self, row: Row, every: Sequence[Any]) -> Sequence[Any]:
        values = list(every)
        for place, column in self._from_row:
            values[place] = _storable(row[column])
        return values


_AS_THEY_ARE = frozenset({str, int, float, type(None)})


def _storable(value: Any) -> Any:
    """A value as SQLite keeps it: instants sort as text, and an id is its 32 digits.

    Others than the plainest types it would convert too, but by asking around for who can.
    """
    if type(value) in _AS_THEY_ARE:
        return value
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value.value if isinstance(value, StrEnum) else int(value)
