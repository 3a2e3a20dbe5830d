"""What is asked about digest windows by those who show them."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Integer, Text, bindparam, select, text

from property_alert_notification.database import BatchStatement, Connection, columns_of, table_of
from property_alert_notification.deliveries.models import HAS_HOLDER, Delivery
from property_alert_notification.deliveries.windows.keys import held_by
from property_alert_notification.deliveries.windows.models import HAS_DIGEST
from property_alert_notification.deliveries.windows.scripts import windows

_deliveries = table_of(Delivery)

MOST_LISTED = 100
"""Items of a digest that are named; all are counted."""

_OF_DIGEST = BatchStatement(
    columns_of(windows, "digest_id"),
    lambda wanted: select(windows.c.id, windows.c.category, windows.c.closes_at, windows.c["items"]).where(
        text(HAS_DIGEST), windows.c.digest_id.in_(select(wanted.c.digest_id))
    ),
)
_NOTIFICATIONS = BatchStatement(
    {"holder": Text()},
    lambda wanted: (
        select(_deliveries.c.notification_id)
        .where(text(HAS_HOLDER), _deliveries.c.held_by.in_(select(wanted.c.holder)))
        .order_by(_deliveries.c.id)
        .limit(bindparam("limit", type_=Integer))
    ),
)


class Contents(NamedTuple):
    """What a digest is made of."""

    category: str
    """That of its items."""
    closes_at: datetime
    """When it was to be made."""
    items: int
    notifications: list[UUID]
    """The first of them, at most `MOST_LISTED`."""


async def contents_of(connection: Connection, digest: UUID) -> Contents | None:
    """What a digest is made of, as long as that is known."""
    found = await _OF_DIGEST.fetch(connection, [(digest,)])
    if not found:
        return None
    window, category, closes_at, items = found[0]
    rows = await _NOTIFICATIONS.fetch(connection, [(held_by(window),)], limit=MOST_LISTED)
    return Contents(category, closes_at, items, [row[0] for row in rows])
