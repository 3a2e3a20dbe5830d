"""Notifications over HTTP after their submission: list, read, change and cancel them."""

from dataclasses import asdict, replace
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.api.access.admission import Admission
from property_alert_notification.api.dependencies import ClockDep, DatabaseDep, KeyedRouter
from property_alert_notification.api.idempotency.calls import CallDep, json_answer
from property_alert_notification.api.idempotency.stored import Answer
from property_alert_notification.api.paging import next_cursor, start_of
from property_alert_notification.api.problems import documented
from property_alert_notification.base.vocabulary import Scope
from property_alert_notification.database import Database, is_row_fault
from property_alert_notification.notifications import changes, lists
from property_alert_notification.notifications.answers import (
    NotificationDetail,
    NotificationOutline,
    NotificationPage,
    NotificationSummary,
)
from property_alert_notification.notifications.damaged import cancel_damaged, refuse_change
from property_alert_notification.notifications.dependencies import MayRead, MayWrite, PlannerDep
from property_alert_notification.notifications.detail import read_detail, with_content, without_content
from property_alert_notification.notifications.lists import Found
from property_alert_notification.notifications.lookup import filters_of
from property_alert_notification.notifications.schemas import NotificationPatch, NotificationQuery

router = KeyedRouter("/notifications", "notifications")

NotificationId = Annotated[UUID, Path(description="The id of a notification.")]


_Changed = NotificationDetail | NotificationOutline


@router.get("", response_model=NotificationPage)
async def list_notifications(
    query: Annotated[NotificationQuery, Query()], admission: MayRead, database: DatabaseDep
) -> Response:
    """List notifications, the newest first: those that the caller submitted, or with the scope `admin` all.

    New notifications do not move items between pages. A page may be short or even empty: continue until `next` is null.
    """
    filters = replace(filters_of(query), **asdict(admission.visible))
    before = start_of(query.cursor)
    page = await lists.read_page(database, filters, before=before, limit=query.limit, read=_page)
    return json_answer(page, admission)


def _page(found: Found) -> NotificationPage:
    items = [NotificationSummary.model_validate(item) for item in found.items]
    return NotificationPage(items=items, next=next_cursor(found.next))


@router.get("/{notification_id}", response_model=NotificationDetail, responses=documented(404))
async def read_notification(notification_id: NotificationId, admission: MayRead, database: DatabaseDep) -> Response:
    """Read a notification with its deliveries, every attempt, and the reason of each decision."""
    return json_answer(await read_detail(database, notification_id, admission.visible), admission)


@router.patch("/{notification_id}", response_model=_Changed, responses=documented(404, 409))
async def change_notification(
    notification_id: NotificationId,
    body: NotificationPatch,
    admission: MayWrite,
    database: DatabaseDep,
    planner: PlannerDep,
) -> Response:
    """Change the content or the times of a notification. After sending has begun the call is answered 409.

    Only a key with the scope `notifications:read` is answered with content and addresses.
    """
    try:
        async with database.transaction() as connection:
            detail = await changes.change(connection, notification_id, body, admission, planner)
    except Exception as error:
        raise await refuse_change(database, notification_id, admission, error) from None
    return json_answer(_as_allowed(detail, admission), admission)


@router.post("/{notification_id}/cancel", response_model=_Changed, responses=documented(404, 409))
async def cancel_notification(
    notification_id: NotificationId,
    admission: MayWrite,
    database: DatabaseDep,
    clock: ClockDep,
    call: CallDep,
) -> Response:
    """Cancel a notification. After a 200 nothing is sent, except deliveries that are at a provider already.

    If nothing is left to cancel, the call is answered 409. Only a key with the scope `notifications:read` is answered
    with content and addresses.
    """
    detail: NotificationDetail

    async def cancel(connection: AsyncConnection) -> Answer:
        nonlocal detail
        detail = await changes.cancel(connection, notification_id, admission, now=clock.now())
        return Answer(HTTPStatus.OK, without_content(detail).model_dump_json())

    replayed = False
    try:
        answer, replayed = await call.once(admission, cancel)
    except Exception as error:
        # The conflict is not stored under the idempotency key: a repetition finds again that nothing is left to cancel.
        detail = await cancel_damaged(database, notification_id, admission, error, now=clock.now())
    if replayed:
        detail = await _as_answered(answer, notification_id, admission, database)
    return json_answer(_as_allowed(detail, admission), admission, replayed=replayed)


async def _as_answered(
    answer: Answer, notification_id: UUID, admission: Admission, database: Database
) -> NotificationDetail:
    """The stored answer of an earlier call; the current detail if the stored answer is unreadable."""
    try:
        kept = NotificationDetail.model_validate_json(answer.text)
        async with database.quick_reading() as connection:
            return await with_content(connection, kept, admission.visible)
    except Exception as error:
        if not is_row_fault(error):
            raise
        return await read_detail(database, notification_id, admission.visible)


def _as_allowed(detail: NotificationDetail, admission: Admission) -> _Changed:
    if Scope.NOTIFICATIONS_READ in admission.scopes:
        return detail
    return NotificationOutline.model_validate(detail)
