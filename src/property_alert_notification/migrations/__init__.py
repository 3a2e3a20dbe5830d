"""Brings the store's schema up to date, and says whether it is."""

from functools import cache
from io import StringIO
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import Database

_LOCK = 7_227_155_001
"""Any number, as long as nothing else in the database takes the same advisory lock."""


async def upgrade(database: Database, revision: str = "head") -> None:
    """Migrate to a revision; several processes may ask at once, one does it.

    Raises:
        StoreUnavailable: the store cannot be reached.
    """
    async with database.transaction() as connection:
        await _lock(connection)
        await connection.run_sync(lambda sync: command.upgrade(_config(sync), revision))


async def downgrade(database: Database, revision: str) -> None:
    """Migrate back to a revision; `base` is the empty store.

    Raises:
        StoreUnavailable: the store cannot be reached.
    """
    async with database.transaction() as connection:
        await _lock(connection)
        await connection.run_sync(lambda sync: command.downgrade(_config(sync), revision))


async def is_recent_enough(database: Database) -> bool:
    """Whether the store's schema is this version's, or a newer one, of which this version knows nothing.

    During a rolling upgrade the schema is newer than the processes that have not been replaced yet; every
    migration keeps what the version before it needs.

    Raises:
        StoreUnavailable: the store cannot be reached.
    """
    async with database.reading() as connection:
        return await connection.run_sync(_is_at_head)


async def current(database: Database) -> str | None:
    """The revision that the store is at; None for an empty one.

    Raises:
        StoreUnavailable: the store cannot be reached.
    """
    async with database.reading() as connection:
        return await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())


@cache
def revisions() -> list[str]:
    """Every revision there is, the first one first."""
    script = ScriptDirectory(str(Path(__file__).parent))
    return [revision.revision for revision in script.walk_revisions()][::-1]


async def check(database: Database) -> None:
    """Compare the store with the models.

    Raises:
        alembic.util.exc.CommandError: a model changed and no migration says so.
    """
    async with database.transaction() as connection:
        await connection.run_sync(lambda sync: command.check(_config(sync)))


async def _lock(connection: AsyncConnection) -> None:
    # SQLite needs none: its transactions begin immediately, one at a time.
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SET LOCAL lock_timeout = '60s'"))
        await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def _is_at_head(connection: Connection) -> bool:
    known = revisions()
    current = MigrationContext.configure(connection).get_current_revision()
    return current is not None and (current == known[-1] or current not in known)


def _config(connection: Connection) -> Config:
    config = Config(stdout=StringIO())  # its callers say what happens, in their own words
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config
