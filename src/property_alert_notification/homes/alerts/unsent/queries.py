"""The statement that reads what became of the alerts about homes, on a batch."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import FromClause, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import BatchStatement, columns_of, table_of, true_of_many
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.homes.alerts.ledger.queries import PersonsFact
from property_alert_notification.homes.alerts.models import Alert
from property_alert_notification.homes.alerts.unsent.rules import AlertDelivery, Unsent, unsent_of
from property_alert_notification.homes.properties.ids.queries import with_mates
from property_alert_notification.notifications.models import Notification

_alerts, _deliveries, _notifications = table_of(Alert), table_of(Delivery), table_of(Notification)


def _alerts_about(wanted: FromClause) -> Any:
    homes, mate = with_mates(wanted, wanted.c.listing_id)
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
            _deliveries.c.channel,
            _deliveries.c.state,
            _deliveries.c.reason_code,
            _deliveries.c.reason_parameters,
            func.coalesce(_deliveries.c.unknowns, 0) > 0,
        )
        .select_from(homes)
        .join(_alerts, (_alerts.c.listing_id == mate) & (_alerts.c.person == wanted.c.person))
        .join(_notifications, _notifications.c.id == _alerts.c.notification_id)
        .outerjoin(_deliveries, _deliveries.c.notification_id == _alerts.c.notification_id)
        .where(true_of_many(_alerts.c.facts.is_not(None)))
    )


_ALERTS_ABOUT = BatchStatement(columns_of(_alerts, "listing_id", "person"), _alerts_about)


async def unsent(connection: AsyncConnection, wanted: Collection[PersonsFact]) -> dict[PersonsFact, Unsent]:
    """Those of these facts, which the ledger has, of which all alerts to the person ended unsent."""
    if not wanted:
        return {}
    rows = await _ALERTS_ABOUT.run(connection, sorted({(listing, person) for listing, _, person in wanted}))
    return unsent_of(map(AlertDelivery._make, rows), wanted)
