"""Brings the store's schema up to date, and checks whether it is."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, create_engine

from property_alert_notification.database import Database
from property_alert_notification.database.migrations import queries, safely
from property_alert_notification.database.migrations.change import (
    Report,
    alembic_alone,
    apply,
    config_for,
    report_nothing,
)
from property_alert_notification.database.migrations.judgement import Condition, Found, Judgement, judge
from property_alert_notification.database.migrations.tables import METADATA, Shape, shape_of

__all__ = [
    "Condition",
    "Judgement",
    "build_indexes",
    "check",
    "current",
    "downgrade",
    "examine",
    "losses",
    "revisions",
    "upgrade",
]


async def upgrade(database: Database, revision: str = "head", *, report: Report = report_nothing) -> None:
    """Migrate to a revision; several processes may ask at once, one does it. `report` is called with what it waits for.

    Raises:
        StoreUnavailable: the store cannot be reached, or another transaction held a table for ten minutes.
    """
    await apply(database, lambda config: command.upgrade(config, revision), report)


async def downgrade(database: Database, revision: str, *, report: Report = report_nothing) -> None:
    """Migrate back to a revision; `base` is the empty store.

    Raises:
        StoreUnavailable: the store cannot be reached, or another transaction held a table for ten minutes.
    """
    await apply(database, lambda config: command.downgrade(config, revision), report)


async def build_indexes(database: Database, names: frozenset[str], *, report: Report = report_nothing) -> None:
    """Build indexes that the models have and the store lacks, or has of an interrupted build.

    Raises:
        StoreUnavailable: the store cannot be reached.
    """

    def build(connection: Connection) -> None:
        beside = connection.dialect.name == "postgresql"
        context = MigrationContext.configure(connection, opts={"transaction_per_migration": beside})
        with Operations.context(context), context.begin_transaction(_per_migration=True):
            for index in (index for table in METADATA.sorted_tables for index in table.indexes if index.name in names):
                condition = index.dialect_options["postgresql"]["where"]
                safely.create_index(
                    str(index.name),
                    str(index.table.name),  # type: ignore[union-attr]
                    [column.name for column in index.columns],
                    where=None if condition is None else str(condition),
                )

    await apply(database, lambda config: build(config.attributes["connection"]), report)


async def examine(database: Database, *, thorough: bool = False) -> Judgement:
    """What a store is, and whether this version can work on it.

    `thorough` compares a store of an earlier revision table by table, before it is migrated.

    Raises:
        StoreUnavailable: the store cannot be reached.
    """
    if database.is_missing:
        found = Found()
    else:
        async with database.reading() as connection:
            found = await queries.find(connection)
    earlier = None
    if thorough and len(found.versions) == 1 and found.versions[0] in revisions()[:-1]:
        earlier = await _shape_at(found.versions[0])
    return judge(found, revisions(), queries.NEWEST, earlier)


async def current(database: Database) -> str | None:
    """The revision that the store is at; None for an empty one.

    Raises:
        StoreUnavailable: the store cannot be reached.
    """
    if database.is_missing:
        return None
    async with database.reading() as connection:
        return await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())


async def losses(database: Database, start: str, end: str) -> list[str]:
    """What going back from a revision to an earlier one takes from a store, each with how many rows have it.

    Raises:
        StoreUnavailable: the store cannot be reached.
    """
    before, after = await _shape_at(start), await _shape_at(end)
    async with database.reading() as connection:
        tables = [
            f"the table {table} ({await queries.count_rows(connection, table):,} rows)"
            for table in sorted(before.columns.keys() - after.columns.keys())
        ]
        columns = [
            f"the column {table}.{column} ({await queries.count_values(connection, table, column):,} rows have a value)"
            for table in sorted(before.columns.keys() & after.columns.keys())
            for column in sorted(before.columns[table] - after.columns[table])
        ]
    return tables + columns


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
    async with alembic_alone(), database.transaction() as connection:
        await connection.run_sync(lambda sync: command.check(config_for(sync)))


async def _shape_at(revision: str) -> Shape:
    async with alembic_alone():
        return _migrated_in_memory(revision)


@cache
def _migrated_in_memory(revision: str) -> Shape:
    engine, metadata = create_engine("sqlite://"), MetaData()
    with engine.begin() as connection:
        if revision != "base":
            command.upgrade(config_for(connection), revision)
        metadata.reflect(connection)
    engine.dispose()
    return shape_of(metadata)
