"""Every statement that erases rows of a person."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from operator import eq
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Table,
    and_,
    bindparam,
    case,
    delete,
    false,
    func,
    literal,
    null,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.reasons import ReasonCode
from property_alert_notification.base.vocabulary import DeliveryState, NotificationStatus
from property_alert_notification.database import run_within, table_of, time_type
from property_alert_notification.deliveries.models import Attempt, Delivery
from property_alert_notification.deliveries.reports.models import IS_PARKED, DeliveryReport
from property_alert_notification.deliveries.states import LEASED, Event, movable_by
from property_alert_notification.events.models import WebhookEndpoint, WebhookEvent
from property_alert_notification.notifications import scripts as notification_scripts
from property_alert_notification.notifications.models import Notification
from property_alert_notification.operators.privacy.addresses import COLUMNS, Address, is_named
from property_alert_notification.operators.privacy.declaration import Erasure, FoundBy
from property_alert_notification.operators.privacy.queries import AT_ONCE, Row, chunks, found_by, table_named
from property_alert_notification.operators.privacy.registry import TABLES

_notifications, _deliveries = table_of(Notification), table_of(Delivery)
_events, _endpoints = table_of(WebhookEvent), table_of(WebhookEndpoint)
_attempts, _reports = table_of(Attempt), table_of(DeliveryReport)


EVENTS = "webhook_events"


class Locked(NamedTuple):
    """Notifications of a user and their deliveries, locked for one transaction."""

    asked: Sequence[UUID]
    """All that were found, also those that are left out because another transaction or a worker has them."""
    notifications: Sequence[Row]
    deliveries: Sequence[Row]


async def lock(connection: AsyncConnection, user_id: int, after: UUID | None) -> Locked:
    """Lock some notifications of a user in the order of their ids, without those of which a delivery is being sent.

    Every transaction locks deliveries before notifications. What another one has locked is left out, so that neither
    waits for the other.
    """
    found = select(_notifications.c.id).where(_notifications.c.user_id == user_id).order_by(_notifications.c.id)
    if after is not None:
        found = found.where(_notifications.c.id > after)
    ids = (await connection.execute(found.limit(AT_ONCE))).scalars().all()
    theirs = _deliveries.c.notification_id.in_(ids)
    columns = [_deliveries.c[name] for name in ("id", "notification_id", "channel", "address", "state")]
    locking = (
        select(*columns).where(theirs).order_by(_deliveries.c.id).with_for_update(key_share=True, skip_locked=True)
    )
    deliveries = (await connection.execute(locking)).mappings().all()
    own = and_(_notifications.c.id.in_(ids), _notifications.c.user_id == user_id)
    locking_them = select(_notifications.c.id, _notifications.c.addresses).where(own).order_by(_notifications.c.id)
    rows = (await connection.execute(locking_them.with_for_update(key_share=True, skip_locked=True))).mappings().all()
    # A delivery that another transaction has locked, or has added meanwhile.
    every = (await connection.execute(select(_deliveries.c.id, _deliveries.c.notification_id).where(theirs))).all()
    free = {one["id"] for one in deliveries if one["state"] not in LEASED}
    busy = {notification for delivery, notification in every if delivery not in free}
    notifications = [dict(row) for row in rows if row["id"] not in busy]
    own_ids = {row["id"] for row in notifications}
    return Locked(ids, notifications, [dict(one) for one in deliveries if one["notification_id"] in own_ids])


async def erase_by(connection: AsyncConnection, name: str, values: Collection[Any], *, column: str = "") -> int:
    """Erase the rows of a table whose column has one of these values; returns how many.

    Without `column` it is the one by which its rows are found.
    """
    column_ = table_named(name).c[column or TABLES[name].column]
    return sum([await _erase(connection, name, column_.in_(some)) for some in chunks(values)])


async def erase_addresses(connection: AsyncConnection, name: str, addresses: Collection[Address]) -> int:
    """Erase the rows of a table about these addresses; returns how many."""
    table = table_named(name)
    its = [table.c.channel, table.c[TABLES[name].column]]
    return sum([await _erase(connection, name, _is_one_of(its, some)) for some in chunks(sorted(addresses))])


async def erase_of_user(connection: AsyncConnection, name: str, user_id: int) -> tuple[int, Sequence[Row]]:
    """Erase up to `AT_ONCE` rows that are found by the user's id; returns how many, and their addresses."""
    table = table_named(name)
    keys = list(table.primary_key)
    columns = [*keys, *(table.c[one] for one in COLUMNS & set(table.c.keys()))]
    found = select(*columns).where(table.c[TABLES[name].column] == user_id).order_by(*keys).limit(AT_ONCE)
    rows = [dict(row) for row in (await connection.execute(found.with_for_update())).mappings()]
    if rows:
        await erase_by_key(connection, name, [tuple(row[key.name] for key in keys) for row in rows])
    return len(rows), rows


