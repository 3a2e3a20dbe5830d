"""Every statement about confirmation messages: they are notifications with a reference of their own."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.clock import first_id_of
from property_alert_notification.database import table_of
from property_alert_notification.notifications.models import Notification

_notifications = table_of(Notification)

_OURS = _notifications.c.caller.is_(None)
"""No API key submitted it: callers may give any reference."""

_MOST_USERS = 100
"""The users of one address that are found: it belongs to a family or an office at most."""


async def numbers_of_reference(
    connection: AsyncConnection, user_ids: Collection[int], prefix: str, *, since: datetime, test: bool
) -> Mapping[int, int]:
    """How many notifications with such a reference were accepted since then, for users who have any."""
    user = _notifications.c.user_id
    statement = select(user, func.count()).where(
        user.in_(user_ids),
        _notifications.c.id >= first_id_of(since),
        _notifications.c.reference.startswith(prefix),
        _OURS,
        _notifications.c.test.is_(test),
    )
    found = await connection.execute(statement.group_by(user))
    return {user_id: int(number) for user_id, number in found}


async def users_of_references(connection: AsyncConnection, references: Collection[str]) -> set[int]:
    """The users of the notifications with one of these references, without tests; at most a hundred."""
    statement = select(_notifications.c.user_id).where(
        _notifications.c.reference.in_(references), _notifications.c.test.is_(False), _OURS
    )
    return set((await connection.execute(statement.limit(_MOST_USERS))).scalars())
