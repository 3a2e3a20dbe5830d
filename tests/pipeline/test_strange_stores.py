"""A store that is not as this version left it is recognised for what it is, before anything is done with it."""

import asyncio
import os
import re
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from property_alert_notification.base.errors import ConfigurationError, StoreMisconfigured, StoreUnavailable
from property_alert_notification.base.settings import Settings
from property_alert_notification.database import Database, migrations
from property_alert_notification.database.migrations import Condition
from property_alert_notification.operators.health import check
from property_alert_notification.wiring import assemble
from tests.services.postgres import Postgres

ANOTHER_S_VERSION = "CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY)"
NEWER_WITH_A_MANDATORY_COLUMN = """
    UPDATE alembic_version SET version_num = '9000'; DROP TABLE mailbox_messages; CREATE TABLE mailbox_messages (
    id int, delivery_id int, channel int, sender int, address int, subject int, text int, html int, raw int,
    captured_at int, tenant int NOT NULL, CONSTRAINT pk_mailbox_messages PRIMARY KEY (id))
    """

# Columns that later revisions renamed, or took away.
OLDER_COLUMNS = "; ".join(
    f"ALTER TABLE {column.replace('.', ' ADD COLUMN ')} text"
    for column in (
        "attempts.reason",
        "breakers.told_at",
        "deliveries.reason",
        "deliveries.rung_at",
        "notifications.user_email",
        "notifications.user_phone_number",
        "preferences.email_enabled",
        "preferences.sms_enabled",
        "test_preferences.email_enabled",
        "test_preferences.sms_enabled",
    )
)
MIGRATED = {
    "newer": ("UPDATE alembic_version SET version_num = '9000'", Condition.NEWER, "a newer version made"),
    "newer, with a mandatory column": (
        NEWER_WITH_A_MANDATORY_COLUMN,
        Condition.UNUSABLE,
        r"mailbox_messages\.tenant.* Install the newer version",
    ),
    "newer, without one of our tables": (
        "UPDATE alembic_version SET version_num = '9000'; DROP TABLE breakers",
        Condition.UNUSABLE,
        "lacks the tables breakers: a newer version made it",
    ),
    "without a table": (
        "DROP TABLE attempts",
        Condition.UNUSABLE,
        "lacks the tables attempts: it was restored in part",
    ),
    "without a column": (
        "ALTER TABLE preferences DROP COLUMN withdrawn_at",
        Condition.UNUSABLE,
        r"lacks the columns preferences\.withdrawn_at",
    ),
    "without an index": (
        "DROP INDEX ix_deliveries_due",
        Condition.CURRENT,
        "lacks the indexes ix_deliveries_due .* `property-alerts migrate`",
    ),
    "without its revision": ("DELETE FROM alembic_version", Condition.UNUSABLE, "no revision in alembic_version"),
    "without the table of revisions": ("DROP TABLE alembic_version", Condition.UNUSABLE, "no revision"),
    "with several revisions": (
        "INSERT INTO alembic_version VALUES ('0001')",
        Condition.UNUSABLE,
        "2 revisions in alembic_version",
    ),
    "older, without a table": (
        "UPDATE alembic_version SET version_num = '0005'; DROP TABLE breakers",
        Condition.UNUSABLE,
        "is at revision 0005 and lacks the tables breakers",
    ),
    "older": (
        f"UPDATE alembic_version SET version_num = '0005'; {OLDER_COLUMNS}",
        Condition.OLD,
        "old schema .0005; .*migrate",
    ),
    "with a table of somebody else's beside": ("CREATE TABLE reports (n int)", Condition.CURRENT, "has the schema"),
}
EMPTY = {
    "without anything": ("SELECT 1", Condition.OLD, "no tables yet"),
    "another's": ("CREATE TABLE customers (n int)", Condition.UNUSABLE, "has the tables customers and none of ours"),
    "another's, by the same tool": (
        f"CREATE TABLE customers (n int); {ANOTHER_S_VERSION}; INSERT INTO alembic_version VALUES ('9f3c')",
        Condition.UNUSABLE,
        "belongs to something else",
    ),
    "another's, at a revision that is called like one of ours": (
        f"CREATE TABLE customers (n int); {ANOTHER_S_VERSION}; INSERT INTO alembic_version VALUES ('0003')",
        Condition.UNUSABLE,
        "belongs to something else",
    ),
    "another's, with a table that is called like one of ours": (
        f"CREATE TABLE notifications (n int); {ANOTHER_S_VERSION}; INSERT INTO alembic_version VALUES ('0006')",
        Condition.UNUSABLE,
        "lacks the tables",
    ),
    "a revision and nothing else": (
        f"{ANOTHER_S_VERSION}; INSERT INTO alembic_version VALUES ('0006')",
        Condition.UNUSABLE,
        "has none of our tables",
    ),
}


Prepare = Callable[[str, bool], Awaitable[Database]]


@pytest.fixture(scope="module")
def migrated_postgres(postgres: Postgres) -> str:
    """A migrated database to copy."""
    url = postgres.create_database()

    async def prepare() -> None:
        database = Database(url, wait=30)
        await migrations.upgrade(database)
        await database.close()

    with ThreadPoolExecutor(1) as thread:  # the loop of the first caller is running
        thread.submit(asyncio.run, prepare()).result()
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
async def prepare(
    request: pytest.FixtureRequest, tmp_path: Path, migrated_sqlite: Callable[[Path], str]
) -> AsyncIterator[Prepare]:
    """Makes a store from statements, on top of a migrated or an empty one."""
    opened: list[Database] = []

    async def make(statements: str, migrated: bool) -> Database:
        if request.param == "sqlite":
            if migrated:
                migrated_sqlite(tmp_path / "strange.db")
            database = Database(f"sqlite+aiosqlite:///{tmp_path}/strange.db", wait=30)
        else:
            postgres: Postgres = request.getfixturevalue("postgres")
            template = request.getfixturevalue("migrated_postgres") if migrated else None
            database = Database(postgres.create_database(template), wait=30)
        opened.append(database)
        async with database.transaction() as connection:
            for statement in statements.split(";"):
                await connection.exec_driver_sql(statement)
        return database

    yield make
    for database in opened:
        await database.close()


