"""What the store says at the end: the truth that every figure is checked against."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select, bindparam, func, insert, literal, select, text, update

from property_alert_notification.base.vocabulary import DeliveryState
from property_alert_notification.database import Database, table_of, time_type
from property_alert_notification.deliveries.models import OPEN, Attempt, Delivery
from property_alert_notification.events.models import IS_DUE, WebhookDelivery
from property_alert_notification.notifications.models import Notification

POLL = 0.1
"""Seconds between two looks."""

Answer = TypeVar("Answer")

_attempts = table_of(Attempt)
_deliveries = table_of(Delivery)
_notifications = table_of(Notification)
_webhooks = table_of(WebhookDelivery)


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


def wait_until_ended(url: str, *, patience: float, check: Callable[[], object]) -> bool:
    """Wait until no delivery is open, `patience` seconds at most; returns whether none is.

    `look` is called at each look, and may raise.
    """
    return _wait_until_none(url, select(_deliveries.c.id).where(_deliveries.c.due_at.is_not(None)), patience, check)


def wait_until_not_collected(url: str, *, patience: float, check: Callable[[], object]) -> bool:
    """Wait until no delivery waits for a digest, or for what becomes of one; otherwise as `wait_until_ended`."""
    # In the order of the index of open deliveries: otherwise each look reads the whole table, at the cost of the store.
    collected = select(_deliveries.c.id).where(text(OPEN), _deliveries.c.state == DeliveryState.COLLECTED)
    return _wait_until_none(url, collected.order_by(_deliveries.c.notification_id), patience, check)


def wait_until_called(url: str, *, patience: float, check: Callable[[], object]) -> bool:
    """Wait until no webhook is open; otherwise as `wait_until_ended`."""
    return _wait_until_none(url, select(_webhooks.c.event_id).where(text(IS_DUE)), patience, check)


def _wait_until_none(url: str, those: Select[Any], patience: float, check: Callable[[], object]) -> bool:
    async def wait(database: Database) -> bool:
        async with asyncio.timeout(patience):
            while True:
                check()
                async with database.reading() as connection:
                    if (await connection.execute(those.limit(1))).first() is None:
                        return True
                await asyncio.sleep(POLL)

    try:
        return _with(url, wait)
    except TimeoutError:
        return False


def finish_all(url: str, *, provider: str = "instant") -> None:
    """Let everything that waits have been sent, with an attempt each, and the store know its tables."""
    waiting = _deliveries.c.due_at.is_not(None)
    sent_at = bindparam("sent_at", type_=time_type())
    attempts = insert(_attempts).from_select(
        ["delivery_id", "fence", "provider", "started_at", "ended_at", "outcome"],
        select(_deliveries.c.id, literal(1), literal(provider), sent_at, sent_at, literal("sent")).where(waiting),
    )
    sent = (
        update(_deliveries)
        .where(waiting)
        .values(state="sent", reason_code="sent", due_at=None, fence=1, attempts=1, changed_at=sent_at)
    )

    async def finish(database: Database) -> None:
        async with database.transaction() as connection:
            now = {"sent_at": datetime.now(UTC)}
            await connection.execute(attempts, now)
            await connection.execute(sent, now)
        async with database.reading() as connection:
            await connection.execute(text("ANALYZE" if database.is_sqlite else "VACUUM ANALYZE"))

    _with(url, finish)


def sent_deliveries(url: str) -> list[UUID]:
    """The ids of all deliveries that were sent, as they were accepted."""

    async def read(database: Database) -> list[UUID]:
        async with database.reading() as connection:
            sent = select(_deliveries.c.id).where(_deliveries.c.state == "sent").order_by(_deliveries.c.id)
            return list((await connection.execute(sent)).scalars())

    return _with(url, read)


def some_ids(url: str, count: int) -> list[str]:
    """Ids from all over the table."""

    async def sample(database: Database) -> list[str]:
        async with database.reading() as connection:
            every = (await connection.execute(select(_notifications.c.id))).scalars().all()
        return [str(id_) for id_ in every[:: max(len(every) // count, 1)]]

    return _with(url, sample)


def _with(url: str, ask: Callable[[Database], Awaitable[Answer]]) -> Answer:
    async def run() -> Answer:
        database = Database(url, pool_size=2, wait=600)
        try:
            return await ask(database)
        finally:
            await database.close()

    return asyncio.run(run())
