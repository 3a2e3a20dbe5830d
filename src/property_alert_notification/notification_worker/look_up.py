"""Plans notifications without addresses as soon as the directory has the profiles of their users.

Each turn stores the answers of the User service, plans notifications whose users are known, and starts requests for the
others. No turn waits for an answer, so notifications of known users are never delayed by others. While the breaker of
the User service is open, the others are parked until it recovers or they expire.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.supervise import Loop
from property_alert_notification.database import Database, process_due
from property_alert_notification.homes.alerts.digests.reevaluate import reevaluate_with_searches_by
from property_alert_notification.notification_worker.claim import SendingRules
from property_alert_notification.notification_worker.due import UNTIL_WOKEN
from property_alert_notification.notifications.create import Planner
from property_alert_notification.notifications.look_ups import queries
from property_alert_notification.notifications.look_ups.queries import Postponed
from property_alert_notification.notifications.look_ups.rules import (
    Ages,
    Ask,
    Availability,
    Plan,
    Step,
    Wait,
    deadline_of,
    next_step,
    users_of,
)
from property_alert_notification.notifications.models import Notification
from property_alert_notification.notifications.release import plan_now
from property_alert_notification.operators.quarantine.broken_rows import BrokenRows
from property_alert_notification.people.directory import queries as directory
from property_alert_notification.people.directory.look_up import Answer, ProfileLookUp
from property_alert_notification.people.directory.profile import Entry, has_moved
from property_alert_notification.people.erasures import queries as erasures

log = structlog.get_logger()

AT_ONCE = 500
"""How many notifications one transaction processes."""

RELEASE_EVERY = 1.0
"""Seconds between two queries for parked notifications if there are none."""

FAILED_FOR = 1.0
"""Seconds for which a user is not requested again after a request failed."""


@dataclass(frozen=True, slots=True)
class _Processed:
    """The result of a transaction: the numbers of notifications, and the users to request after its commit."""

    count: int = 0
    planned: int = 0
    postponed: int = 0
    asked: Mapping[int, Entry | None] = field(default_factory=dict)
    """The users to request, with their entries in the directory."""


def _sum(parts: Sequence[_Processed]) -> _Processed:
    return _Processed(
        count=sum(part.count for part in parts),
        planned=sum(part.planned for part in parts),
        postponed=sum(part.postponed for part in parts),
        asked={user_id: entry for part in parts for user_id, entry in part.asked.items()},
    )


class AddressLookUp:
    """Looks up the addresses of waiting notifications. Any number of these loops may share one store."""

    def __init__(
        self,
        database: Database,
        planner: Planner,
        metrics: Metrics,
        broken_rows: BrokenRows,
        profiles: ProfileLookUp | None,
        *,
        ages: Ages,
        rules: SendingRules,
        lease: timedelta,
        wake: Callable[[], None],
        woken: asyncio.Event,
    ) -> None:
        """`profiles` is None without a User service: then only pushed profiles are known.

        Args:
            database: the store.
            planner: creates the deliveries.
            metrics: of this process.
            broken_rows: quarantines notifications that cannot be planned.
            profiles: calls the User service.
            ages: how old a profile may be.
            rules: the time to live of messages.
            lease: how long other workers skip a notification whose user is requested here.
            wake: called after a delivery became due.
            woken: set when a notification is due.
        """
        self._database = database
        self._planner = planner
        self._clock: Clock = planner.clock
        self._metrics = metrics
        self._broken_rows = broken_rows
        self._profiles = profiles
        self._ages = ages
        self._rules = rules
        self._reevaluate = reevaluate_with_searches_by(planner)
        self._lease = lease
        self._wake_sender = wake
        self._woken = woken
        self._unstored: dict[int, Answer] = {}
        self._failed: dict[int, float] = {}
        """Until when users are not requested again."""
        self._release_at = 0.0

    def wake(self) -> None:
        """Process at once, because an answer arrived."""
        self._woken.set()

    async def run(self, loop: Loop) -> None:
        """Process until cancelled; waits while the store cannot be reached."""
        if self._profiles is not None:
            self._profiles.when_answered = self.wake
        await loop.repeat(self._turn, woken=self._woken)

    async def _turn(self) -> float:
        began = self._clock.monotonic()
        await self.store_answers()
        processed = await self.process_due()
        if processed.count < AT_ONCE:
            await self._release()
        if not processed.planned and not processed.postponed:
            return RELEASE_EVERY if self._profiles is not None else UNTIL_WOKEN
        # While many are planned, accepting and sending get half of the time of the store.
        return self._clock.monotonic() - began

    async def store_answers(self) -> None:
        """Store the answers of the User service, and make the notifications that wait for them due.

        Raises:
            StoreUnavailable: the store cannot be reached; the answers are kept.
        """
        if self._profiles is None:
            return
        self._unstored |= self._profiles.take_answers(AT_ONCE)
        if not self._unstored:
            return
        now, until = self._clock.now(), self._clock.monotonic() + FAILED_FOR
        entries = {user_id: answer for user_id, answer in self._unstored.items() if isinstance(answer, Entry)}
        self._failed = {user_id: end for user_id, end in self._failed.items() if end > until - FAILED_FOR}
        self._failed |= dict.fromkeys(self._unstored.keys() - entries.keys(), until)
        async with self._database.transaction() as connection:
            erased = await self._erased_since(connection, entries)
            entries = {user_id: entry for user_id, entry in entries.items() if user_id not in erased}
            if entries:
                held = await directory.entries_of(connection, entries)
                await directory.put(connection, entries)
                await self._reevaluate_moved(connection, held, entries)
            await queries.look_up_now(connection, self._unstored, now=now)
        self._unstored = {}

    async def _erased_since(self, connection: AsyncConnection, entries: Mapping[int, Entry]) -> set[int]:
        """Users who were erased after they were requested."""
        users = {subject: user_id for user_id in entries for subject in self._planner.subjects.of_user(user_id)}
        erased_at = await erasures.erased_at(connection, users) if users else {}
        return {users[subject] for subject, at in erased_at.items() if at >= entries[users[subject]].known_at}

    async def _reevaluate_moved(
        self, connection: AsyncConnection, held: Mapping[int, Entry], new: Mapping[int, Entry]
    ) -> None:
        """Reevaluate the waiting deliveries of users whose place may have changed."""
        moved = [user_id for user_id, entry in new.items() if has_moved(held.get(user_id), entry)]
        if moved:
            await self._reevaluate(connection, moved)

    async def process_due(self) -> _Processed:
        """Process some due notifications, and start requests for their users."""
        now = self._clock.now()
        due_ids = partial(queries.due.ids, self._database, now=now, limit=AT_ONCE)
        processed = _sum(await process_due(due_ids, partial(self._process_some, now=now), self._quarantine))
        self._go_on(processed)
        return processed

    async def _process_some(self, only: Sequence[UUID] | None, now: datetime) -> _Processed:
        async with self._database.transaction() as connection:
            due = await queries.due.take(connection, now=now, limit=AT_ONCE, only=only)
            return await self._process(connection, due, now)

    async def _quarantine(self, notification: UUID, error: Exception) -> None:
        await self._broken_rows.quarantine_notification(notification, error, new_id=self._clock.new_id)

    async def _process(self, connection: AsyncConnection, due: Sequence[Notification], now: datetime) -> _Processed:
        """Plan or postpone each of these, which are locked."""
        held = await directory.entries_of(connection, users_of(due)) if due else {}
        asked: dict[int, Entry | None] = {}
        steps = {one.id: self._step(one, held.get(one.user_id), asked, now) for one in due}
        reached = {id_: step.reach for id_, step in steps.items() if isinstance(step, Plan)}
        postponed = [later for one in due if (later := self._postponed(one, steps[one.id], now)) is not None]
        if postponed:
            await queries.postpone(connection, postponed)
        if reached:
            await plan_now(connection, [one for one in due if one.id in reached], self._planner, reached)
        return _Processed(len(due), len(reached), len(postponed), asked)

    def _step(self, one: Notification, entry: Entry | None, asked: dict[int, Entry | None], now: datetime) -> Step:
        """The next step of one notification; adds its user to `asked` if a request is needed."""
        availability = self._availability(one.user_id, asked)
        deadline, jitter = deadline_of(one, self._rules.ttl_of(one.category)), self._clock.jitter()
        step = next_step(one, entry, availability, self._ages, deadline, now=now, jitter=jitter)
        if isinstance(step, Ask) and availability is Availability.ROOM:
            asked[one.user_id] = entry
        return step

    def _postponed(self, one: Notification, step: Step, now: datetime) -> Postponed | None:
        match step:
            case Ask():
                return Postponed(one.id, now + self._lease, None, one.away_since)
            case Wait(until=until, parked=parked):
                return Postponed(one.id, until, parked or None, one.away_since or now)
            case _:
                return None

    def _availability(self, user_id: int, asked: Mapping[int, Entry | None]) -> Availability:
        profiles = self._profiles
        if profiles is None:
            return Availability.AWAY
        if user_id in asked or profiles.is_asked(user_id):
            return Availability.ASKED
        if self._failed.get(user_id, 0.0) > self._clock.monotonic():
            return Availability.FAILED
        if len(asked) < profiles.room():
            return Availability.ROOM
        return Availability.AWAY if profiles.is_away else Availability.FULL

    def _go_on(self, processed: _Processed) -> None:
        """After the commit: start the requests, and wake the sender if deliveries were planned."""
        if processed.asked and self._profiles is not None:
            self._profiles.ask(processed.asked)
        if processed.planned:
            self._metrics.released.inc(processed.planned)
            log.info("notifications.looked_up", notifications=processed.planned)
            self._wake_sender()

    async def _release(self) -> None:
        """Make parked notifications due when the User service recovers."""
        if self._profiles is None or self._clock.monotonic() < self._release_at:
            return
        if (room := self._profiles.room()) == 0:
            return
        async with self._database.reading() as connection:
            is_any_parked = await queries.is_any_parked(connection)
        if not is_any_parked:
            self._release_at = self._clock.monotonic() + RELEASE_EVERY
            return
        async with self._database.transaction() as connection:
            await queries.release(connection, now=self._clock.now(), limit=min(room, AT_ONCE))
        self.wake()
