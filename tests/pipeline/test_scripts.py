"""Scripts are transactions: all or nothing, but a script learns what exists already and may go on."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import Column, Integer, MetaData, Table, bindparam, insert, select, text, update

from property_alert_notification.base.errors import StoreUnavailable, UnreadableRow
from property_alert_notification.base.settings import Settings
from property_alert_notification.database import (
    BatchStatement,
    ChangesNothing,
    Database,
    Returned,
    Script,
    Statement,
    StatementBatch,
    StatementGroup,
    UniqueConflict,
    UnsafeBatch,
    columns_of,
    is_row_fault,
    run_within,
)
from property_alert_notification.deliveries import scripts as delivery_scripts
from property_alert_notification.notifications import scripts as notification_scripts
from tests.pipeline.world import World
from tests.services.pgbouncer import pgbouncer
from tests.services.smtp import SmtpServer

_LEFT, _RIGHT = (Table(name, MetaData(), Column("n", Integer, primary_key=True)) for name in ("lefts", "rights"))


Step = Statement | StatementGroup | StatementBatch


def _addition(table: Table) -> BatchStatement:
    return BatchStatement(columns_of(table, "n"), lambda new: insert(table).from_select(["n"], select(new.c.n)))


_ADD_LEFT, _ADD_RIGHT = _addition(_LEFT), _addition(_RIGHT)


@pytest.fixture
async def tables(world: World) -> World:
    """A world with two tables that hold numbers."""
    await _make_tables(world)
    return world


async def _make_tables(world: World) -> None:
    async with world.parts.database.transaction() as connection:
        for table in (_LEFT, _RIGHT):
            await connection.execute(text(f"CREATE TABLE {table.name} (n INTEGER PRIMARY KEY)"))


def _left(*numbers: int) -> Statement:
    return Statement(_ADD_LEFT, [(n,) for n in numbers])


def _right(*numbers: int) -> Statement:
    return Statement(_ADD_RIGHT, [(n,) for n in numbers])


def _add(*steps: Step) -> Script[str]:
    for step in steps:
        try:
            yield step
        except UniqueConflict:
            yield _right(99)
            return "already there"
    return "added"


async def _numbers(world: World) -> list[Sequence[int]]:
    async with world.parts.database.reading() as connection:
        return [
            (await connection.execute(select(table.c.n).order_by(table.c.n))).scalars().all()
            for table in (_LEFT, _RIGHT)
        ]


_DOUBLE_RIGHT = BatchStatement(
    columns_of(_RIGHT, "n"),
    lambda wanted: update(_RIGHT).where(_RIGHT.c.n == wanted.c.n).values(n=_RIGHT.c.n * 10).returning(_RIGHT.c.n),
)


def _double(*numbers: int) -> Script[list[int]]:
    """Returns what the last of several statements found."""
    rows = yield StatementBatch([_left(*numbers), Statement(_DOUBLE_RIGHT, [(n,) for n in numbers])])
    return sorted(n for (n,) in rows)


async def test_what_the_last_of_several_finds_comes_back(tables: World) -> None:
    await tables.parts.database.run(_add(_right(1, 2, 3)))

    assert await tables.parts.database.run(_double(1, 2)) == [10, 20]

    assert await _numbers(tables) == [[1, 2], [3, 10, 20]]


async def test_what_is_added_together_is_there(tables: World) -> None:
    added = await tables.parts.database.run(_add(StatementBatch([_left(1, 2), _right(3)])))

    assert added == "added"
    assert await _numbers(tables) == [[1, 2], [3]]


async def test_an_insert_skips_existing_rows_and_the_script_continues(tables: World) -> None:
    database = tables.parts.database
    await database.run(_add(_right(3)))

    assert await database.run(_add(StatementBatch([_left(1, 2), _right(3)]))) == "already there"

    assert await _numbers(tables) == [[], [3, 99]]


async def test_a_script_goes_on_after_a_conflict_also_through_pgbouncer(
    make_settings: Callable[..., Settings], smtp_server: SmtpServer
) -> None:
    """There the transaction has begun already, and one in which a statement failed takes no other."""
    with pgbouncer(make_settings("postgresql").database_url, "transaction") as url:
        settings = make_settings("postgresql", database_url=url, database_prepared_statements=False)
        async with World(settings, smtp_server) as world:
            await _make_tables(world)
            await world.parts.database.run(_add(_right(3)))

            assert await world.parts.database.run(_add(StatementBatch([_left(1), _right(3)]))) == "already there"

            assert await _numbers(world) == [[], [3, 99]]


async def test_a_script_may_be_a_part_of_a_greater_transaction(tables: World) -> None:
    async with tables.parts.database.transaction() as connection:
        assert await run_within(connection, _add(_left(1), _right(3))) == "added"

    assert await _numbers(tables) == [[1], [3]]


async def test_a_statement_without_columns_is_executed_once(tables: World) -> None:
    add_seven = BatchStatement({}, lambda _: insert(_LEFT).values(n=7))

    await tables.parts.database.run(_add(Statement(add_seven, ())))

    assert await _numbers(tables) == [[7], []]


async def test_a_script_that_raises_leaves_nothing_behind(tables: World) -> None:
    def fail() -> Script[None]:
        yield _left(1)
        raise KeyError

    with pytest.raises(KeyError):
        await tables.parts.database.run(fail())

    assert await _numbers(tables) == [[], []]


def _lock() -> Statement:
    return Statement(_LOCK_RIGHT, [(1,)])


async def test_a_group_is_a_step_among_others_and_its_last_rows_come_back(tables: World) -> None:
    database = tables.parts.database

    def script() -> Script[list[int]]:
        yield _right(1, 2)
        rows = yield StatementGroup([_left(7), Statement(_DOUBLE_RIGHT, [(1,), (2,)])])
        yield _left(8)
        return sorted(n for (n,) in rows)

    assert await database.run(script()) == [10, 20]
    async with database.transaction() as connection:
        await run_within(connection, _add(StatementGroup([_left(9), _right(9)])))
    assert await _numbers(tables) == [[7, 8, 9], [9, 10, 20]]


async def test_nothing_is_left_of_a_script_whose_group_meets_a_key_that_is_there(tables: World) -> None:
    database = tables.parts.database
    await database.run(_add(_right(3)))

    with pytest.raises(UniqueConflict):
        await database.run(_add(_left(1), StatementGroup([_left(2), _right(3)])))

    assert await _numbers(tables) == [[], [3]]


async def test_a_statement_of_a_group_uses_what_others_return(tables: World) -> None:
    database = tables.parts.database
    await database.run(_add(_right(1, 2)))

    def script(*numbers: int) -> Script[None]:
        changes = [Statement(_DOUBLE_RIGHT, [(n,)]) for n in numbers]
        yield StatementGroup([*changes, Statement(_ADD_SUM, (), {"one": Returned(0), "other": Returned(1)})])

    await database.run(script(1, 2))
    async with database.transaction() as connection:
        await run_within(connection, script(10, 20))
    assert await _numbers(tables) == [[30, 300], [100, 200]]


_SUM = bindparam("one", type_=Integer) + bindparam("other", type_=Integer)
_ADD_SUM = BatchStatement({}, lambda _: insert(_LEFT).from_select(["n"], select(_SUM)))


_LOCK_RIGHT = BatchStatement(
    columns_of(_RIGHT, "n"),
    lambda wanted: select(_RIGHT.c.n).where(_RIGHT.c.n.in_(select(wanted.c.n))).with_for_update(),
)
_READ_RIGHT = BatchStatement({}, lambda _: select(_RIGHT.c.n))


@pytest.mark.parametrize("before", [_left(1), _lock()], ids=["a change", "a lock"])
async def test_a_batch_after_a_change_is_unsafe(tables: World, before: Statement) -> None:
    """SQLite would undo the change when the batch meets a conflict, and PostgreSQL could not go on."""
    await tables.parts.database.run(_add(_right(3)))

    for batch in (StatementBatch([_right(4)]), StatementBatch([_left(2), _right(3)])):
        with pytest.raises(UnsafeBatch):
            await tables.parts.database.run(_add(before, batch))

    assert await _numbers(tables) == [[], [3]]


@pytest.mark.parametrize(
    "after", [_left(2), _lock(), StatementBatch([_left(2)])], ids=["a change", "a lock", "a batch"]
)
async def test_what_changes_something_after_a_batch_is_unsafe(tables: World, after: Step) -> None:
    """PostgreSQL has committed the batch already, as a transaction of its own."""
    with pytest.raises(UnsafeBatch):
        await tables.parts.database.run(_add(StatementBatch([_right(3)]), after))

    assert (await _numbers(tables))[0] == []


async def test_a_batch_may_stand_between_statements_that_only_read(tables: World) -> None:
    read = Statement(_READ_RIGHT, ())

    assert await tables.parts.database.run(_add(read, StatementBatch([_right(3)]), read)) == "added"
    assert await tables.parts.database.run(_add(read, StatementBatch([_left(1), _right(3)]))) == "already there"

    assert await _numbers(tables) == [[], [3, 99]]


@pytest.mark.parametrize("step", [_left(1), _lock()], ids=["a change", "a lock"])
async def test_a_quick_connection_only_reads(tables: World, step: Statement) -> None:
    await tables.parts.database.run(_add(_right(3)))

    with pytest.raises(ChangesNothing):
        async with tables.parts.database.quick_reading() as connection:
            await step.run(connection)
    async with tables.parts.database.quick_reading() as connection:
        assert [tuple(row) for row in await _READ_RIGHT.fetch(connection)] == [(3,)]

    assert await _numbers(tables) == [[], [3]]


async def test_a_batch_within_the_transaction_of_a_caller_is_unsafe(tables: World) -> None:
    with pytest.raises(UnsafeBatch):
        async with tables.parts.database.transaction() as connection:
            await run_within(connection, _add(StatementBatch([_left(1)])))

    assert await _numbers(tables) == [[], []]


def test_a_batch_whose_statements_could_not_be_one_is_unsafe() -> None:
    one, other = (Statement(_ADD_LEFT, [(1,)], {"until": until}) for until in (1, 2))

    assert len(StatementBatch([one, one]).statements) == 2
    for wrong in ([one, other], []):
        with pytest.raises(UnsafeBatch):
            StatementBatch(wrong)


def test_an_unsafe_batch_is_the_fault_of_no_row() -> None:
    """Or a whole backlog would be quarantined, one by one."""
    assert not is_row_fault(UnsafeBatch("a batch of no statements"))


async def test_only_a_key_that_is_there_already_is_a_conflict(tables: World) -> None:
    """A row that refers to none, or holds none where one must be, is wrong whenever it is added."""
    async with tables.parts.database.transaction() as connection:
        await connection.execute(text("CREATE TABLE strict (n INTEGER PRIMARY KEY, CHECK (n > 0))"))
    strict = _addition(Table("strict", MetaData(), Column("n", Integer, primary_key=True)))

    with pytest.raises((sqlite3.IntegrityError, asyncpg.CheckViolationError)):
        await tables.parts.database.run(_add(StatementBatch([Statement(strict, [(-1,)])])))

    assert await _numbers(tables) == [[], []]


async def test_a_script_waits_for_another_process_that_writes_but_not_for_ever(tmp_path: Path) -> None:
    """SQLite has one writer."""
    hurried, patient = (Database(f"sqlite+aiosqlite:///{tmp_path}/one.db", wait=wait) for wait in (0.02, 30))
    with closing(sqlite3.connect(tmp_path / "one.db", isolation_level=None)) as other:
        other.execute("CREATE TABLE lefts (n INTEGER PRIMARY KEY)")
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(StoreUnavailable):
            await hurried.run(_add(_left(1)))
        waiting = asyncio.create_task(patient.run(_add(_left(2))))
        await asyncio.sleep(0)
        other.execute("COMMIT")

        assert await waiting == "added"
        assert other.execute("SELECT n FROM lefts").fetchall() == [(2,)]
    for database in (hurried, patient):
        await database.close()


async def test_a_plan_made_while_a_table_is_empty_goes_by_its_index(
    make_settings: Callable[..., Settings], smtp_server: SmtpServer
) -> None:
    """PostgreSQL keeps it when the table has grown."""
    many = ", ".join([f"'{UUID(int=number)}'" for number in range(500)])
    wanted = f"EXPLAIN UPDATE attempts SET reason_code = '' FROM unnest(CAST(ARRAY[{many}] AS uuid[])) AS wanted(id)"
    async with (
        World(make_settings("postgresql"), smtp_server) as world,
        world.parts.database.transaction() as connection,
    ):
        plan = (await connection.execute(text(f"{wanted} WHERE attempts.delivery_id = wanted.id"))).scalars().all()

    assert any("Index" in line for line in plan)
    assert not any("Seq Scan on attempts" in line for line in plan)


async def test_text_that_is_none_holds_no_transaction_open(
    make_settings: Callable[..., Settings], smtp_server: SmtpServer
) -> None:
    """SQLite's driver would fail in the middle of a statement, and no transaction could write any more."""
    async with World(make_settings("sqlite"), smtp_server) as world:
        await world.a_user()
        broken = [await world.accept() for _ in range(3)]
        database = world.parts.database
        async with database.transaction() as connection:
            await connection.execute(text("UPDATE deliveries SET address = CAST(x'ff41' AS TEXT)"))
            await connection.execute(text("UPDATE notifications SET title = CAST(x'ff41' AS TEXT)"))
        ids = [(await world.delivery(one)).id for one in broken]
        now = world.parts.clock.now()

        for _ in range(3):
            with pytest.raises(UnreadableRow, match="address"):
                await database.run(delivery_scripts.claim(ids, now=now, leased_until=now))
            with pytest.raises(UnreadableRow, match="address"):
                async with database.transaction() as connection:
                    await run_within(connection, delivery_scripts.claim(ids, now=now, leased_until=now))
            with pytest.raises(UnreadableRow, match="title"):  # a query, which is executed a second time
                await database.run(notification_scripts.contents(broken))

        assert await world.accept()
