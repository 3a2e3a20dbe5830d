"""Rows that are due at a time: whether there are any, and some of them, locked for one transaction."""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Generic
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, TextClause, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database.batch import BatchStatement, as_rows
from property_alert_notification.database.columns import Model, columns_of, table_of, time_type
from property_alert_notification.database.estimates import true_of_many

if TYPE_CHECKING:
    from property_alert_notification.database.store import Database

_now = bindparam("now", type_=time_type())
_limit = bindparam("limit", type_=Integer)


class DueRows(Generic[Model]):
    """The rows of a model's table whose time in one column has come."""

    def __init__(self, model: type[Model], at: str, *conditions: ColumnElement[bool] | TextClause) -> None:
        """Prepare the statements.

        Args:
            model: what a row is read as.
            at: the column with the time.
            conditions: those of the column's index, in the same words: parameters would not match it.
        """
        self._model = model
        table = table_of(model)
        due = (*conditions, table.c[at] <= _now)
        self._ids = select(table.c.id).where(*due).order_by(table.c[at]).limit(_limit)
        self.is_any = select(table.c.id).where(*due).exists()
        """Whether a row is due, as a condition with the parameter `now`."""
        # Not the strongest lock: rows that refer to these can still be added.
        self._take = self._ids.with_only_columns(table).with_for_update(key_share=True, skip_locked=True)
        self._take_these = BatchStatement(
            columns_of(table, "id"),
            lambda wanted: (
                select(table)
                .where(table.c.id.in_(select(wanted.c.id)), true_of_many(*due))
                .with_for_update(key_share=True, skip_locked=True, of=table)
            ),
        )

    async def ids(self, database: "Database", *, now: datetime, limit: int) -> list[UUID]:
        """Up to `limit` rows that are due; they are not locked."""
        async with database.reading() as connection:
            return list((await connection.execute(self._ids, {"now": now, "limit": limit})).scalars())

    async def take(
        self, connection: AsyncConnection, *, now: datetime, limit: int, only: Collection[UUID] | None = None
    ) -> list[Model]:
        """Lock up to `limit` rows that are due, or those of `only` that are, until the transaction ends.

        Rows that another transaction has locked are skipped.
        """
        if only is None:
            found = await connection.execute(self._take, {"now": now, "limit": limit})
        else:
            found = await self._take_these.run(connection, as_rows(only), now=now)
        return [self._model(**row) for row in found.mappings()]
