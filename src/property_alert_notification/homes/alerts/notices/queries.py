"""The statement that stores which searches messages are about."""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import BatchStatement, columns_of, insert_rows, table_of
from property_alert_notification.homes.alerts.models import SearchNotice

_notices = table_of(SearchNotice)


class NewNotice(NamedTuple):
    """A message about a search, to be stored."""

    notification_id: UUID
    search_number: int
    version: int | None


_ADD = BatchStatement(columns_of(_notices, *NewNotice._fields), lambda new: insert_rows(_notices, new))


async def add(connection: AsyncConnection, notices: Iterable[NewNotice]) -> None:
    """Store which searches these messages are about."""
    if rows := list(notices):
        await _ADD.run(connection, rows)
