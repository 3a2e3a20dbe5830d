"""Reads what the store holds, to compare it with the records of the callers and the providers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select

from property_alert_notification.base.errors import StoreUnavailable
from property_alert_notification.base.reasons import Reason
from property_alert_notification.database import Database, table_of
from property_alert_notification.deliveries.models import Attempt, Delivery
from property_alert_notification.notifications.models import Notification
from property_alert_notification.notifications.schedules.models import Occurrence, Schedule, ScheduleState

POLL = 0.1
"""Seconds between two looks."""

_notifications = table_of(Notification)
_deliveries = table_of(Delivery)
_attempts = table_of(Attempt)
_schedules = table_of(Schedule)
_occurrences = table_of(Occurrence)
_IS_OPEN = select(
    select(_deliveries.c.id).where(_deliveries.c.due_at.is_not(None)).exists()
    | select(_notifications.c.id).where(_notifications.c.status == "scheduled").exists()
    | select(_schedules.c.id).where(_schedules.c.state == ScheduleState.ACTIVE.value).exists()
)


@dataclass(frozen=True, slots=True)
class StoredAttempt:
    """One attempt as the store has it."""

    outcome: str | None
    began_at: datetime
    provider: str = ""

    @property
    def may_have_left(self) -> bool:
        """Whether the provider may have the message."""
        return self.outcome in {None, "sent", "unknown"}


@dataclass(frozen=True, slots=True)
class StoredDelivery:
    """One delivery as the store has it."""

    submitted: str
    """The id that its caller was answered: of its notification, or of the schedule of that."""
    reference: str
    id: str
    channel: str
    state: str
    reason: str
    attempts: tuple["StoredAttempt", ...]
    """Its attempts, in order."""

    @property
    def may_have_left(self) -> int:
        """The number of attempts after which the provider may have the message."""
        return sum(one.may_have_left for one in self.attempts)


async def read_deliveries(url: str, tag: str) -> list[StoredDelivery]:
    """Every delivery of the notifications whose reference begins so."""
    is_ours = _notifications.c.reference.startswith(f"{tag}-")
    deliveries = (
        select(func.coalesce(_occurrences.c.schedule_id, _notifications.c.id), _notifications.c.reference, _deliveries)
        .join(_deliveries, _deliveries.c.notification_id == _notifications.c.id)
        .outerjoin(_occurrences, _occurrences.c.notification_id == _notifications.c.id)
        .where(is_ours)
    )
    attempts = (
        select(_attempts.c.delivery_id, _attempts.c.outcome, _attempts.c.started_at, _attempts.c.provider)
        .join(_deliveries, _deliveries.c.id == _attempts.c.delivery_id)
        .join(_notifications, _deliveries.c.notification_id == _notifications.c.id)
        .where(is_ours)
        .order_by(_attempts.c.fence)
    )
    async with _opened(url) as database, database.reading() as connection:
        attempts_of: dict[object, list[StoredAttempt]] = {}
        for delivery, *one in await connection.execute(attempts):
            attempts_of.setdefault(delivery, []).append(StoredAttempt(*one))
        return [
            StoredDelivery(
                submitted=str(row[0]),
                reference=row.reference,
                id=str(row[2]),
                channel=row.channel,
                state=row.state,
                reason=Reason.read(row.reason_code, row.reason_parameters).sentence(row.channel),
                attempts=tuple(attempts_of.get(row[2], ())),
            )
            for row in await connection.execute(deliveries)
        ]


@asynccontextmanager
async def watch_published(url: str) -> AsyncIterator[Callable[[], Awaitable[datetime]]]:
    """Gives a function that returns when a relay last marked deliveries as published."""
    looking = select(func.max(_deliveries.c.published_at))
    async with _opened(url) as database:

        async def last() -> datetime:
            async with database.reading() as connection:
                return (await connection.execute(looking)).scalar_one() or datetime.min.replace(tzinfo=UTC)

        yield last


async def wait_until_ended(url: str, *, patience: float) -> bool:
    """Wait until nothing is due or will be, `patience` seconds at most; returns whether that came."""
    try:
        async with asyncio.timeout(patience), _opened(url) as database:
            while await _is_any_open(database):  # noqa: ASYNC110 - the answer comes from other processes
                await asyncio.sleep(POLL)
    except TimeoutError:
        return False
    else:
        return True


async def _is_any_open(database: Database) -> bool:
    try:
        async with database.reading() as connection:
            return bool((await connection.execute(_IS_OPEN)).scalar_one())
    except StoreUnavailable:
        return True  # it is coming back


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[Database]:
    # As the settings would name the driver.
    url = url if "+" in url.partition("://")[0] else url.replace("sqlite://", "sqlite+aiosqlite://")
    database = Database(url, pool_size=2, wait=10)
    try:
        yield database
    finally:
        await database.close()
