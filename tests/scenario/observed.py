"""What the store shows at the end of a step: what is due, what moved, and what providers got."""

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, bindparam, func, not_, select, text, true
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.channels.mailbox.models import MailboxMessage
from property_alert_notification.database import table_of, time_type
from property_alert_notification.deliveries.models import Delivery, Hold
from property_alert_notification.deliveries.windows.models import DigestWindow
from property_alert_notification.notifications.models import Notification
from property_alert_notification.notifications.schedules.models import Schedule
from property_alert_notification.people.directory.models import StoredProfile
from tests.scenario.items import Window

_deliveries, _notifications, _mailbox = table_of(Delivery), table_of(Notification), table_of(MailboxMessage)
_windows, _schedules = table_of(DigestWindow), table_of(Schedule)
_holds, _profiles = table_of(Hold), table_of(StoredProfile)

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

_DUE = select(
    *[select(time).where(time <= _now, condition).exists() for time, condition in _TIMES.values()],
    select(_notifications.c.id).where(_scheduled, _notifications.c.parked).exists(),
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


PARKED = "parked"
"""What waits until the User service is well again."""


async def due(connection: AsyncConnection, now: datetime) -> set[str]:
    """What something is due for at a moment."""
    is_due = (await connection.execute(_DUE, {"now": now})).one()
    return {name for name, is_it in zip((*_TIMES, PARKED), is_due, strict=True) if is_it}


async def next_due(connection: AsyncConnection, now: datetime, *, looks_up: bool) -> datetime | None:
    """When the store says that something is due next; it looks addresses up, or waits for the User service."""
    times = (await connection.execute(_NEXT, {"now": now})).one()
    known = zip(_TIMES, times, strict=True)
    return min((time for name, time in known if time is not None and (looks_up or name != "addresses")), default=None)


async def speed_up(connection: AsyncConnection) -> None:
    """What is read at each step, and by nothing else, is found by indexes that the service does not need."""
    for table, column in (("deliveries", "changed_at"), ("deliveries", "due_at"), ("mailbox_messages", "captured_at")):
        await connection.execute(text(f"CREATE INDEX scenario_{column} ON {table} ({column})"))


async def answered(connection: AsyncConnection) -> dict[int, datetime]:
    """Of which users the User service was asked, and when."""
    asked = select(_profiles.c.user_id, _profiles.c.known_at).where(not_(_profiles.c.pushed))
    return {row.user_id: row.known_at for row in await connection.execute(asked)}


async def waited(connection: AsyncConnection) -> set[str]:
    """The caller's names of what is on record to have waited for the User service."""
    found = select(_notifications.c.reference).where(_notifications.c.away_since.is_not(None))
    return {row.reference for row in await connection.execute(found)}


async def holds(connection: AsyncConnection) -> dict[UUID, list[str]]:
    """Why each delivery was held, each time."""
    found: dict[UUID, list[str]] = defaultdict(list)
    rows = select(_holds.c.delivery_id, _holds.c.reason_code).order_by(_holds.c.delivery_id, _holds.c.fence)
    for delivery, code in await connection.execute(rows):
        found[delivery].append(code)
    return found


@dataclass(frozen=True)
class Row:
    """A delivery that moved."""

    id: UUID
    notification: UUID
    reference: str | None
    channel: str
    state: str
    code: str
    due_at: datetime | None
    """Of what is collected, when its digest is made."""

    def seen(self) -> tuple[str, str, datetime | None]:
        """What is compared."""
        if self.state == "sending":
            return self.state, "", None
        return self.state, self.code, self.due_at if self.state in ("held", "collected", "unknown") else None


_MOVED = select(
    _deliveries.c.id,
    _deliveries.c.notification_id,
    _notifications.c.reference,
    _deliveries.c.channel,
    _deliveries.c.state,
    _deliveries.c.reason_code,
    _deliveries.c.due_at,
    _deliveries.c.held_by,
).join(_notifications, _notifications.c.id == _deliveries.c.notification_id)
_DIGESTS = select(
    _windows.c.digest_id, _windows.c.user_id, _windows.c.channel, _windows.c.category, _windows.c.closes_at
)
_CLOSES_AT = select(_windows.c.id, _windows.c.closes_at).where(_IS_OPEN)


async def moved(connection: AsyncConnection, now: datetime) -> list[Row]:
    """Every delivery that changed at a moment."""
    rows = (await connection.execute(_MOVED.where(_deliveries.c.changed_at >= now))).all()
    closes_at: dict[str, datetime] = {}
    if ids := {UUID(row.held_by.partition(":")[2]) for row in rows if row.state == "collected"}:
        for id_, moment in await connection.execute(_CLOSES_AT.where(_windows.c.id.in_(ids))):
            closes_at[f"digest:{id_}"] = moment
    return [
        Row(
            row.id,
            row.notification_id,
            row.reference,
            row.channel,
            row.state,
            row.reason_code,
            closes_at.get(row.held_by) if row.state == "collected" else row.due_at,
        )
        for row in rows
    ]


async def windows_of(connection: AsyncConnection, digests: Collection[UUID]) -> dict[UUID, Window]:
    """The windows of digests."""
    if not digests:
        return {}
    rows = await connection.execute(_DIGESTS.where(_windows.c.digest_id.in_(digests)))
    return {digest: Window(*window) for digest, *window in rows}


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
