"""Webhooks over HTTP: endpoints, their logs and replays."""

from http import HTTPStatus
from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import Depends, Path, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.api.access.admission import Admission
from property_alert_notification.api.dependencies import ClockDep, DatabaseDep, KeyedRouter, needs
from property_alert_notification.api.document.webhook_examples import NO_WEBHOOK
from property_alert_notification.api.idempotency.calls import CallDep, json_answer
from property_alert_notification.api.idempotency.stored import Answer
from property_alert_notification.api.paging import next_cursor, start_of
from property_alert_notification.api.problems import documented
from property_alert_notification.base.vocabulary import Scope
from property_alert_notification.events.models import ALL, WebhookEndpoint
from property_alert_notification.feedback.webhooks import queries
from property_alert_notification.feedback.webhooks.log import page_of_log
from property_alert_notification.feedback.webhooks.schemas import (
    EndpointCreate,
    EndpointPage,
    EndpointPatch,
    EndpointPublic,
    EndpointWithSecret,
    ReplayRequest,
    ReplayResult,
    RotateRequest,
    TestEvent,
    WebhookDeliveryPage,
    WebhookDeliveryQuery,
)
from property_alert_notification.feedback.webhooks.service import WebhookRules, WebhookService

router = KeyedRouter("/webhooks", "webhooks")

_MayRead = Annotated[Admission, needs(Scope.WEBHOOKS_READ)]
_MayWrite = Annotated[Admission, needs(Scope.WEBHOOKS_WRITE)]
_Id = Annotated[UUID, Path(description="The webhook.")]


async def _rules(request: Request) -> WebhookRules:
    return cast(WebhookRules, request.app.state.webhook_rules)


RulesDep = Annotated[WebhookRules, Depends(_rules)]


@router.post("", status_code=HTTPStatus.CREATED, response_model=EndpointWithSecret, responses=documented(409))
async def create_webhook(
    body: EndpointCreate, admission: _MayWrite, clock: ClockDep, rules: RulesDep, call: CallDep
) -> Response:
    """Create an endpoint. It gets every event that happens after the answer, at least once, in no certain order.

    The secret in the answer is shown this once. A key without `admin` gets the events of the notifications that it
    submitted, and all events of users.
    """

    async def create(connection: AsyncConnection) -> Answer:
        endpoint = await WebhookService(connection, clock, admission, rules).create(body)
        return Answer(HTTPStatus.CREATED, _sealed(endpoint))

    answer, replayed = await call.once(admission, create, asked=body)
    return _with_secret(answer, admission, rules, replayed=replayed)


@router.get("")
async def list_webhooks(admission: _MayRead, database: DatabaseDep) -> EndpointPage:
    """List the endpoints of the caller; with `admin` those of all callers."""
    async with database.reading() as connection:
        found = await queries.visible_to(connection, admission.visible)
    return EndpointPage(items=[public(one) for one in found])


@router.get("/{webhook_id}", responses=documented(404))
async def read_webhook(webhook_id: _Id, admission: _MayRead, database: DatabaseDep) -> EndpointPublic:
    """Show an endpoint, whether it fails, and since when."""
    async with database.reading() as connection:
        found = await queries.find(connection, webhook_id, admission.visible)
    if found is None:
        raise NO_WEBHOOK
    return public(found)


@router.patch("/{webhook_id}", responses=documented(404))
async def change_webhook(
    webhook_id: _Id,
    body: EndpointPatch,
    admission: _MayWrite,
    database: DatabaseDep,
    clock: ClockDep,
    rules: RulesDep,
) -> EndpointPublic:
    """Change an endpoint. `enabled` ends a pause, and events that wait are sent."""
    async with database.transaction() as connection:
        return public(await WebhookService(connection, clock, admission, rules).change(webhook_id, body))


@router.delete("/{webhook_id}", status_code=HTTPStatus.NO_CONTENT, responses=documented(404))
async def delete_webhook(
    webhook_id: _Id, admission: _MayWrite, database: DatabaseDep, clock: ClockDep, rules: RulesDep
) -> None:
    """Delete an endpoint. What waits for it is not sent."""
    async with database.transaction() as connection:
        await WebhookService(connection, clock, admission, rules).delete(webhook_id)


