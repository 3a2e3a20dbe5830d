"""Changes of tables that others read and write meanwhile: what a migration uses in place of Alembic's own operations.

On PostgreSQL an index is built without locking its table, outside of a transaction. So a migration can be interrupted
halfway; each of these can be repeated. On SQLite a migration is one transaction.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

LOCK_TIMEOUT = "300ms"
"""How long a change waits for its table. Whoever asks for the table after it waits as long: less than an accept does,
which gives up after half of STORE_TIMEOUT. What did not get its lock is tried again."""

_UNUSABLE_INDEX = sa.text(
    "SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(:name) AND NOT (indisvalid AND indisready)"
)


def create_index(name: str, table: str, columns: Sequence[str], *, where: str | None = None) -> None:
    """Create an index, or the valid one in place of what an interrupted build left."""
    condition = None if where is None else sa.text(where)
    if not _is_postgresql() or (_is_empty(table) and not _is_unusable(name)):
        op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition, if_not_exists=True)
        return
    with op.get_context().autocommit_block():
        _wait_as_long_as_it_takes()
        if _is_unusable(name):
            op.drop_index(name, table, if_exists=True, postgresql_concurrently=True)
        op.create_index(
            name, table, columns, postgresql_where=condition, if_not_exists=True, postgresql_concurrently=True
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


def _is_empty(table: str) -> bool:
    """The table has no rows, so that an index is built in no time: a new store need not be migrated with care."""
    some = sa.select(sa.literal(1)).select_from(sa.table(table)).exists()
    return not op.get_bind().execute(sa.select(some)).scalar()


def _is_unusable(index: str) -> bool:
    return bool(op.get_bind().execute(_UNUSABLE_INDEX, {"name": index}).scalar())


def _wait_as_long_as_it_takes() -> None:
    # To build an index locks nobody out, and has to wait for every transaction that is older than it.
    op.execute("SET lock_timeout = 0")


def _wait_briefly() -> None:
    op.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
