"""A transaction written as a generator: each yield is one statement, whose rows come back, or several at once.

Whoever writes a script says what to ask and what to do with the answers; how they travel is the store's affair.
That makes a transaction cheap: drivers are called without a layer in between, and what is added together costs
PostgreSQL one round trip.
"""

from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from sqlalchemy import BindParameter, Dialect, Executable
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql import visitors
from sqlalchemy.sql.visitors import ExternallyTraversible

from property_alert_notification.database.batch import BatchStatement

Row = Sequence[Any]
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a script, for these rows."""

    statement: BatchStatement
    rows: Iterable[Row]
    """Values in the order of the statement's columns."""
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StatementBatch:
    """Several changes in one step. No statement sees what another did; the last one's rows come back.

    When some of what is added is there already, nothing is changed: the script is told so where it yields this, and may
    go on with other changes instead. That holds for the first change of a script only; later ones must not collide.
    """

    asks: Sequence[Statement]
    """Their parameters must not share a name with different values."""


@dataclass(slots=True)
class Ending:
    """How far a transaction came."""

    begun: bool = False
    """The store was asked to commit. If it does not answer, nobody can tell whether it did."""


class UniqueConflict(Exception):
    """Some of what should be added is there already; nothing was added."""


Script = Generator[Statement | StatementBatch, list[Row], Result]


async def drive(script: Script[Result], answer: Callable[[Statement | StatementBatch], Awaitable[list[Row]]]) -> Result:
    """Run a script to its end: `answer` gives the rows of each step, or raises AlreadyThere."""
    try:
        step = next(script)
        while True:
            try:
                rows = await answer(step)
            except UniqueConflict as conflict:
                step = script.throw(conflict)
            else:
                step = script.send(rows)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


async def run_within(connection: AsyncConnection, script: Script[Result]) -> Result:
    """Run a script as a part of a transaction that its caller has begun.

    What is there already, when a script adds some together, fails this transaction: nobody is told AlreadyThere.
    """

    async def answer(step: Statement | StatementBatch) -> list[Row]:
        rows: list[Row] = []
        for ask in [step] if isinstance(step, Statement) else step.asks:
            found = await ask.statement.run(connection, ask.rows, **ask.parameters)
            rows = list(found) if found.returns_rows else []
        return rows

    return await drive(script, answer)


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
        self.reads = getattr(statement, "is_select", False) and getattr(statement, "_for_update_arg", None) is None
        """It neither changes nor locks anything."""
        self.constants: dict[str, Any] = dict(compiled.params)
        """Values that stand in the statement itself, by name."""

    def in_order(self, values: Mapping[str, Any]) -> list[Any]:
        """The values by position, together with those that stand in the statement itself."""
        every = {**self.constants, **values}
        return [every[name] for name in self.names]


def _make_optional(parameter: BindParameter[Any]) -> None:
    parameter.required = False
