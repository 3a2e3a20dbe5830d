"""Statements that read the rows of one person, whatever the table."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, Table, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import rows_of
from property_alert_notification.database.migrations.tables import METADATA
from property_alert_notification.operators.privacy.addresses import Address
from property_alert_notification.operators.privacy.declaration import FoundBy
from property_alert_notification.operators.privacy.registry import TABLES

Row = Mapping[str, Any]

AT_ONCE = 200
"""Rows of one statement."""


def found_by(*ways: FoundBy) -> list[str]:
    """The names of the tables whose rows are found in one of these ways, in their order."""
    return [name for name, declared in TABLES.items() if declared.found_by in ways]


def table_named(name: str) -> Table:
    """The table."""
    return METADATA.tables[name]


def _columns(name: str) -> Select[*tuple[Any, ...]]:
    """Reads all columns but those that are large and not exported."""
    declared, table = TABLES[name], table_named(name)
    keys = [column.name for column in table.primary_key]
    return select(*(table.c[one] for one in dict.fromkeys((*keys, declared.column, *declared.exported.split()))))


async def page(connection: AsyncConnection, name: str, user_id: int, after: Row | None) -> Sequence[Row]:
    """Up to `AT_ONCE` rows of a table that are found by the user's id, in the order of their keys."""
    table = table_named(name)
    keys = list(table.primary_key)
    statement = _columns(name).where(table.c[TABLES[name].column] == user_id).order_by(*keys).limit(AT_ONCE)
    if after is not None:
        statement = statement.where(tuple_(*keys) > tuple_(*(after[key.name] for key in keys)))
    return await rows_of(connection, statement)


async def rows_by(connection: AsyncConnection, name: str, values: Collection[Any]) -> Sequence[Row]:
    """The rows of a table whose column by which they are found has one of these values."""
    column = table_named(name).c[TABLES[name].column]
    return [
        row
        for some in chunks(values)
        for row in await rows_of(connection, _columns(name).where(column.in_(some)).order_by(column))
    ]


async def rows_of_addresses(connection: AsyncConnection, name: str, addresses: Collection[Address]) -> Sequence[Row]:
    """The rows of a table about these addresses."""
    found = await rows_by(connection, name, sorted({address for _, address in addresses}))
    column = TABLES[name].column
    return [row for row in found if (row["channel"], row[column]) in addresses]


def chunks(values: Iterable[Any]) -> list[list[Any]]:
    """The values in parts that one statement can take."""
    listed = list(values)
    return [listed[start : start + AT_ONCE] for start in range(0, len(listed), AT_ONCE)]
