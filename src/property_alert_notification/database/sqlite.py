"""Scripts on SQLite: its statements in the event loop, its waiting in a thread."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from functools import partial
from typing import Any, ClassVar, Protocol

from sqlalchemy import Dialect, Uuid
from sqlalchemy.sql.selectable import SelectBase
from sqlalchemy.types import TypeEngine

from property_alert_notification.database.batch import BatchStatement
from property_alert_notification.database.outliving import outliving
from property_alert_notification.database.quick import QuickConnection
from property_alert_notification.database.script import (
    Ending,
    Result,
    Row,
    Script,
    Statement,
    StatementBatch,
    Step,
    UniqueConflict,
    drive,
    statements_of,
)
from property_alert_notification.database.sqlite_begin import begin_at_once, begin_in_thread
from property_alert_notification.database.sqlite_connections import Opening
from property_alert_notification.database.sqlite_values import AS_THEY_ARE, document, read_id, stored
from property_alert_notification.database.statement_text import StatementText

_CONFLICTS = {sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID}

_LONGEST_HOLD_UP = 50
"""Milliseconds for which a reader may hold the event loop up; only a repair of the file makes it wait."""


_UNDECODABLE = "Could not decode to UTF-8"
"""What the driver says about text that is none; it has no code for that."""


class SqliteScripts:
    """Runs scripts one after the other on one connection.

    The statements run in the event loop: they work on memory, and a thread would fight with it for the interpreter
    at every row. What may take long has a thread: waiting for another process, and flushing to the disk.
    """

    _known: ClassVar[dict[BatchStatement, "_SqliteStatement"]] = {}
    """Each statement is translated once in a process."""

    def __init__(self, dialect: Dialect, connect: Callable[[], sqlite3.Connection], *, wait: float) -> None:
        """Nothing is opened before the first script. `wait` is how many seconds other processes may hold us up."""
        self._dialect = dialect
        self._wait = wait
        self._connect = connect
        self._thread = ThreadPoolExecutor(1, "sqlite-writer")
        self._connection: sqlite3.Connection | None = None
        self._left_behind: asyncio.Future[None] | None = None
        """The end of the last transaction that failed; its caller may be gone."""
        self._reader: sqlite3.Connection | None = None

    async def run(self, script: Script[Result], ending: Ending) -> Result:
        """Run a script as one transaction. One at a time: the caller sees to that."""
        if self._connection is None:
            self._connection = await self._open()
        if self._left_behind is not None:
            await asyncio.wait((self._left_behind,))
        cursor = self._connection.cursor()
        try:
            await self._begin(cursor)
            result = await drive(script, partial(self._answer, cursor))
            ending.begun = True
            # Even when its caller goes away meanwhile: the next one must find the transaction ended.
            await outliving(self._in_thread(partial(cursor.execute, "COMMIT")))
        except BaseException as error:
            self._left_behind = self._in_thread(partial(_roll_back, self._connection, cursor))
            # The disk may be what keeps the thread, for as long as it likes. A cancelled caller has no time left.
            if not isinstance(error, asyncio.CancelledError):
                await asyncio.wait((self._left_behind,))
            raise
        return result

    async def reader(self, *, repair: bool) -> QuickConnection:
        """A connection that waits for no writer; with `repair` it reads None for a value that cannot be read."""
        return _QuickSqlite(self._reader or await self._open_reader(), partial(self._execute, repair=repair))

    async def close(self) -> None:
        """Wait for what is running, and close."""
        for connection in (self._connection, self._reader):
            if connection is not None:
                await self._in_thread(connection.close)
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
            opened: sqlite3.Connection = await self._in_thread(opening)
        except asyncio.CancelledError:
            opening.cancel()
            raise
        return opened

    async def _begin(self, cursor: sqlite3.Cursor) -> None:
        if not begin_at_once(cursor):
            await begin_in_thread(cursor, self._in_thread, self._wait)

    def _in_thread(self, function: Callable[[], Any]) -> "asyncio.Future[Any]":
        return asyncio.get_running_loop().run_in_executor(self._thread, function)

    async def _answer(self, cursor: sqlite3.Cursor, step: Step) -> list[Row]:
        found: list[list[Row]] = []
        try:
            for one in statements_of(step):
                found.append(self._execute(cursor, one.after(found)))
        except sqlite3.IntegrityError as error:
            if isinstance(step, Statement) or error.sqlite_errorcode not in _CONFLICTS:
                raise
            if isinstance(step, StatementBatch):
                # Not to a savepoint: that would copy every page that is changed after it.
                cursor.execute("ROLLBACK")
                await self._begin(cursor)
            raise UniqueConflict from error
        return found[-1]

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


def _roll_back(connection: sqlite3.Connection, cursor: sqlite3.Cursor) -> None:
    cursor.close()  # a statement of which not all could be read would hold the transaction open
    with suppress(sqlite3.Error):  # the caller gets the error that made this necessary
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
    """All rows as one JSON document, the one way to get an answer about many of them; the only row as values."""

    def __init__(self, statement: BatchStatement, dialect: Dialect) -> None:
        built: Any = statement.on_one_row() if statement.of_one else statement.on_document()
        self._text = StatementText(built, dialect)
        self._only_reads = isinstance(built, SelectBase)  # SQLite has no rows to lock, and no change inside a query
        self._readers = [_reader(column.type, dialect) for column in built.exported_columns]

    def execute(self, cursor: sqlite3.Cursor, step: Statement, *, repair: bool) -> list[Row]:
        parameters = {name: stored(value) for name, value in step.parameters.items()}
        values = self._text.in_order(parameters | _batch(step))
        found = self._fetch_quickly(cursor, values) if self._only_reads else None
        if found is None:
            found = cursor.execute(self._text.text, values).fetchall()
        if repair:
            return [tuple(map(_repaired, self._readers, row)) for row in found]
        return self._read(found) if found and any(self._readers) else found

    def _fetch_quickly(self, cursor: sqlite3.Cursor, values: list[Any]) -> list[Row] | None:
        """What it finds, with text decoded by the driver; None if some text cannot be.

        That takes two thirds of the time, but such a text is an error of the whole statement. So only what changes
        nothing is executed this way, because it is executed again then.
        """
        connection = cursor.connection
        tolerant, connection.text_factory = connection.text_factory, str
        try:
            return cursor.execute(self._text.text, values).fetchall()
        except sqlite3.OperationalError as error:
            if _UNDECODABLE not in str(error):
                raise
            return None
        finally:
            connection.text_factory = tolerant

    def _read(self, found: list[Row]) -> list[Row]:
        """Convert column by column: a batch has many rows and few columns."""
        columns: Iterable[Iterable[Any]] = zip(*found, strict=True)
        pairs = zip(self._readers, columns, strict=True)
        return list(zip(*[map(read, column) if read else column for read, column in pairs], strict=True))


def _batch(step: Statement) -> dict[str, Any]:
    """The parameters that have the rows of a statement."""
    if not step.statement.of_one:
        return {"batch": document(step.rows)}
    [row] = step.rows
    return {f"batch_{name}": stored(value) for name, value in zip(step.statement.columns, row, strict=True)}


def _reader(kind: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    """What converts the stored values of a type; None if they stay as they are."""
    if isinstance(kind, Uuid):
        return read_id
    return kind.dialect_impl(dialect).result_processor(dialect, None)


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
