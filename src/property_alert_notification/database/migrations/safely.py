"""Changes of tables that others read and write meanwhile: what a migration uses in place of Alembic's own operations.

On PostgreSQL an index is built without locking its table, outside of a transaction. So a migration can be interrupted
halfway; each of these can be repeated. On SQLite a migration is one transaction.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

LOCK_TIMEOUT = "300ms"
"""How long a change waits for its table. Statements that need the table later wait as long: less than an accept does,
which fails after half of STORE_TIMEOUT. What did not get its lock is tried again."""

_UNUSABLE_INDEX = sa.text(
    "SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(:name) AND NOT (indisvalid AND indisready)"
)


def create_index(
    name: str, table: str, columns: Sequence[str], *, where: str | None = None, unique: bool = False
) -> None:
    """Create an index, or the valid one in place of what an interrupted build left."""
    condition = None if where is None else sa.text(where)
    if not _is_postgresql() or (_is_empty(table) and not _is_unusable(name)):
        op.create_index(
            name,
            table,
            columns,
            unique=unique,
            sqlite_where=condition,
            postgresql_where=condition,
            if_not_exists=True,
        )
        return
    with op.get_context().autocommit_block():
        _wait_as_long_as_it_takes()
        if _is_unusable(name):
            op.drop_index(name, table, if_exists=True, postgresql_concurrently=True)
        op.create_index(
            name,
            table,
            columns,
            unique=unique,
            postgresql_where=condition,
            if_not_exists=True,
            postgresql_concurrently=True,
        )
        _wait_briefly()


def drop_index(name: str, table: str) -> None:
    """Drop an index, if it is there."""
    if not _is_postgresql() or _is_empty(table):
        op.drop_index(name, table, if_exists=True)
        return
    with op.get_context().autocommit_block():
        _wait_as_long_as_it_takes()
        op.drop_index(name, table, if_exists=True, postgresql_concurrently=True)
        _wait_briefly()


def add_column(table: str, column: "sa.Column[Any]") -> None:
    """Add a column: one that may be null, or has a server default, so that the version before can go on inserting."""
    op.add_column(table, column, if_not_exists=True if _is_postgresql() else None)


def drop_column(table: str, column: str) -> None:
    """Drop a column, if it is there."""
    if _is_postgresql():
        op.drop_column(table, column, if_exists=True)
    else:
        op.drop_column(table, column)


def change_primary_key(table: str, columns: Sequence[str]) -> None:
    """Give a table another primary key, of columns that it has, and of which none may be null.

    Processes of the version before cannot go on to insert rows unless they exist. On SQLite the table is copied.
    """
    key = f"pk_{table}"
    if _is_postgresql():
        op.execute(f"DROP INDEX IF EXISTS {key}_next")
        create_index(f"{key}_next", table, columns, unique=True)
        op.execute(
            f"ALTER TABLE {table} DROP CONSTRAINT {key}, ADD CONSTRAINT {key} PRIMARY KEY USING INDEX {key}_next"
        )
        return
    with op.batch_alter_table(table, recreate="always") as rebuilt:
        rebuilt.drop_constraint(key, type_="primary")
        rebuilt.create_primary_key(key, list(columns))


def rename_column(table: str, old: str, new: str) -> None:
    """Rename a column, if it still has its old name. Processes of the version before cannot go on after it."""
    if _has_column(table, old):
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")


def rewrite(
    table: str, column: str, values_for: Callable[[str], Mapping[str, Any]], *, by: str, missing: str | None
) -> None:
    """Set other columns of each row from the text in one, a few thousand rows at a time.

    On PostgreSQL each of these is committed by itself, so that no statement waits for all.

    Args:
        table: the table.
        column: the text; a row without it, and one of SQLite with another kind of value there, stays as it is.
        values_for: the new values of other columns, from the text.
        by: a column in whose order the table is walked.
        missing: a column that is null until its row was rewritten; None when it is harmless to rewrite it again.
    """
    if not _has_column(table, column) or _is_empty(table):
        return
    if _is_postgresql():
        with op.get_context().autocommit_block():
            _rewrite(table, column, values_for, by, missing)
    else:
        _rewrite(table, column, values_for, by, missing)


_AT_ONCE = 5_000


def _rewrite(
    table: str, column: str, values_for: Callable[[str], Mapping[str, Any]], by: str, missing: str | None
) -> None:
    rows = sa.table(table)
    key: sa.ColumnElement[Any] = sa.column(by)
    text: sa.ColumnElement[Any] = sa.column(column)
    is_wanted = text.is_not(None) if missing is None else sa.and_(text.is_not(None), sa.column(missing).is_(None))
    after: Any = None
    while True:
        ahead = sa.true() if after is None else key > after
        batch = sa.select(key).select_from(rows).where(ahead).order_by(key).limit(_AT_ONCE).subquery()
        last = op.get_bind().execute(sa.select(batch.c[by]).order_by(batch.c[by].desc()).limit(1)).scalar()
        if last is None:
            return
        here = sa.and_(ahead, key <= last, is_wanted)
        for value in op.get_bind().execute(sa.select(text).select_from(rows).where(here).distinct()).scalars().all():
            if isinstance(value, str):
                values = values_for(value)
                target = sa.table(table, *map(sa.column, values))
                op.get_bind().execute(sa.update(target).where(here, text == value).values(values))
        after = last


def set_storage(table: str, **parameters: str) -> None:
    """Set storage parameters of a table on PostgreSQL; takes a lock that neither readers nor writers wait for."""
    if _is_postgresql():
        words = ", ".join(f"{name} = {value}" for name, value in parameters.items())
        op.execute(f"ALTER TABLE {table} SET ({words})")


def reset_storage(table: str, *names: str) -> None:
    """Set storage parameters of a table back to the server's."""
    if _is_postgresql():
        op.execute(f"ALTER TABLE {table} RESET ({', '.join(names)})")


def _is_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _has_column(table: str, column: str) -> bool:
    return column in {found["name"] for found in sa.inspect(op.get_bind()).get_columns(table)}


def _is_empty(table: str) -> bool:
    """The table has no rows, so that an index is built in no time: a new store need not be migrated with care."""
    some = sa.select(sa.literal(1)).select_from(sa.table(table)).exists()
    return not op.get_bind().execute(sa.select(some)).scalar()


def _is_unusable(index: str) -> bool:
    return bool(op.get_bind().execute(_UNUSABLE_INDEX, {"name": index}).scalar())


def _wait_as_long_as_it_takes() -> None:
    # Building an index blocks no statement, but has to wait for every transaction that is older than it.
    op.execute("SET lock_timeout = 0")


def _wait_briefly() -> None:
    op.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
