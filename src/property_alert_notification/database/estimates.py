"""Writes conditions so that PostgreSQL finds the rows of a batch by their keys, although its statistics are old.

When they say that a condition is true of no row, PostgreSQL reads all rows for which it is true and compares each with
each of the batch. Statistics are old whenever many rows begin to wait, such as 100,000 digests that are due at 08:00.
"""

from typing import Any

from sqlalchemy import Column, ColumnElement, FromClause, TextClause, and_, case, false, func, select, true
from sqlalchemy.sql.selectable import TableValuedAlias


def true_of_many(*conditions: ColumnElement[bool] | TextClause) -> ColumnElement[bool]:
    """These conditions, written so that PostgreSQL takes them to be true of half the rows, and uses no index for them.

    In a statement on a batch it is for every condition except the one that compares a key with the batch.
    """
    return case((and_(*conditions), true()), else_=false())


def is_in_batch(
    batch: FromClause, key: Column[Any], id_: Column[Any], *conditions: ColumnElement[bool] | TextClause
) -> ColumnElement[bool]:
    """These conditions are true of a row, and its key is in the batch. For a partial index of keys.

    The conditions of the index must be repeated, or it is not used. So PostgreSQL gets an index lookup for each row of
    the batch as a subquery, which it cannot turn round. SQLite begins with the batch by itself.
    """
    if not isinstance(batch, TableValuedAlias):
        return and_(key.in_(select(batch.c[key.key])), *conditions)
    of_one = select(id_).where(key == batch.c[key.key], *conditions).correlate(batch).scalar_subquery()
    ids = select(func.unnest(func.array(of_one), type_=id_.type)).select_from(batch)
    # They are repeated for rows that change while the statement waits for their locks.
    return and_(id_.in_(ids), true_of_many(*conditions))
