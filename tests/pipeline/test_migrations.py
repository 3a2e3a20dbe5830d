"""The schema goes up and down on both stores, and says what the models say."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import BigInteger, Boolean, Text, Uuid, column, insert, inspect, table, text

from property_alert_notification.base import times
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.database import Database, migrations, time_type
from property_alert_notification.notifications.stored_addresses import read_addresses
from property_alert_notification.operators.health import check
from property_alert_notification.people.preferences.queries import find
from tests.pipeline.world import World, eventually


@pytest.fixture(params=["sqlite", "postgresql"])
async def empty(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """A store without a schema."""
    url = f"sqlite:///{tmp_path}/empty.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    database = Database(url.replace("sqlite:", "sqlite+aiosqlite:"), wait=30)
    yield database
    await database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
async def migrated(
    request: pytest.FixtureRequest, tmp_path: Path, migrated_sqlite: Callable[[Path], str]
) -> AsyncIterator[Database]:
    """A store that was migrated to the newest schema: a copy of one, for a migration takes a second."""
    if request.param == "sqlite":
        url = migrated_sqlite(tmp_path / "migrated.db").replace("sqlite:", "sqlite+aiosqlite:")
    else:
        url = request.getfixturevalue("migrated_postgres_url")
    database = Database(url, wait=30)
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
    assert not (await migrations.examine(empty)).works

    await migrations.upgrade(empty)

    assert await tables(empty) == full
    assert (await migrations.examine(empty)).works


async def test_an_attempt_is_found_by_the_id_that_its_provider_gave_the_message(migrated: Database) -> None:
    is_postgresql = "postgresql" in str(migrated.engine.url)
    async with migrated.transaction() as connection:
        if is_postgresql:
            await connection.execute(text("SET LOCAL enable_seqscan = off"))
        plan = await connection.execute(
            text(
                f"EXPLAIN {'' if is_postgresql else 'QUERY PLAN'} "
                "SELECT delivery_id FROM attempts WHERE provider_message_id = 'SM1'"
            )
        )

    assert "ix_attempts_provider_message_id" in str(plan.all())


PREFERENCES = {1: (True, False), 2: (False, True), 3: (True, True), 4: (False, False)}
SCHEDULED = {
    1: ("ada@example.com", None),
    2: (None, "+14155552671"),
    3: ('a"quote\\@example.com', "+14155550100"),
    4: (None, None),
}


async def test_preferences_and_scheduled_addresses_are_kept_by_channel(empty: Database) -> None:
    await migrations.upgrade(empty, "0009")
    async with empty.transaction() as connection:
        for user, (email, sms) in PREFERENCES.items():
            preferences = {"user_id": user, "email_enabled": email, "sms_enabled": sms, "updated_at": times.EARLIEST}
            await connection.execute(insert(_OLD_PREFERENCES).values(preferences))
        for user, (address, number) in SCHEDULED.items():
            said = {"category": "general", "title": "t", "message": "m", "status": "scheduled", "urgent": False}
            where = {"user_email": address, "user_phone_number": number}
            row = {"id": UUID(int=user), "user_id": user, "accepted_at": times.EARLIEST, **said, **where}
            await connection.execute(insert(_OLD_NOTIFICATIONS).values(row))

    await migrations.upgrade(empty)

    async with empty.reading() as connection:
        words = dict((await connection.execute(text("SELECT user_id, channels FROM preferences"))).all())
        kept = dict((await connection.execute(text("SELECT user_id, addresses FROM notifications"))).all())
        found = {user: await find(connection, user, test=False) for user in PREFERENCES}
    assert words == {1: "email", 2: "sms", 3: "email sms", 4: ""}
    assert {user: [*wants.switches.values()] for user, wants in found.items() if wants} == {
        user: [*switches] for user, switches in PREFERENCES.items()
    }
    assert {user: read_addresses(text) for user, text in kept.items()} == {
        user: {channel: address for channel, address in zip(Channel, addresses, strict=True) if address}
        for user, addresses in SCHEDULED.items()
    }

    await migrations.downgrade(empty, "0009")

    async with empty.reading() as connection:
        back = await connection.execute(text("SELECT user_id, email_enabled, sms_enabled FROM preferences"))
        assert {row[0]: (bool(row[1]), bool(row[2])) for row in back} == PREFERENCES
        back = await connection.execute(text("SELECT user_id, user_email, user_phone_number FROM notifications"))
        assert {row[0]: (row[1], row[2]) for row in back} == SCHEDULED


_OLD_PREFERENCES = table(
    "preferences",
    column("user_id", BigInteger()),
    column("email_enabled", Boolean()),
    column("sms_enabled", Boolean()),
    column("updated_at", time_type()),
)
_OLD_NOTIFICATIONS = table(
    "notifications",
    column("id", Uuid()),
    column("user_id", BigInteger()),
    *(column(name, Text()) for name in ("category", "title", "message", "status", "user_email", "user_phone_number")),
    column("urgent", Boolean()),
    column("accepted_at", time_type()),
)


async def test_a_store_that_a_newer_version_migrated_is_recent_enough(migrated: Database) -> None:
    async with migrated.transaction() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = 'of_tomorrow'"))

    assert (await migrations.examine(migrated)).works


async def test_migrations_and_models_agree(migrated: Database) -> None:
    await migrations.check(migrated)


async def test_processes_that_start_together_migrate_once(empty: Database) -> None:
    others = [Database(empty.url, wait=30) for _ in range(3)]

    await asyncio.gather(*(migrations.upgrade(database) for database in [empty, *others]))

    assert (await migrations.examine(empty)).works
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
