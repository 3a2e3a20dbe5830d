"""Every statement about what is quarantined."""

from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from sqlalchemy import Update, bindparam, literal, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import table_of, time_type
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.deliveries.states import Event, after, movable_by
from property_alert_notification.notifications.models import Notification
from property_alert_notification.vocabulary import DeliveryState

_deliveries = table_of(Delivery)
_notifications = table_of(Notification)


@dataclass(frozen=True, slots=True)
class Case:
    """A delivery that an operator decides over, without its address and what it says."""

    id: UUID
    notification_id: UUID
    user_id: int
    category: str
    reference: str | None
    channel: str
    urgent: bool
    test: bool
    state: str
    reason: str | None
    attempts: int
    changed_at: datetime


_OF_NOTIFICATION = {"user_id", "category", "reference"}
_CASE = select(
    *[(_notifications if field.name in _OF_NOTIFICATION else _deliveries).c[field.name] for field in fields(Case)]
).join_from(_deliveries, _notifications, _notifications.c.id == _deliveries.c.notification_id)


async def newest(connection: AsyncConnection, *, before: UUID | None, limit: int) -> list[Case]:
    """Up to `limit` quarantined deliveries, the newest first; with `before` only those below that id."""
    # The state in the words of the index.
    page = _CASE.where(text("state = 'quarantined'")).order_by(_deliveries.c.id.desc()).limit(limit)
    if before is not None:
        page = page.where(_deliveries.c.id < before)
    return [Case(*row) for row in await connection.execute(page)]


async def find(connection: AsyncConnection, delivery_id: UUID) -> Case | None:
    """One delivery, in whatever state it is; or None."""
    row = (await connection.execute(_CASE.where(_deliveries.c.id == delivery_id))).one_or_none()
    return None if row is None else Case(*row)


def _decide(event: Event) -> Update:
    return (
        update(_deliveries)
        .where(
            _deliveries.c.id == bindparam("delivery", type_=_deliveries.c.id.type),
            _deliveries.c.state.in_(movable_by(event)),
        )
        .values(
            state=after(DeliveryState.QUARANTINED, event),
            changed_at=bindparam("now", type_=time_type()),
        )
    )


_REPLAY = _decide(Event.REPLAYED).values(
    reason=bindparam("why"),
    due_at=bindparam("now", type_=time_type()),
    replayed_at=bindparam("now", type_=time_type()),
    rung_at=None,
    attempts=0,
)
_DISCARD = _decide(Event.DISCARDED).values(reason=literal("an operator discarded it: ") + _deliveries.c.reason)


async def replay(connection: AsyncConnection, delivery_id: UUID, *, reason: str, now: datetime) -> bool:
    """Make it due again, with its attempts counted anew; returns False when it is not quarantined."""
    values = {"delivery": delivery_id, "why": reason, "now": now}
    return bool((await connection.execute(_REPLAY, values)).rowcount)


async def discard(connection: AsyncConnection, delivery_id: UUID, *, now: datetime) -> bool:
    """End it as failed; returns False when it is not quarantined."""
    return bool((await connection.execute(_DISCARD, {"delivery": delivery_id, "now": now})).rowcount)
