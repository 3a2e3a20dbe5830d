"""Scripts on PostgreSQL, by calls of its driver."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, ClassVar, TypeAlias

import asyncpg
from sqlalchemy import Dialect

from property_alert_notification.database.batch import BatchStatement, joined
from property_alert_notification.database.quick import QuickConnection
from property_alert_notification.database.script import (
    Ending,
    Result,
    Row,
    Script,
    Statement,
    StatementBatch,
    Step,
    UniqueConflict,
    drive,
    statements_of,
)
from property_alert_notification.database.statement_text import StatementText

_GOING_AWAY = (asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError)

Connection: TypeAlias = "asyncpg.Connection[Any]"


class PostgresScripts:
    """Runs scripts on a connection of PostgreSQL's driver. Each statement is translated once in a process."""

    _known: ClassVar[dict[tuple[tuple[Any, ...], ...], StatementText]] = {}
    """By the statements of a step, and which of their parameters others of them return."""

    def __init__(self, dialect: Dialect, *, begin_first: bool = False) -> None:
        """With `begin_first` a statement that only reads begins a transaction too: PgBouncer needs it."""
        self._dialect = dialect
        self._begin_first = begin_first

    async def run(self, connection: Connection, script: Script[Result], ending: Ending) -> Result:
        """Run a script as one transaction.

        It begins with the first statement that writes or locks, since each of them sees what is committed before
        it, here as there. What is changed together needs no more than its one statement.
        """
        transaction = _Transaction(connection, ending)
        try:
            if self._begin_first:
                await transaction.begin()
            result = await drive(script, partial(self._answer, transaction))
            await transaction.commit()
        except Exception as error:
            # What the server itself refuses it has not done; unless it was about to go away.
            ending.begun = ending.begun and not (
                isinstance(error, asyncpg.PostgresError) and not isinstance(error, _GOING_AWAY)
            )
            await transaction.undo()
            raise
        except BaseException:  # its caller goes away, and must not be kept waiting
            connection.terminate()
            raise
        return result

    @asynccontextmanager
    async def reading(self, connection: Connection) -> AsyncIterator[QuickConnection]:
        """A connection for statements that change nothing. They need a transaction only where PgBouncer does."""
        transaction = _Transaction(connection, Ending())
        try:
            if self._begin_first:
                await transaction.begin()
            yield _QuickPostgres(connection, self._translate)
            await transaction.commit()
        except Exception:
            await transaction.undo()
            raise
        except BaseException:  # its caller goes away, and must not be kept waiting
            connection.terminate()
            raise

    async def _answer(self, transaction: "_Transaction", step: Step) -> list[Row]:
        text, values = self._translate(step)
        if isinstance(step, StatementBatch):
            return await transaction.execute_alone(text.text, values)
        if isinstance(step, Statement):
            return await transaction.execute(text.text, values, reads=step.statement.only_reads)
        try:
            return await transaction.execute(text.text, values, reads=False)
        except asyncpg.UniqueViolationError as error:
            raise UniqueConflict from error

    def _translate(self, step: Step) -> tuple[StatementText, Sequence[Any]]:
        steps = statements_of(step)
        kind = tuple((one.statement, *one.returned.items()) for one in steps)
        known = self._known.get(kind)
        if known is None:
            text = joined([one.statement for one in steps], [one.returned for one in steps])
            known = self._known[kind] = StatementText(text, self._dialect)
        values: dict[str, Any] = {}
        for place, one in enumerate(steps):
            values |= one.parameters
            values |= one.statement.arrays(one.rows, place)
        return known, known.in_order(values)


class _QuickPostgres(QuickConnection):
    def __init__(
        self, connection: Connection, translate: Callable[[Step], tuple[StatementText, Sequence[Any]]]
    ) -> None:
        self._connection = connection
        self._translate = translate

    async def _fetch(self, statement: BatchStatement, rows: Iterable[Row], parameters: Mapping[str, Any]) -> list[Row]:
        text, values = self._translate(Statement(statement, rows, parameters))
        found: list[Row] = await self._connection.fetch(text.text, *values)
        return found


class _Transaction:
    """One that may not have begun."""

    def __init__(self, connection: Connection, ending: Ending) -> None:
        self._connection = connection
        self._begun = False
        self._ending = ending

    async def execute(self, text: str, values: Sequence[Any], *, reads: bool) -> list[Row]:
        if not reads:
            await self.begin()
        return await self._connection.fetch(text, *values)

    async def execute_alone(self, text: str, values: Sequence[Any]) -> list[Row]:
        """Execute all changes of a script at once, in a transaction that has changed nothing so far."""
        self._ending.begun = not self._begun  # by itself it is a transaction
        try:
            rows: list[Row] = await self._connection.fetch(text, *values)
        except asyncpg.UniqueViolationError as error:
            self._ending.begun = False
            await self._begin_again()
            raise UniqueConflict from error
        self._ending.begun = False
        return rows

    async def commit(self) -> None:
        if self._begun:
            self._ending.begun = True
            await self._connection.execute("COMMIT")

    async def undo(self) -> None:
        """Roll back; a connection that cannot do even that is of no use any more."""
        if not self._begun or self._connection.is_closed():
            return
        try:
            await self._connection.execute("ROLLBACK")
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            self._connection.terminate()

    async def _begin_again(self) -> None:
        """A transaction in which a statement failed takes no other."""
        if self._begun:
            await self._connection.execute("ROLLBACK")
            self._begun = False
            await self.begin()

    async def begin(self) -> None:
        """Begin, unless it has begun."""
        if not self._begun:
            self._begun = True
            await self._connection.execute("BEGIN")
