"""The query that finds out which loops of a worker have due work."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from property_alert_notification.database import BatchStatement, Connection
from property_alert_notification.deliveries.windows import queries as windows
from property_alert_notification.feedback.webhooks.sending import queries as webhooks
from property_alert_notification.notifications import queries as notifications
from property_alert_notification.notifications.look_ups import queries as look_ups
from property_alert_notification.notifications.schedules import queries as schedules


class Due(NamedTuple):
    """Whether each loop has due work."""

    release: bool
    look_up: bool
    schedules: bool
    digests: bool
    webhooks: bool


_ANY_DUE = BatchStatement(
    {},
    lambda _: select(
        notifications.due.is_any, look_ups.due.is_any, schedules.due.is_any, windows.ANY_DUE, webhooks.ANY_DUE
    ),
)


async def find_due(connection: Connection, *, now: datetime) -> Due:
    """Which loops have due work at `now`."""
    ((*found,),) = await _ANY_DUE.fetch(connection, now=now)
    return Due(*map(bool, found))
