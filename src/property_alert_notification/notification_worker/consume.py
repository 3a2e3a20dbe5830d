"""Consumes one channel: claims published deliveries for its free slots, and starts to deliver each."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from uuid import UUID

from property_alert_notification.base.logs import Outage
from property_alert_notification.base.supervise import Loop, insist
from property_alert_notification.broker.base import Broker, Listener
from property_alert_notification.database import halve_on_error
from property_alert_notification.notification_worker.claim import ClaimedBatch, SendingRules, claim_batch
from property_alert_notification.notification_worker.context import WorkerContext
from property_alert_notification.notification_worker.leases import InProgress, Leases
from property_alert_notification.notification_worker.providers import ProviderPool
from property_alert_notification.notification_worker.route import ProviderOrder
from property_alert_notification.notification_worker.send import DeliverySender
from property_alert_notification.notification_worker.settle import AFTER_A_FAULT, Settler
from property_alert_notification.notification_worker.shutdown import DeliveryTasks

LONGEST_GATHERING = 0.02
"""Seconds for which free slots wait for more of them to become free."""


class ChannelConsumer:
    """Consumes one channel in one worker."""

    def __init__(
        self,
        broker: Broker,
        context: WorkerContext,
        providers: ProviderPool,
        leases: Leases,
        sender: DeliverySender,
        settler: Settler,
        *,
        rules: SendingRules,
        concurrency: int,
    ) -> None:
        """`concurrency` is the maximum number of deliveries in progress, without those whose provider hangs."""
        self.channel = providers.channel
        self._broker = broker
        self._context = context
        self._providers = providers
        self._leases = leases
        self._sender = sender
        self._settler = settler
        self._rules = rules
        self._concurrency = concurrency
        self._tasks = DeliveryTasks(self.channel, context.clock)
        self._slot_freed = asyncio.Event()
        # When a breaker opens, the next provider in the order has free slots.
        providers.when_changed(self._slot_freed.set)
        self._outage = Outage(f"worker of {self.channel}")

    async def consume(self, loop: Loop) -> None:
        """Claim and deliver until cancelled. Deliveries in progress continue until `finish` ends them."""
        listener = await self._broker.listen(self.channel)
        try:
            await self._context.pauses.was_read()
            await loop.repeat(partial(self._consume_once, listener), after_a_fault=AFTER_A_FAULT)
        finally:
            await asyncio.shield(listener.close())

    async def renew_leases(self, loop: Loop) -> None:
        """Renew the leases of deliveries in progress until cancelled."""
        await self._leases.renew(loop)

    async def finish(self, grace: float) -> None:
        """Wait `grace` seconds for submitted deliveries, and give back the claims of the others at once."""
        await self._tasks.finish(self._give_back, grace=grace)

    def _give_back(self) -> None:
        for in_progress in self._leases:
            if not in_progress.submitted and in_progress.task is not None:
                in_progress.task.cancel()
                in_progress.task = None
                self._tasks.start(self._sender.give_back(in_progress))

    async def _consume_once(self, listener: Listener) -> float:
        wanted = await listener.take(await self._wait_for_slots())
        if wanted:
            # A stop in the middle of a claim must not strand the claimed deliveries.
            await asyncio.shield(self._tasks.start(self._start(wanted)))
            await listener.done(wanted)
        return 0

    async def _wait_for_slots(self) -> int:
        """Wait for a free slot, and a moment for half of them, so that one claim takes many; returns how many are free.

        A claim costs the same for one row as for fifty, but hanging calls must not delay the others. While no provider
        can take a delivery, nothing is claimed.
        """
        while not self._free_slots():
            with suppress(TimeoutError):
                async with asyncio.timeout(self._providers.wait()):
                    await self._until_slot_freed()
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_GATHERING):
                while self._free_slots() < len(self._leases):
                    await self._until_slot_freed()
        return self._free_slots()

    def _free_slots(self) -> int:
        waiting = len(self._leases) - self._providers.hanging()
        return min(self._providers.room(), self._concurrency - waiting)

    async def _until_slot_freed(self) -> None:
        self._slot_freed.clear()
        await self._slot_freed.wait()

    async def _start(self, wanted: Sequence[UUID]) -> None:
        await halve_on_error(wanted, self._claim_and_start, self._settler.quarantine)

    async def _claim_and_start(self, wanted: Sequence[UUID]) -> None:
        # A commit whose answer was lost leaves claims that no worker knows of; their leases expire.
        claimed, lease_ends = await insist(partial(self._claim, wanted), self._outage, pause=AFTER_A_FAULT)
        for job in claimed.jobs:
            if not job.claim.test:
                self._providers[job.assignment.provider].reserve(probe=job.assignment.probe, is_open=job.is_open)
            in_progress = self._leases.hold(job, lease_ends)
            in_progress.task = self._tasks.start(self._deliver(in_progress))
        for claim, settlement in claimed.withheld:
            self._settler.report(claim, settlement)

    async def _claim(self, wanted: Sequence[UUID]) -> tuple[ClaimedBatch, float]:
        """Claim a batch; returns it with the end of its leases on the monotonic clock."""
        now, lease_ends = self._context.clock.now(), self._leases.end_of_a_new_one()
        with self._context.metrics.stage("claim"):
            claiming = claim_batch(
                wanted,
                channel=self.channel,
                order=ProviderOrder(self._providers.order()),
                may_open=self._providers.may_open(),
                rules=self._rules,
                paused=self._context.pauses.pauses_on(self.channel),
                may_repeat=partial(self._settler.may_repeat, now=now),
                now=now,
                leased_until=now + self._leases.lease,
            )
            return await self._context.database.run(claiming), lease_ends

    async def _deliver(self, in_progress: InProgress) -> None:
        try:
            await self._sender.deliver(in_progress)
        finally:
            self._slot_freed.set()
