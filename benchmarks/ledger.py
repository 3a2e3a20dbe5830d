"""What the store says at the end: the truth that every figure is checked against."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy import func, select

from property_alert_notification.database import Database, table_of
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.notifications.models import Notification

POLL = 0.1
"""Seconds between two looks."""

Answer = TypeVar("Answer")

_deliveries = table_of(Delivery)
_notifications = table_of(Notification)


def count_notifications(url: str) -> int:
    """How many were stored."""

    async def count(database: Database) -> int:
        async with database.reading() as connection:
            return (await connection.execute(select(func.count()).select_from(_notifications))).scalar_one()

    return _with(url, count)


def count_by_state(url: str, *, channel: str) -> dict[str, int]:
    """How many deliveries of a channel are in each state."""
    statement = (
        select(_deliveries.c.state, func.count()).where(_deliveries.c.channel == channel).group_by(_deliveries.c.state)
    )

    async def count(database: Database) -> dict[str, int]:
        async with database.reading() as connection:
            rows = await connection.execute(statement)
            return dict(rows.tuples().all())

    return _with(url, count)


def wait_until_ended(url: str, *, patience: float, look: Callable[[], None]) -> bool:
    """Wait until no delivery is open, `patience` seconds at most; returns whether none is.

    `look` is called at each look, and may raise.
    """
    is_open = select(select(_deliveries.c.id).where(_deliveries.c.due_at.is_not(None)).exists())

    async def wait(database: Database) -> bool:
        async with asyncio.timeout(patience):
            while True:
                look()
                async with database.reading() as connection:
                    if not (await connection.execute(is_open)).scalar_one():
                        return True
                await asyncio.sleep(POLL)

    try:
        return _with(url, wait)
    except TimeoutError:
        return False


def _with(url: str, ask: Callable[[Database], Awaitable[Answer]]) -> Answer:
    async def run() -> Answer:
        database = Database(url, pool_size=2, wait=10)
        try:
            return await ask(database)
        finally:
            await database.close()

    return asyncio.run(run())
