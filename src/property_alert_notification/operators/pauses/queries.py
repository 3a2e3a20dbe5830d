"""Every statement about pauses, and about what they hold."""

from datetime import datetime

from sqlalchemy import (
    Integer,
    bindparam,
    case,
    delete,
    null,
    select,
    text,
    update,
)

# SQLite has the same ON CONFLICT syntax as PostgreSQL.
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.times import FIRST
from property_alert_notification.database import (
    among,
    is_row_fault,
    table_of,
    time_type,
)
from property_alert_notification.deliveries.models import IS_HELD, Delivery
from property_alert_notification.deliveries.queries import REASON, reason_values
from property_alert_notification.notifications.models import Notification
from property_alert_notification.operators.pauses.models import Pause
from property_alert_notification.operators.pauses.rules import held_by_pause, resumed_reason_of

_pauses = table_of(Pause)


_deliveries = table_of(Delivery)


_notifications = table_of(Notification)


_now = bindparam("now", type_=time_type())


async def list_all(connection: AsyncConnection) -> list[Pause]:
    """All pauses, and those that were ended a moment ago, by name."""
    try:
        found = await connection.execute(select(_pauses).order_by(_pauses.c.name))
        return [Pause(**row) for row in found.mappings()]
    except Exception as error:
        if not is_row_fault(error):
            raise
    # A pause whose begin cannot be read holds all the same.
    names = await connection.execute(select(_pauses.c.name, _pauses.c.resumed_at.is_(None)).order_by(_pauses.c.name))
    return [
        Pause(name=name, paused_at=FIRST, paused_by="unreadable", resumed_at=None if holds else FIRST)
        for name, holds in names
    ]


async def begin(connection: AsyncConnection, pause: Pause) -> Pause:
    """Begin a pause, or find that it has begun before; returns the one that holds."""
    wanted = insert(_pauses).values(pause.model_dump())
    # A row that is there is locked, whether or not it is changed: no other transaction ends it before this one does.
    started = _pauses.c.resumed_at.is_not(None)
    kept = wanted.on_conflict_do_update(
        index_elements=["name"],
        set_={
            "paused_at": case((started, wanted.excluded.paused_at), else_=_pauses.c.paused_at),
            "paused_by": case((started, wanted.excluded.paused_by), else_=_pauses.c.paused_by),
            "resumed_at": null(),
        },
    ).returning(*_pauses.c)
    return Pause(**(await connection.execute(kept)).mappings().one())


async def end(connection: AsyncConnection, name: str, *, now: datetime) -> bool:
    """End a pause; returns False when there was none of this name."""
    ended = update(_pauses).where(_pauses.c.name == name, _pauses.c.resumed_at.is_(None)).values(resumed_at=now)
    return bool((await connection.execute(ended)).rowcount)


_HOLDS_SOMETHING = select(
    select(_deliveries.c.id)
    # The state in the words of the index.
    .where(text(IS_HELD), _deliveries.c.held_by == bindparam("holder"))
    .exists()
)


async def end_orphaned(connection: AsyncConnection, name: str, *, actor: str, now: datetime) -> bool:
    """Add a pause that has ended if deliveries are held by a pause without a row; returns False when none is.

    The workers make due again what an ended pause holds.
    """
    if not (await connection.execute(_HOLDS_SOMETHING, {"holder": held_by_pause(name)})).scalar_one():
        return False
    ended = Pause(name=name, paused_at=now, paused_by=actor, resumed_at=now)
    # An ended pause that is still remembered is looked after for a minute from now on.
    wanted = insert(_pauses).values(ended.model_dump())
    await connection.execute(
        wanted.on_conflict_do_update(index_elements=["name"], set_={"resumed_at": wanted.excluded.resumed_at})
    )
    return True


async def forget(connection: AsyncConnection, name: str) -> None:
    """Delete a pause that was ended, unless it has begun again."""
    await connection.execute(delete(_pauses).where(_pauses.c.name == name, _pauses.c.resumed_at.is_not(None)))


_RELEASE = (
    update(_deliveries)
    .where(
        among(
            _deliveries.c.id,
            select(_deliveries.c.id)
            # The state in the words of the index.
            .where(text(IS_HELD), _deliveries.c.held_by == bindparam("holder"))
            .limit(bindparam("limit", type_=Integer)),
        )
    )
    .values(due_at=_now, published_at=None, changed_at=_now, held_by=None, **REASON)
    .returning(_deliveries.c.id)
)


async def release(connection: AsyncConnection, name: str, *, now: datetime, limit: int) -> int:
    """Make up to `limit` deliveries due that a pause of this name held; returns how many."""
    values = {
        "holder": held_by_pause(name),
        **reason_values(resumed_reason_of(name)),
        "now": now,
        "limit": limit,
    }
    return len((await connection.execute(_RELEASE, values)).all())
