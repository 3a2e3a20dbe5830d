"""Keeps the claimed deliveries of one channel of a worker, and renews their leases."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from property_alert_notification.base.supervise import Loop
from property_alert_notification.base.vocabulary import Channel, Outcome
from property_alert_notification.deliveries import leases
from property_alert_notification.notification_worker.claim import Job
from property_alert_notification.notification_worker.context import WorkerContext
from property_alert_notification.notification_worker.verdict import Result, outcome_of


@dataclass(eq=False, slots=True)
class InProgress:
    """A delivery that this worker has claimed and not settled yet."""

    job: Job
    started_at: datetime
    """When its attempt was opened, or will be."""
    lease_ends: float
    """On the monotonic clock, which no time server moves."""
    submitted: bool = False
    """Whether its provider may have it. Before that the claim may be given back."""
    result: Result | None = None
    """The result of the call; None until then."""
    task: asyncio.Task[None] | None = None
    """The task that delivers it; None once the claim was given back."""

    @property
    def outcome(self) -> Outcome | None:
        """The outcome of the attempt at its provider; None if it was never submitted."""
        if not self.submitted:
            return None
        return Outcome.UNKNOWN if self.result is None else outcome_of(self.result)


class Leases:
    """The deliveries in progress on one channel, each under its lease."""

    def __init__(self, channel: Channel, context: WorkerContext, lease: timedelta) -> None:
        """`lease` is how long a claim is valid without being renewed."""
        self.lease = lease
        self._context = context
        self._clock = context.clock
        self._held: dict[tuple[UUID, int], InProgress] = {}
        context.metrics.in_hand.labels(channel).set_function(lambda: len(self._held))

    def __len__(self) -> int:
        return len(self._held)

    def __iter__(self) -> Iterator[InProgress]:
        return iter(list(self._held.values()))

    def end_of_a_new_one(self) -> float:
        """The end of a lease that begins now, on the monotonic clock."""
        return self._clock.monotonic() + self.lease.total_seconds()

    def hold(self, job: Job, lease_ends: float) -> InProgress:
        """Keep the lease of this claim renewed from now on."""
        in_progress = self._held[_key(job)] = InProgress(job, job.claimed_at, lease_ends)
        return in_progress

    def drop(self, in_progress: InProgress) -> None:
        """Stop renewing the lease of a settled delivery."""
        del self._held[_key(in_progress.job)]

    def is_lost(self, in_progress: InProgress) -> bool:
        """Whether another worker may have claimed it by now."""
        return self._clock.monotonic() >= in_progress.lease_ends

    async def renew(self, loop: Loop) -> None:
        """Renew the leases until cancelled."""
        pause = self.lease.total_seconds() / 4
        await loop.repeat(lambda: self._renew_once(pause), after_a_fault=pause)

    async def _renew_once(self, pause: float) -> float:
        held = list(self._held)
        if not held:
            return pause
        asked_at = self._clock.monotonic()
        async with self._context.database.transaction() as connection:
            renewal = await leases.renew(connection, held, leased_until=self._clock.now() + self.lease)
        for key in renewal.renewed & self._held.keys():
            self._held[key].lease_ends = asked_at + self.lease.total_seconds()
        for key in renewal.lost & self._held.keys():
            # A delivery without a lease must not be submitted any more.
            self._held[key].lease_ends = asked_at
        return pause


def _key(job: Job) -> tuple[UUID, int]:
    return job.claim.delivery_id, job.claim.fence
