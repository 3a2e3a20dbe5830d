"""Every statement about idempotency keys."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Integer,
    String,
    bindparam,
    delete,
    select,
    tuple_,
    type_coerce,
)

# SQLite has the same ON CONFLICT syntax as PostgreSQL.
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.api.idempotency.models import IdempotencyKey
from property_alert_notification.database import read_time, table_of, time_type

_keys = table_of(IdempotencyKey)


_now = bindparam("now", type_=time_type())


_REMOVE_EXPIRED = (
    delete(_keys)
    .where(
        tuple_(_keys.c.owner, _keys.c.key).in_(
            select(_keys.c.owner, _keys.c.key)
            .where(_keys.c.expires_at <= _now)
            .order_by(_keys.c.expires_at)
            .limit(bindparam("limit", type_=Integer))
            .with_for_update(skip_locked=True)
        )
    )
    .returning(type_coerce(_keys.c.expires_at, String))
)


async def remove_expired(connection: AsyncConnection, *, now: datetime, limit: int) -> Sequence[datetime]:
    """Forget up to `limit` keys whose time is over, the oldest first; returns when each of them expired.

    One that expired at no time, as SQLite would keep it, has expired now.
    """
    removed = await connection.execute(_REMOVE_EXPIRED, {"now": now, "limit": limit})
    return [_instant(kept) or now for kept in removed.scalars()]


def _instant(kept: Any) -> datetime | None:
    if isinstance(kept, datetime):
        return kept
    with suppress(TypeError, ValueError):
        return read_time(kept)
    return None
