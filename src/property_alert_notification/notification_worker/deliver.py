"""Delivers one channel: takes doorbells for its free slots, claims, sends, settles, and renews its leases meanwhile."""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import structlog

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import OutcomeUnknown, Refused, RetryLater, StoreUnavailable
from property_alert_notification.base.logs import Outage, origin
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.supervise import Loop
from property_alert_notification.base.vocabulary import Channel, Outcome
from property_alert_notification.broker.base import Broker, Listener
from property_alert_notification.channels import simulator
from property_alert_notification.channels.base import OutgoingMessage, Receipt
from property_alert_notification.database import Database, GroupCommit, sparing
from property_alert_notification.deliveries import leases
from property_alert_notification.deliveries.scripts import Claim, Settlement
from property_alert_notification.messages.render import Rendered
from property_alert_notification.notification_worker.claim import (
    NO_PROVIDER,
    OVERTAKEN,
    STOPPED,
    STORE_AWAY,
    Job,
    Taken,
    Withheld,
    look_again,
    postpone,
    take_in_hand,
    too_late,
    unsent,
)
from property_alert_notification.notification_worker.providers import ProviderHandle, ProviderPool
from property_alert_notification.notification_worker.route import ProviderOrder, Try, Wait, elsewhere, route
from property_alert_notification.notification_worker.settle import settle
from property_alert_notification.notification_worker.verdict import (
    TRUSTED_SHARE,
    Broken,
    Result,
    RetryPolicy,
    Stopped,
    judge,
    may_repeat,
)
from property_alert_notification.notifications.scripts import Content
from property_alert_notification.operators.pauses.cache import PauseCache
from property_alert_notification.operators.pauses.rules import reason_of
from property_alert_notification.operators.quarantine.aside import Aside
from property_alert_notification.people.preferences.rules import Preferences

log = structlog.get_logger()

AFTER_A_FAULT = 0.5
"""Seconds to wait when the store or the broker is away."""

LONGEST_GATHERING = 0.02
"""Seconds for which free slots wait for more of them to become free."""

STALE = timedelta(seconds=1)
"""How long after its claim a message may be handed over without another look whether it is still wanted."""


@dataclass(frozen=True, slots=True)
class WorkerContext:
    """What every crew of a worker shares."""

    database: Database
    broker: Broker
    clock: Clock
    metrics: Metrics
    render: Callable[[Channel, str, str], Rendered]
    """Channel, title and message in; the message in the form of its channel out."""
    redirect: Callable[[Channel, OutgoingMessage], OutgoingMessage]
    """The message as it leaves: for its own address, or for the one to which all are redirected."""
    default_wishes: Preferences | None
    """Of a user who never said any; None when that is unknown."""
    pauses: PauseCache
    aside: Aside
    """Where rows go that nobody can work on."""
    deadlines: Mapping[str | None, timedelta]
    """How long a message is of use, by category; None is all others."""
    given_up: Collection[str]
    """Categories whose messages are rather lost than doubled."""
    policy: RetryPolicy
    lease: timedelta
    concurrency: int
    """Deliveries of one channel in hand at once, at most."""


@dataclass(slots=True)
class _InHand:
    job: Job
    lease_ends: float
    """On the monotonic clock, which no time server moves."""
    begun: bool = False
    """Its provider may have it; until then it may be handed back."""
    came: Result | None = None
    """What its provider said, or our own code; None until then."""
    work: asyncio.Task[None] | None = None
    """What delivers it; None once it was handed back."""


