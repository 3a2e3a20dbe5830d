"""Inserting the rows of a batch, row by row and all at once."""

from sqlalchemy import Boolean, Column, Integer, MetaData, Table, literal
from sqlalchemy.dialects import sqlite

from property_alert_notification.database import BatchStatement, columns_of, insert_rows

_TABLE = Table(
    "things", MetaData(), Column("id", Integer), Column("size", Integer), Column("old", Boolean, default=False)
)
_ADD = BatchStatement(columns_of(_TABLE, "id"), lambda new: insert_rows(_TABLE, new, {"size": literal(7)}))


def _written(statement: object) -> str:
    return " ".join(str(statement.compile(dialect=sqlite.dialect())).split())  # type: ignore[attr-defined]


def test_a_single_row_is_values_so_that_sqlite_copies_no_pages() -> None:
    assert _written(_ADD.on_one_row()) == "INSERT INTO things (id, size) VALUES (?, ?)"


def test_many_rows_are_one_statement() -> None:
    assert _written(_ADD.on_document()).startswith("INSERT INTO things (id, size) SELECT batch.id, ? AS")
