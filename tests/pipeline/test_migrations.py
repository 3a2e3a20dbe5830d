"""The schema goes up and down on both stores, and says what the models say."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from property_alert_notification.database import Database, migrations
from property_alert_notification.operators.health import check
from tests.pipeline.world import World, eventually


@pytest.fixture(params=["sqlite", "postgresql"])
async def empty(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """A store without a schema."""
    url = f"sqlite:///{tmp_path}/empty.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    database = Database(url.replace("sqlite:", "sqlite+aiosqlite:"), wait=30)
    yield database
    await database.close()


async def tables(database: Database) -> set[str]:
    async with database.reading() as connection:
        return set(await connection.run_sync(lambda sync: inspect(sync).get_table_names()))


async def test_up_down_and_up_again(empty: Database) -> None:
    await migrations.upgrade(empty)
    full = await tables(empty)
    await migrations.downgrade(empty, "base")
    assert await tables(empty) == {"alembic_version"}
    assert not await migrations.is_recent_enough(empty)

    await migrations.upgrade(empty)

    assert await tables(empty) == full
    assert await migrations.is_recent_enough(empty)


async def test_a_store_that_a_newer_version_migrated_is_recent_enough(empty: Database) -> None:
    await migrations.upgrade(empty)
    async with empty.transaction() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = 'of_tomorrow'"))

    assert await migrations.is_recent_enough(empty)


async def test_the_migrations_say_what_the_models_say(empty: Database) -> None:
    await migrations.upgrade(empty)

    await migrations.check(empty)


async def test_processes_that_start_together_migrate_once(empty: Database) -> None:
    others = [Database(empty.url, wait=30) for _ in range(3)]

    await asyncio.gather(*(migrations.upgrade(database) for database in [empty, *others]))

    assert await migrations.is_recent_enough(empty)
    await asyncio.gather(*(database.close() for database in others))


async def test_a_worker_whose_store_goes_back_to_an_older_schema_waits_until_it_is_migrated(world: World) -> None:
    await world.a_user()
    await world.a_worker()
    (parts,) = world.workers
    await migrations.downgrade(world.parts.database, "0001")

    async def says_so() -> bool:
        return "property-alerts migrate" in str((await check(parts)).store.problem)

    await eventually(says_so)
    await migrations.upgrade(world.parts.database)

    await world.until(await world.accept(), "sent")
    breaks = re.findall(r"property_alerts_loop_breaks_total\{.*\} (\S+)", parts.metrics.render().decode())
    assert set(breaks) == {"0.0"}
