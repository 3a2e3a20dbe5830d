"""Settles the deliveries of one channel: judges each attempt, and stores the settlements in batches."""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import NamedTuple
from uuid import UUID

import structlog

from property_alert_notification.base.errors import Refused, RetryLater, StoreUnavailable
from property_alert_notification.base.logs import Outage
from property_alert_notification.base.reasons import Reason
from property_alert_notification.base.supervise import insist
from property_alert_notification.base.vocabulary import DeliveryState, Outcome
from property_alert_notification.channels.base import Receipt, storable_id
from property_alert_notification.channels.callback import SuppressionCause
from property_alert_notification.database import GroupCommit
from property_alert_notification.deliveries import leases
from property_alert_notification.deliveries.models import Attempt
from property_alert_notification.deliveries.records import Claim, Settlement, Submission
from property_alert_notification.deliveries.states import ENDED
from property_alert_notification.feedback.reports.suppress import Context as ReportContext
from property_alert_notification.feedback.reports.suppress import RefusedAddress
from property_alert_notification.notification_worker.claim import Job
from property_alert_notification.notification_worker.context import WorkerContext, ids
from property_alert_notification.notification_worker.providers import ProviderPool
from property_alert_notification.notification_worker.route import may_go_elsewhere
from property_alert_notification.notification_worker.settlement import postponed
from property_alert_notification.notification_worker.settlement_store import SettlementStore
from property_alert_notification.notification_worker.verdict import (
    Circumstances,
    History,
    Result,
    RetryPolicy,
    Verdict,
    judge,
    may_repeat,
)
from property_alert_notification.notifications.scripts import Content
from property_alert_notification.people.categories.rules import DIGEST

log = structlog.get_logger()

AFTER_A_FAULT = 0.5
"""Seconds to wait when the store or the broker is away."""


class Settled(StrEnum):
    """What a settlement did to its delivery."""

    MOVED = "moved"
    REPORTED = "reported"
    """Nothing: a report of its provider had moved it before."""
    FENCED = "fenced"
    """Nothing: another worker has claimed it."""


class _Refused(NamedTuple):
    """The settlement of a delivery that failed, and the refusal of its address by which it did."""

    settlement: Settlement
    address: RefusedAddress


