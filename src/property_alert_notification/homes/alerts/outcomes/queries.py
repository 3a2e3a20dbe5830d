"""Every statement that says what became of facts, each on a batch."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, FromClause, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import BatchStatement, as_rows, columns_of, table_of
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.homes.alerts.models import Alert
from property_alert_notification.homes.alerts.outcomes.alerts import TellingDelivery
from property_alert_notification.homes.properties.ids.queries import with_mates
from property_alert_notification.notifications.models import Notification

_alerts, _deliveries, _notifications = table_of(Alert), table_of(Delivery), table_of(Notification)


def _telling_these(wanted: FromClause) -> Any:
    homes, mate = with_mates(wanted, wanted.c.listing_id)
    return (
        select(
            wanted.c.listing_id,
            _alerts.c.notification_id,
            _alerts.c.listing_id,
            _alerts.c.sequence,
            _alerts.c.facts,
            _alerts.c.left_out,
            _notifications.c.approval,
            _notifications.c.status,
            _notifications.c.cancelled_by,
            _deliveries.c.state,
            _deliveries.c.channel,
            _deliveries.c.reason_code,
            _deliveries.c.reason_parameters,
            func.coalesce(_deliveries.c.unknowns, 0) > 0,
        )
        .select_from(homes)
        .join(_alerts, (_alerts.c.listing_id == mate) & (_alerts.c.person == bindparam("person", type_=BigInteger)))
        .join(_notifications, _notifications.c.id == _alerts.c.notification_id)
        .outerjoin(_deliveries, _deliveries.c.notification_id == _alerts.c.notification_id)
        # Of a first alert that has a home twice, because it was taken for two, the row that names it counts.
        .order_by(_alerts.c.left_out.is_not(None), _alerts.c.sequence, _alerts.c.notification_id)
    )


_TELLING = BatchStatement(columns_of(_alerts, "listing_id"), _telling_these)


async def deliveries_about(
    connection: AsyncConnection, listings: Collection[UUID], *, person: int
) -> list[TellingDelivery]:
    """The deliveries of all alerts to a person about the homes of these listings."""
    if not listings:
        return []
    rows = await _TELLING.run(connection, as_rows(sorted(listings)), person=person)
    return [TellingDelivery(*row) for row in rows]
