"""Every statement about notifications."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import BatchStatement, columns_of, table_of
from property_alert_notification.notifications.models import Notification
from property_alert_notification.vocabulary import NotificationStatus

_notifications = table_of(Notification)


@dataclass(frozen=True, slots=True)
class NewNotification:
    """A notification as accepted."""

    id: UUID
    user_id: int
    category: str
    reference: str | None
    title: str
    message: str
    urgent: bool
    channels: str | None
    accepted_at: datetime
    expires_at: datetime | None
    caller: str | None
    test: bool
    status: NotificationStatus | None
    send_at: datetime | None
    user_email: str | None
    user_phone_number: str | None


@dataclass(frozen=True, slots=True)
class Content:
    """What a worker needs to know about a notification to send it."""

    id: UUID
    user_id: int
    category: str
    title: str
    message: str
    expires_at: datetime | None


_NEW = tuple(field.name for field in fields(NewNotification))
_ADD = BatchStatement(
    columns_of(_notifications, *_NEW), lambda new: insert(_notifications).from_select(_NEW, select(*new.c))
)


async def add(connection: AsyncConnection, notifications: Sequence[NewNotification]) -> None:
    """Insert accepted notifications."""
    await _ADD.run(connection, map(attrgetter(*_NEW), notifications))


async def get(connection: AsyncConnection, notification_id: UUID) -> Notification | None:
    """One notification, or None."""
    statement = select(_notifications).where(_notifications.c.id == notification_id)
    row = (await connection.execute(statement)).mappings().one_or_none()
    return None if row is None else Notification(**row)


async def newest(
    connection: AsyncConnection, *, user_id: int | None = None, before: UUID | None = None, limit: int
) -> list[Notification]:
    """Up to `limit` notifications, newest first; only those of one user, or accepted before the one `before`."""
    statement = select(_notifications).order_by(_notifications.c.id.desc()).limit(limit)
    if user_id is not None:
        statement = statement.where(_notifications.c.user_id == user_id)
    if before is not None:
        statement = statement.where(_notifications.c.id < before)
    return [Notification(**row) for row in (await connection.execute(statement)).mappings()]


_CONTENTS = BatchStatement(
    columns_of(_notifications, "id"),
    lambda wanted: select(*(_notifications.c[field.name] for field in fields(Content))).where(
        _notifications.c.id.in_(select(wanted.c.id))
    ),
)


async def contents(connection: AsyncConnection, notifications: Collection[UUID]) -> dict[UUID, Content]:
    """What is to be told, by notification."""
    return {row[0]: Content(*row) for row in await _CONTENTS.run(connection, zip(notifications, strict=True))}