@pytest.mark.parametrize("kind", [*MIGRATED, *EMPTY])
async def test_a_store_is_recognised(prepare: Prepare, kind: str) -> None:
    statements, condition, words = (MIGRATED | EMPTY)[kind]
    database = await prepare(statements, kind in MIGRATED)

    judgement = await migrations.examine(database, thorough=True)

    assert judgement.condition is condition
    assert re.search(words, judgement.words)


async def test_ready_lists_failures_and_degradations(prepare: Prepare) -> None:
    database = await prepare("SELECT 1", True)
    async with assemble(Settings(database_url=database.url)) as parts:
        well = await check(parts)
        await _execute(database, "UPDATE alembic_version SET version_num = '9000'")
        newer = await check(parts)
        await _execute(database, "DROP TABLE attempts")
        damaged = await check(parts)

    assert (well.status, well.store.problem) == ("ready", None)
    assert (newer.status, newer.store.problem is not None and "newer version" in newer.store.problem) == ("ready", True)
    assert damaged.status == "down"
    assert damaged.store.problem is not None
    assert "lacks the tables attempts" in damaged.store.problem


async def test_a_local_start_migrates_nothing_that_is_not_ours(prepare: Prepare) -> None:
    database = await prepare("CREATE TABLE customers (n int)", False)
    settings = Settings(database_url=database.url)

    with pytest.raises(ConfigurationError, match="customers"):
        async with assemble(settings):
            pass

    assert (await migrations.examine(database)).condition is Condition.UNUSABLE
    assert "customers and none of ours" in (await migrations.examine(database)).words


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
async def test_a_database_of_another_encoding_is_refused(postgres: Postgres, encoding: str) -> None:
    name = f"encoded_{encoding.lower()}"
    postgres.sql(f"CREATE DATABASE {name} ENCODING '{encoding}' TEMPLATE template0 LOCALE 'C'")
    url = postgres.url.rpartition("/")[0] + f"/{name}"

    with pytest.raises(ConfigurationError, match=f"encoding {encoding}.*createdb --encoding=UTF8"):
        async with assemble(Settings(database_url=url)):
            pass
    postgres.drop_database(url)


async def test_a_database_that_takes_no_writes_is_waited_for(postgres: Postgres, migrated_postgres: str) -> None:
    url = postgres.create_database(migrated_postgres)
    name = url.rpartition("/")[2]
    postgres.sql(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')

    async with assemble(Settings(database_url=url)) as parts:
        readiness = await check(parts)

    assert readiness.status == "down"
    assert readiness.store.problem is not None
    assert "default_transaction_read_only" in readiness.store.problem


async def test_the_error_names_the_remedy_if_the_user_may_not_read_the_tables(
    postgres: Postgres, migrated_postgres: str
) -> None:
    url = postgres.create_database(migrated_postgres)
    postgres.sql("CREATE ROLE stranger LOGIN")

    with pytest.raises(ConfigurationError, match=r"permission denied.*--no-owner"):
        async with assemble(Settings(database_url=url.replace("postgres@", "stranger@"))):
            pass


def _no_database(path: Path) -> None:
    path.write_text("This is not the file that you are looking for.\n" * 100)


def _cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _garbled(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 4_000)


def _of_another_application(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA application_id = 0x47504B47")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (_no_database, "file is not a database.*restore a backup"),
        (_cut, "malformed.*restore a backup"),
        (_garbled, "malformed.*restore a backup"),
        (_of_another_application, "belongs to another application .its id is 0x47504B47"),
    ],
)
async def test_a_file_that_is_no_store_of_ours_is_refused(
    tmp_path: Path, migrated_sqlite: Callable[[Path], str], damage: Callable[[Path], None], words: str
) -> None:
    path = tmp_path / "app.db"
    url = migrated_sqlite(path)
    damage(path)
    before = path.read_bytes()

    with pytest.raises(ConfigurationError, match=words):
        async with assemble(Settings(database_url=url)):
            pass

    assert path.read_bytes() == before


async def test_a_file_that_cannot_be_written_is_refused(
    tmp_path: Path, migrated_sqlite: Callable[[Path], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = migrated_sqlite(tmp_path / "app.db")
    monkeypatch.setattr(os, "access", lambda *_: False)  # these tests may run as root, whom nothing stops

    with pytest.raises(ConfigurationError, match="this user may not write"):
        async with assemble(Settings(database_url=url)):
            pass


async def _execute(database: Database, statement: str) -> None:
    async with database.transaction() as connection:
        await connection.exec_driver_sql(statement)


async def test_damage_is_no_outage_that_passes(tmp_path: Path) -> None:
    path = tmp_path / "app.db"
    _no_database(path)
    database = Database(f"sqlite+aiosqlite:///{path}")

    with pytest.raises(StoreMisconfigured) as raised:
        await database.ping()

    assert isinstance(raised.value, StoreUnavailable)
    await database.close()
