"""Steps of the script that matches parked reports again."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Integer, bindparam, delete, select, update

from property_alert_notification.database import (
    BatchStatement,
    Script,
    Statement,
    as_rows,
    columns_of,
    table_of,
    time_type,
)
from property_alert_notification.deliveries.reports.models import DeliveryReport
from property_alert_notification.deliveries.reports.records import Report
from property_alert_notification.deliveries.reports.scripts import EMPTIED

_reports = table_of(DeliveryReport)
_now = bindparam("now", type_=time_type())

_PARKED = BatchStatement(
    {},
    lambda _: (
        select(*(_reports.c[name] for name in Report._fields))
        .where(_reports.c.retry_at <= _now)
        .order_by(_reports.c.retry_at)
        .limit(bindparam("most", type_=Integer()))
        .with_for_update(skip_locked=True)
    ),
)


def parked(*, now: datetime, most: int) -> Script[list[Report]]:
    """Lock some parked reports that are to be matched again."""
    return [Report(*row) for row in (yield Statement(_PARKED, (), {"now": now, "most": most}))]


_UPDATE_PARKED = BatchStatement(
    columns_of(_reports, "id", "delivery_id", "retry_at", "subject"),
    lambda matched: (
        update(_reports)
        .where(_reports.c.id == matched.c.id)
        .values(delivery_id=matched.c.delivery_id, retry_at=matched.c.retry_at, subject=matched.c.subject)
    ),
)


def update_parked(reports: Sequence[Report]) -> Statement:
    """Store the deliveries of parked reports, or when they are matched again."""
    return Statement(_UPDATE_PARKED, [(one.id, one.delivery_id, one.retry_at, one.subject) for one in reports])


_EMPTY = BatchStatement(
    columns_of(_reports, "id"),
    lambda emptied: (
        update(_reports)
        .where(_reports.c.id.in_(select(emptied.c.id)))
        .values(result=EMPTIED, named_delivery_id=None, provider_message_id=None, cause=None, detail=None, raw=None)
    ),
)


def empty(reports: Collection[UUID]) -> Statement:
    """Delete all of parked reports but their keys."""
    return Statement(_EMPTY, as_rows(reports))


_DROP = BatchStatement(
    columns_of(_reports, "id"), lambda dropped: delete(_reports).where(_reports.c.id.in_(select(dropped.c.id)))
)


def drop(reports: Collection[UUID]) -> Statement:
    """Delete parked reports."""
    return Statement(_DROP, as_rows(reports))


_STORED = BatchStatement(
    columns_of(_reports, "key"), lambda wanted: select(_reports.c.key).where(_reports.c.key.in_(select(wanted.c.key)))
)


def without_room(reports: Collection[Report], new: Collection[str]) -> Script[set[str]]:
    """The keys of those reports about unknown messages that `add` has not stored, now or before."""
    if not (wanted := {one.key for one in reports if one.names_message} - set(new)):
        return set()
    return wanted - {row[0] for row in (yield Statement(_STORED, as_rows(wanted)))}
