"""Writes a condition so that PostgreSQL plans it well although its statistics are old."""

from sqlalchemy import ColumnElement, case, false, true


def true_of_many(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """The condition, written so that PostgreSQL takes it to be true of half the rows, whatever its statistics say.

    When they say that it is true of no row, PostgreSQL compares each row of the table with each of a batch.
    """
    return case((condition, true()), else_=false())
