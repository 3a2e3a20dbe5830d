"""Delivers one channel: takes doorbells for its free slots, claims, sends, settles, and renews its leases meanwhile."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.broker.base import Broker, Listener
from property_alert_notification.channels.base import OutgoingMessage, Sender
from property_alert_notification.clock import Clock
from property_alert_notification.database import Database, GroupCommit
from property_alert_notification.deliveries import queries
from property_alert_notification.deliveries.queries import Settlement
from property_alert_notification.errors import OutcomeUnknown, Refused, RetryLater, StoreUnavailable, Unavailable
from property_alert_notification.message_templates.render import Rendered
from property_alert_notification.metrics import Metrics
from property_alert_notification.notification_worker.claim import Job, Taken, take_in_hand
from property_alert_notification.notification_worker.verdict import Broken, Result, RetryPolicy, judge
from property_alert_notification.vocabulary import Channel

log = structlog.get_logger()

AFTER_A_FAULT = 0.5
"""Seconds to wait when the store or the broker is away."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What every crew of a worker shares."""

    database: Database
    broker: Broker
    clock: Clock
    metrics: Metrics
    render: Callable[[Channel, str, str], Rendered]
    """Channel, title and message in; the message in the form of its channel out."""
    policy: RetryPolicy
    lease: timedelta
    concurrency: int
    """Deliveries of one channel in hand at once, at most."""


@dataclass(slots=True)
class _InHand:
    job: Job
    lease_ends: float
    """On the monotonic clock, which no time server moves."""


