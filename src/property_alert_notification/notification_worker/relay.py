"""Rings the broker for deliveries that have become due.

The relay keeps a bounded window of doorbells in the broker: rows beyond it stay in the database, where they are
cheap. A doorbell that got lost, with the broker or on the way, is rung again: they are rung and answered longest due
first, so one that nobody answered although the broker has come past it is lost.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import structlog

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import BrokerUnavailable, StoreUnavailable, Unavailable
from property_alert_notification.base.logs import Outage
from property_alert_notification.base.supervise import AFTER_A_FAULT, Loop
from property_alert_notification.broker.base import LANES, Broker, Lane
from property_alert_notification.database import Database
from property_alert_notification.deliveries import queues as lanes

log = structlog.get_logger()

POLL = 0.025
"""Seconds between two looks at an idle store."""

GATHER = 0.01
"""Seconds after which to look again when there was little, so that one doorbell names many."""

LITTLE = 50
"""Deliveries that fill one doorbell."""

WINDOW = 5_000
"""Deliveries of one lane in the broker at once: about two seconds of work for one worker."""

REST = 0.1
"""Seconds for which a lane is left alone while half of its window waits in the broker."""

LARGEST_TAKE = 500
"""Deliveries rung under one confirm wait."""

SEARCH = 0.5
"""Seconds between two searches for lost doorbells."""

RING_AGAIN = timedelta(seconds=1)
"""How long a delivery may take from its listener to its claim before its doorbell counts as lost."""


class Relay:
    """Moves doorbells of due deliveries to the broker. Any number of relays may share one store."""

    def __init__(self, database: Database, broker: Broker, clock: Clock) -> None:
        self._database = database
        self._broker = broker
        self._clock = clock
        self._woken = asyncio.Event()
        self._room = dict.fromkeys(LANES, 0)
        self._rests_until = dict.fromkeys(LANES, clock.monotonic())
        self._searched_at = clock.monotonic()
        self._outages = {lane: Outage(_label(lane)) for lane in LANES}

    def wake(self) -> None:
        """Something became due in this process."""
        self._woken.set()

    async def run(self, loop: Loop) -> None:
        """Ring until cancelled. A store or broker that is away is waited for."""
        await loop.repeat(self._ring_once, woken=self._woken)

    async def _ring_once(self) -> float:
        rung = await self._ring_what_is_due()
        await self._search_for_lost_bells()
        if rung >= LITTLE:
            return 0
        return GATHER if rung else POLL

    async def _ring_what_is_due(self) -> int:
        now = self._clock.monotonic()
        awake = [lane for lane in LANES if self._rests_until[lane] <= now]
        if not awake:
            return 0
        async with self._database.quick_reading() as connection:
            busy = await lanes.busy(connection, awake, now=self._clock.now())
        return sum([await self._ring_or_rest(lane) for lane in busy])

    async def _ring_or_rest(self, lane: Lane) -> int:
        """A queue may be at fault by itself: the other lanes do not wait for it."""
        try:
            rung = await self._ring_lane(lane)
        except BrokerUnavailable as fault:
            self._outages[lane].goes_on(fault.cause)
            self._rests_until[lane] = self._clock.monotonic() + AFTER_A_FAULT
            return 0
        self._outages[lane].is_over()
        return rung

    async def _ring_lane(self, lane: Lane) -> int:
        if self._room[lane] <= 0 and not await self._find_room(lane):
            return 0
        async with self._database.transaction() as connection:
            limit = min(self._room[lane], LARGEST_TAKE)
            due = await lanes.take_due(connection, lane, now=self._clock.now(), limit=limit)
        if due:
            await self._ring(lane, due)
        self._room[lane] -= len(due)
        return len(due)

    async def _find_room(self, lane: Lane) -> bool:
        """Ask how much of the window is free. While half of it is full, nobody waits for the rest."""
        waiting = await self._broker.waiting(lane)
        if waiting > WINDOW // 2:
            self._rests_until[lane] = self._clock.monotonic() + REST
            return False
        self._room[lane] = WINDOW - waiting
        return True

    async def _ring(self, lane: Lane, due: Sequence[UUID]) -> None:
        try:
            await self._broker.ring(lane, due)
        except (Unavailable, asyncio.CancelledError):
            # It may have been rung all the same; a second ring finds nothing to claim. A crash before this
            # line is what the search for lost bells is for.
            # With the store away too, the first fault counts, above all the wish that this ends.
            with suppress(StoreUnavailable):
                async with self._database.transaction() as connection:
                    await lanes.unring(connection, due)
            raise

    async def _search_for_lost_bells(self) -> None:
        if self._clock.monotonic() - self._searched_at < SEARCH:
            return
        self._searched_at = self._clock.monotonic()
        now = self._clock.now()
        async with self._database.quick_reading() as connection:
            oldest = await lanes.oldest_rings(connection, now=now)
        for lane, published_at in oldest.items():
            if published_at < now - RING_AGAIN:
                await self._forget_lost_bells(lane)

    async def _forget_lost_bells(self, lane: Lane) -> None:
        try:
            reached = await self._broker.reached(lane)
        except BrokerUnavailable:
            # Its queue may be at fault by itself. If the whole broker is, ringing says so.
            return
        if reached is None:
            return
        async with self._database.transaction() as connection:
            lost = await lanes.forget_lost_bells(
                connection, lane, now=self._clock.now(), rung_before=reached - RING_AGAIN, limit=WINDOW
            )
        if lost:
            log.warning("relay.lost_bells", channel=lane.channel, urgent=lane.urgent, deliveries=lost)


def _label(lane: Lane) -> str:
    return f"relay of {'urgent ' if lane.urgent else ''}{lane.channel}"
