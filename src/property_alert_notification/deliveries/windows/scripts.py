"""Steps of the accept and claim scripts: statements about digest windows, each on a batch."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import FromClause, bindparam, select, text, true, update

# SQLite has the same ON CONFLICT syntax as PostgreSQL.
from sqlalchemy.dialects.postgresql import Insert, insert

from property_alert_notification.database import BatchStatement, Statement, as_rows, columns_of, table_of, time_type
from property_alert_notification.deliveries.windows.keys import WindowKey
from property_alert_notification.deliveries.windows.models import IS_OPEN, DigestWindow

windows = table_of(DigestWindow)
IDS = columns_of(windows, "id")
_NEW = ("id", *WindowKey._fields, "due_at")


def _join_these(joined: FromClause) -> Insert:
    wanted = insert(windows).from_select(_NEW, select(*joined.c).where(true()), include_defaults=False)
    # An open window is locked, so that no worker closes it before the joining deliveries are stored.
    # A closed window becomes due again, so that a worker moves the deliveries to the next window.
    return wanted.on_conflict_do_update(
        index_elements=["id"], set_={"due_at": windows.c.closes_at}, where=windows.c.closed_at.is_not(None)
    )


_JOIN = BatchStatement(columns_of(windows, *_NEW), _join_these)


def join(keys: Collection[WindowKey]) -> Statement:
    """Create or lock these windows, for deliveries that are stored or settled in the same transaction.

    A window that has closed becomes due again: a worker moves the deliveries to the next window.
    """
    by_id: dict[UUID, WindowKey] = {key.id: key for key in keys}
    # Rows are locked in one order everywhere, or two transactions deadlock.
    return Statement(_JOIN, [(id_, *by_id[id_], by_id[id_].closes_at) for id_ in sorted(by_id)])


_RECHECK = BatchStatement(
    columns_of(windows, "user_id"),
    lambda changed: (
        update(windows)
        .where(windows.c.user_id.in_(select(changed.c.user_id)), text(IS_OPEN))
        .values(due_at=bindparam("now", type_=time_type()))
    ),
)


def recheck(users: Collection[int], *, now: datetime) -> Statement:
    """Make the windows of these users due, so that a worker reevaluates their items."""
    return Statement(_RECHECK, as_rows(users), {"now": now})
