"""Quarantined deliveries over HTTP: list, read, replay and discard them."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.api.access.admission import Admission
from property_alert_notification.api.dependencies import ClockDep, DatabaseDep, KeyedRouter, Operator
from property_alert_notification.api.idempotency.calls import CallDep, IdempotentCall
from property_alert_notification.api.idempotency.stored import Answer
from property_alert_notification.api.problems import documented
from property_alert_notification.base.clock import Clock
from property_alert_notification.operators.quarantine.cases import list_cases, show_case
from property_alert_notification.operators.quarantine.queries import Case
from property_alert_notification.operators.quarantine.schemas import (
    QuarantineCase,
    QuarantinedDelivery,
    QuarantinePage,
    QuarantineQuery,
)
from property_alert_notification.operators.quarantine.service import QuarantineService

router = KeyedRouter("/quarantine", "administration")

DeliveryId = Annotated[UUID, Path(description="The id of a delivery.")]


@router.get("")
async def list_quarantine(
    query: Annotated[QuarantineQuery, Query()], admission: Operator, database: DatabaseDep
) -> QuarantinePage:
    """List quarantined deliveries, the newest first, without address and message."""
    return await list_cases(database, cursor=query.cursor, limit=query.limit, test=admission.visible.test)


@router.get("/{delivery_id}", responses=documented(404))
async def read_quarantined(delivery_id: DeliveryId, admission: Operator, database: DatabaseDep) -> QuarantineCase:
    """Read one quarantined delivery with all its attempts."""
    return await show_case(database, delivery_id, test=admission.visible.test)


@router.post("/{delivery_id}/replay", response_model=QuarantinedDelivery, responses=documented(404, 409))
async def replay_quarantined(delivery_id: DeliveryId, admission: Operator, clock: ClockDep, call: CallDep) -> Response:
    """Replay a quarantined delivery: it is sent again at once. A delivery that is not quarantined is answered 409.

    Consent, expiry and cancellation are looked at anew. It is quarantined again after five more attempts that break.
    """
    return await _decide(call, admission, clock, lambda service: service.replay(delivery_id))


@router.post("/{delivery_id}/discard", response_model=QuarantinedDelivery, responses=documented(404, 409))
async def discard_quarantined(delivery_id: DeliveryId, admission: Operator, clock: ClockDep, call: CallDep) -> Response:
    """Discard a quarantined delivery: it ends as failed. A delivery that is not quarantined is answered 409."""
    return await _decide(call, admission, clock, lambda service: service.discard(delivery_id))


async def _decide(
    call: IdempotentCall,
    admission: Admission,
    clock: Clock,
    decision: Callable[[QuarantineService], Awaitable[Case]],
) -> Response:
    async def work(connection: AsyncConnection) -> Answer:
        case = await decision(QuarantineService(connection, clock, admission.actor, test=admission.visible.test))
        return Answer(HTTPStatus.OK, QuarantinedDelivery.model_validate(case).model_dump_json())

    return await call.answer(admission, work)