class Crew:
    """One channel's deliveries in one worker."""

    def __init__(self, sender: Sender, desk: Desk) -> None:
        self._sender = sender
        self._desk = desk
        self._slots = min(sender.concurrency, desk.concurrency)
        self._in_hand: dict[UUID, _InHand] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._freed = asyncio.Event()
        self._settlements: GroupCommit[Settlement, bool] = GroupCommit(desk.database, _settle)
        desk.metrics.in_hand.labels(sender.channel).set_function(lambda: len(self._in_hand))

    async def run(self) -> None:
        """Deliver until cancelled; what is on the wire then goes on until `finish` ends it."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._renew_leases())
            group.create_task(self._listen())

    async def finish(self, grace: float) -> None:
        """Give what is on the wire `grace` seconds to end. The leases of what remains run out, and it is rescued."""
        ends = self._desk.clock.monotonic() + grace
        while self._tasks and (left := ends - self._desk.clock.monotonic()) > 0:
            await asyncio.wait(list(self._tasks), timeout=left)
        remaining = list(self._tasks)
        for task in remaining:
            task.cancel()
        await asyncio.gather(*remaining, return_exceptions=True)
        if remaining:
            log.warning("worker.left_behind", channel=self._sender.channel, deliveries=len(remaining))

    async def _listen(self) -> None:
        while True:
            try:
                listener = await self._desk.broker.listen(self._sender.channel)
            except Unavailable as fault:
                log.warning("worker.waits", channel=self._sender.channel, cause=fault.detail)
                await asyncio.sleep(AFTER_A_FAULT)
                continue
            try:
                await self._work(listener)
            finally:
                await asyncio.shield(listener.close())

    async def _work(self, listener: Listener) -> None:
        while True:
            try:
                wanted = await listener.take(await self._room())
            except Unavailable as fault:
                log.warning("worker.waits", channel=self._sender.channel, cause=fault.detail)
                await asyncio.sleep(AFTER_A_FAULT)
                continue
            if wanted:
                # A stop in the middle of a claim must not strand what it claimed.
                await asyncio.shield(self._track(self._begin(wanted)))
                await listener.done(wanted)

    async def _room(self) -> int:
        """Wait until half of the slots are free, so that one claim takes many; returns how many are."""
        while self._slots - len(self._in_hand) < max(1, self._slots // 2):
            self._freed.clear()
            await self._freed.wait()
        return self._slots - len(self._in_hand)

    async def _begin(self, wanted: Sequence[UUID]) -> None:
        taken = await self._claim(wanted)
        lease_ends = self._desk.clock.monotonic() + self._desk.lease.total_seconds()
        for job in taken.jobs:
            in_hand = _InHand(job, lease_ends)
            self._in_hand[job.claim.delivery_id] = in_hand
            self._track(self._deliver(in_hand))
        for settlement in taken.withheld:
            self._tell(settlement)

    def _track(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _claim(self, wanted: Sequence[UUID]) -> Taken:
        while True:
            now = self._desk.clock.now()
            try:
                with self._desk.metrics.stage("claim"):
                    async with self._desk.database.transaction() as connection:
                        return await take_in_hand(
                            connection,
                            wanted,
                            channel=self._sender.channel,
                            provider=self._sender.name,
                            now=now,
                            leased_until=now + self._desk.lease,
                        )
            except StoreUnavailable as fault:
                # A commit whose answer was lost leaves claims that nobody holds: their leases run out.
                log.warning("worker.waits", channel=self._sender.channel, cause=fault.detail)
                await asyncio.sleep(AFTER_A_FAULT)

    async def _deliver(self, in_hand: _InHand) -> None:
        claim = in_hand.job.claim
        try:
            if self._desk.clock.monotonic() >= in_hand.lease_ends:
                return  # it may be somebody else's by now
            with self._desk.metrics.stage("send"):
                result = await self._send(in_hand.job)
            await self._settle(in_hand.job, result)
        finally:
            del self._in_hand[claim.delivery_id]
            self._freed.set()

    async def _send(self, job: Job) -> Result:
        """Render and hand over; whatever happens becomes a value."""
        try:
            rendered = self._desk.render(self._sender.channel, job.content.title, job.content.message)
            message = OutgoingMessage(
                delivery_id=job.claim.delivery_id,
                to=job.claim.address,
                subject=rendered.subject,
                text=rendered.text,
                html=rendered.html,
            )
            return await self._sender.send(message)
        except (RetryLater, OutcomeUnknown, Refused) as error:
            return error
        except Exception as error:  # a broken message must not take its worker down
            log.exception("delivery.broke", delivery_id=str(job.claim.delivery_id))
            return Broken(f"the worker broke on it ({type(error).__name__})")

    async def _settle(self, job: Job, result: Result) -> None:
        clock, claim = self._desk.clock, job.claim
        now = clock.now()
        verdict = judge(
            result,
            attempts=claim.attempts,
            unknowns=claim.unknowns,
            policy=self._desk.policy,
            now=now,
            jitter=clock.jitter(),
        )
        settlement = Settlement(
            delivery_id=claim.delivery_id,
            fence=claim.fence,
            state=verdict.state,
            reason=verdict.reason,
            due_at=verdict.due_at,
            outcome=verdict.outcome,
            settled_at=now,
            provider_message_id=getattr(result, "provider_message_id", None),
        )
        with self._desk.metrics.stage("settle"):
            ours = await self._commit(settlement)
        self._desk.metrics.attempts.labels(self._sender.channel, self._sender.name, verdict.outcome).inc()
        if ours:
            self._tell(settlement, notification_id=str(claim.notification_id))
        else:
            log.warning("delivery.fenced", delivery_id=str(claim.delivery_id), outcome=verdict.outcome)

    async def _commit(self, settlement: Settlement) -> bool:
        """Write down the outcome however long the store is away: only this process knows it."""
        while True:
            try:
                return await self._settlements.submit(settlement)
            except StoreUnavailable:
                await asyncio.sleep(AFTER_A_FAULT)

    def _tell(self, settlement: Settlement, **ids: str) -> None:
        self._desk.metrics.settled.labels(self._sender.channel, settlement.state).inc()
        log.info(
            "delivery.settled",
            state=settlement.state,
            delivery_id=str(settlement.delivery_id),
            channel=self._sender.channel,
            reason=settlement.reason,
            **ids,
        )

    async def _renew_leases(self) -> None:
        """Keep what is in hand ours, while the provider takes its time."""
        desk = self._desk
        while True:
            await asyncio.sleep(desk.lease.total_seconds() / 4)
            held = {delivery: in_hand.job.claim.fence for delivery, in_hand in self._in_hand.items()}
            if not held:
                continue
            asked_at = desk.clock.monotonic()
            try:
                async with desk.database.transaction() as connection:
                    renewed = await queries.renew(connection, held, leased_until=desk.clock.now() + desk.lease)
            except StoreUnavailable as fault:
                log.warning("lease.not_renewed", channel=self._sender.channel, cause=fault.detail)
                continue
            for delivery in renewed & self._in_hand.keys():
                self._in_hand[delivery].lease_ends = asked_at + desk.lease.total_seconds()


async def _settle(connection: AsyncConnection, settlements: Sequence[Settlement]) -> list[bool]:
    moved = await queries.settle(connection, settlements)
    return [settlement.delivery_id in moved for settlement in settlements]
