"""The statement that finds out for all loops of a worker at once whether something is due."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from property_alert_notification.database import BatchStatement, Connection
from property_alert_notification.deliveries.windows import queries as windows
from property_alert_notification.notifications import queries as notifications
from property_alert_notification.notifications.look_ups import queries as look_ups
from property_alert_notification.notifications.schedules import queries as schedules


class Due(NamedTuple):
    """What is due, by the loop of the worker that processes it."""

    release: bool
    look_up: bool
    schedules: bool
    digests: bool


_ANY_DUE = BatchStatement(
    {}, lambda _: select(notifications.due.is_any, look_ups.due.is_any, schedules.due.is_any, windows.ANY_DUE)
)


async def find_due(connection: Connection, *, now: datetime) -> Due:
    """What is due at this moment."""
    ((*found,),) = await _ANY_DUE.fetch(connection, now=now)
    return Due(*map(bool, found))
