"""Replaces invalid values of damaged rows, so that the rows can be shown.

A value of a wrong type becomes null, or a default of the right type. Repaired rows are only shown: they are never
stored, and no decision uses them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import structlog
from sqlalchemy import Select, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import NullType

from property_alert_notification.base.clock import time_of
from property_alert_notification.base.logs import origin
from property_alert_notification.database.faults import is_row_fault

log = structlog.get_logger()

_PLAINEST: dict[type, Any] = {int: 0, str: "", bool: False, UUID: UUID(int=0)}

Row = TypeVar("Row")


def repaired(row: Row) -> Row:
    """The row with a value of the right type in every field; the same object if it is undamaged."""
    kinds = _kinds(type(row))  # type: ignore[arg-type]
    values = {name: getattr(row, name) for name in kinds}
    if all(_is_one_of(values[name], kind) for name, kind in kinds.items()):
        return row
    made_at = time_of(values["id"]) if isinstance(values.get("id"), UUID) else time_of(UUID(int=0))
    return type(row)(**{name: _repaired(values[name], kind, made_at) for name, kind in kinds.items()})


@cache
def _kinds(of: type) -> Mapping[str, tuple[type, ...]]:
    """The types that each field of a row may have."""
    hints = get_type_hints(of)
    names = [field.name for field in fields(of)] if is_dataclass(of) else list(of.model_fields)  # type: ignore[attr-defined]
    return {name: tuple(get_origin(kind) or kind for kind in _alternatives(hints[name])) for name in names}


def _alternatives(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def _repaired(value: Any, kinds: tuple[type, ...], made_at: datetime) -> Any:
    if _is_one_of(value, kinds):
        return value
    if str in kinds and isinstance(value, bytes):
        return value.decode(errors="replace")
    if NoneType in kinds:
        return None
    return made_at if datetime in kinds else _PLAINEST.get(kinds[0])


def _is_one_of(value: Any, kinds: tuple[type, ...]) -> bool:
    return any(type(value) is int if kind is int else isinstance(value, kind) for kind in kinds)


async def rows_of(
    connection: AsyncConnection, statement: Select[*tuple[Any, ...]], parameters: Mapping[str, Any] | None = None
) -> list[Mapping[str, Any]]:
    """The rows of a query by column name, with None for a value that cannot be read as its column's type.

    Only SQLite stores such values.
    """
    try:
        return [dict(row) for row in (await connection.execute(statement, parameters)).mappings()]
    except Exception as error:
        if not is_row_fault(error) or connection.dialect.name != "sqlite":
            raise
        log.error("row.unreadable", **origin(error))  # noqa: TRY400 - its text may hold personal data
    dialect, columns = connection.dialect, list(statement.exported_columns)
    as_kept = statement.with_only_columns(
        *[type_coerce(column, NullType()).label(column.name) for column in columns], maintain_column_froms=True
    )
    readers = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
    names = [column.name for column in columns]
    found: Sequence[Any] = (await connection.execute(as_kept, parameters)).all()
    return [dict(zip(names, map(_read, readers, row), strict=True)) for row in found]


async def rows_with_id(
    connection: AsyncConnection, statement: Select[*tuple[Any, ...]], limit: int
) -> list[Mapping[str, Any]]:
    """The first `limit` rows of a query whose id can be read: no caller can name the others."""
    asked_for = limit
    while True:
        rows = await rows_of(connection, statement.limit(asked_for))
        readable = [row for row in rows if row["id"] is not None]
        if len(readable) >= limit or len(rows) < asked_for:
            return readable[:limit]
        asked_for *= 2


def _read(read: Any, value: Any) -> Any:
    try:
        return read(value) if read else value
    except (ValueError, TypeError, AttributeError):
        return None
