"""What callers do with endpoints, each change with an entry in the audit record."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.api.access import queries as access
from property_alert_notification.api.access.admission import Admission
from property_alert_notification.api.document.webhook_examples import NO_WEBHOOK
from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import Conflict, InvalidField
from property_alert_notification.events.event_types import EventType
from property_alert_notification.events.models import ALL, EndpointState, WebhookEndpoint, WebhookEvent
from property_alert_notification.feedback.webhooks import queries
from property_alert_notification.feedback.webhooks.networks import Network, why_not_url
from property_alert_notification.feedback.webhooks.schemas import (
    EndpointCreate,
    EndpointPatch,
    ReplayRequest,
    ReplayResult,
    RotateRequest,
)
from property_alert_notification.feedback.webhooks.secrets import SecretBox, new_secret

MOST_ENDPOINTS = 100
"""Every event that is recorded is compared with all of them."""
MOST_OF_A_CALLER = 25
"""Endpoints of one caller, so that it leaves room for others. A key with `admin` has no caller of its own here."""


@dataclass(frozen=True, slots=True)
class WebhookRules:
    """The settings of endpoints."""

    secrets: SecretBox
    is_local: bool
    allowed: Sequence[Network] = ()
    """Networks that operators trust."""

    def check(self, url: str) -> None:
        """Check the URL of an endpoint.

        Raises:
            InvalidField: no event may be sent there.
        """
        problem = why_not_url(url, is_local=self.is_local, allowed=self.allowed)
        if problem is not None:
            raise InvalidField("url", problem)


@dataclass(frozen=True, slots=True)
class WebhookService:
    """The operations of one caller."""

    connection: AsyncConnection
    """The connection of the transaction that stores the change."""
    clock: Clock
    admission: Admission
    rules: WebhookRules

    async def create(self, body: EndpointCreate) -> WebhookEndpoint:
        """Create an endpoint. It gets every event that happens after the commit.

        Raises:
            Conflict: there are too many.
            InvalidField: no event may be sent to its URL.
        """
        self.rules.check(body.url)
        if await queries.count(self.connection) >= MOST_ENDPOINTS:
            raise Conflict(f"There are {MOST_ENDPOINTS} webhooks already: delete one that is not needed.")
        caller = self.admission.visible.caller
        if caller is not None and await queries.count(self.connection, caller=caller) >= MOST_OF_A_CALLER:
            raise Conflict(f"{caller} has {MOST_OF_A_CALLER} webhooks already: delete one that is not needed.")
        now = self.clock.now()
        endpoint = WebhookEndpoint(
            id=self.clock.new_id(),
            url=body.url,
            description=body.description,
            events=_stored(body.events),
            state=EndpointState.ENABLED,
            caller=caller,
            test=self.admission.test,
            secret=self.rules.secrets.seal(new_secret(self.clock)),
            created_at=now,
            changed_at=now,
        )
        await queries.add(self.connection, endpoint)
        await self._record("webhook.created", endpoint)
        return endpoint

    async def change(self, id_: UUID, patch: EndpointPatch) -> WebhookEndpoint:
        """Change an endpoint.

        Raises:
            InvalidField: no event may be sent to its URL.
            NotFound: the caller has no such endpoint.
        """
        endpoint = await self._lock(id_)
        values: dict[str, Any] = patch.model_dump(exclude_unset=True, exclude={"events", "enabled"})
        if "url" in values:
            self.rules.check(values["url"] or "")
        if "events" in patch.model_fields_set:
            values["events"] = _stored(patch.events)
        if patch.enabled is not None:
            values |= _enabled() if patch.enabled else _disabled()
        await self._store(endpoint, "webhook.changed", values)
        return endpoint

    async def delete(self, id_: UUID) -> None:
        """Delete an endpoint with everything that waits for it.

        Raises:
            NotFound: the caller has no such endpoint.
        """
        endpoint = await self._lock(id_)
        # Its rows are deleted by retention, a few at a time.
        values = {"state": EndpointState.DELETED, "secret": "", "previous_secret": None}
        await self._store(endpoint, "webhook.deleted", values)

    async def rotate(self, id_: UUID, body: RotateRequest) -> WebhookEndpoint:
        """Give an endpoint a new secret; events have signatures by both for some hours.

        Raises:
            NotFound: the caller has no such endpoint.
        """
        endpoint = await self._lock(id_)
        values = {
            "secret": self.rules.secrets.seal(new_secret(self.clock)),
            "previous_secret": endpoint.secret,
            "previous_until": self.clock.now() + timedelta(hours=body.overlap_hours),
        }
        await self._store(endpoint, "webhook.rotated", values)
        return endpoint

    async def test(self, id_: UUID) -> UUID:
        """Record an event `webhook.test` for an endpoint; returns its id.

        Raises:
            Conflict: the endpoint is not enabled.
            NotFound: the caller has no such endpoint.
        """
        endpoint = await self._lock(id_)
        if endpoint.state != EndpointState.ENABLED:
            raise Conflict(f"It gets no events: it is {endpoint.state}.")
        event = WebhookEvent(
            id=self.clock.new_id(), type=EventType.WEBHOOK_TEST, at=self.clock.now(), test=endpoint.test
        )
        await queries.add_event(self.connection, event, endpoint.id)
        return event.id

    async def replay(self, id_: UUID, body: ReplayRequest) -> ReplayResult:
        """Send events of a period again.

        Raises:
            Conflict: the endpoint is not enabled.
            NotFound: the caller has no such endpoint.
        """
        endpoint, now = await self._lock(id_), self.clock.now()
        if endpoint.state != EndpointState.ENABLED:
            raise Conflict(f"It gets no events: it is {endpoint.state}.")
        found = await queries.events_to_replay(
            self.connection,
            endpoint,
            since=body.since,
            until=min(body.until or now, now),
            only_failed=body.only_failed,
            after=body.after,
            limit=body.limit,
        )
        if found:
            await queries.queue_again(self.connection, endpoint.id, found, now=now)
            await self._record("webhook.replayed", endpoint)
        is_full = len(found) == body.limit
        return ReplayResult(replayed=len(found), next_after=found[-1] if is_full else None)

    async def _lock(self, id_: UUID) -> WebhookEndpoint:
        found = await queries.find(self.connection, id_, self.admission.visible, lock=True)
        if found is None:
            raise NO_WEBHOOK
        return found

    async def _store(self, endpoint: WebhookEndpoint, action: str, values: dict[str, Any]) -> None:
        values = {**values, "changed_at": self.clock.now()}
        await queries.change(self.connection, endpoint.id, values)
        for name, value in values.items():
            setattr(endpoint, name, value)
        await self._record(action, endpoint)

    async def _record(self, action: str, endpoint: WebhookEndpoint) -> None:
        await access.record(
            self.connection,
            self.clock,
            actor=self.admission.actor,
            action=action,
            subject=str(endpoint.id),
            test=endpoint.test,
        )


def _stored(events: Sequence[EventType] | None) -> str:
    """A filter as it is stored: each type between two blanks."""
    return ALL if events is None else f" {' '.join(sorted(set(events)))} "


def _enabled() -> dict[str, Any]:
    well = {"failures": 0, "failing_since": None, "blocked_until": None, "last_error": None}
    return {"state": EndpointState.ENABLED, "state_reason": None, **well}


def _disabled() -> dict[str, Any]:
    return {"state": EndpointState.DISABLED, "state_reason": "caller"}
