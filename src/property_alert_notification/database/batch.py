"""Statements over batches of rows, built once."""

import itertools
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeAlias, TypeVar, cast

from sqlalchemy import BindParameter, CursorResult, Executable, FromClause, String, bindparam, func, null, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql import visitors
from sqlalchemy.sql.dml import Insert, UpdateBase
from sqlalchemy.sql.selectable import ForUpdateArg, ScalarSelect, SelectBase
from sqlalchemy.sql.visitors import ExternallyTraversible
from sqlalchemy.types import TypeEngine

from property_alert_notification.database.quick import QuickConnection
from property_alert_notification.database.sqlite_values import document

Value = TypeVar("Value")

Connection: TypeAlias = AsyncConnection | QuickConnection

_WIDE = 8
"""Columns from which on it is worth while to look for those that have the same value in all rows."""

_MOST_FORMS = 16
"""Statements of one batch that are kept, one for each choice of such columns."""


class BatchStatement:
    """One statement over a batch of rows. It is built once for each kind of store; every run only brings values.

    PostgreSQL gets one array per column (`unnest`), SQLite one JSON document (`json_each`), so the text of the
    statement is the same for one row and for a thousand.
    """

    def __init__(
        self,
        columns: Mapping[str, TypeEngine[Any]],
        build: Callable[[FromClause], Executable],
        *,
        of_one: bool = False,
    ) -> None:
        """`columns` are the names and types of the batch; `build` makes the statement around it as a table.

        Without columns there is no batch, and every value of the statement is a parameter. With `of_one` the batch
        always has one row, and the store gets its values instead of arrays: arrays may have any length, so PostgreSQL
        plans the statement anew at each execution, which takes as long as the execution. Only such a row may have
        bytes, which no JSON document can have.
        """
        self.columns = columns
        self._build = build
        self.of_one = of_one
        self._on_arrays: dict[int, Executable] = {}
        self._on_document: dict[tuple[str, ...], Executable] = {}

    @cached_property
    def only_reads(self) -> bool:
        """It neither changes nor locks anything."""
        built = self.on_one_row()
        return isinstance(built, SelectBase) and not any(
            isinstance(part, _CHANGING) for part in visitors.iterate(built)
        )

    async def run(
        self, connection: AsyncConnection, rows: Iterable[Sequence[Any]], **parameters: Any
    ) -> CursorResult[*tuple[Any, ...]]:
        """Execute for these rows, whose values are in the order of the columns."""
        if connection.dialect.name == "sqlite":
            statement, values = self._with_document(rows)
            return await connection.execute(statement, values | parameters)
        return await connection.execute(self.on_arrays(), self.arrays(rows) | parameters)

    async def fetch(
        self, connection: "Connection", rows: Iterable[Sequence[Any]] = (), **parameters: Any
    ) -> list[Sequence[Any]]:
        """Execute for these rows; returns the rows that it finds."""
        if isinstance(connection, QuickConnection):
            return await connection.fetch(self, rows, parameters)
        found = await self.run(connection, rows, **parameters)
        return list(found) if found.returns_rows else []

    def on_arrays(self, place: int = 0) -> Executable:
        """The statement for PostgreSQL: column `x` is the array `batch0_x`, or `batch1_x` in place 1.

        With `of_one` it is the value.
        """
        if place not in self._on_arrays:
            table = _row_table if self.of_one else _array_table
            self._on_arrays[place] = self._build(table(self.columns, f"batch{place}_"))
        return self._on_arrays[place]

    def arrays(self, rows: Iterable[Sequence[Any]], place: int = 0) -> dict[str, Any]:
        """The values for that."""
        columns: Sequence[Any]
        if self.of_one:
            [columns] = rows
        else:
            columns = list(zip(*rows, strict=True)) or [()] * len(self.columns)
        return {f"batch{place}_{name}": values for name, values in zip(self.columns, columns, strict=True)}

    def on_document(self, alike: tuple[str, ...] = ()) -> Executable:
        """The statement for SQLite: `batch` is a JSON array of rows, which are arrays.

        They are without the columns that are `alike` in all rows: column `x` of these is the value `batch_x`.
        """
        if alike not in self._on_document:
            self._on_document[alike] = self._build(_json_table(self.columns, alike))
        return self._on_document[alike]

    def _with_document(self, rows: Iterable[Sequence[Any]]) -> tuple[Executable, dict[str, Any]]:
        """The statement for SQLite, and its values. Reading a value from JSON takes as long as inserting it.

        Only inserts of several rows are written in several ways: each would need a look at its plan otherwise.
        """
        if not self.of_one and (len(self.columns) < _WIDE or not isinstance(self.on_document(), Insert)):
            return self.on_document(), {"batch": document(rows)}
        every = list(rows)
        columns = dict(zip(self.columns, zip(*every, strict=True), strict=bool(every)))
        alike = tuple(name for name, values in columns.items() if values.count(values[0]) == len(values))
        if alike not in self._on_document and len(self._on_document) >= _MOST_FORMS:
            return self.on_document(), {"batch": document(every)}
        differing = [values for name, values in columns.items() if name not in alike]
        others = zip(*differing, strict=True) if differing else [()] * len(every)
        same = {f"batch_{name}": columns[name][0] for name in alike}
        return self.on_document(alike), {"batch": document(others), **same}

    def on_one_row(self) -> Executable:
        """The statement for a single row, whose column `x` is the value `batch_x`."""
        return self._build(_row_table(self.columns, "batch_"))


