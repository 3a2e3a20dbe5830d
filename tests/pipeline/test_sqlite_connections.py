"""Every connection to a SQLite file is closed, also one that was opened for a caller who went away, or in vain."""

import asyncio
import gc
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, insert, select, text
from sqlalchemy.exc import SQLAlchemyError

from property_alert_notification.base.errors import StoreUnavailable
from property_alert_notification.database import BatchStatement, Database, Script, Statement, run_within

_NUMBERS = Table("numbers", MetaData(), Column("n", Integer, primary_key=True))
_ADD = BatchStatement({"n": Integer()}, lambda batch: insert(_NUMBERS).from_select(["n"], select(batch.c.n)))
_FIND = BatchStatement({"n": Integer()}, lambda batch: select(_NUMBERS.c.n).join(batch, batch.c.n == _NUMBERS.c.n))


class Opened(list[sqlite3.Connection]):
    """The connections that were opened, by whatever way."""

    def __init__(self) -> None:
        self.may_open = threading.Event()
        self.may_open.set()
        self._open: Callable[..., sqlite3.Connection] = sqlite3.connect

    def connect(self, *arguments: Any, **options: Any) -> sqlite3.Connection:
        self.may_open.wait(60)
        self.append(self._open(*arguments, **options | {"check_same_thread": False}))
        return self[-1]

    def not_closed(self) -> int:
        return sum(_is_open(connection) for connection in self)


def _is_open(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("SELECT 1")
    except sqlite3.ProgrammingError:
        return False
    return True


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Opened:
    opened = Opened()
    monkeypatch.setattr(sqlite3, "connect", opened.connect)
    return opened


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(f"sqlite+aiosqlite:///{tmp_path}/app.db", wait=30)


@pytest.fixture
def no_database(tmp_path: Path) -> None:
    (tmp_path / "app.db").write_text("This is not the file that you are looking for.\n" * 100)


def _find_one() -> Script[list[Any]]:
    return (yield Statement(_FIND, [(1,)]))


def add_number(number: int) -> Script[None]:
    """The script that adds a row to the table of `make_table`."""
    yield Statement(_ADD, [(number,)])


async def _find(database: Database, way: str) -> list[Any]:
    if way == "run":
        return await database.run(_find_one())
    async with getattr(database, way)() as connection:
        return await run_within(connection, _find_one())


async def make_table(database: Database) -> None:
    """Make a table that holds 1."""
    async with database.transaction() as connection:
        await connection.execute(text("CREATE TABLE numbers (n INTEGER PRIMARY KEY)"))
        await connection.execute(text("INSERT INTO numbers VALUES (1)"))


async def test_two_who_look_for_the_first_time_at_once(opened: Opened, database: Database) -> None:
    await make_table(database)

    found = await asyncio.gather(*(_find(database, "quick_reading") for _ in range(3)))
    await database.close()

    assert found == [[(1,)]] * 3
    assert opened.not_closed() == 0


@pytest.mark.parametrize("way", ["run", "quick_reading", "reading"])
async def test_a_caller_may_disconnect_while_the_connection_is_opened(
    opened: Opened, database: Database, way: str
) -> None:
    opened.may_open.clear()
    waiting = asyncio.create_task(_find(database, way))
    await asyncio.sleep(0.01)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    opened.may_open.set()
    await database.close()

    assert len(opened) == 1
    assert opened.not_closed() == 0


@pytest.mark.parametrize("way", ["transaction", "reading"])
async def test_a_store_that_is_closed_closes_also_what_is_in_use(opened: Opened, database: Database, way: str) -> None:
    async def keep(connected: asyncio.Event, may_end: asyncio.Event) -> None:
        async with getattr(database, way)() as connection:
            await connection.execute(text("SELECT 1"))
            connected.set()
            await may_end.wait()
            await connection.execute(text("SELECT 1"))

    await make_table(database)
    connected, may_end = asyncio.Event(), asyncio.Event()
    keeping = asyncio.create_task(keep(connected, may_end))
    await connected.wait()
    await database.close()
    assert opened.not_closed() == 0
    may_end.set()
    with pytest.raises(StoreUnavailable):
        await keeping


@pytest.mark.parametrize("way", ["transaction", "reading"])
async def test_what_is_opened_while_the_store_closes_is_closed(opened: Opened, database: Database, way: str) -> None:
    opened.may_open.clear()
    opening = asyncio.create_task(_find(database, way))
    await asyncio.sleep(0.01)
    closing_store = asyncio.create_task(database.close())
    await asyncio.sleep(0.01)
    opened.may_open.set()

    with pytest.raises(StoreUnavailable):
        await opening
    await closing_store
    assert opened.not_closed() == 0


@pytest.mark.parametrize("way", ["run", "quick_reading", "ping"])
@pytest.mark.usefixtures("no_database")
async def test_a_file_that_is_no_database(opened: Opened, database: Database, way: str) -> None:
    with pytest.raises(StoreUnavailable):
        await (database.ping() if way == "ping" else _find(database, way))
    await database.close()

    assert len(opened) == 1
    assert opened.not_closed() == 0


async def test_who_goes_away_while_another_process_writes_leaves_no_error_behind(
    tmp_path: Path, database: Database
) -> None:
    await make_table(database)
    errors: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: errors.append(context))
    with closing(sqlite3.connect(tmp_path / "app.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable):
            async with database.within(0.05).transaction():
                pass
    await database.close()
    gc.collect()
    assert errors == []


async def test_a_connection_that_is_closed_within_a_statement_keeps_no_lock(tmp_path: Path, database: Database) -> None:
    """As when the caller of a statement is cancelled before its last row: the traceback refers to the statement."""
    unfinished: list[Any] = []

    async def give_up() -> None:
        async with database.transaction() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            unfinished.append(await driver.execute("INSERT INTO numbers VALUES (2), (3) RETURNING n"))
            await connection.invalidate()

    await make_table(database)
    with pytest.raises(SQLAlchemyError):
        await give_up()

    with closing(sqlite3.connect(tmp_path / "app.db", isolation_level=None, timeout=0)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert other.execute("SELECT n FROM numbers").fetchall() == [(1,)]
    unfinished.clear()
    await database.close()
