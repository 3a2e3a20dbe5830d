"""A batch on SQLite, of whose columns some have the same value in all rows: these are no part of the JSON document."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import BigInteger, Boolean, Column, MetaData, Table, Text, Uuid, select

from property_alert_notification.database import BatchStatement, Database, columns_of, insert_rows, time_type

AT = datetime(2026, 11, 30, 10, 0, 0, 5, UTC)
ONE, TWO = UUID(int=1), UUID(int=2)
TABLE = Table(
    "things",
    MetaData(),
    Column("id", Uuid()),
    Column("number", BigInteger),
    Column("name", Text),
    Column("kind", Text),
    Column("is_new", Boolean),
    Column("at", time_type()),
    Column("other_id", Uuid()),
    Column("missing", Text),
)
NAMES = tuple(TABLE.c.keys())
FIRST = (ONE, 1, "é “one”\n", "house", True, AT, TWO, None)


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([], id="no row"),
        pytest.param([FIRST], id="one row, of which all columns are alike"),
        pytest.param([FIRST, FIRST], id="two rows, of which all columns are alike"),
        pytest.param([FIRST, (TWO, 2, "two", "house", True, AT, TWO, None)], id="some columns differ"),
        pytest.param([FIRST, (TWO, 2, "two", "flat", False, None, None, "some")], id="all columns differ"),
    ],
)
async def test_rows_are_stored_as_they_are(rows: list[tuple[object, ...]], tmp_path: Path) -> None:
    add = BatchStatement(columns_of(TABLE, *NAMES), lambda new: insert_rows(TABLE, new))
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'store.db'}")
    try:
        async with database.transaction() as connection:
            await connection.run_sync(TABLE.create)
            await add.run(connection, iter(rows))
            stored = [tuple(row) for row in await connection.execute(select(TABLE))]
    finally:
        await database.close()

    assert stored == rows


async def test_however_many_choices_of_columns_there_are_all_rows_are_stored(tmp_path: Path) -> None:
    add = BatchStatement(columns_of(TABLE, *NAMES), lambda new: insert_rows(TABLE, new))
    other = (TWO, 2, "two", "flat", False, None, None, "some")
    pairs = [
        [
            FIRST,
            tuple(
                there if choice >> place & 1 else here
                for place, (here, there) in enumerate(zip(FIRST, other, strict=True))
            ),
        ]
        for choice in range(40)
    ]
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'store.db'}")
    try:
        async with database.transaction() as connection:
            await connection.run_sync(TABLE.create)
            for pair in pairs:
                await add.run(connection, pair)
            stored = [tuple(row) for row in await connection.execute(select(TABLE))]
    finally:
        await database.close()

    assert stored == [row for pair in pairs for row in pair]
