"""Every statement about notifications."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import batch, columns_of, table_of
from property_alert_notification.notifications.models import Notification

_notifications = table_of(Notification)
_COLUMNS = tuple(column.name for column in _notifications.c)


@dataclass(frozen=True, slots=True)
class Content:
    """What a worker needs to know about a notification to send it."""

    id: UUID
    user_id: int
    category: str
    title: str
    message: str
    expires_at: datetime | None


_CONTENT = ("id", "user_id", "category", "title", "message", "expires_at")


async def add(connection: AsyncConnection, notifications: Sequence[Notification]) -> None:
    """Insert accepted notifications."""
    rows = batch(
        connection,
        columns_of(_notifications, *_COLUMNS),
        [tuple(getattr(notification, name) for name in _COLUMNS) for notification in notifications],
    )
    await connection.execute(insert(_notifications).from_select(_COLUMNS, select(*rows.c)))


async def get(connection: AsyncConnection, notification_id: UUID) -> Notification | None:
    """One notification, or None."""
    statement = select(_notifications).where(_notifications.c.id == notification_id)
    row = (await connection.execute(statement)).mappings().one_or_none()
    return None if row is None else Notification(**row)


async def newest(
    connection: AsyncConnection, *, user_id: int | None = None, before: UUID | None = None, limit: int
) -> list[Notification]:
    """Up to `limit` notifications, newest first: of one user, or accepted before the one with id `before`."""
    statement = select(_notifications).order_by(_notifications.c.id.desc()).limit(limit)
    if user_id is not None:
        statement = statement.where(_notifications.c.user_id == user_id)
    if before is not None:
        statement = statement.where(_notifications.c.id < before)
    return [Notification(**row) for row in (await connection.execute(statement)).mappings()]


async def contents(connection: AsyncConnection, notifications: Collection[UUID]) -> dict[UUID, Content]:
    """What is to be told, by notification."""
    wanted = batch(connection, columns_of(_notifications, "id"), [(notification,) for notification in notifications])
    statement = select(*(_notifications.c[name] for name in _CONTENT)).where(
        _notifications.c.id.in_(select(wanted.c.id))
    )
    return {row.id: Content(*row) for row in await connection.execute(statement)}
