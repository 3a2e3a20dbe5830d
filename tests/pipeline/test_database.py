"""The store's common ground: batches, commits shared by many callers, and outages distinguished from mistakes."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from sqlalchemy import Integer, Text, select, text
from sqlalchemy.exc import DBAPIError

from property_alert_notification.base.errors import StoreUnavailable
from property_alert_notification.base.settings import Settings
from property_alert_notification.database import BatchStatement, Database, GroupCommit, time_type
from tests.pipeline.world import World
from tests.services.smtp import SmtpServer


async def test_a_batch_reaches_sql_as_it_was(world: World) -> None:
    now = world.parts.clock.now()
    everything = BatchStatement(
        {"number": Integer(), "words": Text(), "at": time_type()}, lambda table: select(table).order_by(table.c.number)
    )
    rows = [(1, "x" * 400, now), (2, 'quote " and \\ and 家', None), (3, "", now)]

    async with world.parts.database.transaction() as connection:
        found = (await everything.run(connection, rows)).all()

    assert [tuple(row) for row in found] == rows


async def test_an_empty_batch_has_no_rows(world: World) -> None:
    everything = BatchStatement({"number": Integer()}, select)

    async with world.parts.database.transaction() as connection:
        assert (await everything.run(connection, [])).all() == []


async def test_callers_at_the_same_time_share_a_commit(world: World) -> None:
    sizes: list[int] = []

    async def write(items: Sequence[int]) -> list[int]:
        sizes.append(len(items))
        return [item * 2 for item in items]

    commits = GroupCommit[int, int](write, largest=50)

    assert await asyncio.gather(*(commits.submit(n) for n in range(120))) == [n * 2 for n in range(120)]
    assert sizes == [50, 50, 20]


async def test_one_bad_item_does_not_spoil_its_neighbours(world: World) -> None:
    async def write(items: Sequence[int]) -> list[int]:
        if 3 in items:
            raise ValueError("three")
        return list(items)

    commits = GroupCommit[int, int](write)

    answers = await asyncio.gather(*(commits.submit(n) for n in range(5)), return_exceptions=True)

    assert [repr(answer) for answer in answers] == ["0", "1", "2", "ValueError('three')", "4"]


async def test_a_caller_that_waited_too_long_gets_an_error_and_its_item_is_not_written(world: World) -> None:
    written: list[int] = []
    begun, let_go = asyncio.Event(), asyncio.Event()

    async def write(items: Sequence[int]) -> list[int]:
        begun.set()
        await let_go.wait()
        written.extend(items)
        return list(items)

    commits = GroupCommit[int, int](write)
    first = asyncio.create_task(commits.submit(1))
    await begun.wait()
    with pytest.raises(StoreUnavailable):
        await commits.submit(2, timeout=0.01)
    let_go.set()

    assert await first == 1
    assert await commits.submit(3) == 3
    assert written == [1, 3]


async def test_a_transaction_that_raises_leaves_nothing_behind(world: World) -> None:
    async def begin_and_cancel() -> None:
        async with world.parts.database.transaction() as connection:
            await connection.execute(text("DELETE FROM alembic_version"))
            raise KeyError

    with pytest.raises(KeyError):
        await begin_and_cancel()

    async with world.parts.database.reading() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM alembic_version"))).scalar_one() == 1


async def test_a_wrong_statement_is_a_mistake_and_not_a_store_that_is_away(world: World) -> None:
    with pytest.raises(DBAPIError):
        async with world.parts.database.reading() as connection:
            await connection.execute(text("SELEC 1"))


async def test_a_store_that_may_only_be_read_is_away_for_writes(
    make_settings: Callable[..., Settings], smtp_server: SmtpServer
) -> None:
    """As PostgreSQL is when it was demoted, or when its disk is nearly full."""
    async with World(make_settings("postgresql"), smtp_server) as world:

        async def write() -> None:
            async with world.parts.database.transaction() as connection:
                await connection.execute(text("SET TRANSACTION READ ONLY"))
                await connection.execute(text("DELETE FROM notifications"))

        with pytest.raises(StoreUnavailable):
            await write()


async def test_writers_of_one_store_wait_for_each_other(world: World) -> None:
    """Read, then write, from many tasks and two pools: no update is lost and none fails because it is locked."""
    databases = [world.parts.database, Database(world.settings.database_url, wait=30)]
    async with world.parts.database.transaction() as connection:
        await connection.execute(text("CREATE TABLE tally (n INTEGER)"))
        await connection.execute(text("INSERT INTO tally VALUES (0)"))

    async def count(database: Database) -> None:
        for _ in range(10):
            async with database.transaction() as connection:
                lock = "" if database.is_sqlite else " FOR UPDATE"
                n = (await connection.execute(text(f"SELECT n FROM tally{lock}"))).scalar_one()
                await connection.execute(text("UPDATE tally SET n = :n"), {"n": n + 1})

    await asyncio.gather(*(count(database) for database in databases * 4))
    async with world.parts.database.transaction() as connection:
        assert (await connection.execute(text("SELECT n FROM tally"))).scalar_one() == 80
        await connection.execute(text("DROP TABLE tally"))
    await databases[1].close()


async def test_after_its_end_no_thread_of_the_driver_is_left_also_when_callers_went_away(tmp_path: Path) -> None:
    database = Database(Settings(database_url=f"sqlite:///{tmp_path}/left.db").database_url)
    with pytest.raises(StoreUnavailable):
        async with database.within(0.05).reading() as connection:
            await connection.execute(text(_LONG))

    await database.close()

    assert [thread.name for thread in threading.enumerate() if "_connection_worker_thread" in thread.name] == []


_LONG = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000000) SELECT max(i) FROM n"
