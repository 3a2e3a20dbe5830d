"""Every statement that says what became of alerts, each on a batch."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    FromClause,
    Integer,
    Uuid,
    bindparam,
    delete,
    false,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.clock import first_id_of
from property_alert_notification.base.vocabulary import DeliveryState
from property_alert_notification.database import BatchStatement, as_rows, columns_of, insert_rows, table_of
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.homes.alerts.ledger.queries import PersonsFact
from property_alert_notification.homes.alerts.models import Alert, UnsentAlert
from property_alert_notification.homes.alerts.outcomes.alerts import AskedFor, TellingDelivery
from property_alert_notification.homes.alerts.outcomes.unsent import Unsent, unsent_of
from property_alert_notification.homes.properties.ids.queries import with_mates
from property_alert_notification.notifications.models import Notification

_alerts, _deliveries, _notifications = table_of(Alert), table_of(Delivery), table_of(Notification)
_unsent = table_of(UnsentAlert)


def _of_alerts(wanted: FromClause) -> Any:
    homes, mate, _ = with_mates(wanted, wanted.c.listing_id)
    return (
        select(
            wanted.c.listing_id,
            wanted.c.person,
            _alerts.c.notification_id,
            _alerts.c.listing_id,
            _alerts.c.sequence,
            _alerts.c.facts,
            _alerts.c.senders,
            _alerts.c.left_out,
            _notifications.c.approval,
            _notifications.c.status,
            _notifications.c.cancelled_by,
            _deliveries.c.state,
            _deliveries.c.channel,
            _deliveries.c.reason_code,
            _deliveries.c.reason_parameters,
            func.coalesce(_deliveries.c.unknowns, 0) > 0,
            false(),
        )
        .select_from(homes)
        .join(_alerts, (_alerts.c.listing_id == mate) & (_alerts.c.person == wanted.c.person))
        .join(_notifications, _notifications.c.id == _alerts.c.notification_id)
        .outerjoin(_deliveries, _deliveries.c.notification_id == _alerts.c.notification_id)
    )


def _kept(wanted: FromClause) -> Any:
    homes, mate, _ = with_mates(wanted, wanted.c.listing_id)
    return (
        select(
            wanted.c.listing_id,
            wanted.c.person,
            _unsent.c.notification_id,
            _unsent.c.listing_id,
            _unsent.c.sequence,
            _unsent.c.facts,
            _unsent.c.senders,
            null(),
            _unsent.c.approval,
            null(),
            null(),
            literal(DeliveryState.SUPPRESSED.value),
            _unsent.c.channel,
            _unsent.c.reason_code,
            _unsent.c.reason_parameters,
            false(),
            true(),
        )
        .select_from(homes)
        .join(_unsent, (_unsent.c.listing_id == mate) & (_unsent.c.person == wanted.c.person))
    )


_DELIVERIES_ABOUT = BatchStatement(
    columns_of(_alerts, "listing_id", "person"), lambda wanted: union_all(_of_alerts(wanted), _kept(wanted))
)


async def deliveries_about(connection: AsyncConnection, wanted: Collection[AskedFor]) -> list[TellingDelivery]:
    """The deliveries of all alerts to people about the homes of listings, also of those that are kept as unsent."""
    if not wanted:
        return []
    return [TellingDelivery(*row) for row in await _DELIVERIES_ABOUT.run(connection, sorted(wanted))]


async def unsent(connection: AsyncConnection, wanted: Collection[PersonsFact]) -> Unsent:
    """Those of these facts, which the ledger has, of which all alerts to the person ended unsent."""
    rows = await deliveries_about(connection, {(listing, person) for listing, _, person in wanted})
    return unsent_of(rows, wanted)


class EndedAlert(NamedTuple):
    """An alert whose notification has ended."""

    notification_id: UUID
    listing_id: UUID
    user_id: int
    person: int
    sequence: int
    facts: str | None
    senders: str | None
    approval: str | None


_is_sent = (
    select(_deliveries.c.id)
    .where(
        _deliveries.c.notification_id == _alerts.c.notification_id,
        _deliveries.c.state.in_((DeliveryState.SENT, DeliveryState.DELIVERED)),
    )
    .exists()
)
_NOT_SENT = BatchStatement(
    columns_of(_notifications, "id"),
    lambda wanted: (
        select(
            _alerts.c.notification_id,
            _alerts.c.listing_id,
            _notifications.c.user_id,
            _alerts.c.person,
            _alerts.c.sequence,
            _alerts.c.facts,
            _alerts.c.senders,
            _notifications.c.approval,
        )
        .join(wanted, wanted.c.id == _alerts.c.notification_id)
        .join(_notifications, _notifications.c.id == _alerts.c.notification_id)
        .where(or_(_alerts.c.left_out.is_not(None), ~_is_sent))
    ),
)


async def not_sent(connection: AsyncConnection, notifications: Collection[UUID]) -> list[EndedAlert]:
    """The alerts of these notifications of which no delivery was sent, and the homes that first alerts do not name."""
    if not notifications:
        return []
    return [EndedAlert(*row) for row in await _NOT_SENT.run(connection, as_rows(notifications))]


class EndedUnsent(NamedTuple):
    """An alert that ended unsent, and why."""

    alert: EndedAlert
    channel: str
    reason_code: str | None
    reason_parameters: str | None


_COLUMNS = (*EndedAlert._fields, *EndedUnsent._fields[1:])
_KEEP = BatchStatement(columns_of(_unsent, *_COLUMNS), lambda new: insert_rows(_unsent, new))


async def keep(connection: AsyncConnection, ended: Collection[EndedUnsent]) -> None:
    """Store what became of these alerts."""
    if ended:
        await _KEEP.run(connection, [(*one.alert, *one[1:]) for one in ended])


_OLD = (
    select(_unsent.c.notification_id)
    .where(_unsent.c.notification_id < bindparam("before", type_=Uuid()))
    .order_by(_unsent.c.notification_id)
    .limit(bindparam("limit", type_=Integer))
    .with_for_update(skip_locked=True)
)
_REMOVE_OLD = delete(_unsent).where(_unsent.c.notification_id.in_(_OLD))


async def remove_old(connection: AsyncConnection, *, until: datetime, limit: int) -> int:
    """Forget what became of some notifications that were accepted before; returns how many alerts, `limit` at most."""
    found = await connection.execute(_REMOVE_OLD, {"before": first_id_of(until), "limit": limit})
    # A first alert has a row for each home.
    return min(found.rowcount, limit)