async def erase_events(connection: AsyncConnection, user_id: int) -> Counter[str]:
    """Erase up to `AT_ONCE` events about a user, and before them all that belongs to them; returns how many rows.

    What waits to be sent to an endpoint is not sent any more.
    """
    found = select(_events.c.id).where(_events.c.user_id == user_id).order_by(_events.c.id).limit(AT_ONCE)
    ids = (await connection.execute(found)).scalars().all()
    counted: Counter[str] = Counter()
    if not ids:
        return counted
    for name in found_by(FoundBy.EVENT):
        table = table_named(name)
        # The index of these tables begins with the endpoint.
        its = and_(table.c.endpoint_id.in_(select(_endpoints.c.id)), table.c[TABLES[name].column].in_(ids))
        keys = list(table.primary_key)
        await connection.execute(select(*keys).where(its).order_by(*keys).with_for_update())
        counted[name] = await _erase(connection, name, its)
    counted[EVENTS] = await erase_by(connection, EVENTS, ids, column="id")
    return counted


Keys = Sequence[tuple[Any, ...]]
"""Primary keys of rows."""


async def erase_by_key(connection: AsyncConnection, name: str, keys: Keys) -> int:
    """Erase the rows with these primary keys; returns how many."""
    return await _erase(connection, name, _is_one_of(list(table_named(name).primary_key), keys))


def _is_one_of(columns: Sequence[ColumnElement[Any]], rows: Collection[Sequence[Any]]) -> ColumnElement[bool]:
    """The columns have the values of one of these rows. For `(a, b) IN (VALUES …)` SQLite reads the whole table."""
    return or_(false(), *(and_(*map(eq, columns, row)) for row in rows))


async def _erase(connection: AsyncConnection, name: str, which: ColumnElement[bool]) -> int:
    table, declared = table_named(name), TABLES[name]
    match declared.erasure:
        case Erasure.DELETE:
            return (await connection.execute(delete(table).where(which))).rowcount
        case Erasure.BLANK:
            values = _blank(table, declared.blank)
            return (await connection.execute(update(table).where(which).values(values))).rowcount
        case Erasure.KEEP:
            return 0


