"""Sends the claimed events of one endpoint, and stores the results."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple
from uuid import UUID

import structlog

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.logs import Outage
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.supervise import insist
from property_alert_notification.database import Database, GroupCommit
from property_alert_notification.events.models import EndpointState, WebhookDeliveryState, WebhookEndpoint
from property_alert_notification.feedback.webhooks.secrets import SecretBox
from property_alert_notification.feedback.webhooks.sending import queries
from property_alert_notification.feedback.webhooks.sending.connections import CallResult, EndpointConnections
from property_alert_notification.feedback.webhooks.sending.payload import Event, body_of, headers_of
from property_alert_notification.feedback.webhooks.sending.queries import WebhookClaim, WebhookSettlement
from property_alert_notification.feedback.webhooks.sending.verdict import (
    BREAK_AFTER,
    Health,
    Rules,
    judge,
    judge_endpoint,
)

log = structlog.get_logger()

AFTER_A_FAULT = 0.5
"""Seconds to wait when the store is away."""


@dataclass(frozen=True, slots=True)
class SendingContext:
    """What all tasks of a dispatcher share."""

    database: Database
    clock: Clock
    metrics: Metrics
    connections: EndpointConnections
    secrets: SecretBox
    rules: Rules
    concurrency: int
    """How many calls of one endpoint are in progress at once."""
    timeout: timedelta
    """The longest duration of a call."""
    stopping: asyncio.Event
    """Set when the process stops: no call begins any more."""

    @property
    def lease(self) -> timedelta:
        """How long a claim is valid: a call begins only if it ends before."""
        return 3 * self.timeout


class Batch(NamedTuple):
    """Claimed events of one endpoint."""

    endpoint: WebhookEndpoint
    claims: Sequence[WebhookClaim]
    events: Mapping[UUID, Event]
    leased_until: datetime


class BatchSender:
    """Sends one batch."""

    def __init__(
        self, context: SendingContext, settlements: GroupCommit[WebhookSettlement, None], batch: Batch
    ) -> None:
        self._context = context
        self._settlements = settlements
        self._batch = batch
        self._endpoint = batch.endpoint
        self._secrets = self._open_secrets()
        self._errors: list[str | None] = []
        """How the calls ended, in order; None for a success."""
        self._in_a_row = batch.endpoint.failures
        self._settling: list[asyncio.Task[None]] = []
        self._outage = Outage("webhooks")

    def _open_secrets(self) -> list[str]:
        """The secrets that sign now, the newest first; none if the newest cannot be decrypted."""
        box, one = self._context.secrets, self._endpoint
        if (secret := box.open(one.secret)) is None:
            log.error("webhook.secret_unreadable", endpoint_id=str(one.id))
            return []
        is_valid = one.previous_until is not None and self._context.clock.now() < one.previous_until
        previous = box.open(one.previous_secret) if is_valid else None
        return [secret] if previous is None else [secret, previous]

    async def send(self) -> bool:
        """Send the batch; returns whether the endpoint may get more at once."""
        claims = iter(self._batch.claims)
        senders = min(self._context.concurrency, len(self._batch.claims))
        await asyncio.gather(*(self._send_some(claims) for _ in range(senders)))
        await asyncio.gather(*self._settling)
        return await self._store_health()

    async def _send_some(self, claims: Iterator[WebhookClaim]) -> None:
        for claim in claims:
            now = self._context.clock.now()
            event = self._batch.events.get(claim.event_id)
            if event is None:  # it was deleted, with its user or because it is old
                self._settle(self._uncalled(claim, WebhookDeliveryState.FAILED, None, now))
            elif self._must_wait(now):
                self._settle(self._uncalled(claim, WebhookDeliveryState.PENDING, now, now))
            else:
                self._settle(await self._call(claim, event, now))

    def _must_wait(self, now: datetime) -> bool:
        """Whether no call may begin: the endpoint fails, the lease would not last, or the process stops."""
        fails = self._in_a_row >= BREAK_AFTER > self._endpoint.failures
        return fails or now + self._context.timeout > self._batch.leased_until or self._context.stopping.is_set()

    async def _call(self, claim: WebhookClaim, event: Event, began_at: datetime) -> WebhookSettlement:
        clock = self._context.clock
        began = clock.monotonic()
        result = await self._post(event, began_at)
        took, now = clock.monotonic() - began, clock.now()
        verdict = judge(
            result,
            attempts=claim.attempts,
            queued_at=claim.queued_at,
            rules=self._context.rules,
            now=now,
            jitter=clock.jitter(),
        )
        self._errors.append(verdict.error)
        self._in_a_row = 0 if verdict.error is None else self._in_a_row + 1
        self._count(verdict.error, now - event.at)
        return WebhookSettlement(
            self._endpoint.id,
            claim.event_id,
            claim.fence,
            verdict.state,
            verdict.due_at,
            began_at,
            result.status,
            verdict.error,
            int(took * 1000),
        )

    async def _post(self, event: Event, now: datetime) -> CallResult:
        if not self._secrets:
            return CallResult(None, "secret_unreadable")
        body = body_of(event)
        headers = headers_of(event, body, self._secrets, now=now)
        return await self._context.connections.call(self._endpoint.id, self._endpoint.url, body, headers)

    def _count(self, error: str | None, age: timedelta) -> None:
        metrics = self._context.metrics
        metrics.webhook_attempts.labels("failed" if error else "succeeded").inc()
        if error is None:
            metrics.webhook_delay.observe(max(age.total_seconds(), 0.0))

    def _uncalled(
        self, claim: WebhookClaim, state: WebhookDeliveryState, due_at: datetime | None, now: datetime
    ) -> WebhookSettlement:
        """The settlement of an event that was not sent."""
        return WebhookSettlement(
            self._endpoint.id, claim.event_id, claim.fence, state, due_at, now, None, None, 0, uncalled=1
        )

    def _settle(self, settlement: WebhookSettlement) -> None:
        """Store a result together with those of all endpoints that end at this moment."""
        submit = partial(self._settlements.submit, settlement)
        self._settling.append(asyncio.create_task(insist(submit, self._outage, pause=AFTER_A_FAULT)))

    async def _store_health(self) -> bool:
        """Store what follows for the endpoint; returns whether it may get more at once."""
        one, clock = self._endpoint, self._context.clock
        change = judge_endpoint(
            Health(one.failures, one.failing_since),
            self._errors,
            rules=self._context.rules,
            now=clock.now(),
            jitter=clock.jitter(),
        )
        if change is None:
            return True

        async def store() -> bool:
            async with self._context.database.transaction() as connection:
                return await queries.change_endpoint(connection, one.id, change, now=clock.now())

        is_stored = await insist(store, self._outage, pause=AFTER_A_FAULT)
        if is_stored and change.state is not EndpointState.ENABLED:
            # No event is sent any more until somebody enables it: an alert says so.
            self._context.metrics.webhook_endpoints_stopped.labels(change.state_reason).inc()
            log.error("webhook.stopped", endpoint_id=str(one.id), state=change.state, reason=change.state_reason)
        return is_stored and change.state is EndpointState.ENABLED and change.blocked_until is None
