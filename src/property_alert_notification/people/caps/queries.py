"""Deletes counters and uses that are too old to count towards any cap."""

from datetime import datetime, timedelta

from sqlalchemy import Integer, Text, bindparam, delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import among, table_of, time_type
from property_alert_notification.people.caps.models import CapCounter, CapUse

_counters = table_of(CapCounter)
_uses = table_of(CapUse)
_limit = bindparam("limit", type_=Integer)

KEPT = timedelta(days=9)
"""A week, and one day on each side because time zones differ."""

# SQLite's driver reports no row count for a DELETE that begins with WITH, so `returning` counts the rows.
_REMOVE_USES = (
    delete(_uses)
    .where(
        among(
            _uses.c.delivery_id,
            select(_uses.c.delivery_id).where(_uses.c.day < bindparam("before", type_=Text)).limit(_limit),
        )
    )
    .returning(_uses.c.delivery_id)
)
_KEY = (_counters.c.user_id, _counters.c.test, _counters.c.channel)
_REMOVE_COUNTERS = delete(_counters).where(
    tuple_(*_KEY).in_(
        select(*_KEY)
        .where(_counters.c.counted_at < bindparam("until", type_=time_type()))
        .order_by(_counters.c.counted_at)
        .limit(_limit)
        .with_for_update(skip_locked=True)
    )
)


async def remove_old(connection: AsyncConnection, *, now: datetime, limit: int) -> int:
    """Delete up to `limit` uses, and as many counters, that are too old to count; returns how many uses those were."""
    until = now - KEPT
    await connection.execute(_REMOVE_COUNTERS, {"until": until, "limit": limit})
    before = until.date().isoformat()
    return len((await connection.execute(_REMOVE_USES, {"before": before, "limit": limit})).all())
