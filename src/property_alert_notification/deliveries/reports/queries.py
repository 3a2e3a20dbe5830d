"""Every statement that reads reports outside of a script."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from property_alert_notification.database import (
    BatchStatement,
    Connection,
    as_rows,
    columns_of,
    models_from,
    table_of,
)
from property_alert_notification.deliveries.reports.models import DeliveryReport

_reports = table_of(DeliveryReport)
_REPORTS_OF = BatchStatement(
    columns_of(_reports, "delivery_id"),
    lambda wanted: (
        select(_reports).where(_reports.c.delivery_id.in_(select(wanted.c.delivery_id))).order_by(_reports.c.id)
    ),
)


async def reports_of(connection: Connection, deliveries: Collection[UUID]) -> list[DeliveryReport]:
    """All reports about these deliveries, in the order in which they came."""
    return models_from(DeliveryReport, await _REPORTS_OF.fetch(connection, as_rows(deliveries)))
