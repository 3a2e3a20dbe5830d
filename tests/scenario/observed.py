"""What the store shows at the end of a step: what is due, what moved, and what providers got."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, func, not_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.reasons import Reason
from property_alert_notification.channels.mailbox.models import MailboxMessage
from property_alert_notification.database import table_of, time_type
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.deliveries.windows.models import DigestWindow
from property_alert_notification.notifications.models import Notification
from property_alert_notification.notifications.schedules.models import Schedule

_deliveries, _notifications, _mailbox = table_of(Delivery), table_of(Notification), table_of(MailboxMessage)
_windows, _schedules = table_of(DigestWindow), table_of(Schedule)

_now = bindparam("now", type_=time_type())
_scheduled, _active = _notifications.c.status == "scheduled", _schedules.c.state == "active"

_leased = _deliveries.c.state == "sending"

_TIMES = {
    "schedules": (_schedules.c.next_at, _active),
    "addresses": (_notifications.c.look_up_at, _scheduled),
    "planning": (_notifications.c.send_at, and_(_scheduled, _notifications.c.look_up_at.is_(None))),
    "windows": (_windows.c.due_at, true()),
    "leases": (_deliveries.c.due_at, _leased),
    "deliveries": (_deliveries.c.due_at, not_(_leased)),
}
"""Everything that a worker waits for, and when."""

_IN_HAND = select(func.count()).where(_leased, _deliveries.c.due_at > _now)
_DUE = select(
    *[select(func.count()).where(time <= _now, condition).scalar_subquery() for time, condition in _TIMES.values()],
    _IN_HAND.scalar_subquery(),
)
_IS_OPEN = _windows.c.closed_at.is_(None)
_NEXT = select(
    *[
        # Whether a digest has ended is asked again and again: it is asked here when something else happens.
        select(func.min(time))
        .where(time > _now, _IS_OPEN if time is _windows.c.due_at else condition)
        .scalar_subquery()
        for time, condition in _TIMES.values()
    ]
)


async def due(connection: AsyncConnection, now: datetime) -> Counter[str]:
    """How much of what is due at a moment, or in the hands of a worker."""
    counts = (await connection.execute(_DUE, {"now": now})).one()
    return +Counter(dict(zip((*_TIMES, "in_hand"), counts, strict=True)))


async def next_due(connection: AsyncConnection, now: datetime) -> datetime | None:
    """When the store says that something is due next."""
    times = (await connection.execute(_NEXT, {"now": now})).one()
    return min((time for time in times if time is not None), default=None)


async def queued(connection: AsyncConnection, channel: str, now: datetime) -> list[UUID]:
    """Some deliveries that a worker may claim now."""
    rows = select(_deliveries.c.id).where(_deliveries.c.state == "queued", _deliveries.c.due_at <= now)
    found = await connection.execute(rows.where(_deliveries.c.channel == channel).order_by(_deliveries.c.id).limit(3))
    return list(found.scalars())


@dataclass(frozen=True)
class Row:
    """A delivery that moved."""

    id: UUID
    notification: UUID
    reference: str | None
    channel: str
    state: str
    code: str
    parameters: Mapping[str, Any]
    due_at: datetime | None

    def seen(self) -> tuple[str, str, datetime | None]:
        """What is compared."""
        if self.state == "sending":
            return self.state, "", None
        return self.state, self.code, self.due_at if self.state == "held" else None


_MOVED = select(
    _deliveries.c.id,
    _deliveries.c.notification_id,
    _notifications.c.reference,
    _deliveries.c.channel,
    _deliveries.c.state,
    _deliveries.c.reason_code,
    _deliveries.c.reason_parameters,
    _deliveries.c.due_at,
).join(_notifications, _notifications.c.id == _deliveries.c.notification_id)


async def moved(connection: AsyncConnection, now: datetime) -> list[Row]:
    """Every delivery that changed at a moment."""
    rows = await connection.execute(_MOVED.where(_deliveries.c.changed_at >= now))
    return [
        Row(id_, notification, reference, channel, state, code, Reason.read(code, parameters).parameters or {}, due_at)
        for id_, notification, reference, channel, state, code, parameters, due_at in rows
    ]


async def taken(connection: AsyncConnection, now: datetime) -> Counter[UUID]:
    """How many messages of each delivery a provider took at a moment."""
    rows = await connection.execute(select(_mailbox.c.delivery_id).where(_mailbox.c.captured_at >= now))
    return Counter(rows.scalars())


@dataclass
class Known:
    """The observations so far."""

    states: dict[tuple[str, str], tuple[str, str, datetime | None]] = field(default_factory=dict)
    names: dict[UUID, tuple[str, str]] = field(default_factory=dict)
    """The key of each delivery, by its id."""
    carried: dict[UUID, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))
    """The items of each digest."""
