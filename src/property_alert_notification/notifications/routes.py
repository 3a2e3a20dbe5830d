"""Notifications over HTTP: hand one over, and ask what became of it."""

from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse

from property_alert_notification.dependencies import DatabaseDep
from property_alert_notification.notifications.acceptance import Acceptance
from property_alert_notification.notifications.schemas import (
    NotificationAccepted,
    NotificationCreate,
    NotificationStory,
)
from property_alert_notification.notifications.story import tell
from property_alert_notification.problems import documented

router = APIRouter(prefix="/notifications", tags=["notifications"], responses=documented(404, 413, 422, 503))


async def _acceptance(request: Request) -> Acceptance:
    return cast(Acceptance, request.app.state.acceptance)


@router.post("", include_in_schema=False)
@router.post("/", response_model=NotificationAccepted)
async def schedule_notification(
    body: NotificationCreate, acceptance: Annotated[Acceptance, Depends(_acceptance)]
) -> JSONResponse:
    """Hand over one notification. The answer means that it is on our disk, and that we will try to deliver it."""
    accepted = await acceptance.accept(body)
    echo = body.model_dump(mode="json", exclude_unset=True)
    return JSONResponse({**echo, "id": str(accepted.id), "status": accepted.status})


@router.get("/{notification_id}/", include_in_schema=False)
@router.get("/{notification_id}")
async def read_notification(notification_id: UUID, database: DatabaseDep) -> NotificationStory:
    """The whole story of a notification: its deliveries, every attempt, and the reason of each decision."""
    return await tell(database, notification_id)
