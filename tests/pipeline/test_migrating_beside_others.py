"""On PostgreSQL no statement waits behind a migration that waits, and one that was interrupted can be repeated."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import asyncpg
import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from property_alert_notification.base.errors import StoreUnavailable
from property_alert_notification.base.settings import Settings
from property_alert_notification.database import migrations
from property_alert_notification.database.migrations import change, safely
from tests.pipeline.world import World, eventually
from tests.services.smtp import SmtpServer


@pytest.fixture
async def postgres_world(make_settings: Callable[..., Settings], smtp_server: SmtpServer) -> AsyncIterator[World]:
    async with World(make_settings("postgresql"), smtp_server) as world:
        await world.a_user()
        await world.accept()
        yield world


@asynccontextmanager
async def a_long_transaction(world: World, statement: str) -> AsyncIterator[None]:
    """A transaction reads for as long as the block lasts, as pg_dump does."""
    url = world.parts.settings.database_url.replace("+asyncpg", "")
    connection = await asyncpg.connect(url)
    async with connection.transaction(isolation="repeatable_read"):
        await connection.fetch(statement)
        yield
    await connection.close()


def a_migration(config: Config) -> None:
    context = MigrationContext.configure(config.attributes["connection"], opts={"transaction_per_migration": True})
    with Operations.context(context), context.begin_transaction(_per_migration=True):
        safely.add_column("notifications", sa.Column("later", sa.Integer(), nullable=True))
        safely.create_index("ix_notifications_later", "notifications", ["later"])


async def test_accepts_do_not_wait_behind_a_migration_that_waits_for_a_reader(
    postgres_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change, "BETWEEN_TRIES", 0.1)
    world, reports, accepted = postgres_world, [], 0

    async with a_long_transaction(world, "SELECT count(*) FROM notifications"):
        migrating = asyncio.create_task(change.apply(world.parts.database, a_migration, reports.append))
        while len(reports) < 3:
            await world.accept()
            accepted += 1
        assert not migrating.done()
    await migrating

    assert accepted
    assert "another transaction holds" in reports[-1]
    assert await _scalar(world, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix_notifications_later'::regclass")


async def test_an_index_whose_building_was_interrupted_is_built_anew(postgres_world: World) -> None:
    world, database = postgres_world, postgres_world.parts.database
    async with database.transaction() as connection:
        await connection.exec_driver_sql("DROP INDEX ix_deliveries_open")
    missing = (await migrations.examine(database)).missing_indexes

    async with a_long_transaction(world, "SELECT count(*) FROM preferences"):
        building = asyncio.create_task(migrations.build_indexes(database, missing))
        await eventually(lambda: _scalar(world, "SELECT to_regclass('ix_deliveries_open') IS NOT NULL"))
        await world.accept()
        await _scalar(
            world, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX CONC%'"
        )
        with pytest.raises(StoreUnavailable):
            await building

    assert (await migrations.examine(database)).missing_indexes == missing == {"ix_deliveries_open"}
    await migrations.build_indexes(database, missing)
    assert not (await migrations.examine(database)).missing_indexes
    await migrations.check(database)


async def _scalar(world: World, statement: str) -> object:
    async with world.parts.database.reading() as connection:
        return (await connection.exec_driver_sql(statement)).scalar()