def _blank(table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
    """What has no value stays without one: an open attempt has no reason."""
    return {
        name: null() if value is None else case((table.c[name].is_not(None), literal(value, table.c[name].type)))
        for name, value in values.items()
    }


async def erase_parked(connection: AsyncConnection, deliveries: Collection[UUID]) -> int:
    """Delete parked reports about these deliveries; returns how many."""
    gone = 0
    for some in chunks(deliveries):
        messages = select(_attempts.c.provider_message_id).where(
            _attempts.c.delivery_id.in_(some), _attempts.c.provider_message_id.is_not(None)
        )
        about = or_(_reports.c.named_delivery_id.in_(some), _reports.c.provider_message_id.in_(messages))
        gone += (await connection.execute(delete(_reports).where(text(IS_PARKED), about))).rowcount
    return gone


async def erase_parked_about(connection: AsyncConnection, addresses: Collection[Address]) -> int:
    """Delete parked reports that name one of these addresses; returns how many. They are few, and kept for an hour."""
    gone = 0
    for some in chunks({address for _, address in addresses}):
        names_one = or_(*(_reports.c.raw.icontains(address, autoescape=True) for address in some))
        found = await connection.execute(select(_reports.c.id, _reports.c.raw).where(text(IS_PARKED), names_one))
        ids = [one.id for one in found if any(is_named(address, one.raw) for address in some)]
        gone += (await connection.execute(delete(_reports).where(_reports.c.id.in_(ids)))).rowcount
    return gone


_ENDED_BY_ERASURE = movable_by(Event.ERASED)


async def end(connection: AsyncConnection, locked: Locked, *, now: datetime) -> int:
    """End the open deliveries of locked notifications, and those that are not planned yet; returns how many."""
    for some in chunks([one["id"] for one in locked.deliveries]):
        # So that a worker that settles late stores nothing that its provider said.
        is_open = _attempts.c.delivery_id.in_(some) & _attempts.c.ended_at.is_(None)
        await connection.execute(update(_attempts).where(is_open).values(reason_code=ReasonCode.USER_ERASED))
    ids = [one["id"] for one in locked.deliveries if one["state"] in _ENDED_BY_ERASURE]
    for some in chunks(ids):
        reason = {"reason_code": ReasonCode.USER_ERASED, "reason_parameters": None}
        ended = {"state": DeliveryState.SUPPRESSED, "changed_at": now, **reason}
        await connection.execute(update(_deliveries).where(_deliveries.c.id.in_(some)).values(ended))
        await run_within(connection, notification_scripts.conclude(some, at=now))
    planned = {one["notification_id"] for one in locked.deliveries}
    unplanned = [one["id"] for one in locked.notifications if one["id"] not in planned]
    scheduled = _notifications.c.status == NotificationStatus.SCHEDULED
    for some in chunks(unplanned):
        of_these = update(_notifications).where(_notifications.c.id.in_(some), scheduled)
        await connection.execute(of_these.values(status=NotificationStatus.SUPPRESSED))
    return len(ids) + len(unplanned)


async def number_of(connection: AsyncConnection, name: str, user_id: int) -> int:
    """How many rows of a table are found by the user's id."""
    counted = select(func.count()).where(table_named(name).c[TABLES[name].column] == user_id)
    return (await connection.execute(counted)).scalar_one()


async def open_calls(connection: AsyncConnection, user_id: int) -> int:
    """How many deliveries of a user a worker has in progress, at most `AT_ONCE`."""
    leased = (
        select(_deliveries.c.id)
        .join(_notifications, _notifications.c.id == _deliveries.c.notification_id)
        .where(_notifications.c.user_id == user_id, _deliveries.c.state.in_([*LEASED]))
        .limit(AT_ONCE)
    )
    return len((await connection.execute(leased)).all())


_OLDER = text(
    "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() "
    "AND backend_type = 'client backend' AND pid <> pg_backend_pid() AND xact_start < :began_at)"
).bindparams(bindparam("began_at", type_=time_type()))


async def is_older_open(connection: AsyncConnection, began_at: datetime) -> bool:
    """Whether a transaction is open that began before: it may have read consent that is withdrawn since.

    SQLite has one writer, which reads and writes in one go.
    """
    if connection.dialect.name != "postgresql":
        return False
    return bool((await connection.execute(_OLDER, {"began_at": began_at})).scalar_one())


async def has_notifications(connection: AsyncConnection, user_id: int) -> bool:
    """Whether any notification of a user is left."""
    left = select(_notifications.c.id).where(_notifications.c.user_id == user_id).limit(1)
    return (await connection.execute(left)).first() is not None
