"""Every statement that says what became of alerts, each on a batch."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Table,
    false,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
    update,
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
from property_alert_notification.homes.alerts.queries import removing_old
from property_alert_notification.homes.properties.ids.queries import with_mates
from property_alert_notification.notifications.models import Notification

_alerts, _deliveries, _notifications = table_of(Alert), table_of(Delivery), table_of(Notification)
_unsent = table_of(UnsentAlert)


def _about(wanted: FromClause, alerts: Table) -> tuple[FromClause, Sequence[ColumnElement[Any]]]:
    """The alerts of a table to people about the homes of listings, and the first columns of a TellingDelivery."""
    homes, mate, _ = with_mates(wanted, wanted.c.listing_id)
    found = homes.join(alerts, (alerts.c.listing_id == mate) & (alerts.c.person == wanted.c.person))
    its = [alerts.c[name] for name in ("notification_id", "listing_id", "sequence", "facts", "senders")]
    return found, [wanted.c.listing_id, wanted.c.person, *its]


def _of_alerts(wanted: FromClause) -> Any:
    found, columns = _about(wanted, _alerts)
    return (
        select(
            *columns,
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
        .select_from(found)
        .join(_notifications, _notifications.c.id == _alerts.c.notification_id)
        .outerjoin(_deliveries, _deliveries.c.notification_id == _alerts.c.notification_id)
    )


def _kept(wanted: FromClause) -> Any:
    found, columns = _about(wanted, _unsent)
    return select(
        *columns,
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
    ).select_from(found)


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


def _beside_kept(wanted: FromClause) -> Any:
    alerts = wanted.join(_alerts, _alerts.c.notification_id == wanted.c.id)
    homes, mate, _ = with_mates(alerts, _alerts.c.listing_id)
    kept = homes.join(_unsent, (_unsent.c.listing_id == mate) & (_unsent.c.person == _alerts.c.person))
    return select(_alerts.c.listing_id, _alerts.c.person).select_from(kept).distinct()


_BESIDE_KEPT = BatchStatement(columns_of(_notifications, "id"), _beside_kept)


async def beside_kept(connection: AsyncConnection, notifications: Collection[UUID]) -> set[AskedFor]:
    """The listings and people of those alerts of these notifications beside which unsent ones are kept."""
    if not notifications:
        return set()
    return {(row[0], row[1]) for row in await _BESIDE_KEPT.run(connection, as_rows(notifications))}


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


class StillUnsent(NamedTuple):
    """A kept alert, and which of its facts are untold."""

    notification_id: UUID
    listing_id: UUID
    facts: str


_LEAVE_ONLY = BatchStatement(
    columns_of(_unsent, *StillUnsent._fields),
    lambda new: (
        update(_unsent)
        .where(_unsent.c.notification_id == new.c.notification_id, _unsent.c.listing_id == new.c.listing_id)
        .values(facts=new.c.facts)
    ),
)


async def leave_only(connection: AsyncConnection, kept: Collection[StillUnsent]) -> None:
    """Keep of these alerts only the facts that are untold."""
    if kept:
        await _LEAVE_ONLY.run(connection, kept)


_REMOVE_OLD = removing_old([_unsent.c.notification_id, _unsent.c.listing_id], _unsent.c.notification_id)


async def remove_old(connection: AsyncConnection, *, until: datetime, limit: int) -> int:
    """Delete up to `limit` alerts of notifications that were accepted before `until`; returns how many."""
    values = {"until": first_id_of(until), "limit": limit}
    return len((await connection.execute(_REMOVE_OLD, values)).all())
