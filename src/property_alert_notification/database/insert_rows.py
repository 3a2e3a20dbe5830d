"""Inserts the rows of a batch as they are."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    FromClause,
    Insert,
    Label,
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
    """The values of a batch of one row, by column; None for a batch of many."""
    if not isinstance(batch, Subquery):
        return None
    columns = [one for one in batch.element.selected_columns if isinstance(one, Label)]
    values = {one.name: one.element for one in columns if isinstance(one.element, BindParameter)}
    return values if len(values) == len(batch.c) else None
