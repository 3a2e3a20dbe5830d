"""Statements over batches of rows, built once."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import CursorResult, Dialect, Executable, FromClause, String, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine


class BatchStatement:
    """One statement over a batch of rows. It is built once for each kind of store; every run only brings values.

    PostgreSQL gets one array per column (`unnest`), SQLite one JSON document (`json_each`), so the text of the
    statement is the same for one row and for a thousand.
    """

    def __init__(self, columns: Mapping[str, TypeEngine[Any]], build: Callable[[FromClause], Executable]) -> None:
        """`columns` are the names and types of the batch; `build` makes the statement around it as a table."""
        self.columns = columns
        self._build = build
        self._built: dict[str, Executable] = {}

    async def run(
        self, connection: AsyncConnection, rows: Iterable[Sequence[Any]], **parameters: Any
    ) -> CursorResult[*tuple[Any, ...]]:
        """Execute for these rows, whose values stand in the order of the columns."""
        dialect = connection.dialect
        values = _as_json(self.columns, rows, dialect) if dialect.name == "sqlite" else _as_arrays(self.columns, rows)
        return await connection.execute(self.on(dialect.name), values | parameters)

    def on(self, dialect: str) -> Executable:
        """The statement for `sqlite` or `postgresql`."""
        if dialect not in self._built:
            table = _json_table(self.columns) if dialect == "sqlite" else _array_table(self.columns)
            self._built[dialect] = self._build(table)
        return self._built[dialect]


def _array_table(columns: Mapping[str, TypeEngine[Any]]) -> FromClause:
    arrays = [bindparam(f"batch_{name}", type_=ARRAY(kind)) for name, kind in columns.items()]
    return func.unnest(*arrays).table_valued(*columns).render_derived(name="batch")


def _as_arrays(columns: Mapping[str, TypeEngine[Any]], rows: Iterable[Sequence[Any]]) -> dict[str, Any]:
    arrays = list(zip(*rows, strict=True)) or [()] * len(columns)
    return {f"batch_{name}": values for name, values in zip(columns, arrays, strict=True)}


def _json_table(columns: Mapping[str, TypeEngine[Any]]) -> FromClause:
    each = func.json_each(bindparam("batch", type_=String())).table_valued("value", name="each")
    extracted = [
        func.json_extract(each.c.value, f"$[{place}]", type_=kind).label(name)
        for place, (name, kind) in enumerate(columns.items())
    ]
    return select(*extracted).select_from(each).subquery("batch")


def _as_json(columns: Mapping[str, TypeEngine[Any]], rows: Iterable[Sequence[Any]], dialect: Dialect) -> dict[str, Any]:
    binders = [kind.dialect_impl(dialect).bind_processor(dialect) for kind in columns.values()]
    document = [
        [bind(value) if bind and value is not None else value for bind, value in zip(binders, row, strict=True)]
        for row in rows
    ]
    return {"batch": json.dumps(document, ensure_ascii=False, separators=(",", ":"))}