def as_rows(values: Collection[Value]) -> Iterable[tuple[Value]]:
    """Each value as a row of one column."""
    return zip(values, strict=True)


_NONE = select(null()).subquery("batch")
_CHANGING = (UpdateBase, ForUpdateArg)


def joined(statements: Sequence[BatchStatement], returned: Sequence[Mapping[str, int]]) -> Executable:
    """For PostgreSQL, one statement that does what these do, none of which sees what another did.

    `returned` has, for each of them, the parameters that take what others return, with the places of those.
    """
    parts: list[Any] = []
    for place, (statement, its) in enumerate(zip(statements, returned, strict=True)):
        values = {name: select(*parts[other].c).scalar_subquery() for name, other in its.items()}
        part: Any = _with_values(statement.on_arrays(place), values)
        parts.append(part if place == len(statements) - 1 else part.cte(f"part_{place}"))
    *others, last = parts
    whole: Executable = last.add_cte(*others)
    return whole


def _with_values(statement: Executable, values: Mapping[str, ScalarSelect[Any]]) -> Executable:
    def value_of(element: ExternallyTraversible, **_: Any) -> ExternallyTraversible | None:
        return values.get(element.key) if isinstance(element, BindParameter) else None

    if not values:
        return statement
    replaced: Any = visitors.replacement_traverse(cast("ExternallyTraversible", statement), {}, value_of)
    return cast(Executable, replaced)


def _array_table(columns: Mapping[str, TypeEngine[Any]], prefix: str) -> FromClause:
    if not columns:
        return _NONE
    arrays = [bindparam(f"{prefix}{name}", type_=ARRAY(kind)) for name, kind in columns.items()]
    return func.unnest(*arrays).table_valued(*columns).render_derived(name="batch")


def _row_table(columns: Mapping[str, TypeEngine[Any]], prefix: str) -> FromClause:
    values = [bindparam(f"{prefix}{name}", type_=kind).label(name) for name, kind in columns.items()]
    return select(*values).subquery("batch")


def _json_table(columns: Mapping[str, TypeEngine[Any]], alike: Collection[str] = ()) -> FromClause:
    if not columns:
        return _NONE
    each = func.json_each(bindparam("batch", type_=String())).table_valued("value", name="each")
    places = itertools.count()
    values = [
        (
            bindparam(f"batch_{name}", type_=kind)
            if name in alike
            else func.json_extract(each.c.value, f"$[{next(places)}]", type_=kind)
        ).label(name)
        for name, kind in columns.items()
    ]
    return select(*values).select_from(each).subquery("batch")
