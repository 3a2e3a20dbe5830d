"""The way to the store: transactions, batches, and one error for everything that is the store's fault.

SQLite and PostgreSQL differ in three things that this module hides: how a transaction begins, how a batch of
rows is handed to one statement, and which exceptions mean "the store is not there".
"""

import asyncio
import json
import sqlite3
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from contextvars import Context
from copy import copy
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import asyncpg
from sqlalchemy import (
    CursorResult,
    DateTime,
    Dialect,
    Executable,
    FromClause,
    String,
    Table,
    Text,
    bindparam,
    event,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import AutoString, SQLModel

from property_alert_notification.errors import StoreMisconfigured, StoreUnavailable

# Named, so that a migration can drop what an earlier one made.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class _SqliteTime(TypeDecorator[datetime]):
    """RFC 3339 in UTC with microseconds: sorts as text, and a person can read it."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> str | None:
        return None if value is None else value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: Any) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


def time_type() -> TypeEngine[datetime]:
    """The column type of every instant: aware, in UTC."""
    return DateTime(timezone=True).with_variant(_SqliteTime(), "sqlite")


def table_of(model: type[SQLModel]) -> Table:
    """The table behind a model, for statements that work on many rows."""
    return model.__table__  # type: ignore[attr-defined, no-any-return]


class Database:
    """One store, reached through a bounded pool of connections."""

    def __init__(self, url: str, *, pool_size: int = 10, wait: float = 1.0) -> None:
        """Nothing is opened yet. `wait` is the longest wait for a connection or a lock, in seconds."""
        self.is_sqlite = url.startswith("sqlite")
        self.deadline: float | None = None
        """Seconds that one block may take; None is as long as it needs."""
        self._engine = (
            _sqlite_engine(url, pool_size, wait) if self.is_sqlite else _postgres_engine(url, pool_size, wait)
        )
        self._readers = self._engine.execution_options(**_READING[self.is_sqlite])
        # SQLite has one writer. Waiting for it here is fair and exact; inside SQLite it is a poll with sleeps.
        self._writer = asyncio.Semaphore(1 if self.is_sqlite else pool_size)

    def within(self, seconds: float) -> "Database":
        """The same store for callers who cannot wait: a block that takes longer ends as StoreUnavailable."""
        hurried = copy(self)
        hurried.deadline = seconds
        return hurried

    @property
    def engine(self) -> AsyncEngine:
        """For migrations, which talk to the engine itself."""
        return self._engine

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """All or nothing: commits when the block ends, rolls back when it raises.

        Raises:
            StoreUnavailable: the store cannot be reached, or is out of space.
        """
        with _store_faults():
            async with asyncio.timeout(self.deadline), self._writer, self._engine.begin() as connection:
                yield connection

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """For statements that change nothing. On SQLite they never wait for a writer.

        Raises:
            StoreUnavailable: the store cannot be reached.
        """
        with _store_faults():
            async with asyncio.timeout(self.deadline), self._readers.connect() as connection:
                yield connection

    async def ping(self) -> None:
        """Ask the store for an answer.

        Raises:
            StoreUnavailable: it gave none.
        """
        async with self.reading() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Give every connection back."""
        await self._engine.dispose()


# A statement that reads needs no transaction around it. SQLite's driver knows none unless it is told to begin one.
_READING: dict[bool, dict[str, Any]] = {True: {"begin": False}, False: {"isolation_level": "AUTOCOMMIT"}}


def _sqlite_engine(url: str, pool_size: int, wait: float) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=wait,
        pool_reset_on_return=None,  # every transaction here ends with its block
        connect_args={"timeout": 10, "isolation_level": None},
        hide_parameters=True,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def set_pragmas(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        # The mode stays with the file. Whoever finds it locked meets somebody who is switching it.
        with suppress(sqlite3.OperationalError):
            cursor.execute("PRAGMA journal_mode=WAL")
        for pragma in ("synchronous=FULL", "foreign_keys=ON", "journal_size_limit=67108864"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Any) -> None:
        # A deferred BEGIN that reads and then writes fails at once when another writer came first.
        if connection.get_execution_options().get("begin", True):
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _postgres_engine(url: str, pool_size: int, wait: float) -> AsyncEngine:
    return create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=wait,
        pool_reset_on_return=None,  # every transaction here ends with its block
        pool_recycle=1800,
        hide_parameters=True,  # an error must not carry addresses into the log
        connect_args={
            "timeout": max(wait, 1.0),
            "command_timeout": 30,
            "server_settings": {"application_name": "property-alerts", "lock_timeout": "10s"},
        },
    )


# What the drivers raise when the store is away, full or restarting, as opposed to a statement being wrong.
_FAULTS = (
    OSError,
    TimeoutError,
    PoolTimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.UndefinedTableError,  # not migrated yet
)
_SQLITE_FAULTS = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
}


