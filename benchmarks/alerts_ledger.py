"""What the store says of matching: how far it has come, and what came of it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Table, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from benchmarks.alerts_workload import ONE_AT_ONCE
from property_alert_notification.database import Database, table_of
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.homes.alerts.models import Alert, MatcherLease, MatchLogEntry
from property_alert_notification.homes.listings.models import ListingPosition
from property_alert_notification.homes.listings.scripts import CHANGES
from property_alert_notification.homes.saved_searches.models import SavedSearchVersion
from property_alert_notification.homes.saved_searches.words import ScheduleType
from property_alert_notification.notifications.models import Notification

POLL = 0.02
"""Seconds between two looks."""

Answer = TypeVar("Answer")

_alerts, _log, _matchers, _positions = (table_of(one) for one in (Alert, MatchLogEntry, MatcherLease, ListingPosition))
_notifications, _deliveries, _versions = (table_of(one) for one in (Notification, Delivery, SavedSearchVersion))
_POSITION = select(func.min(_matchers.c.position))
_LAST = select(_positions.c.last).where(_positions.c.name == CHANGES)
_LOOK_UP = select(_notifications.c.id).where(_notifications.c.look_up_at.is_not(None)).limit(1)
_DELIVERY = select(_deliveries.c.id).where(_deliveries.c.due_at.is_not(None)).limit(1)


@dataclass(frozen=True, slots=True)
class Progress:
    """Matching, from the first commit that was seen to the last one."""

    numbers: int
    seconds: float
    spent: tuple[float, ...]
    """By how much each cost grew meanwhile."""


def wait_until_matched(
    url: str,
    *,
    patience: float,
    costs: Callable[[], tuple[float, ...]] = tuple,
    check: Callable[[], object] = lambda: None,
) -> Progress:
    """Wait until a matcher has done all numbers, and measure it from its first commit.

    `check` is called at each look, and may raise.

    Raises:
        TimeoutError: it took longer than `patience` seconds.
    """

    async def wait(database: Database) -> Progress:
        first, _ = await _read(database, _progress)
        began: tuple[int, float, tuple[float, ...]] | None = None
        async with asyncio.timeout(patience):
            while True:
                check()
                position, last = await _read(database, _progress)
                if began is None and position > first:
                    began = position, time.monotonic(), costs()
                if position >= last:
                    break
                await asyncio.sleep(POLL)
        at, since, before = began or (position, time.monotonic(), costs())
        spent = tuple(after - one for one, after in zip(before, costs(), strict=True))
        return Progress(position - at, time.monotonic() - since, spent)

    return _with(url, wait)


async def _progress(connection: AsyncConnection) -> tuple[int, int]:
    position = (await connection.execute(_POSITION)).scalar_one()
    return int(position or 0), int((await connection.execute(_LAST)).scalar_one())


def count_alerts(url: str) -> int:
    """How many were submitted."""
    return _with(url, lambda database: _read(database, lambda connection: _count(connection, _alerts)))


def count_logged(url: str) -> int:
    """How many changes are in the match log."""
    return _with(url, lambda database: _read(database, lambda connection: _count(connection, _log)))


async def _count(connection: AsyncConnection, table: Table) -> int:
    return int((await connection.execute(select(func.count()).select_from(table))).scalar_one())


def wait_until_sent(url: str, *, patience: float, check: Callable[[], object]) -> None:
    """Wait until nothing is open: no lookup of an address and no delivery.

    Raises:
        TimeoutError: it took longer than `patience` seconds.
    """

    async def wait(database: Database) -> None:
        async with asyncio.timeout(patience):
            while await _read(database, _is_open):
                check()
                await asyncio.sleep(10 * POLL)

    _with(url, wait)


async def _is_open(connection: AsyncConnection) -> bool:
    found = [(await connection.execute(one)).first() for one in (_LOOK_UP, _DELIVERY)]
    return found != [None, None]


def let_all_wait(url: str, *, wait: bool) -> None:
    """Let no search alert at once, or one of twenty again; a matcher must read them anew."""
    kind = ScheduleType.DAILY if wait else ScheduleType.ASAP
    these = update(_versions).where(_versions.c.search_number % ONE_AT_ONCE == 0).values(schedule_type=kind)

    async def change(database: Database) -> None:
        async with database.transaction() as connection:
            await connection.execute(these)

    _with(url, change)


async def _read(database: Database, ask: Callable[[AsyncConnection], Awaitable[Answer]]) -> Answer:
    async with database.reading() as connection:
        return await ask(connection)


def _with(url: str, ask: Callable[[Database], Awaitable[Answer]]) -> Answer:
    async def run() -> Answer:
        database = Database(url, pool_size=1, wait=600)
        try:
            return await ask(database)
        finally:
            await database.close()

    return asyncio.run(run())
