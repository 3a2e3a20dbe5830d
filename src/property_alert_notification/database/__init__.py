"""Runs SQL on SQLite or PostgreSQL: transactions, batches, scripts, migrations.

SQLite and PostgreSQL differ in four things that this package hides: how a transaction begins, how a batch of
rows is passed to one statement, how transactions wait for each other, and which exceptions mean that the store is not
reachable.
"""

from property_alert_notification.database.batch import BatchStatement, Connection, as_rows
from property_alert_notification.database.columns import columns_of, models_from, partial_index, table_of, time_type
from property_alert_notification.database.due import DueRows
from property_alert_notification.database.estimates import is_in_batch, true_of_many
from property_alert_notification.database.faults import is_row_fault
from property_alert_notification.database.group_commit import GroupCommit
from property_alert_notification.database.halving import halve_on_error, process_due
from property_alert_notification.database.insert_rows import insert_rows
from property_alert_notification.database.locking import among, locked_number
from property_alert_notification.database.quick import ChangesNothing
from property_alert_notification.database.repaired import repaired, rows_of, rows_with_id
from property_alert_notification.database.rows import of_kinds, plain_rows, readable
from property_alert_notification.database.script import (
    Returned,
    Script,
    Statement,
    StatementBatch,
    StatementGroup,
    UniqueConflict,
    UnsafeBatch,
    run_within,
)
from property_alert_notification.database.sqlite_values import read_time
from property_alert_notification.database.store import Database

__all__ = [
    "BatchStatement",
    "ChangesNothing",
    "Connection",
    "Database",
    "DueRows",
    "GroupCommit",
    "Returned",
    "Script",
    "Statement",
    "StatementBatch",
    "StatementGroup",
    "UniqueConflict",
    "UnsafeBatch",
    "among",
    "as_rows",
    "columns_of",
    "halve_on_error",
    "insert_rows",
    "is_in_batch",
    "is_row_fault",
    "locked_number",
    "models_from",
    "of_kinds",
    "partial_index",
    "plain_rows",
    "process_due",
    "read_time",
    "readable",
    "repaired",
    "rows_of",
    "rows_with_id",
    "run_within",
    "table_of",
    "time_type",
    "true_of_many",
]
