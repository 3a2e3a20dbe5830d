"""Ends deliveries that wait for a decision, quarantined or on hold, and have expired before there was one."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog

from property_alert_notification.base.clock import Clock, first_id_from
from property_alert_notification.base.logs import origin
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.supervise import Loop
from property_alert_notification.base.times import later
from property_alert_notification.base.vocabulary import DeliveryState
from property_alert_notification.database import Database, halve_on_error, run_within
from property_alert_notification.notification_worker.claim import SendingRules, too_late
from property_alert_notification.notifications import scripts as notification_scripts
from property_alert_notification.operators.quarantine import moves, queries
from property_alert_notification.people.categories.rules import LISTING_ALERT

log = structlog.get_logger()

AT_ONCE = 200
"""How many deliveries one transaction checks."""

PAUSE = 0.1
"""Seconds between two transactions, in which others have the store for themselves."""

IDLE = 60.0
"""Seconds to wait after all were checked."""

_THE_OLDEST = UUID(int=0)

_MILLISECOND = timedelta(milliseconds=1)


class Expirer:
    """Looks repeatedly for deliveries that wait for a decision and have expired. Any number may share one store.

    All quarantined ones are checked: an operator has to decide about them soon. Of those on hold, which may be very
    many, only those are read whose notifications are old enough, or have an `expires_at`.
    """

    def __init__(self, database: Database, clock: Clock, metrics: Metrics, *, rules: SendingRules) -> None:
        """`rules` has the time to live of messages."""
        self._database = database
        self._clock = clock
        self._metrics = metrics
        self._rules = rules
        self._quarantined = self._on_hold = _THE_OLDEST

    async def run(self, loop: Loop) -> None:
        """Run until cancelled. Waits while the store is unavailable."""
        await loop.repeat(self._expire_in_turn, after_a_fault=IDLE)

    async def _expire_in_turn(self) -> float:
        checked = await self.expire_quarantined(), await self.expire_on_hold()
        return PAUSE if max(checked) >= AT_ONCE else IDLE

    async def expire_quarantined(self) -> int:
        """Check the next few quarantined deliveries; returns how many."""
        async with self._database.reading() as connection:
            found = await queries.quarantined(connection, after=self._quarantined, limit=AT_ONCE)
        self._quarantined = found[-1].id if len(found) == AT_ONCE else _THE_OLDEST
        await self._expire(found)
        return len(found)

    async def expire_on_hold(self) -> int:
        """Check the next few deliveries on hold that may have expired; returns how many."""
        now = self._clock.now()
        # The age of a notification begins with its id at the earliest. Only alerts wait for approval.
        made_by = later(now, -self._rules.ttl_of(LISTING_ALERT))
        async with self._database.reading() as connection:
            old = await queries.on_hold(
                connection, start=self._on_hold, end=first_id_from(later(made_by, _MILLISECOND)), limit=AT_ONCE
            )
            expired = await queries.expired_on_hold(connection, now=now, limit=AT_ONCE)
        # The last notification may have more deliveries.
        self._on_hold = old[-1].notification_id if len(old) == AT_ONCE else _THE_OLDEST
        found = list(dict.fromkeys([*old, *expired]))
        await self._expire(found)
        return len(found)

    async def _expire(self, stuck: Sequence[queries.Stuck]) -> None:
        if stuck:  # rarely: usually this reads an empty index
            await halve_on_error(stuck, partial(self._expire_late, now=self._clock.now()), self._leave)

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
