"""Notifications over HTTP, once they were handed over: ask what became of them, change them, take them back."""

from http import HTTPStatus
from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.access.gate import Admission
from property_alert_notification.dependencies import ClockDep, DatabaseDep, needs
from property_alert_notification.idempotency.calls import IdempotencyKey, answer_call
from property_alert_notification.idempotency.queries import Answer
from property_alert_notification.notifications import changes, lists
from property_alert_notification.notifications.cursor import from_cursor, to_cursor
from property_alert_notification.notifications.lists import Filters
from property_alert_notification.notifications.schemas import (
    NotificationPage,
    NotificationPatch,
    NotificationQuery,
    NotificationStory,
    NotificationSummary,
)
from property_alert_notification.notifications.story import tell
from property_alert_notification.preferences.rules import Wishes
from property_alert_notification.problems import documented
from property_alert_notification.vocabulary import Scope

router = APIRouter(prefix="/notifications", tags=["notifications"], responses=documented(401, 403, 413, 422, 429, 503))

NotificationId = Annotated[UUID, Path(description="Of a notification, as the answer that accepted it has it.")]


async def _default_wishes(request: Request) -> Wishes | None:
    return cast(Wishes | None, request.app.state.default_wishes)


@router.get("/", include_in_schema=False, dependencies=[needs(Scope.NOTIFICATIONS_READ)])
@router.get("", response_model=NotificationPage, dependencies=[needs(Scope.NOTIFICATIONS_READ)])
async def list_notifications(query: Annotated[NotificationQuery, Query()], database: DatabaseDep) -> Response:
    """List notifications, the newest first.

    Pages stay as they are while others come in. A page may be short, or even empty: go on until `next` is null.
    """
    filters = Filters(**query.model_dump(exclude={"limit", "cursor"}))
    before = None if query.cursor is None else from_cursor(query.cursor)
    found = await database.look(lists.find(filters, before=before, limit=query.limit))
    items = [NotificationSummary.model_validate(item) for item in found.items]
    return _written(NotificationPage(items=items, next=None if found.next is None else to_cursor(found.next)))


@router.get("/{notification_id}/", include_in_schema=False, dependencies=[needs(Scope.NOTIFICATIONS_READ)])
@router.get(
    "/{notification_id}",
    response_model=NotificationStory,
    responses=documented(404),
    dependencies=[needs(Scope.NOTIFICATIONS_READ)],
)
async def read_notification(notification_id: NotificationId, database: DatabaseDep) -> Response:
    """The whole story of a notification: its deliveries, every attempt, and the reason of each decision."""
    return _written(await tell(database, notification_id))


def _written(answer: BaseModel) -> Response:
    """As JSON, once: FastAPI would check again what was made here."""
    return Response(answer.model_dump_json(), media_type="application/json")


@router.patch("/{notification_id}/", include_in_schema=False, dependencies=[needs(Scope.NOTIFICATIONS_WRITE)])
@router.patch("/{notification_id}", responses=documented(404, 409), dependencies=[needs(Scope.NOTIFICATIONS_WRITE)])
async def change_notification(
    notification_id: NotificationId,
    body: NotificationPatch,
    database: DatabaseDep,
    clock: ClockDep,
    default_wishes: Annotated[Wishes | None, Depends(_default_wishes)],
) -> NotificationStory:
    """Change what a notification says, or when it is sent, until sending it begins; 409 from then on."""
    async with database.transaction() as connection:
        return await changes.change(connection, notification_id, body, clock, default_wishes=default_wishes)


@router.post("/{notification_id}/cancel/", include_in_schema=False)
@router.post("/{notification_id}/cancel", response_model=NotificationStory, responses=documented(404, 409))
async def cancel_notification(
    request: Request,
    notification_id: NotificationId,
    admission: Annotated[Admission, needs(Scope.NOTIFICATIONS_WRITE)],
    clock: ClockDep,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Take a notification back: after a 200 nothing of it is sent any more, but for what is on the wire already.

    409 when nothing is left to cancel.
    """

    async def cancel(connection: AsyncConnection) -> Answer:
        story = await changes.cancel(connection, notification_id, now=clock.now())
        return Answer(HTTPStatus.OK, story.model_dump_json())

    return await answer_call(request, admission, idempotency_key, cancel)
