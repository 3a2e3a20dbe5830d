"""Inserts the rows of a batch as they are."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Insert,
    Label,
    Select,
    Subquery,
    Table,
    TableClause,
    column,
    insert,
    select,
)


def insert_rows(table: Table, new: FromClause, others: Mapping[str, ColumnElement[Any]] | None = None) -> Insert:
    """Insert the rows of a batch, each with the same `others`.

    A batch of one row becomes `INSERT … VALUES`. For `INSERT … SELECT`, which may add several rows, SQLite copies each
    page before it changes it: to insert row by row took three times as long.
    """
    same = dict(others or {})
    names = [*new.c.keys(), *same]
    if (row := _only_row(new)) is not None:
        # Without the defaults of other columns, which this form would add.
        plain = TableClause(table.name, *(column(name, table.c[name].type) for name in names))
        return insert(plain).values({**row, **same})
    return insert(table).from_select(names, select(*new.c, *same.values()), include_defaults=False)


def _only_row(batch: FromClause) -> Mapping[str, ColumnElement[Any]] | None:
    """The values of a batch of one row, by column: it is selected from no table. None for a batch of many."""
    chosen = batch.element if isinstance(batch, Subquery) else None
    if not isinstance(chosen, Select) or chosen.get_final_froms():
        return None
    return {one.name: one.element for one in chosen.selected_columns if isinstance(one, Label)}