class Settler:
    """Settles the deliveries of one channel."""

    def __init__(
        self, providers: ProviderPool, context: WorkerContext, policy: RetryPolicy, *, reports: ReportContext
    ) -> None:
        """`reports` is what refusals of addresses are applied with."""
        self._channel = providers.channel
        self._providers = providers
        self._context = context
        self._policy = policy
        self._store = SettlementStore(context.database, reports)
        self._outage = Outage(f"settlements of {self._channel}")
        self._writes: GroupCommit[Settlement | Submission | _Refused, Settled] = GroupCommit(self._write)
        self._time_to_sent = context.metrics.time_to_sent.labels(self._channel)

    async def open_attempt(self, job: Job) -> datetime:
        """Store that its provider is about to be called; returns the time of the attempt.

        It shares one statement with all deliveries that are settled or about to be submitted at that moment.

        Raises:
            StoreUnavailable: the store cannot be reached; the attempt may be stored nevertheless.
        """
        now = self._context.clock.now()
        claim, provider = job.claim, job.assignment.provider
        await self._writes.submit(Submission(claim.delivery_id, claim.fence, provider, job.claimed_at, now))
        return now

    async def settle(self, job: Job, result: Result, started_at: datetime) -> None:
        """Judge the attempt that was opened then, and settle its delivery."""
        now = self._context.clock.now()
        verdict = self._judge(job, result, started_at, now)
        settlement = _settlement(job.claim, result, verdict, now)
        with self._context.metrics.stage("settle"):
            settled = await self._commit(self._refused(job, result, settlement))
        self._context.metrics.attempts.labels(self._channel, job.assignment.provider, verdict.outcome).inc()
        if verdict.outcome is Outcome.SENT:
            self._time_to_sent.observe((now - job.content.wanted_at).total_seconds())
        match settled:
            case Settled.MOVED:
                self._report_job(job, settlement)
            case Settled.REPORTED:
                log.info("delivery.reported_first", **ids(job.claim), outcome=verdict.outcome)
            case Settled.FENCED:
                log.warning("delivery.fenced", **ids(job.claim), outcome=verdict.outcome)

    def postpone(self, job: Job, reason: Reason, *, due_at: datetime) -> Settlement:
        """The settlement that gives back a claim that was not submitted."""
        return postponed(job.claim, job.earlier, due_at=due_at, reason=reason, now=self._context.clock.now())

    async def put_back(self, job: Job, settlement: Settlement) -> None:
        """Settle a delivery that was not submitted."""
        if await self._commit(settlement) is Settled.MOVED:
            self._report_job(job, settlement)

    async def quarantine(
        self, delivery: UUID, error: Exception, *, fence: int | None = None, outcome: Outcome | None = None
    ) -> None:
        """Quarantine a delivery whose row breaks every batch. Waits while the store is unavailable."""
        putting = partial(self._context.broken_rows.quarantine_delivery, delivery, error, fence=fence, outcome=outcome)
        await insist(putting, self._outage, pause=AFTER_A_FAULT)

    def report(self, claim: Claim, settlement: Settlement) -> None:
        """Count and log a settlement that moved its delivery."""
        self._context.metrics.settled.labels(self._channel, settlement.state).inc()
        log.info(
            "delivery.settled",
            state=settlement.state,
            channel=self._channel,
            reason_code=settlement.reason.code,
            reason=settlement.reason.sentence(self._channel),
            **ids(claim),
        )

    def _report_job(self, job: Job, settlement: Settlement) -> None:
        self.report(job.claim, settlement)
        if job.content.category == DIGEST and settlement.state in ENDED:
            self._context.ended_digests.add_all([job.content.id])

    def may_repeat(
        self, claim: Claim, content: Content, earlier: Sequence[Attempt], provider: str, *, now: datetime
    ) -> bool:
        """Whether this provider may get a delivery with earlier attempts; it may have taken one already."""
        return may_repeat(
            History(claim.attempts, claim.unknowns),
            Circumstances(
                resend=self._context.categories().of(content.category).resends,
                recognised_until=self._providers.recognised_until(provider, earlier, now=now),
            ),
            is_unsure=any(attempt.outcome == Outcome.UNKNOWN for attempt in earlier),
            now=now,
        )

    def _judge(self, job: Job, result: Result, started_at: datetime, now: datetime) -> Verdict:
        claim, provider = job.claim, job.assignment.provider
        circumstances = Circumstances(
            resend=self._context.categories().of(job.content.category).resends,
            recognised_until=self._providers.recognised_until(provider, job.earlier, now=started_at),
            calls_back=not claim.test and self._providers[provider].sender.calls_back,
            elsewhere=isinstance(result, RetryLater) and self._may_go_elsewhere(job, started_at),
        )
        history = History(claim.attempts, claim.unknowns)
        jitter = self._context.clock.jitter()
        return judge(result, history, circumstances, self._policy, now=now, jitter=jitter)

    def _may_go_elsewhere(self, job: Job, started_at: datetime) -> bool:
        """Whether another provider may get a delivery at once that this one did not take."""
        if job.claim.test:
            return False
        this = Attempt(
            delivery_id=job.claim.delivery_id,
            fence=job.claim.fence,
            provider=job.assignment.provider,
            started_at=started_at,
            outcome=Outcome.NOT_SENT,
        )
        return may_go_elsewhere([*job.earlier, this], self._providers.order())

    def _refused(self, job: Job, result: Result, settlement: Settlement) -> Settlement | _Refused:
        """The settlement, with the refusal of the address if the message fails by one."""
        cause = result.cause if isinstance(result, Refused | RetryLater) else None
        if cause is None or settlement.state is not DeliveryState.FAILED or job.claim.test:
            return settlement
        address = RefusedAddress(
            settlement.delivery_id,
            self._channel,
            job.claim.address,
            job.assignment.provider,
            SuppressionCause(cause),
            settlement.settled_at,
        )
        return _Refused(settlement, address)

    async def _commit(self, settlement: Settlement | _Refused) -> Settled:
        """Store the result, and retry as long as the store is unavailable: only this process has it."""
        return await insist(partial(self._writes.submit, settlement), self._outage, pause=AFTER_A_FAULT)

    async def _write(self, batch: Sequence[Settlement | Submission | _Refused]) -> list[Settled]:
        """Store a batch; returns for each settlement what it did."""
        refused = [one.address for one in batch if isinstance(one, _Refused)]
        plain = [one.settlement if isinstance(one, _Refused) else one for one in batch]
        settlements = [one for one in plain if isinstance(one, Settlement)]
        submissions = [one for one in plain if isinstance(one, Submission)]
        moved = await self._store.store(settlements, submissions, refused)
        missed = [(one.delivery_id, one.fence) for one in settlements if one.delivery_id not in moved]
        reported = await self._not_claimed_again(missed) if missed else set()
        return [_settled(one.delivery_id, moved, reported) for one in plain]

    async def _not_claimed_again(self, missed: Sequence[tuple[UUID, int]]) -> set[UUID]:
        try:
            async with self._context.database.quick_reading() as connection:
                return await leases.not_claimed_again(connection, missed)
        except StoreUnavailable:  # the batch is committed: it must not be stored again
            return set()


def _settled(delivery: UUID, moved: Collection[UUID], reported: Collection[UUID]) -> Settled:
    if delivery in moved:
        return Settled.MOVED
    return Settled.REPORTED if delivery in reported else Settled.FENCED


def _settlement(claim: Claim, result: Result, verdict: Verdict, now: datetime) -> Settlement:
    return Settlement(
        delivery_id=claim.delivery_id,
        fence=claim.fence,
        state=verdict.state,
        reason=verdict.reason,
        held_by=verdict.held_by,
        due_at=verdict.due_at,
        outcome=verdict.outcome,
        settled_at=now,
        provider_message_id=storable_id(result.provider_message_id) if isinstance(result, Receipt) else None,
        counted=verdict.counted,
    )
