"""What the store says: the truth that the callers' journal is compared with."""

import asyncio

from sqlalchemy import select

from property_alert_notification.database import Database, table_of
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.notifications.models import Notification

POLL = 0.1
"""Seconds between two looks."""

_notifications = table_of(Notification)
_deliveries = table_of(Delivery)
_IS_OPEN = select(select(_deliveries.c.id).where(_deliveries.c.due_at.is_not(None)).exists())


async def stored_ids(url: str) -> list[str]:
    """The id of every notification."""
    database = _open(url)
    try:
        async with database.reading() as connection:
            return [str(id_) for id_ in (await connection.execute(select(_notifications.c.id))).scalars()]
    finally:
        await database.close()


async def wait_until_ended(url: str, *, patience: float) -> bool:
    """Wait until no delivery is open, `patience` seconds at most; returns whether none is."""
    database = _open(url)
    try:
        async with asyncio.timeout(patience):
            while await _is_any_open(database):  # noqa: ASYNC110 - the answer comes from other processes
                await asyncio.sleep(POLL)
    except TimeoutError:
        return False
    else:
        return True
    finally:
        await database.close()


async def _is_any_open(database: Database) -> bool:
    async with database.reading() as connection:
        return bool((await connection.execute(_IS_OPEN)).scalar_one())


def _open(url: str) -> Database:
    # As the settings would name the driver.
    url = url if "+" in url.partition("://")[0] else url.replace("sqlite://", "sqlite+aiosqlite://")
    return Database(url, pool_size=2, wait=10)
