"""Every statement that reads holds."""

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
from property_alert_notification.deliveries.models import Hold

_holds = table_of(Hold)
_HOLDS_OF = BatchStatement(
    columns_of(_holds, "delivery_id"),
    lambda wanted: (
        select(_holds).where(_holds.c.delivery_id.in_(select(wanted.c.delivery_id))).order_by(_holds.c.fence)
    ),
)


async def holds_of(connection: Connection, deliveries: Collection[UUID]) -> list[Hold]:
    """All holds of these deliveries, in order."""
    return models_from(Hold, await _HOLDS_OF.fetch(connection, as_rows(deliveries)))
