"""Delivers one claimed delivery: waits for a slot at its provider, rechecks it, submits it, settles it."""

from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from property_alert_notification.base.errors import OutcomeUnknown, Refused, RetryLater, StoreUnavailable
from property_alert_notification.base.logs import origin
from property_alert_notification.base.vocabulary import DeliveryState
from property_alert_notification.channels import simulator
from property_alert_notification.channels.base import OutgoingMessage, Receipt
from property_alert_notification.database import run_within
from property_alert_notification.deliveries.records import Settlement
from property_alert_notification.homes.alerts.before_sending.claim.scripts import record_left_out
from property_alert_notification.notification_worker.claim import (
    NO_PROVIDER,
    OVERTAKEN,
    STOPPED,
    STORE_AWAY,
    Job,
    SendingRules,
    Withheld,
    recheck,
    too_late,
    withhold,
)
from property_alert_notification.notification_worker.compose import Composer
from property_alert_notification.notification_worker.context import WorkerContext, ids
from property_alert_notification.notification_worker.leases import InProgress, Leases
from property_alert_notification.notification_worker.provider_handle import Call, ProviderHandle
from property_alert_notification.notification_worker.providers import ProviderPool
from property_alert_notification.notification_worker.route import Wait, route
from property_alert_notification.notification_worker.settle import Settler
from property_alert_notification.notification_worker.verdict import Broken, Result, Stopped

log = structlog.get_logger()

STALE = timedelta(seconds=1)
"""How long after its claim a delivery may be submitted without a recheck."""


