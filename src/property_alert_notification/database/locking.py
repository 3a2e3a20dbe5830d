"""How one statement chooses and locks rows, or a number that stands for what has no row of its own."""

from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, literal, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


def among(key: ColumnElement[Any], chosen: Select[tuple[Any]], *, wait: bool = False) -> ColumnElement[bool]:
    """The row with this key is one of the chosen, which are locked. Rows that another has locked are skipped.

    With `wait` the statement waits for them instead.

    They are chosen once: a plain subquery with a limit may be run again for each row, and find other rows each time.
    """
    return key.in_(select(chosen.with_for_update(skip_locked=not wait).cte("chosen").c[0]))


class _LockedNumber(FunctionElement[int]):
    inherit_cache = True
    type = Integer()


def locked_number(of: int, number: ColumnElement[int]) -> ColumnElement[Any]:
    """Wait until no other transaction has locked this number of the range `of`; it is locked until this one ends.

    On SQLite it does nothing: two transactions that write are one after the other anyway.
    """
    return _LockedNumber(literal(of, Integer), number)


@compiles(_LockedNumber)
def _on_postgres(element: _LockedNumber, compiler: SQLCompiler, **options: Any) -> str:
    return f"pg_advisory_xact_lock({compiler.process(element.clauses, **options)})"


@compiles(_LockedNumber, "sqlite")
def _on_sqlite(_: _LockedNumber, __: SQLCompiler, **___: Any) -> str:
    return "NULL"
