"""A transaction written as a generator: each yield is one statement, whose rows come back.

Whoever writes a script says what to ask and what to do with the answers; how they travel is the store's affair.
That makes a transaction cheap: PostgreSQL's driver is called without a layer in between, and on SQLite the whole
script runs in one visit to the writer's thread instead of four for each statement.
"""

import asyncio
import json
import sqlite3
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Protocol, TypeVar
from uuid import UUID

import asyncpg
from sqlalchemy import Dialect
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database.batch import BatchStatement

Row = Sequence[Any]
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Ask:
    """One statement of a script, for these rows."""

    statement: BatchStatement
    rows: Iterable[Row]
    """Values in the order of the statement's columns."""
    parameters: Mapping[str, Any] = field(default_factory=dict)


Script = Generator[Ask, list[Row], Result]


async def run_within(connection: AsyncConnection, script: Script[Result]) -> Result:
    """Run a script as a part of a transaction that its caller has begun."""
    rows: list[Row] | None = None
    while True:
        try:
            ask = next(script) if rows is None else script.send(rows)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        found = await ask.statement.run(connection, ask.rows, **ask.parameters)
        rows = list(found) if found.returns_rows else []


class PostgresScripts:
    """Runs scripts on a connection of PostgreSQL's driver. Each statement is translated once."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._known: dict[BatchStatement, _Text] = {}

    async def run(self, connection: "asyncpg.Connection[Any]", script: Script[Result]) -> Result:
        """Run a script as one transaction."""
        await connection.execute("BEGIN")
        try:
            result = await self._drive(script, connection)
            await connection.execute("COMMIT")
        except Exception:
            await _undo(connection)
            raise
        except BaseException:  # its caller goes away, and must not be kept waiting
            connection.terminate()
            raise
        return result

    async def look(self, connection: "asyncpg.Connection[Any]", script: Script[Result]) -> Result:
        """Run a script that changes nothing."""
        return await self._drive(script, connection)

    async def _drive(self, script: Script[Result], connection: "asyncpg.Connection[Any]") -> Result:
        rows: list[Row] | None = None
        while True:
            try:
                ask = next(script) if rows is None else script.send(rows)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            text, values = self._translate(ask)
            rows = await connection.fetch(text, *values)

    def _translate(self, ask: Ask) -> tuple[str, Sequence[Any]]:
        known = self._known.get(ask.statement)
        if known is None:
            known = self._known[ask.statement] = _Text(ask.statement.on_arrays(), self._dialect)
        arrays = list(zip(*ask.rows, strict=True)) or [()] * len(ask.statement.columns)
        batch = zip(ask.statement.columns, arrays, strict=True)
        return known.text, known.in_order({**ask.parameters, **{f"batch_{name}": array for name, array in batch}})


async def _undo(connection: "asyncpg.Connection[Any]") -> None:
    """Roll back; a connection that cannot do even that is of no use any more."""
    if connection.is_closed():
        return
    try:
        await connection.execute("ROLLBACK")
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
        connection.terminate()


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
            if not _begin_at_once(cursor):
                await asyncio.shield(loop.run_in_executor(self._thread, _begin, cursor, self._wait))
            result = self._drive(script, cursor)
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
            self._reader = self._reader or reader
        return self._drive(script, self._reader.cursor())

    async def close(self) -> None:
        """Wait for what is running, and close."""
        for connection in (self._connection, self._reader):
            if connection is not None:
                await asyncio.get_running_loop().run_in_executor(self._thread, connection.close)
        self._thread.shutdown()

    def _drive(self, script: Script[Result], cursor: sqlite3.Cursor) -> Result:
        rows: list[Row] | None = None
        while True:
            try:
                ask = next(script) if rows is None else script.send(rows)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            known = self._known.get(ask.statement)
            if known is None:
                known = self._known[ask.statement] = _sqlite_statement(ask.statement, self._dialect)
            rows = known.execute(cursor, ask)


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


class _Text:
    """The text of a statement, and the order of its values."""

    def __init__(self, statement: Any, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
        self.text = str(compiled)
        self.names: Sequence[str] = compiled.positiontup
        self._constants: Mapping[str, Any] = compiled.params

    def in_order(self, values: Mapping[str, Any]) -> list[Any]:
        """The values by position, together with those that stand in the statement itself."""
        every = {**self._constants, **values}
        return [every[name] for name in self.names]


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
        self._text = _Text(built, dialect)
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
        self._text = _Text(statement.on_one_row(), dialect)
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