class DeliverySender:
    """Delivers the claimed deliveries of one channel, one at a time."""

    def __init__(
        self,
        providers: ProviderPool,
        context: WorkerContext,
        leases: Leases,
        settler: Settler,
        *,
        composer: Composer,
        rules: SendingRules,
    ) -> None:
        self._channel = providers.channel
        self._providers = providers
        self._context = context
        self._leases = leases
        self._settler = settler
        self._composer = composer
        self._rules = rules

    async def deliver(self, in_progress: InProgress) -> None:
        """Deliver and settle it. A delivery whose settlement raises is quarantined."""
        claim = in_progress.job.claim
        try:
            if claim.test:
                await self._settle(in_progress, await self._submit(in_progress))
            else:
                await self._deliver_by(self._providers[in_progress.job.assignment.provider], in_progress)
        except Exception as error:
            await self._settler.quarantine(claim.delivery_id, error, fence=claim.fence, outcome=in_progress.outcome)
        finally:
            self._leases.drop(in_progress)

    async def give_back(self, in_progress: InProgress) -> None:
        """Give back a delivery that was not submitted when the worker stops: another worker may claim it at once."""
        job = in_progress.job
        await self._settler.put_back(job, self._settler.postpone(job, STOPPED, due_at=job.content.wanted_at))

    async def _deliver_by(self, provider: ProviderHandle, in_progress: InProgress) -> None:
        probe, is_open = in_progress.job.assignment.probe, in_progress.job.is_open
        try:
            async with provider.slot(probe=probe, is_open=is_open) as call:
                if call is None:
                    ended: Settlement | Result = self._without_provider(in_progress.job)
                else:
                    ended = await self._why_not(in_progress) or await self._submit(in_progress, call)
            if call is not None and not isinstance(ended, Settlement):
                provider.learn(ended, call)
            await self._settle(in_progress, ended)
        finally:
            provider.release(probe=probe, is_open=is_open)

    async def _settle(self, in_progress: InProgress, ended: Settlement | Result) -> None:
        if isinstance(ended, Settlement):
            await self._settler.put_back(in_progress.job, ended)
        else:
            await self._settler.settle(in_progress.job, ended, in_progress.started_at)

    def _without_provider(self, job: Job) -> Settlement:
        """The settlement if its provider's breaker opened since the claim, or the provider hangs."""
        assignment = route(job.earlier, self._providers.order())
        wait = timedelta(seconds=assignment.seconds if isinstance(assignment, Wait) else 0)
        return self._settler.postpone(job, NO_PROVIDER, due_at=self._context.clock.now() + wait)

    async def _why_not(self, in_progress: InProgress) -> Settlement | None:
        """The settlement of a delivery that must not be submitted any more; None if it may be."""
        job, now = in_progress.job, self._context.clock.now()
        try:
            is_stale = now - job.claimed_at >= STALE
            withheld = await self._recheck(in_progress, now) if is_stale else self._too_late(job, now)
        except StoreUnavailable:
            return self._settler.postpone(job, STORE_AWAY, due_at=now)
        if withheld is not None:
            return withhold(job.claim, withheld, now=now, withdraw=job.is_open)
        return self._if_lost(in_progress)

    def _if_lost(self, in_progress: InProgress) -> Settlement | None:
        """The settlement of a delivery whose lease is lost because this process froze or waited too long."""
        if not self._leases.is_lost(in_progress):
            return None
        log.warning("lease.lost", **ids(in_progress.job.claim))
        return self._settler.postpone(in_progress.job, OVERTAKEN, due_at=self._context.clock.now())

    def _too_late(self, job: Job, now: datetime) -> Withheld | None:
        return too_late(job.content, self._rules, now=now)

    async def _recheck(self, in_progress: InProgress, now: datetime) -> Withheld | None:
        rechecking = recheck(in_progress.job, channel=self._channel, rules=self._rules, now=now)
        async with self._context.database.quick_reading() as connection:
            found, left_out = await run_within(connection, rechecking)
        is_settled = not isinstance(found, Withheld) or found.state is DeliveryState.SUPPRESSED
        if is_settled and left_out.is_any:
            settled = [in_progress.job.claim.notification_id]
            await self._context.database.run(record_left_out(left_out, settled, now=now))
        if isinstance(found, Withheld):
            return found
        in_progress.job = in_progress.job._replace(content=found)
        return None

    async def _submit(self, in_progress: InProgress, call: Call | None = None) -> Settlement | Result:
        """Store the attempt, then call the provider; returns a settlement if the provider was not called."""
        job = in_progress.job
        if not job.is_open:
            try:
                in_progress.started_at = await self._settler.open_attempt(job)
            except StoreUnavailable:
                return self._settler.postpone(job, STORE_AWAY, due_at=self._context.clock.now())
        if call is not None:
            await self._providers[job.assignment.provider].take_turn(call)
        if (lost := self._if_lost(in_progress)) is not None:
            return lost
        if call is not None:
            call.began_at = self._context.clock.monotonic()
        in_progress.submitted = True
        with self._context.metrics.stage("send"):
            in_progress.result = await self._send(job)
        return in_progress.result

    async def _send(self, job: Job) -> Result:
        """Render it and call the provider; returns the receipt or the error."""
        pause = self._context.pauses.pause_of(self._channel, job.content.category)
        if pause is not None:
            return Stopped(pause)
        try:
            message = self._composer.compose(self._channel, job)
        except Exception as error:  # a broken message must not end the worker
            return Broken(_log_break(job, error))
        try:
            receipt = await self._call_provider(message, job)
            return receipt if message.cut is None else replace(receipt, cut=message.cut)
        except (RetryLater, OutcomeUnknown, Refused) as error:
            return error
        except Exception as error:  # the message may have left before the sender broke
            return OutcomeUnknown(f"the worker broke on it ({_log_break(job, error)})")

    async def _call_provider(self, message: OutgoingMessage, job: Job) -> Receipt:
        if job.claim.test:
            return simulator.simulate(message)
        sender = self._providers[job.assignment.provider].sender
        return await sender.send(self._composer.redirect(self._channel, message))


def _log_break(job: Job, error: Exception) -> str:
    log.error("delivery.broke", **ids(job.claim), **origin(error))
    return type(error).__name__
