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
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
from sqlalchemy import Dialect, Executable
from sqlalchemy.types import TypeEngine

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


class Dictionary:
    """What scripts ask, in the words of one kind of store; each statement is translated once."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._is_sqlite = dialect.name == "sqlite"
        self._known: dict[int, _Translation] = {}

    def translate(self, ask: Ask) -> tuple[str, Sequence[Any], Callable[[Sequence[Row]], list[Row]] | None]:
        """The text, its values by position, and what makes Python's types of the rows, if anything must."""
        known = self._known.get(id(ask.statement))
        if known is None:
            known = self._known[id(ask.statement)] = _translate(ask.statement, self._dialect)
        values = dict(known.constants)
        values.update(ask.parameters)
        if self._is_sqlite:
            values["batch"] = json.dumps(list(ask.rows), ensure_ascii=False, separators=(",", ":"), default=_as_sqlite)
            return known.text, [_sqlite_value(values[name]) for name in known.names], known.decode
        arrays = list(zip(*ask.rows, strict=True)) or [()] * len(known.columns)
        values.update(zip(known.columns, arrays, strict=True))
        return known.text, [values[name] for name in known.names], None


@dataclass(frozen=True, slots=True)
class _Translation:
    statement: BatchStatement
    """Kept, so that nothing else ever has its identity."""
    text: str
    names: Sequence[str]
    columns: Sequence[str]
    constants: Mapping[str, Any]
    decode: Callable[[Sequence[Row]], list[Row]] | None


def _translate(statement: BatchStatement, dialect: Dialect) -> _Translation:
    built = statement.on(dialect.name)
    compiled: Any = built.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    return _Translation(
        statement=statement,
        text=str(compiled),
        names=compiled.positiontup,
        columns=[f"batch_{name}" for name in statement.columns],
        constants=compiled.params,
        decode=_decoder(built, dialect) if dialect.name == "sqlite" else None,
    )


def _decoder(built: Executable, dialect: Dialect) -> Callable[[Sequence[Row]], list[Row]] | None:
    kinds: Iterable[TypeEngine[Any]] = [column.type for column in getattr(built, "exported_columns", ())]
    decoders = [kind.dialect_impl(dialect).result_processor(dialect, None) for kind in kinds]
    if not any(decoders):
        return None

    def decode(rows: Sequence[Row]) -> list[Row]:
        return [
            tuple(read(value) if read else value for read, value in zip(decoders, row, strict=True)) for row in rows
        ]

    return decode


def _as_sqlite(value: Any) -> Any:
    """Called for what JSON has no form of: instants sort as text, and an id is its 32 digits."""
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    raise TypeError(f"no column holds a {type(value).__name__}")


def _sqlite_value(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int) else _as_sqlite(value)


async def run_on_postgres(
    connection: "asyncpg.Connection[Any]", script: Script[Result], dictionary: Dictionary
) -> Result:
    """Run a script as one transaction."""
    async with connection.transaction():
        rows: list[Row] | None = None
        while True:
            try:
                ask = next(script) if rows is None else script.send(rows)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            text, values, _ = dictionary.translate(ask)
            rows = await connection.fetch(text, *values)


class SqliteWriter:
    """One thread with one connection, where scripts run one after the other."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], dictionary: Dictionary) -> None:
        """Nothing is opened before the first script."""
        self._connect = connect
        self._dictionary = dictionary
        self._thread = ThreadPoolExecutor(1, "sqlite-writer")
        self._connection: sqlite3.Connection | None = None

    async def run(self, script: Script[Result]) -> Result:
        """Run a script as one transaction."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._run, script)

    async def close(self) -> None:
        """Wait for what is running, and close."""
        if self._connection is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._connection.close)
        self._thread.shutdown()

    def _run(self, script: Script[Result]) -> Result:
        if self._connection is None:
            self._connection = self._connect()
        cursor = self._connection.cursor()
        cursor.execute("BEGIN IMMEDIATE")
        try:
            result = self._drive(script, cursor)
            cursor.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                cursor.execute("ROLLBACK")
            raise
        return result

    def _drive(self, script: Script[Result], cursor: sqlite3.Cursor) -> Result:
        rows: list[Row] | None = None
        while True:
            try:
                ask = next(script) if rows is None else script.send(rows)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            text, values, decode = self._dictionary.translate(ask)
            rows = cursor.execute(text, values).fetchall()
            if decode:
                rows = decode(rows)