class _store_faults:  # noqa: N801 - reads as a statement: with _store_faults()
    """Turns whatever the store's drivers raise into StoreUnavailable; lets all else pass."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        driver_error = None if error is None else _driver_error(error)
        if driver_error is None:
            return
        raise (StoreMisconfigured() if _is_misconfigured(driver_error) else StoreUnavailable()) from driver_error


def _driver_error(error: BaseException) -> BaseException | None:
    """What the driver raised, if it means that the store is away; None for a mistake of ours."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        # SQLAlchemy's asyncpg layer raises errors of its own, from the driver's.
        driver_error = error.orig.__cause__ or error.orig
        return driver_error if error.connection_invalidated or _is_store_fault(driver_error) else None
    return error if _is_store_fault(error) else None


def _is_store_fault(error: BaseException) -> bool:
    if isinstance(error, sqlite3.Error):
        return _sqlite_kind(error) in _SQLITE_FAULTS or str(error).startswith("no such table")
    return isinstance(error, _FAULTS)


def _is_misconfigured(error: BaseException) -> bool:
    if isinstance(error, sqlite3.Error):
        return _sqlite_kind(error) in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOTADB}
    return isinstance(error, asyncpg.InvalidAuthorizationSpecificationError | asyncpg.InvalidCatalogNameError)


