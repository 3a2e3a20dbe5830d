"""The text of a statement, as a driver takes it."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import BindParameter, Dialect, Executable
from sqlalchemy.sql import visitors
from sqlalchemy.sql.visitors import ExternallyTraversible


class StatementText:
    """The text of a statement, and the order of its values."""

    def __init__(self, statement: Executable, dialect: Dialect) -> None:
        # No value is there yet, which a list in the statement would make SQLAlchemy complain about.
        without: Any = visitors.cloned_traverse(
            cast("ExternallyTraversible", statement), {}, {"bindparam": _make_optional}
        )
        compiled = without.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
        self.text = str(compiled)
        self.names: Sequence[str] = compiled.positiontup
        self.constants: dict[str, Any] = dict(compiled.params)
        """Values that are part of the statement, by name."""

    def in_order(self, values: Mapping[str, Any]) -> list[Any]:
        """The values by position, together with those that are part of the statement."""
        every = {**self.constants, **values}
        return [every[name] for name in self.names]


def _make_optional(parameter: BindParameter[Any]) -> None:
    parameter.required = False
