"""Ends deliveries that wait for a decision, quarantined or on hold, and have expired before there was one."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

import structlog

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.logs import origin
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.supervise import Loop
from property_alert_notification.base.vocabulary import DeliveryState
from property_alert_notification.database import Database, halve_on_error, run_within
from property_alert_notification.deliveries.states import STUCK
from property_alert_notification.notification_worker.claim import SendingRules, too_late
from property_alert_notification.notifications import scripts as notification_scripts
from property_alert_notification.operators.quarantine import moves, queries

log = structlog.get_logger()

AT_ONCE = 200
"""How many deliveries one transaction checks."""

PAUSE = 0.1
"""Seconds between two transactions, in which others have the store for themselves."""

IDLE = 60.0
"""Seconds to wait after all were checked."""

_THE_OLDEST = UUID(int=0)


class Expirer:
    """Checks all deliveries repeatedly that wait for a decision. Any number of expirers may share one store."""

    def __init__(self, database: Database, clock: Clock, metrics: Metrics, *, rules: SendingRules) -> None:
        """`rules` has the time to live of messages."""
        self._database = database
        self._clock = clock
        self._metrics = metrics
        self._rules = rules
        self._walked_to = dict.fromkeys(STUCK, _THE_OLDEST)

    async def run(self, loop: Loop) -> None:
        """Run until cancelled. Waits while the store is unavailable."""
        await loop.repeat(self._expire_in_turn, after_a_fault=IDLE)

    async def _expire_in_turn(self) -> float:
        return PAUSE if AT_ONCE in [await self.expire_some(state) for state in STUCK] else IDLE

    async def expire_some(self, state: DeliveryState) -> int:
        """Check the next few in this state, and expire those that are too late; returns how many were checked."""
        now = self._clock.now()
        async with self._database.reading() as connection:
            stuck = await queries.some(connection, state, after=self._walked_to[state], limit=AT_ONCE)
        if stuck:  # rarely: usually this reads an empty index
            await halve_on_error(stuck, partial(self._expire_late, now=now), self._leave)
        self._walked_to[state] = stuck[-1].id if len(stuck) == AT_ONCE else _THE_OLDEST
        return len(stuck)

    async def _expire_late(self, stuck: Sequence[queries.Stuck], now: datetime) -> None:
        async with self._database.quick_reading() as reading:
            wanted = {one.notification_id for one in stuck}
            contents = await run_within(reading, notification_scripts.contents(wanted))
        late = [one for one in stuck if too_late(contents[one.notification_id], self._rules, now=now)]
        if not late:
            return
        async with self._database.transaction() as connection:
            ended = await moves.expire(connection, late, now=now)
            await run_within(connection, notification_scripts.conclude(ended, at=now))
        for one in late:
            if one.id in ended:
                self._report(one)

    async def _leave(self, stuck: queries.Stuck, error: Exception) -> None:
        """Its row is unreadable, so it goes on waiting for a decision."""
        log.warning("delivery.unreadable", delivery_id=str(stuck.id), **origin(error))

    def _report(self, stuck: queries.Stuck) -> None:
        self._metrics.settled.labels(stuck.channel, DeliveryState.EXPIRED).inc()
        log.warning(
            "delivery.expired_undecided",
            channel=stuck.channel,
            state=stuck.state,
            notification_id=str(stuck.notification_id),
            delivery_id=str(stuck.id),
        )