def _sqlite_kind(error: sqlite3.Error) -> int:
    """The low byte is the kind; the rest says more about it (https://www.sqlite.org/rescode.html)."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


class BatchStatement:
    """One statement over a batch of rows. It is built once for each kind of store; every run only brings values.

    PostgreSQL gets one array per column (`unnest`), SQLite one JSON document (`json_each`), so the text of the
    statement is the same for one row and for a thousand.
    """

    def __init__(self, columns: Mapping[str, TypeEngine[Any]], build: Callable[[FromClause], Executable]) -> None:
        """`columns` are the names and types of the batch; `build` makes the statement around it as a table."""
        self._columns = columns
        self._build = build
        self._built: dict[str, Executable] = {}

    async def run(
        self, connection: AsyncConnection, rows: Iterable[Sequence[Any]], **parameters: Any
    ) -> CursorResult[*tuple[Any, ...]]:
        """Execute for these rows, whose values stand in the order of the columns."""
        dialect = connection.dialect
        values = _as_json(self._columns, rows, dialect) if dialect.name == "sqlite" else _as_arrays(self._columns, rows)
        return await connection.execute(self._statement(dialect.name), values | parameters)

    def _statement(self, dialect: str) -> Executable:
        if dialect not in self._built:
            table = _json_table(self._columns) if dialect == "sqlite" else _array_table(self._columns)
            self._built[dialect] = self._build(table)
        return self._built[dialect]


def _array_table(columns: Mapping[str, TypeEngine[Any]]) -> FromClause:
    arrays = [bindparam(f"batch_{name}", type_=ARRAY(kind)) for name, kind in columns.items()]
    return func.unnest(*arrays).table_valued(*columns).render_derived(name="batch")


def _as_arrays(columns: Mapping[str, TypeEngine[Any]], rows: Iterable[Sequence[Any]]) -> dict[str, Any]:
    arrays = list(zip(*rows, strict=True)) or [()] * len(columns)
    return {f"batch_{name}": values for name, values in zip(columns, arrays, strict=True)}


def _json_table(columns: Mapping[str, TypeEngine[Any]]) -> FromClause:
    each = func.json_each(bindparam("batch", type_=String())).table_valued("value", name="each")
    extracted = [
        func.json_extract(each.c.value, f"$[{place}]", type_=kind).label(name)
        for place, (name, kind) in enumerate(columns.items())
    ]
    return select(*extracted).select_from(each).subquery("batch")


def _as_json(columns: Mapping[str, TypeEngine[Any]], rows: Iterable[Sequence[Any]], dialect: Dialect) -> dict[str, Any]:
    binders = [kind.dialect_impl(dialect).bind_processor(dialect) for kind in columns.values()]
    document = [
        [bind(value) if bind and value is not None else value for bind, value in zip(binders, row, strict=True)]
        for row in rows
    ]
    return {"batch": json.dumps(document, ensure_ascii=False, separators=(",", ":"))}


def columns_of(table: Table, *names: str) -> dict[str, TypeEngine[Any]]:
    """Name and type of the named columns, as a BatchStatement wants them.

    Text has no length here: a cast to varchar(n) would cut a longer value without a word.
    """
    return {name: Text() if isinstance(kind := table.c[name].type, String | AutoString) else kind for name in names}


Item = TypeVar("Item")
Result = TypeVar("Result")


class GroupCommit(Generic[Item, Result]):
    """Commits what concurrent callers ask for together: one transaction for all that waits.

    While one transaction is on its way, the next callers gather; nobody waits for a timer. A caller alone
    gets a transaction of its own at once.
    """

    def __init__(
        self,
        database: Database,
        write: Callable[[AsyncConnection, Sequence[Item]], Awaitable[Sequence[Result | Exception]]],
        *,
        largest: int = 500,
    ) -> None:
        """`write` puts a batch into the open transaction and answers one result, or exception, per item."""
        self._database = database
        self._write = write
        self._largest = largest
        self._waiting: deque[tuple[Item, asyncio.Future[Result]]] = deque()
        self._runner: asyncio.Task[None] | None = None

    async def submit(self, item: Item, *, timeout: float | None = None) -> Result:  # noqa: ASYNC109 - part of the promise
        """Return what `write` answered for this item, after its commit.

        Raises:
            StoreUnavailable: the store failed, or `timeout` seconds passed. An item that was still waiting
                is then not written; one that was on its way may have been.
        """
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._runner is None:
            # Nobody's context: what it logs later is not about the caller who happened to come first.
            self._runner = asyncio.create_task(self._run(), context=Context())
        try:
            async with asyncio.timeout(timeout):
                return await future
        except TimeoutError:
            raise StoreUnavailable("The store did not answer in time. Try again.") from None

    async def _run(self) -> None:
        try:
            while self._waiting:
                if taken := self._take():
                    await self._commit(taken)
        finally:
            self._runner = None

    def _take(self) -> list[tuple[Item, asyncio.Future[Result]]]:
        taken = [self._waiting.popleft() for _ in range(min(self._largest, len(self._waiting)))]
        return [(item, future) for item, future in taken if not future.done()]

    async def _commit(self, taken: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            async with self._database.transaction() as connection:
                results = await self._write(connection, [item for item, _ in taken])
        except StoreUnavailable as fault:
            _settle_all(taken, [fault] * len(taken))
        except Exception as fault:
            if len(taken) == 1:
                _settle_all(taken, [fault])
                return
            # One bad item must not spoil its neighbours: each gets a transaction of its own.
            for one in taken:
                await self._commit([one])
        else:
            _settle_all(taken, results)


def _settle_all(taken: Sequence[tuple[Any, asyncio.Future[Result]]], results: Sequence[Result | Exception]) -> None:
    for (_, future), result in zip(taken, results, strict=True):
        if future.done():  # its caller stopped waiting
            continue
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)
