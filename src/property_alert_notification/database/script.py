"""A transaction written as a generator: each yield is a statement or a batch of them, and its rows come back.

A script does not know how its statements travel. That makes a transaction cheap: drivers are called without a layer
in between, and a batch costs PostgreSQL one round trip.
"""

from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from property_alert_notification.database.batch import BatchStatement, Connection

Row = Sequence[Any]
Result = TypeVar("Result")


class UniqueConflict(Exception):
    """A batch or a group adds a row whose key is there already; nothing of it was done."""


class UnsafeBatch(Exception):
    """A batch is used where it is not safe: this is a mistake in the script, whatever the rows are."""


@dataclass(frozen=True, slots=True)
class Returned:
    """The value of a parameter that an earlier statement of the same group returns: the only value of its only row."""

    place: int
    """Of that statement in the group."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a script, for these rows."""

    statement: BatchStatement
    rows: Iterable[Row]
    """Values in the order of the statement's columns."""
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def returned(self) -> dict[str, int]:
        """Its parameters that other statements of its group return, with the places of those."""
        return {name: value.place for name, value in self.parameters.items() if isinstance(value, Returned)}

    def after(self, found: Sequence[Sequence[Row]]) -> "Statement":
        """The same after the statements before it in its group, which found these rows."""
        if not (returned := self.returned):
            return self
        values = {name: found[place][0][0] for name, place in returned.items()}
        return replace(self, parameters={**self.parameters, **values})

    async def run(self, connection: Connection) -> list[Row]:
        """Execute it by itself; returns the rows that it finds."""
        return await self.statement.fetch(connection, self.rows, **self.parameters)


@dataclass(frozen=True, slots=True)
class StatementBatch:
    """All changes of a script in one step. No statement sees what another did; the last one's rows come back.

    PostgreSQL does a batch in one statement, which is a transaction by itself; SQLite does it statement by statement.
    So a batch is safe only where both do the same:

    - A script changes and locks nothing before a batch: `UniqueConflict` undoes all that the script did.
    - A script changes and locks nothing after a batch, unless the batch raised `UniqueConflict`.
    - A batch is not a part of a transaction that its caller began.

    Anywhere else `UnsafeBatch` is raised before the step is done. After a conflict the script may make other changes.
    """

    statements: Sequence[Statement]
    """In an order in which they can be done one by one: a row before those that refer to it."""

    def __post_init__(self) -> None:
        """Check what makes a batch wrong wherever it is used.

        Raises:
            UnsafeBatch: it is empty, or two statements have a parameter of the same name with different values.
        """
        _check_parameters(self.statements)


@dataclass(frozen=True, slots=True)
class StatementGroup:
    """Some changes of a script in one step, among its other steps. No statement sees what another did.

    But a parameter may be what an earlier one of them returned (`Returned`). The last one's rows come back. PostgreSQL
    does a group in one statement, SQLite statement by statement: so two of them must not change one row.
    `UniqueConflict` is raised for a key that is there already, and ends the script.
    """

    statements: Sequence[Statement]

    def __post_init__(self) -> None:
        """Check what makes a group wrong wherever it is used.

        Raises:
            UnsafeBatch: it is empty, or two statements have a parameter of the same name with different values.
        """
        _check_parameters(self.statements)


def _check_parameters(statements: Sequence[Statement]) -> None:
    if not statements:
        raise UnsafeBatch("a batch of no statements")
    known: dict[str, Any] = {}
    for one in statements:
        for name, value in one.parameters.items():
            if known.setdefault(name, value) != value:
                raise UnsafeBatch(f"two statements of a batch differ in {name}")


@dataclass(slots=True)
class Ending:
    """How far a transaction came."""

    begun: bool = False
    """The store was asked to commit. If it does not answer, it is unknown whether it did."""


Step = Statement | StatementGroup | StatementBatch
Script = Generator[Step, list[Row], Result]


def statements_of(step: Step) -> Sequence[Statement]:
    """The statements of one step."""
    return (step,) if isinstance(step, Statement) else step.statements


class _Changes:
    """What a script has changed or locked so far."""

    def __init__(self) -> None:
        self._changed = False
        self._committed = False

    def check(self, step: Step) -> None:
        """Note a step that is about to be done.

        Raises:
            UnsafeBatch: it is not safe after the steps before it.
        """
        is_batch = isinstance(step, StatementBatch)
        if isinstance(step, Statement) and step.statement.only_reads:
            return
        if self._committed:
            raise UnsafeBatch("a script changes something after a batch, which may be committed already")
        if is_batch and self._changed:
            raise UnsafeBatch("a script changed something before a batch, which a conflict would undo")
        self._changed = True
        self._committed = is_batch

    def undo(self) -> None:
        """Forget what was undone by a conflict."""
        self._changed = self._committed = False


async def drive(script: Script[Result], answer: Callable[[Step], Awaitable[list[Row]]]) -> Result:
    """Run a script to its end: `answer` gives the rows of each step, or raises UniqueConflict.

    Raises:
        UniqueConflict: a group adds a row whose key is there already.
        UnsafeBatch: a batch is used where it is not safe.
    """
    changes = _Changes()
    try:
        step = next(script)
        while True:
            changes.check(step)
            try:
                rows = await answer(step)
            except UniqueConflict as conflict:
                if isinstance(step, StatementGroup):  # the transaction cannot go on
                    raise
                changes.undo()
                step = script.throw(conflict)
            else:
                step = script.send(rows)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
    finally:
        script.close()


async def run_within(connection: Connection, script: Script[Result]) -> Result:
    """Run a script on a connection, as a part of the transaction that its caller has begun.

    Raises:
        UnsafeBatch: the script has a batch, whose conflict would undo what the caller did before.
    """

    async def answer(step: Step) -> list[Row]:
        if isinstance(step, StatementBatch):
            raise UnsafeBatch("a batch within the transaction of a caller")
        found: list[list[Row]] = []
        for one in statements_of(step):
            found.append(await one.after(found).run(connection))
        return found[-1]

    return await drive(script, answer)
