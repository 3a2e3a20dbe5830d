"""The pauses as one worker read them within the last second, so that no message costs a query."""

import asyncio
from datetime import timedelta

import structlog

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.supervise import Loop
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.database import Database
from property_alert_notification.operators.pauses import queries
from property_alert_notification.operators.pauses.models import Pause
from property_alert_notification.operators.pauses.rules import pause_of, pauses_on

log = structlog.get_logger()

POLL = 1.0
"""Seconds between two reads: every process knows a pause, or its end, within two."""

AT_ONCE = 5_000
"""Deliveries released in one transaction."""

REMEMBERED = timedelta(minutes=1)
"""How long an ended pause stays in the store: a worker that has not read its end may still hold deliveries."""


class PauseCache:
    """The pauses as of the last read. Any number of caches may share one store."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._names: frozenset[str] = frozenset()
        self._read = asyncio.Event()

    async def watch(self, loop: Loop) -> None:
        """Read the pauses, and release the deliveries of ended pauses, until cancelled."""
        await loop.repeat(self._refresh_in_turn, after_a_fault=POLL)

    async def _refresh_in_turn(self) -> float:
        return POLL if await self.refresh() < AT_ONCE else 0

    async def refresh(self) -> int:
        """Read the pauses once, and release a batch of each ended one; returns the size of the largest batch."""
        async with self._database.reading() as connection:
            found = await queries.list_all(connection)
        names = frozenset(pause.name for pause in found if pause.holds)
        if names != self._names:
            log.info("pauses.changed", paused=sorted(names))
        self._names = names
        self._read.set()
        return max([await self._release(pause) for pause in found if not pause.holds], default=0)

    async def was_read(self) -> None:
        """Wait until the pauses have been read once."""
        await self._read.wait()

    def pauses_on(self, channel: Channel) -> list[tuple[str, str | None]]:
        """The pauses that may stop a delivery on a channel, each with the category that it is narrowed to."""
        return pauses_on(self._names, channel) if self._names else []

    def pause_of(self, channel: Channel, category: str) -> str | None:
        """The name of the pause that stops a delivery, if one does."""
        return pause_of(self._names, channel=channel, category=category) if self._names else None

    async def _release(self, ended: Pause) -> int:
        now = self._clock.now()
        async with self._database.transaction() as connection:
            count = await queries.release(connection, ended.name, now=now, limit=AT_ONCE)
            if not count and ended.resumed_at is not None and now - ended.resumed_at > REMEMBERED:
                await queries.forget(connection, ended.name)
        if count:
            log.info("pause.brought_back", name=ended.name, deliveries=count)
        return count
