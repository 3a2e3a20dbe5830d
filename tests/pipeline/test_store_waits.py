"""Invariant I8: a caller whom another process, the disk or a long statement keeps waiting is refused in time."""

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from property_alert_notification.base.errors import CommitInDoubt, StoreUnavailable
from property_alert_notification.database import Database, run_within
from tests.pipeline.test_sqlite_connections import add_number, make_table
from tests.services.postgres import Postgres
from tests.services.process import PATIENCE

PROMISE = 5.0
"""Seconds for an answer that is due after `SOON`; the machine may be busy."""

SOON = 0.05

ENDLESS = text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n")


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """It waits long, its callers do not."""
    return Database(f"sqlite+aiosqlite:///{tmp_path}/app.db", wait=10 * PATIENCE)


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Another process, which writes as long as it likes."""
    with closing(sqlite3.connect(tmp_path / "app.db", isolation_level=None)) as connection:
        yield connection


class StuckDisk:
    """Every COMMIT waits until it is released."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reached, self.released = threading.Event(), threading.Event()
        self.is_stuck = False
        self._open = sqlite3.connect
        monkeypatch.setattr(sqlite3, "connect", self._connect)

    def _connect(self, *arguments: Any, **options: Any) -> sqlite3.Connection:
        connection = self._open(*arguments, **options)
        connection.set_trace_callback(self._trace)
        return connection

    def _trace(self, statement: str) -> None:
        if statement == "COMMIT" and self.is_stuck:
            self.reached.set()
            self.released.wait(PATIENCE)


async def _add(database: Database, way: str, number: int) -> None:
    if way == "run":
        await database.run(add_number(number))
        return
    async with database.transaction() as connection:
        await run_within(connection, add_number(number))


async def _numbers(database: Database) -> list[int]:
    async with database.reading() as connection:
        return list((await connection.execute(text("SELECT n FROM numbers ORDER BY n"))).scalars())


@pytest.mark.parametrize("way", ["run", "transaction"])
async def test_who_waits_for_another_process_is_refused_and_leaves_nothing_behind(
    database: Database, writer: sqlite3.Connection, way: str
) -> None:
    await make_table(database)
    writer.execute("BEGIN IMMEDIATE")
    for _ in range(2):  # the second finds what the first has left
        with pytest.raises(StoreUnavailable):
            await asyncio.wait_for(_add(database.within(SOON), way, 2), PROMISE)
    writer.execute("ROLLBACK")

    await asyncio.wait_for(_add(database, way, 3), PROMISE)
    assert await _numbers(database) == [1, 3]
    await database.close()


@pytest.mark.parametrize("way", ["run", "transaction"])
async def test_who_waits_begins_when_the_other_process_has_ended(
    database: Database, writer: sqlite3.Connection, way: str
) -> None:
    await make_table(database)
    writer.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(_add(database, way, 2))
    await asyncio.wait((waiting,), timeout=SOON)
    assert not waiting.done()
    writer.execute("ROLLBACK")

    await asyncio.wait_for(waiting, PROMISE)
    assert await _numbers(database) == [1, 2]
    await database.close()


@pytest.mark.parametrize("way", ["run", "transaction"])
async def test_who_has_no_deadline_is_refused_after_the_wait_of_the_store(
    tmp_path: Path, writer: sqlite3.Connection, way: str
) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/app.db", wait=SOON)
    await make_table(database)
    writer.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreUnavailable):
        await asyncio.wait_for(_add(database, way, 2), PROMISE)
    await database.close()


@pytest.mark.parametrize("way", ["run", "transaction"])
async def test_a_commit_that_the_disk_keeps_is_in_doubt_and_holds_up_no_caller(
    monkeypatch: pytest.MonkeyPatch, database: Database, way: str
) -> None:
    disk = StuckDisk(monkeypatch)
    await make_table(database)
    disk.is_stuck = True
    hurried = database.within(SOON)
    try:
        with pytest.raises(CommitInDoubt):
            await asyncio.wait_for(_add(hurried, way, 2), PROMISE)
        assert disk.reached.is_set()
        for number in (3, 4):
            with pytest.raises(StoreUnavailable):
                await asyncio.wait_for(_add(hurried, way, number), PROMISE)
    finally:
        disk.is_stuck = False
        disk.released.set()

    await asyncio.wait_for(_add(database, way, 5), PROMISE)
    assert set(await _numbers(database)) - {2} == {1, 5}
    await database.close()


@pytest.mark.parametrize("way", ["reading", "transaction"])
async def test_a_statement_that_takes_too_long_ends_with_its_caller(database: Database, way: str) -> None:
    async def ask() -> None:
        async with getattr(database.within(SOON), way)() as connection:
            await connection.execute(ENDLESS)

    await make_table(database)
    with pytest.raises(StoreUnavailable):
        await asyncio.wait_for(ask(), PROMISE)

    await asyncio.wait_for(_add(database, "transaction", 2), PROMISE)
    await database.close()
    assert not any(connection.thread.is_alive() for connection in database._pooled._connections)


async def test_who_reads_waits_as_long_as_before_also_after_a_transaction(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/app.db", pool_size=1, wait=7)
    await make_table(database)

    async with database.reading() as connection:
        assert (await connection.execute(text("PRAGMA busy_timeout"))).scalar_one() == 7_000
    await database.close()


async def test_who_gives_a_frozen_server_up_does_not_wait_for_its_goodbye(
    postgres: Postgres, postgres_url: str
) -> None:
    """SQLAlchemy would give it two seconds after the caller's time is over; here it may have as long as it likes."""
    database = Database(postgres_url, wait=PATIENCE)
    async with database.reading() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        postgres.freeze()
        try:
            closing = asyncio.create_task(driver.close(timeout=PATIENCE))
            ended, _ = await asyncio.wait((closing,), timeout=PROMISE)
            closing.cancel()
            assert ended
            assert isinstance(closing.exception(), TimeoutError)
        finally:
            postgres.thaw()
        await connection.invalidate()
    await database.close()