class ChannelConsumer:
    """One channel's deliveries in one worker."""

    def __init__(self, carriers: ProviderPool, desk: WorkerContext) -> None:
        self._carriers = carriers
        self.channel = carriers.channel
        self._desk = desk
        self._in_hand: dict[tuple[UUID, int], _InHand] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._freed = asyncio.Event()
        # A provider that is closed off makes room at the next in line.
        carriers.when_changed(self._freed.set)
        self._outage = Outage(f"worker of {self.channel}")
        self._settlements: GroupCommit[Settlement, bool] = GroupCommit(self._move_on)
        self._handover = desk.metrics.handover.labels(self.channel)
        desk.metrics.in_hand.labels(self.channel).set_function(lambda: len(self._in_hand))

    async def listen(self, loop: Loop) -> None:
        """Take and deliver until cancelled; what is in hand then goes on until `finish` ends it."""
        listener = await self._desk.broker.listen(self.channel)
        try:
            await self._desk.pauses.was_read()
            await loop.repeat(partial(self._take_in_turn, listener), after_a_fault=AFTER_A_FAULT)
        finally:
            await asyncio.shield(listener.close())

    async def finish(self, grace: float) -> None:
        """Give what is on the wire `grace` seconds to end, and hand the rest back at once.

        `renew_leases` must go on meanwhile. The leases of what remains run out, and it is rescued.
        """
        ends = self._desk.clock.monotonic() + grace
        while self._tasks and (left := ends - self._desk.clock.monotonic()) > 0:
            self._hand_back_unbegun()
            await asyncio.wait(list(self._tasks), timeout=left, return_when=asyncio.FIRST_COMPLETED)
        remaining = list(self._tasks)
        for task in remaining:
            task.cancel()
        await asyncio.gather(*remaining, return_exceptions=True)
        if remaining:
            log.warning("worker.left_behind", channel=self.channel, deliveries=len(remaining))

    def _hand_back_unbegun(self) -> None:
        for in_hand in self._in_hand.values():
            if not in_hand.begun and in_hand.work is not None:
                in_hand.work.cancel()
                in_hand.work = None
                job = in_hand.job
                self._track(self._put_back(job, self._postponed(job, STOPPED, due_at=job.content.wanted_at)))

    async def _take_in_turn(self, listener: Listener) -> float:
        wanted = await listener.take(await self._room())
        if wanted:
            # A stop in the middle of a claim must not strand what it claimed.
            await asyncio.shield(self._track(self._begin(wanted)))
            await listener.done(wanted)
        return 0

    async def _room(self) -> int:
        """How many slots are free. Waits for one, and a moment for half of them, so that one claim takes many.

        A claim costs the same for one row as for fifty; but calls that hang must not hold up the others.
        While no provider may have anything, nothing is claimed.
        """
        while not self._free():
            with suppress(TimeoutError):
                async with asyncio.timeout(self._carriers.wait()):
                    await self._until_freed()
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_GATHERING):
                while self._free() < len(self._in_hand):
                    await self._until_freed()
        return self._free()

    def _free(self) -> int:
        return min(self._carriers.room(), self._desk.concurrency - len(self._in_hand))

    async def _until_freed(self) -> None:
        self._freed.clear()
        await self._freed.wait()

    async def _begin(self, wanted: Sequence[UUID]) -> None:
        await sparing(wanted, self._begin_together, self._put_aside)

    async def _put_aside(
        self, delivery: UUID, error: Exception, *, fence: int | None = None, outcome: Outcome | None = None
    ) -> None:
        """Its row breaks every batch that it is in. A store that is away is waited for."""
        while True:
            try:
                await self._desk.aside.put_delivery(delivery, error, fence=fence, outcome=outcome)
            except StoreUnavailable as fault:
                self._outage.goes_on(fault.cause)
                await asyncio.sleep(AFTER_A_FAULT)
            else:
                return

    async def _begin_together(self, wanted: Sequence[UUID]) -> None:
        taken, lease_ends = await self._claim(wanted)
        for job in taken.jobs:
            if not job.claim.test:
                self._carriers[job.place.provider].take(probe=job.place.probe)
            in_hand = self._in_hand[job.claim.delivery_id, job.claim.fence] = _InHand(job, lease_ends)
            in_hand.work = self._track(self._deliver(in_hand))
        for claim, settlement in taken.withheld:
            self._tell(claim, settlement)

    def _track(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _claim(self, wanted: Sequence[UUID]) -> tuple[Taken, float]:
        """What was claimed, and when its leases end on the monotonic clock."""
        while True:
            now = self._desk.clock.now()
            lease_ends = self._desk.clock.monotonic() + self._desk.lease.total_seconds()
            try:
                with self._desk.metrics.stage("claim"):
                    claiming = take_in_hand(
                        wanted,
                        channel=self.channel,
                        line=ProviderOrder(self._carriers.line()),
                        default_wishes=self._desk.default_wishes,
                        paused=self._desk.pauses.pauses_on(self.channel),
                        deadlines=self._desk.deadlines,
                        may_repeat=partial(self._may_repeat, now),
                        now=now,
                        leased_until=now + self._desk.lease,
                    )
                    taken = await self._desk.database.run(claiming)
            except StoreUnavailable as fault:
                # A commit whose answer was lost leaves claims that nobody holds: their leases run out.
                self._outage.goes_on(fault.cause)
                await asyncio.sleep(AFTER_A_FAULT)
            else:
                return taken, lease_ends

    async def _deliver(self, in_hand: _InHand) -> None:
        job = in_hand.job
        try:
            if job.claim.test:
                await self._settle(job, await self._send_now(in_hand))
            else:
                await self._deliver_by(self._carriers[job.place.provider], in_hand)
        except Exception as error:  # what came of it cannot be written down: nobody may try it again by himself
            outcome = _outcome(in_hand)
            await self._put_aside(job.claim.delivery_id, error, fence=job.claim.fence, outcome=outcome)
        finally:
            del self._in_hand[job.claim.delivery_id, job.claim.fence]
            self._freed.set()

    async def _deliver_by(self, carrier: ProviderHandle, in_hand: _InHand) -> None:
        job, probe = in_hand.job, in_hand.job.place.probe
        try:
            async with carrier.turn(probe=probe) as call:
                if call is None:
                    came: Settlement | Result = self._without_provider(job)
                else:
                    came = await self._objection(in_hand) or await self._send_now(in_hand)
            if isinstance(came, Settlement):
                await self._put_back(job, came)
            elif call is not None:
                carrier.hear(came, call)
                await self._settle(job, came)
        finally:
            carrier.give_back(probe=probe)

    def _without_provider(self, job: Job) -> Settlement:
        """Its provider is left alone since it was claimed: another may have it now, or it waits."""
        place = route(job.tries, self._carriers.line())
        wait = timedelta(seconds=place.seconds if isinstance(place, Wait) else 0)
        return self._postponed(job, NO_PROVIDER, due_at=self._desk.clock.now() + wait)

    async def _objection(self, in_hand: _InHand) -> Settlement | None:
        """What speaks against handing it over now that its turn has come, if anything does."""
        job, now = in_hand.job, self._desk.clock.now()
        try:
            is_stale = now - job.started_at >= STALE
            withheld = (
                await self._look_again(job, now) if is_stale else too_late(job.content, self._desk.deadlines, now=now)
            )
        except StoreUnavailable:
            return self._postponed(job, STORE_AWAY, due_at=now)
        if withheld is not None:
            return unsent(job.claim, withheld, now=now, begun=False)
        # Checked last: whoever froze, or waited for the provider too long, may have lost it by now.
        if self._desk.clock.monotonic() >= in_hand.lease_ends:
            log.warning("lease.lost", **_ids(job.claim))
            return self._postponed(job, OVERTAKEN, due_at=now)
        return None

    async def _look_again(self, job: Job, now: datetime) -> Withheld | None:
        looking = look_again(
            job,
            channel=self.channel,
            default_wishes=self._desk.default_wishes,
            deadlines=self._desk.deadlines,
            now=now,
        )
        return await self._desk.database.look(looking)

    async def _send_now(self, in_hand: _InHand) -> Result:
        in_hand.begun = True
        with self._desk.metrics.stage("send"):
            in_hand.came = await self._send(in_hand.job)
        return in_hand.came

    def _postponed(self, job: Job, reason: str, *, due_at: datetime) -> Settlement:
        return postpone(job.claim, job.tries, due_at=due_at, reason=reason, now=self._desk.clock.now())

    async def _put_back(self, job: Job, settlement: Settlement) -> None:
        if await self._commit(settlement):
            self._tell(job.claim, settlement)

    async def _send(self, job: Job) -> Result:
        """Render and hand over; whatever happens becomes a value."""
        pause = self._desk.pauses.pause_of(self.channel, job.content.category)
        if pause is not None:
            return Stopped(reason_of(pause))
        try:
            message = self._compose(job)
        except Exception as error:  # a broken message must not take its worker down
            return Broken(_tell_broken(job, error))
        try:
            receipt = await self._hand_over(message, job)
            return receipt if message.cut is None else replace(receipt, cut=message.cut)
        except (RetryLater, OutcomeUnknown, Refused) as error:
            return error
        except Exception as error:  # nobody knows how far the sender had come
            return OutcomeUnknown(_tell_broken(job, error))

    async def _hand_over(self, message: OutgoingMessage, job: Job) -> Receipt:
        if job.claim.test:
            return simulator.simulate(message)
        sender = self._carriers[job.place.provider].sender
        return await sender.send(self._desk.redirect(self.channel, message))

    def _compose(self, job: Job) -> OutgoingMessage:
        rendered = self._desk.render(self.channel, job.content.title, job.content.message)
        return OutgoingMessage(
            delivery_id=job.claim.delivery_id,
            to=job.claim.address,
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
            cut=rendered.cut,
        )

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
            elsewhere=isinstance(result, RetryLater) and self._is_wanted_elsewhere(job),
            resend=job.content.category not in self._desk.given_up,
            recognised_until=self._recognised_until(job.place.provider, job.tries, job.started_at),
            calls_back=not claim.test and self._carriers[job.place.provider].sender.calls_back,
        )
        settlement = Settlement(
            delivery_id=claim.delivery_id,
            fence=claim.fence,
            state=verdict.state,
            reason=_printable(verdict.reason),
            due_at=verdict.due_at,
            outcome=verdict.outcome,
            settled_at=now,
            provider_message_id=_storable(result.provider_message_id) if isinstance(result, Receipt) else None,
            counted=verdict.counted,
        )
        with self._desk.metrics.stage("settle"):
            ours = await self._commit(settlement)
        self._desk.metrics.attempts.labels(self.channel, job.place.provider, verdict.outcome).inc()
        if verdict.outcome is Outcome.SENT:
            self._handover.observe((now - job.content.wanted_at).total_seconds())
        if ours:
            self._tell(claim, settlement)
        else:
            log.warning("delivery.fenced", **_ids(claim), outcome=verdict.outcome)

    def _is_wanted_elsewhere(self, job: Job) -> bool:
        """Whether another provider may have at once what this one did not take."""
        if job.claim.test:
            return False
        return elsewhere([*job.tries, Try(job.place.provider, Outcome.NOT_SENT, job.started_at)], self._carriers.line())

    def _may_repeat(self, now: datetime, claim: Claim, content: Content, tries: Sequence[Try], provider: str) -> bool:
        return may_repeat(
            is_unsure=any(one.outcome is Outcome.UNKNOWN for one in tries),
            unknowns=claim.unknowns,
            now=now,
            resend=content.category not in self._desk.given_up,
            recognised_until=self._recognised_until(provider, tries, now),
        )

    def _recognised_until(self, provider: str, tries: Sequence[Try], now: datetime) -> datetime | None:
        """Up to when this provider recognises what it was given before; None when it does not."""
        if provider == simulator.NAME or (window := self._carriers[provider].sender.key_window) is None:
            return None
        first = min((one.started_at for one in tries if one.provider == provider), default=now)
        return first + window * TRUSTED_SHARE

    async def _commit(self, settlement: Settlement) -> bool:
        """Write down the outcome however long the store is away: only this process knows it."""
        while True:
            try:
                return await self._settlements.submit(settlement)
            except StoreUnavailable:
                await asyncio.sleep(AFTER_A_FAULT)

    async def _move_on(self, settlements: Sequence[Settlement]) -> list[bool]:
        moved = await self._desk.database.run(settle(settlements))
        return [settlement.delivery_id in moved for settlement in settlements]

    def _tell(self, claim: Claim, settlement: Settlement) -> None:
        self._desk.metrics.settled.labels(self.channel, settlement.state).inc()
        log.info(
            "delivery.settled",
            state=settlement.state,
            channel=self.channel,
            reason=settlement.reason,
            **_ids(claim),
        )

    async def renew_leases(self, loop: Loop) -> None:
        """Keep what is in hand ours while the provider takes its time, until cancelled."""
        pause = self._desk.lease.total_seconds() / 4
        await loop.repeat(partial(self._renew_in_turn, pause), after_a_fault=pause)

    async def _renew_in_turn(self, pause: float) -> float:
        desk, held = self._desk, list(self._in_hand)
        if not held:
            return pause
        asked_at = desk.clock.monotonic()
        async with desk.database.transaction() as connection:
            renewal = await leases.renew(connection, held, leased_until=desk.clock.now() + desk.lease)
        for claim in renewal.renewed & self._in_hand.keys():
            self._in_hand[claim].lease_ends = asked_at + desk.lease.total_seconds()
        for claim in renewal.lost & self._in_hand.keys():
            # If it has not left yet, it must not leave any more.
            self._in_hand[claim].lease_ends = asked_at
        return pause


def _outcome(in_hand: _InHand) -> Outcome | None:
    """How the attempt ended at its provider, as far as anybody knows; None when it never came there."""
    if not in_hand.begun:
        return None
    match in_hand.came:
        case Receipt():
            return Outcome.SENT
        case Refused():
            return Outcome.REFUSED
        case RetryLater() | Broken() | Stopped():
            return Outcome.NOT_SENT
        case _:
            return Outcome.UNKNOWN


def _ids(claim: Claim) -> dict[str, str]:
    return {"notification_id": str(claim.notification_id), "delivery_id": str(claim.delivery_id)}


def _storable(provider_message_id: str | None) -> str | None:
    """An id that any store takes; a provider may answer anything."""
    if provider_message_id is None or not provider_message_id.isascii() or not provider_message_id.isprintable():
        return None
    return provider_message_id[:255]


def _printable(reason: str) -> str:
    """A reason that any store takes; a provider may say anything."""
    if reason.isprintable():
        return reason
    return "".join(sign if sign.isprintable() else "?" for sign in reason)


def _tell_broken(job: Job, error: Exception) -> str:
    log.error("delivery.broke", **_ids(job.claim), **origin(error))
    return f"the worker broke on it ({type(error).__name__})"
