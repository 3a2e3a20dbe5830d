"""Accepts notifications over HTTP: one, or up to a thousand in a batch."""

import json
from typing import cast

from fastapi import Request, Response
from pydantic import ValidationError

from property_alert_notification.api.access.admission import Admission
from property_alert_notification.api.dependencies import LARGEST_BATCH, KeyedRouter, RecordsRoute, charge
from property_alert_notification.api.idempotency.calls import IdempotencyKey, as_read, json_answer
from property_alert_notification.api.idempotency.keys import CallKey, call_key, written_once
from property_alert_notification.api.problems import contents_of, documented, invalid_request
from property_alert_notification.base.errors import FieldsMissing, InvalidField, RequestError
from property_alert_notification.base.times import local
from property_alert_notification.base.vocabulary import Scope
from property_alert_notification.channels.address_rules import AddressRules
from property_alert_notification.notifications.acceptance import Acceptance
from property_alert_notification.notifications.addresses import for_tests, looked_up, stored_addresses
from property_alert_notification.notifications.dependencies import AcceptanceDep, MayWrite
from property_alert_notification.notifications.draft import Accepted
from property_alert_notification.notifications.refusals import EITHER, why_unreachable
from property_alert_notification.notifications.schemas import (
    BatchItem,
    NotificationAccepted,
    NotificationBatch,
    NotificationBatchAnswer,
    NotificationCreate,
    WrongItem,
)
from property_alert_notification.notifications.submission import Submission
from property_alert_notification.people.dependencies import AddressRulesDep

PATH = "/api/v1/notifications"

router = KeyedRouter("/notifications", "notifications", 409)
batch_router = KeyedRouter("/notifications", "notifications", 409, max_body_size=LARGEST_BATCH, route=RecordsRoute)


def submission_of(
    body: NotificationCreate, rules: AddressRules, *, caller: str | None = None, test: bool = False
) -> Submission | RequestError:
    """Convert a request body into a submission, or into the error that refuses it."""
    try:
        look_up = looked_up(body, rules)
        addresses = stored_addresses(body, rules)
    except (InvalidField, FieldsMissing) as fault:
        return fault
    if test and look_up:
        addresses, look_up = addresses | for_tests(look_up), []
    if not look_up and (unreachable := why_unreachable(addresses, body.channels)) is not None:
        return unreachable
    if body.send_at is not None and body.send_at_local is not None:
        return EITHER
    return Submission(
        body.user_id,
        body.title,
        body.message,
        addresses,
        body.category,
        body.reference,
        body.urgent,
        body.send_at,
        body.expires_at,
        body.channels,
        caller,
        test,
        look_up,
        None if body.send_at_local is None else local(body.send_at_local),
    )


async def submit(
    body: NotificationCreate,
    admission: Admission,
    acceptance: Acceptance,
    rules: AddressRules,
    idempotency_key: str | None,
) -> tuple[bytes, bool]:
    """Accept one notification; returns the answer as JSON, and whether it is that of an earlier call.

    Raises:
        RequestError: the notification is not accepted.
    """
    _check_urgent(body, admission)
    echo = _echo(body)
    key = call_key(admission.owner, idempotency_key, method="POST", path=PATH, body=echo, user_id=body.user_id)
    submission = submission_of(body, rules, caller=admission.caller, test=admission.test)
    accepted = await acceptance.accept(submission, key)
    encoded = b'%b,"id":"%b","status":"%b"}' % (echo[:-1], str(accepted.id).encode(), accepted.status.encode())
    return encoded, accepted.replayed


@router.post("/", response_model=NotificationAccepted, responses=documented(404))
async def schedule_notification(
    body: NotificationCreate,
    admission: MayWrite,
    acceptance: AcceptanceDep,
    rules: AddressRulesDep,
    idempotency_key: IdempotencyKey,
) -> Response:
    """Submit one notification. A 2xx means that it is stored on disk, and that each delivery is tried at least once."""
    encoded, replayed = await submit(body, admission, acceptance, rules, idempotency_key)
    return json_answer(encoded, admission, replayed=replayed)


@batch_router.post("/batch", response_model=NotificationBatchAnswer)
async def schedule_notifications(
    request: Request,
    body: NotificationBatch,
    admission: MayWrite,
    acceptance: AcceptanceDep,
    rules: AddressRulesDep,
    idempotency_key: IdempotencyKey,
) -> Response:
    """Submit up to a thousand notifications in one transaction.

    There is one result per notification, in the same order. An invalid notification does not affect the others.
    Each counts as one call towards the rate of the API key, and may have an idempotency key of its own.
    """
    admission = await charge(request, admission, items="notifications", count=len(body.notifications))
    key = None
    if idempotency_key is not None:
        asked = b"[%b]" % b",".join(_as_read(item) for item in body.notifications)
        key = call_key(admission.owner, idempotency_key, method="POST", path=f"{PATH}/batch", body=asked)
    submitted = [_of_item(item, admission, rules) for item in body.notifications]
    answer, replayed = await acceptance.accept_all(submitted, key, _encode_results)
    return json_answer(answer, admission, replayed=replayed)


def _as_read(item: BatchItem | WrongItem) -> bytes:
    if isinstance(item, BatchItem):
        return as_read(item)
    try:
        return written_once(item.given)
    except RecursionError:
        return b"too deep"


def _of_item(
    item: BatchItem | WrongItem, admission: Admission, rules: AddressRules
) -> tuple[Submission | RequestError, CallKey | None] | RequestError | ValidationError:
    if isinstance(item, WrongItem):
        return item.error
    try:
        _check_urgent(item, admission)
        # The fingerprint of a call with this item alone: a caller may repeat an item as a single call, and the reverse.
        echo = _echo(item)
        key = call_key(admission.owner, item.idempotency_key, method="POST", path=PATH, body=echo, user_id=item.user_id)
    except RequestError as fault:
        return fault
    return submission_of(item, rules, caller=admission.caller, test=admission.test), key


def _check_urgent(body: NotificationCreate, admission: Admission) -> None:
    if body.urgent:
        admission.require(Scope.NOTIFICATIONS_URGENT)


def _echo(body: NotificationCreate) -> bytes:
    return body.__pydantic_serializer__.to_json(body, exclude_unset=True, exclude={"idempotency_key"})


def _encode_results(results: list[Accepted | Exception]) -> str:
    return json.dumps(
        {"results": [_describe_result(result) for result in results]}, ensure_ascii=False, separators=(",", ":")
    )


def _describe_result(result: Accepted | Exception) -> dict[str, object]:
    if isinstance(result, Accepted):
        return {"id": str(result.id), "status": result.status}
    if isinstance(result, ValidationError):
        return {"error": invalid_request(result)}
    return {"error": contents_of(cast(RequestError, result))}
