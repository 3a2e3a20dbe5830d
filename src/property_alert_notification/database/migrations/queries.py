"""Every statement that reads the schema of a store."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import bindparam, column, func, select, text
from sqlalchemy import table as table_clause
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.settings.store_url import sqlite_problem
from property_alert_notification.database.migrations.judgement import Found
from property_alert_notification.database.migrations.tables import METADATA, VERSION_TABLE, shape_of

NEWEST = shape_of(METADATA)
_OURS = [*NEWEST.columns, VERSION_TABLE]

_ENCODING = text(
    "SELECT current_setting('server_encoding'), current_setting('transaction_read_only') = 'on', pg_is_in_recovery()"
)
# Tables of extensions do not count. Of other foreign tables the names suffice.
_TABLES = text("""
    SELECT c.relname, a.attname, a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_attribute a
        ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND c.relname IN :ours
    WHERE c.relkind IN ('r', 'p') AND pg_table_is_visible(c.oid)
        AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
        AND NOT EXISTS (
            SELECT FROM pg_depend d
            WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
        )
    """).bindparams(bindparam("ours", _OURS, expanding=True))
_INDEXES = text("""
    SELECT i.relname
    FROM pg_class t
    JOIN pg_index x ON x.indrelid = t.oid
    JOIN pg_class i ON i.oid = x.indexrelid
    WHERE t.relname IN :ours AND pg_table_is_visible(t.oid) AND x.indisvalid AND x.indisready
    """).bindparams(bindparam("ours", _OURS, expanding=True))

_SQLITE_TABLES = text("""
    SELECT m.name, c.name, c."notnull" AND c.dflt_value IS NULL AND NOT c.pk
    FROM sqlite_master m LEFT JOIN pragma_table_info(m.name) c
    WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
    """)
_SQLITE_INDEXES = text("SELECT name FROM sqlite_master WHERE type = 'index'")
_APPLICATION_ID = text("PRAGMA application_id")

_VERSIONS = text(f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608 - a constant


async def count_rows(connection: AsyncConnection, table: str) -> int:
    """How many rows a table of ours has."""
    return (await connection.execute(select(func.count()).select_from(table_clause(table)))).scalar_one()


async def count_values(connection: AsyncConnection, table: str, name: str) -> int:
    """In how many rows of a table of ours a column has a value."""
    counted = select(func.count(column(name))).select_from(table_clause(table))
    return (await connection.execute(counted)).scalar_one()


async def find(connection: AsyncConnection) -> Found:
    """Read the schema of a store by a few queries of its catalogue."""
    if connection.dialect.name == "sqlite":
        return await _find_in_sqlite(connection)
    encoding, read_only, standby = (await connection.execute(_ENCODING)).one()
    if encoding != "UTF8":
        return Found(encoding=encoding)
    tables, mandatory = _by_table(await connection.execute(_TABLES))
    return Found(
        versions=await _versions(connection, tables),
        columns=_without_version_table(tables),
        mandatory=mandatory,
        indexes=(await connection.execute(_INDEXES)).scalars().all(),
        read_only=_why_read_only(standby=standby) if read_only else None,
    )


def _why_read_only(*, standby: bool) -> str:
    if standby:
        return "is a standby, which takes no writes. Name the primary, or promote this one"
    return "takes no writes (default_transaction_read_only is on). Switch it off for this database and user"


async def _find_in_sqlite(connection: AsyncConnection) -> Found:
    tables, mandatory = _by_table(await connection.execute(_SQLITE_TABLES))
    return Found(
        versions=await _versions(connection, tables),
        columns=_without_version_table(tables),
        mandatory=mandatory,
        indexes=(await connection.execute(_SQLITE_INDEXES)).scalars().all(),
        names_constraints=False,
        application_id=(await connection.execute(_APPLICATION_ID)).scalar_one(),
        read_only=_why_not_writable(connection.engine.url.database or ""),
    )


def _why_not_writable(path: str) -> str | None:
    file = Path(path.removeprefix("file:").partition("?")[0])
    problem = sqlite_problem(file) if file.is_file() else None
    return None if problem is None else f"cannot be written: {problem}. Give this user the file and its folder"


async def _versions(connection: AsyncConnection, tables: dict[str, set[str]]) -> list[str]:
    if "version_num" not in tables.get(VERSION_TABLE, ()):
        return []
    return [str(version) for version in (await connection.execute(_VERSIONS)).scalars()]


def _by_table(rows: Iterable[Sequence[Any]]) -> tuple[dict[str, set[str]], list[tuple[str, str]]]:
    tables: dict[str, set[str]] = {}
    mandatory = []
    for table, name, is_mandatory in rows:
        names = tables.setdefault(table, set())
        if name is not None:
            names.add(name)
            if is_mandatory:
                mandatory.append((table, name))
    return tables, mandatory


def _without_version_table(tables: dict[str, set[str]]) -> dict[str, set[str]]:
    return {name: columns for name, columns in tables.items() if name != VERSION_TABLE}
