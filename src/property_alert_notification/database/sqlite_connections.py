"""Opens connections to a file of SQLite: for the pool, each with a thread of its own, and for scripts, without."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import suppress
from errno import ENOENT
from threading import Thread
from typing import Any

import aiosqlite
from sqlalchemy import URL, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.util import await_

from property_alert_notification.base.settings.store_url import sqlite_file
from property_alert_notification.database.private_file import keep_private
from property_alert_notification.database.sqlite_begin import begin_in_thread

# A connection may be closed by another thread than the one that opened it.
_OPTIONS: dict[str, Any] = {"isolation_level": None, "check_same_thread": False}

_CACHE = 32_768
"""KiB for each of the two connections that scripts run on, one that writes and one that reads."""

_POOLED_CACHE = 16_384
"""KiB for each connection of the pool."""

_ROWS_AT_ONCE = 64

_LAST_WAIT = 0.1
"""Seconds for which a caller whose time is over waits until its connection is closed, at most."""

_LAST_ANSWER = 10.0
"""Seconds that the thread of a connection has to end when its pool is closed, at most."""


class _Connection(sqlite3.Connection):
    """A connection whose transaction ends when it is closed."""

    def close(self) -> None:
        """Roll back, and close.

        SQLite keeps a closed connection, its transaction and so its lock as long as one of its statements is left: a
        caller that is cancelled between a statement and its last row leaves one, which the traceback refers to.
        """
        with suppress(sqlite3.Error):  # it is closed already, or broken
            if self.in_transaction:
                self.rollback()
        super().close()


class _PooledConnection(aiosqlite.Connection):
    """A connection with a thread of its own. It keeps no caller longer than the caller wants to wait."""

    @property
    def thread(self) -> Thread:
        """SQLAlchemy reaches for it as well: there is no other way."""
        return self._thread

    async def begin(self, wait: float) -> None:
        """Begin a transaction within `wait` seconds.

        Raises:
            sqlite3.OperationalError: another process was writing all the time.
        """
        execute: Callable[..., Awaitable[None]] = self._execute
        await begin_in_thread(self._conn.cursor(), lambda waiting: execute(self._begin, waiting, wait), wait)

    def _begin(self, waiting: Callable[[], None], wait: float) -> None:
        try:
            waiting()
        finally:  # it has set this to 0, but who reads waits while another process repairs the file
            self._conn.execute(f"PRAGMA busy_timeout = {round(wait * 1000)}")

    async def close(self) -> None:
        """Have the thread close the connection. A statement that takes long is interrupted.

        A caller closes it whose time is over, while the disk or a long statement may keep the thread.
        """
        connection = self._connection
        if connection is None or not self._running or (closed := self.stop()) is None:
            return
        await asyncio.wait((closed,), timeout=_LAST_WAIT)
        if not closed.done():
            with suppress(sqlite3.Error):  # it is closed by now
                connection.interrupt()


class PooledConnections:
    """The connections of one pool, also those in use. One that opens after the pool was closed is closed at once."""

    def __init__(self) -> None:
        self._connections: list[_PooledConnection] = []
        self._closed = False

    async def open(self, connect: Callable[[], sqlite3.Connection]) -> aiosqlite.Connection:
        """Have a thread of its own open one.

        Raises:
            ConnectionError: the pool was closed meanwhile.
        """
        opening = Opening(connect)
        connection = _PooledConnection(opening, _ROWS_AT_ONCE)
        connection.thread.daemon = True
        self._connections[:] = [*(other for other in self._connections if other.thread.is_alive()), connection]
        try:
            await connection
        except BaseException:
            opening.cancel()
            raise
        if self._closed:
            await connection.close()
            raise ConnectionError("the store was closed")
        return connection

    async def close(self) -> None:
        """Close them, also those that are in use: a pool that is disposed of forgets those without closing them."""
        self._closed = True
        for connection in self._connections:
            await connection.close()
        for connection in self._connections:
            # One whose caller went away still answers the loop, which therefore must not be closed before.
            if connection.thread.is_alive():
                await asyncio.to_thread(connection.thread.join, _LAST_ANSWER)


class Opening:
    """Opens one connection in a thread. When its caller is cancelled meanwhile, `cancel` has the connection closed."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._opened: sqlite3.Connection | None = None
        self._cancelled = False

    def __call__(self) -> sqlite3.Connection:
        self._opened = opened = self._connect()
        if self._cancelled:
            opened.close()
        return opened

    def cancel(self) -> None:
        """Close the connection now, or as soon as it is open."""
        self._cancelled = True
        if self._opened is not None:
            self._opened.close()


def text_or_bytes(raw: bytes) -> str | bytes:
    """Text as SQLite keeps it; bytes that are no UTF-8 stay bytes, and code that expects text then fails on them.

    By itself the driver would fail in the middle of a statement, which then stays open and holds its transaction.
    """
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


def sqlite_engine(
    url: str, pool_size: int, wait: float, connections: PooledConnections, *, may_make: bool = True
) -> AsyncEngine:
    """The engine of a file, which keeps its connections in `connections`. The caller closes these after the engine."""
    file = sqlite_file(url)

    async def connect() -> aiosqlite.Connection:
        if not may_make and not file.exists():
            raise FileNotFoundError(ENOENT, "the store is not there", str(file))
        return await connections.open(lambda: _open(engine, wait, _POOLED_CACHE))

    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(file)),
        async_creator=connect,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=wait,
        pool_use_lifo=True,  # the connection that was used last has the pages in memory that are needed again
        pool_reset_on_return=None,  # every transaction here ends with its block
        hide_parameters=True,
    )

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Any) -> None:
        # A deferred BEGIN that reads and then writes fails at once when another writer came first.
        if not connection.get_execution_options().get("begin", True):
            return
        try:
            await_(connection.connection.driver_connection.begin(wait))
        except BaseException as error:
            if not isinstance(error, Exception):
                connection.invalidate()  # its thread may have begun in this moment
            raise

    return engine


def open_for_scripts(engine: AsyncEngine, wait: float) -> sqlite3.Connection:
    """A connection as the pool has them, without the thread of its own."""
    return _open(engine, wait, _CACHE)


def _open(engine: AsyncEngine, wait: float, cache: int) -> sqlite3.Connection:
    arguments, options = engine.dialect.create_connect_args(engine.url)
    given: Any = {**options, **_OPTIONS, "timeout": wait}
    keep_private(arguments[0])
    connection: sqlite3.Connection = sqlite3.connect(arguments[0], factory=_Connection, **given)
    try:
        connection.text_factory = text_or_bytes
        _set_pragmas(connection)
        # A batch of a thousand touches more pages than SQLite keeps by itself: it would write and read them twice.
        connection.execute(f"PRAGMA cache_size = -{cache}")
    except BaseException:
        connection.close()
        raise
    return connection


def _set_pragmas(connection: sqlite3.Connection) -> None:
    # The mode stays with the file. It is locked only while another process switches it.
    with suppress(sqlite3.OperationalError):
        connection.execute("PRAGMA journal_mode=WAL")
    # Sixteen times as many pages as usual between checkpoints: what is written again and again goes home once.
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "journal_size_limit=67108864", "wal_autocheckpoint=16000"):
        connection.execute(f"PRAGMA {pragma}")
    # A deleted or changed row is overwritten in the file, not only forgotten: an erased user must not stay readable.
    connection.execute("PRAGMA secure_delete=ON")
