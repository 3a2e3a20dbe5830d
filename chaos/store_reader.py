"""Reads what the store holds, to compare it with the records of the callers and the providers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.errors import StoreUnavailable
from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.database import Database, table_of
from property_alert_notification.deliveries.models import Attempt, Delivery
from property_alert_notification.deliveries.windows.models import DigestWindow
from property_alert_notification.notifications.models import Notification
from property_alert_notification.notifications.schedules.models import Occurrence, Schedule
from property_alert_notification.notifications.schedules.states import ScheduleState

POLL = 0.1
"""Seconds between two looks."""

_notifications = table_of(Notification)
_deliveries = table_of(Delivery)
_attempts = table_of(Attempt)
_schedules = table_of(Schedule)
_occurrences = table_of(Occurrence)
_windows = table_of(DigestWindow)
_IS_OPEN = select(
    select(_deliveries.c.id).where(_deliveries.c.due_at.is_not(None)).exists()
    | select(_notifications.c.id).where(_notifications.c.status == "scheduled").exists()
    | select(_schedules.c.id).where(_schedules.c.state == ScheduleState.ACTIVE.value).exists()
    | select(_windows.c.id).where(_windows.c.due_at.is_not(None)).exists()
)


@dataclass(frozen=True, slots=True)
class StoredAttempt:
    """One attempt as the store has it."""

    outcome: str | None
    claimed_at: datetime
    """When its claim began, before that read preferences and the suppression list."""
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
    """Its attempts, in order; those of its digest if it went in one."""
    carrier: str = ""
    """The delivery that took it to its user: its own id, or that of its digest."""

    @property
    def may_have_left(self) -> int:
        """The number of attempts after which the provider may have the message."""
        return sum(one.may_have_left for one in self.attempts)


@dataclass(frozen=True, slots=True)
class StoredDigest:
    """One digest as the store has it."""

    title: str
    message: str
    items: int
    """How many deliveries its window says that it carries."""


async def read_deliveries(url: str, tag: str) -> list[StoredDelivery]:
    """Every delivery of the notifications whose reference begins so."""
    deliveries = (
        select(func.coalesce(_occurrences.c.schedule_id, _notifications.c.id), _notifications.c.reference, _deliveries)
        .join(_deliveries, _deliveries.c.notification_id == _notifications.c.id)
        .outerjoin(_occurrences, _occurrences.c.notification_id == _notifications.c.id)
        .where(_notifications.c.reference.startswith(f"{tag}-"))
    )
    async with opened(url) as database, database.reading() as connection:
        rows = (await connection.execute(deliveries)).all()
        in_digest = {row[2]: digest for row in rows if (digest := _digest_of(row)) is not None}
        by_digest = await _deliveries_of(connection, in_digest.values())
        carriers = {row[2]: by_digest[in_digest[row[2]]] if row[2] in in_digest else row[2] for row in rows}
        attempts_of = await _attempts_of(connection, carriers.values())
    return [
        StoredDelivery(
            submitted=str(row[0]),
            reference=row.reference,
            id=str(row[2]),
            channel=row.channel,
            state=row.state,
            reason=Reason.read(row.reason_code, row.reason_parameters).sentence(row.channel),
            attempts=tuple(attempts_of.get(carriers[row[2]], ())),
            carrier=str(carriers[row[2]]),
        )
        for row in rows
    ]


def _digest_of(row: Row[Any]) -> UUID | None:
    if row.reason_code != ReasonCode.IN_DIGEST:
        return None
    return UUID((Reason.read(row.reason_code, row.reason_parameters).parameters or {})["digest"])


async def _deliveries_of(connection: AsyncConnection, digests: Collection[UUID]) -> dict[UUID, UUID]:
    """The delivery of each of these digests."""
    wanted = select(_deliveries.c.notification_id, _deliveries.c.id).where(
        _deliveries.c.notification_id.in_(set(digests))
    )
    return {row[0]: row[1] for row in await connection.execute(wanted)}


async def _attempts_of(connection: AsyncConnection, deliveries: Collection[UUID]) -> dict[UUID, list[StoredAttempt]]:
    wanted = (
        select(_attempts.c.delivery_id, _attempts.c.outcome, _attempts.c.claimed_at, _attempts.c.provider)
        .where(_attempts.c.delivery_id.in_(set(deliveries)))
        .order_by(_attempts.c.fence)
    )
    found: dict[UUID, list[StoredAttempt]] = {}
    for delivery, *one in await connection.execute(wanted):
        found.setdefault(delivery, []).append(StoredAttempt(*one))
    return found


async def read_digests(url: str, users: Collection[int]) -> list[StoredDigest]:
    """Every digest of these users."""
    wanted = (
        select(_notifications.c.title, _notifications.c.message, _windows.c["items"])
        .join(_windows, _windows.c.digest_id == _notifications.c.id)
        .where(_windows.c.user_id.in_(users))
    )
    async with opened(url) as database, database.reading() as connection:
        return [StoredDigest(*row) for row in await connection.execute(wanted)]


async def first_digest(url: str) -> datetime:
    """When the first of the open digest windows closes."""
    looking = select(func.min(_windows.c.closes_at)).where(_windows.c.closed_at.is_(None))
    async with opened(url) as database, database.reading() as connection:
        found: datetime = (await connection.execute(looking)).scalar_one()
        return found


async def wait_until_closed(url: str) -> None:
    """Wait until no digest window is open."""
    looking = select(select(_windows.c.id).where(_windows.c.closed_at.is_(None)).exists())
    async with opened(url) as database:
        while await _is_any(database, looking):  # noqa: ASYNC110 - the answer comes from other processes
            await asyncio.sleep(POLL)


@asynccontextmanager
async def watch_published(url: str) -> AsyncIterator[Callable[[], Awaitable[datetime]]]:
    """Gives a function that returns when a relay last marked deliveries as published."""
    looking = select(func.max(_deliveries.c.published_at))
    async with opened(url) as database:

        async def last() -> datetime:
            async with database.reading() as connection:
                return (await connection.execute(looking)).scalar_one() or datetime.min.replace(tzinfo=UTC)

        yield last


async def wait_until_ended(url: str, *, patience: float) -> bool:
    """Wait until nothing is due or will be, `patience` seconds at most; returns whether that came."""
    try:
        async with asyncio.timeout(patience), opened(url) as database:
            while await _is_any(database, _IS_OPEN):  # noqa: ASYNC110 - the answer comes from other processes
                await asyncio.sleep(POLL)
    except TimeoutError:
        return False
    else:
        return True


async def _is_any(database: Database, looking: Select[bool]) -> bool:
    try:
        async with database.reading() as connection:
            return bool((await connection.execute(looking)).scalar_one())
    except StoreUnavailable:
        return True  # it is coming back


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    # As the settings would name the driver.
    url = url if "+" in url.partition("://")[0] else url.replace("sqlite://", "sqlite+aiosqlite://")
    database = Database(url, pool_size=2, wait=10)
    try:
        yield database
    finally:
        await database.close()