@router.post("/{webhook_id}/rotate", response_model=EndpointWithSecret, responses=documented(404, 409))
async def rotate_webhook_secret(
    webhook_id: _Id, body: RotateRequest, admission: _MayWrite, clock: ClockDep, rules: RulesDep, call: CallDep
) -> Response:
    """Replace the secret. For `overlap_hours` every event has two signatures, by the new secret and by the old one."""

    async def rotate(connection: AsyncConnection) -> Answer:
        endpoint = await WebhookService(connection, clock, admission, rules).rotate(webhook_id, body)
        return Answer(HTTPStatus.OK, _sealed(endpoint))

    answer, replayed = await call.once(admission, rotate, asked=body)
    return _with_secret(answer, admission, rules, replayed=replayed)


@router.post("/{webhook_id}/test", response_model=TestEvent, responses=documented(404, 409))
async def test_webhook(
    webhook_id: _Id, admission: _MayWrite, clock: ClockDep, rules: RulesDep, call: CallDep
) -> Response:
    """Send an event `webhook.test` to an endpoint, whatever its filter is. Its log shows the result."""

    async def test(connection: AsyncConnection) -> Answer:
        event = await WebhookService(connection, clock, admission, rules).test(webhook_id)
        return Answer(HTTPStatus.OK, TestEvent(event_id=event, webhook_id=f"msg_{event.hex}").model_dump_json())

    return await call.answer(admission, test)


@router.get("/{webhook_id}/deliveries", responses=documented(404))
async def list_webhook_deliveries(
    webhook_id: _Id, query: Annotated[WebhookDeliveryQuery, Query()], admission: _MayRead, database: DatabaseDep
) -> WebhookDeliveryPage:
    """List what was sent to an endpoint and what waits for it, the newest first. The log goes back for some days."""
    below = start_of(query.cursor)
    async with database.reading() as connection:
        if await queries.find(connection, webhook_id, admission.visible) is None:
            raise NO_WEBHOOK
        items, below = await page_of_log(connection, webhook_id, state=query.state, below=below, limit=query.limit)
    return WebhookDeliveryPage(items=items, next=next_cursor(below))


@router.post("/{webhook_id}/replay", response_model=ReplayResult, responses=documented(404, 409))
async def replay_webhook(
    webhook_id: _Id, body: ReplayRequest, admission: _MayWrite, clock: ClockDep, rules: RulesDep, call: CallDep
) -> Response:
    """Send events of a period again, up to 10,000 in one call. Each keeps its `webhook-id`."""

    async def replay(connection: AsyncConnection) -> Answer:
        result = await WebhookService(connection, clock, admission, rules).replay(webhook_id, body)
        return Answer(HTTPStatus.OK, result.model_dump_json())

    return await call.answer(admission, replay, asked=body)


def public(endpoint: WebhookEndpoint) -> EndpointPublic:
    """An endpoint as callers see it."""
    return EndpointPublic(**_fields(endpoint))


def _fields(endpoint: WebhookEndpoint) -> dict[str, Any]:
    fields = endpoint.model_dump(exclude={"secret", "previous_secret", "events", "previous_until"})
    events = None if endpoint.events == ALL else endpoint.events.split()
    return {**fields, "events": events, "previous_secret_until": endpoint.previous_until}


def _sealed(endpoint: WebhookEndpoint) -> str:
    """The answer with the encrypted secret: as such it is stored under the idempotency key of the call."""
    return EndpointWithSecret(**_fields(endpoint), secret=endpoint.secret).model_dump_json()


def _with_secret(answer: Answer, admission: Admission, rules: WebhookRules, *, replayed: bool) -> Response:
    shown = EndpointWithSecret.model_validate_json(answer.text)
    shown.secret = rules.secrets.open(shown.secret) or ""
    return json_answer(shown, admission, status_code=answer.status_code, replayed=replayed)
