"""The way to the store: a bounded pool of connections, and transactions."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from copy import copy
from functools import partial
from typing import Any, cast

import asyncpg
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import CommitInDoubt, StoreUnavailable
from property_alert_notification.base.settings.store_url import postgres, sqlite_file
from property_alert_notification.database.faults import store_faults
from property_alert_notification.database.instants import read_aware
from property_alert_notification.database.pooled import pooled_arguments
from property_alert_notification.database.postgres import PostgresScripts
from property_alert_notification.database.postgres_connection import PostgresConnection
from property_alert_notification.database.quick import QuickConnection
from property_alert_notification.database.script import Ending, Result, Script
from property_alert_notification.database.sqlite import SqliteScripts
from property_alert_notification.database.sqlite_connections import PooledConnections, open_for_scripts, sqlite_engine
from property_alert_notification.database.store_clock import follow_store


class Database:
    """One store, reached through a bounded pool of connections."""

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 10,
        wait: float = 1.0,
        longest_statement: float | None = 30,
        may_make: bool = True,
        clock: Clock | None = None,
    ) -> None:
        """Nothing is opened yet.

        Args:
            url: of SQLite or PostgreSQL, as `store_url` reads it.
            pool_size: connections at most.
            wait: seconds to wait for a connection or a lock, at most.
            longest_statement: seconds for one statement on PostgreSQL; None is as long as it needs.
            may_make: whether a file of SQLite that is not there is made.
            clock: follows the clock of PostgreSQL from the first connection on.
        """
        self.clock = clock or Clock()
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self._wait = wait
        self._file = sqlite_file(url) if self.is_sqlite else None
        pooled = not self.is_sqlite and postgres(url).pooled
        self.deadline: float | None = None
        """Seconds that one block may take; None is as long as it needs."""
        self._pooled = PooledConnections()
        self._engine = (
            sqlite_engine(url, pool_size, wait, self._pooled, may_make=may_make)
            if self.is_sqlite
            else _postgres_engine(url, pool_size, wait, longest_statement, self.clock)
        )
        self._readers = self._engine if pooled else self._engine.execution_options(**_READING[self.is_sqlite])
        # SQLite has one writer. Waiting for it here is fair and exact; inside SQLite it is a poll with sleeps.
        self._writer = asyncio.Semaphore(1 if self.is_sqlite else pool_size)
        self._sqlite = SqliteScripts(self._engine.dialect, lambda: open_for_scripts(self._engine, wait), wait=wait)
        self._postgres = PostgresScripts(self._engine.dialect, begin_first=pooled)

    def within(self, seconds: float) -> "Database":
        """The same store for callers who cannot wait: a block that takes longer ends as StoreUnavailable."""
        hurried = copy(self)
        hurried.deadline = seconds
        return hurried

    @property
    def is_missing(self) -> bool:
        """Whether it is a file that does not exist yet: opening it would create it."""
        return self._file is not None and not self._file.exists()

    @property
    def engine(self) -> AsyncEngine:
        """For migrations, which talk to the engine itself."""
        return self._engine

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """All or nothing: commits when the block ends, rolls back when it raises.

        Raises:
            CommitInDoubt: the store gave no answer to the commit.
            StoreUnavailable: the store cannot be reached, or is out of space.
        """
        await self._know_the_time()
        ending = Ending()
        with _raise_in_doubt(ending), store_faults():
            async with asyncio.timeout(self.deadline), self._writer, self._engine.begin() as connection:
                yield connection
                ending.begun = True

    @asynccontextmanager
    async def outside_transactions(self) -> AsyncIterator[AsyncConnection]:
        """A connection whose transactions the block begins and ends itself: for migrations.

        Raises:
            StoreUnavailable: the store cannot be reached, or is out of space.
        """
        with store_faults():
            async with self._engine.connect() as connection:
                yield connection

    @asynccontextmanager
    async def without_haste(self) -> AsyncIterator["Database"]:
        """The same PostgreSQL by connections of its own, on which no statement times out, however long it takes."""
        unhurried = Database(self.url, pool_size=2, wait=self._wait, longest_statement=None, clock=self.clock)
        try:
            yield unhurried
        finally:
            await unhurried.close()

    async def run(self, script: Script[Result]) -> Result:
        """What a script returns, after its commit; nothing of it is there when it raises.

        Raises:
            CommitInDoubt: the store gave no answer to the commit.
            StoreUnavailable: the store cannot be reached, or is out of space.
        """
        await self._know_the_time()
        ending = Ending()
        with _raise_in_doubt(ending), store_faults():
            async with asyncio.timeout(self.deadline), self._writer:
                if self.is_sqlite:
                    return await self._sqlite.run(script, ending)
                async with self._driver_connection() as connection:
                    return await self._postgres.run(connection, script, ending)

    @asynccontextmanager
    async def quick_reading(self, *, repair: bool = False) -> AsyncIterator[QuickConnection]:
        """For statements that find a few rows by an index.

        With `repair` a value that cannot be read as what its column holds is None on SQLite, instead of an error.

        Raises:
            StoreUnavailable: the store cannot be reached.
        """
        with store_faults():
            async with asyncio.timeout(self.deadline):
                if self.is_sqlite:
                    yield await self._sqlite.reader(repair=repair)
                    return
                async with self._driver_connection() as driver, self._postgres.reading(driver) as connection:
                    yield connection

    @asynccontextmanager
    async def _driver_connection(self) -> AsyncIterator["asyncpg.Connection[Any]"]:
        """A connection of the pool without SQLAlchemy around it, which therefore must be invalidated when it broke."""
        async with self._engine.connect() as connection:
            driver = await _driver_of(connection)
            if driver.is_closed():
                await connection.invalidate()
                driver = await _driver_of(connection)
            try:
                yield driver
            finally:
                if driver.is_closed():
                    await connection.invalidate()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """For statements that change nothing. On SQLite they never wait for a writer.

        Raises:
            StoreUnavailable: the store cannot be reached.
        """
        with store_faults():
            async with asyncio.timeout(self.deadline), self._readers.connect() as connection:
                yield connection

    async def ping(self) -> None:
        """Ask the store for an answer.

        Raises:
            StoreUnavailable: it gave none.
        """
        async with self.reading() as connection:
            await connection.execute(text("SELECT 1"))

    async def measure_clock(self) -> None:
        """Have the clock follow that of PostgreSQL; does nothing on SQLite, whose processes share a machine.

        Raises:
            StoreUnavailable: the store cannot be reached.
        """
        if self.is_sqlite:
            return
        with store_faults():
            async with asyncio.timeout(self.deadline), self._driver_connection() as driver:
                await follow_store(driver, self.clock)

    async def _know_the_time(self) -> None:
        """Let nothing be written by a wrong clock when PostgreSQL was away until now, so that its clock is not known.

        Raises:
            StoreUnavailable: the clock was wrong and is set; what was about to be written has the time from before.
        """
        if self.is_sqlite or self.clock.follows:
            return
        await self.measure_clock()
        if abs(self.clock.ahead) > _WRONG:
            raise StoreUnavailable("The clock of the store was not known yet.")

    async def close(self) -> None:
        """Give every connection back. On SQLite one that is still in use is closed, too."""
        await self._sqlite.close()
        await self._engine.dispose()
        await self._pooled.close()


@contextmanager
def _raise_in_doubt(ending: Ending) -> Iterator[None]:
    try:
        yield
    except StoreUnavailable as fault:
        if ending.begun:
            raise CommitInDoubt from fault.__cause__
        raise


# A statement that reads needs no transaction around it. SQLite's driver begins none by itself.
_READING: dict[bool, dict[str, Any]] = {True: {"begin": False}, False: {"isolation_level": "AUTOCOMMIT"}}


_WRONG = 1.0
"""Seconds by which a clock may be wrong without harm."""


async def _driver_of(connection: AsyncConnection) -> "asyncpg.Connection[Any]":
    raw = await connection.get_raw_connection()
    return cast("asyncpg.Connection[Any]", raw.driver_connection)


BY_INDEX = dict.fromkeys(("enable_seqscan", "enable_hashjoin", "enable_mergejoin", "enable_material", "jit"), "off")
"""Every statement here finds its rows by an index. PostgreSQL would plan to read whole tables while they are small, and
keep to that plan when they have grown: a prepared statement is planned anew only after the table was analyzed. Without
`enable_material` it does not read a whole index once and compare each of its rows with each of a batch."""


def _postgres_engine(
    url: str, pool_size: int, wait: float, longest_statement: float | None, clock: Clock
) -> AsyncEngine:
    target = postgres(url)
    settings = {"lock_timeout": f"{round(wait * 500)}ms", **BY_INDEX}
    session = {"application_name": "property-alerts", **settings, **target.server_settings}
    own = {
        "connection_class": PostgresConnection,
        "server_settings": session,
        "max_cached_statement_lifetime": 0,  # prepared for as long as the connection is there
    }
    engine = create_async_engine(
        "postgresql+asyncpg://",
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=wait,
        pool_use_lifo=True,  # the connection that was used last has its statements and its tables in memory
        pool_reset_on_return=None,  # every transaction here ends with its block
        pool_recycle=1800,
        hide_parameters=True,  # an error must not carry addresses into the log
        connect_args={
            "timeout": target.connect_timeout or max(wait, 1.0),
            "command_timeout": longest_statement,
            **(pooled_arguments(target, settings) if target.pooled else own),
            **target.connect_arguments(),
        },
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.run_async(read_aware)
        # Before the connection is used: nothing is to be written or compared by a clock that is wrong.
        connection.run_async(partial(follow_store, clock=clock))

    return engine
