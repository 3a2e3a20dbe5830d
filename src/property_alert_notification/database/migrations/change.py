"""Migrates a store that others work on: a change waits for its tables briefly, and again and again."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from io import StringIO
from pathlib import Path
from threading import Lock

import asyncpg
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.exc import PendingRollbackError
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.errors import StoreLocked, StoreUnavailable
from property_alert_notification.database import Database
from property_alert_notification.database.migrations.judgement import APPLICATION_ID
from property_alert_notification.database.migrations.safely import LOCK_TIMEOUT

_LOCK = 7_227_155_001
"""Any number, as long as nothing else in the database takes the same advisory lock."""

BETWEEN_TRIES = 1.0
"""Seconds in which others have a table for themselves before a change wants it again."""

TRIES = 600
"""How often a change is tried at most: about ten minutes."""

Change = Callable[[Config], None]
Report = Callable[[str], None]

_alembic = Lock()
"""Alembic keeps what it works on in variables of its modules: one at a time in a process."""


def report_nothing(_words: str) -> None:
    """Ignore the progress."""


@asynccontextmanager
async def alembic_alone() -> AsyncIterator[None]:
    """Only one task of this process uses Alembic at a time."""
    while not _alembic.acquire(blocking=False):  # noqa: ASYNC110 - its holder may be in another event loop
        await asyncio.sleep(0.02)
    try:
        yield
    finally:
        _alembic.release()


async def apply(database: Database, change: Change, report: Report = report_nothing) -> None:
    """Apply a change; several processes may ask at once, one at a time does it.

    Raises:
        StoreUnavailable: the store cannot be reached, or another transaction held a table for ten minutes.
    """
    async with alembic_alone():
        if database.is_sqlite:
            # One writer at a time, and all or nothing.
            async with database.transaction() as connection:
                await connection.run_sync(lambda sync: change(config_for(sync)))
                await connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
            return
        async with database.without_haste() as unhurried:
            await _apply_beside_others(unhurried, change, report)


async def _apply_beside_others(database: Database, change: Change, report: Report) -> None:
    # No transaction of its own, whose snapshot the building of an index would wait for. Closing it frees the lock.
    async with database.reading() as holder:
        await _take_turn(holder, report)
        for attempt in range(1, TRIES + 1):
            try:
                await _try(database, change)
            except StoreLocked as locked:
                if attempt == TRIES:
                    raise
                report(f"Waits for a table that another transaction holds ({locked.cause}); no other waits behind it …")
                await asyncio.sleep(BETWEEN_TRIES)
            else:
                return


async def _take_turn(connection: AsyncConnection, report: Report) -> None:
    """Hold the lock of all migrations until this connection is closed.

    It is requested repeatedly: waiting for it inside a statement would hold up the building of indexes, which
    waits for all older statements.
    """
    waited = False
    while not (await connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": _LOCK})).scalar_one():
        if not waited:
            report("Waits for another `migrate` …")
        waited = True
        await asyncio.sleep(0.2)


async def _try(database: Database, change: Change) -> None:
    try:
        async with database.outside_transactions() as connection:
            await connection.exec_driver_sql(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
            await connection.commit()
            await connection.run_sync(lambda sync: change(config_for(sync)))
            await connection.commit()
    except StoreUnavailable as fault:
        if isinstance(fault.__cause__, asyncpg.DeadlockDetectedError):
            raise StoreLocked from fault.__cause__
        raise
    except PendingRollbackError as gone:  # all that Alembic lets through of a connection that broke
        raise StoreUnavailable from gone.__context__


def config_for(connection: Connection) -> Config:
    """What Alembic wants to know, for this connection."""
    config = Config(stdout=StringIO())  # its callers report progress themselves
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config
