"""The dependencies of the routes of notifications and schedules. The application sets them when it starts."""

from typing import Annotated, cast

from fastapi import Depends, Request

from property_alert_notification.api.access.admission import Admission
from property_alert_notification.api.dependencies import needs
from property_alert_notification.base.vocabulary import Scope
from property_alert_notification.notifications.acceptance import Acceptance
from property_alert_notification.notifications.create import Planner


async def _acceptance(request: Request) -> Acceptance:
    return cast(Acceptance, request.app.state.acceptance)


async def _planner(request: Request) -> Planner:
    return cast(Planner, request.app.state.planner)


AcceptanceDep = Annotated[Acceptance, Depends(_acceptance)]
PlannerDep = Annotated[Planner, Depends(_planner)]

MayRead = Annotated[Admission, needs(Scope.NOTIFICATIONS_READ)]
MayWrite = Annotated[Admission, needs(Scope.NOTIFICATIONS_WRITE)]
