"""Schedules over HTTP."""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.api.access.admission import Admission
from property_alert_notification.api.dependencies import ClockDep, DatabaseDep, KeyedRouter
from property_alert_notification.api.idempotency.calls import CallDep, IdempotentCall, as_read, json_answer
from property_alert_notification.api.idempotency.stored import Answer
from property_alert_notification.api.paging import next_cursor, page_of, start_of
from property_alert_notification.api.problems import documented
from property_alert_notification.base.vocabulary import Scope
from property_alert_notification.notifications.dependencies import MayRead, MayWrite, PlannerDep
from property_alert_notification.notifications.schedules import changes, queries
from property_alert_notification.notifications.schedules.answers import outline, public, summary
from property_alert_notification.notifications.schedules.models import Schedule
from property_alert_notification.notifications.schedules.occurrences import zones_of
from property_alert_notification.notifications.schedules.queries import ScheduleFilters
from property_alert_notification.notifications.schedules.schemas import (
    Occurrences,
    OccurrencesQuery,
    ScheduleCreate,
    ScheduleCreated,
    ScheduleOutline,
    SchedulePage,
    SchedulePatch,
    SchedulePublic,
    ScheduleQuery,
)
from property_alert_notification.people.dependencies import AddressRulesDep

router = KeyedRouter("/schedules", "schedules")

ScheduleId = Annotated[UUID, Path(description="The id of a schedule.")]

_Changed = SchedulePublic | ScheduleOutline


@router.post("", status_code=HTTPStatus.CREATED, response_model=ScheduleCreated, responses=documented(404, 409))
async def create_schedule(
    body: ScheduleCreate,
    admission: MayWrite,
    rules: AddressRulesDep,
    planner: PlannerDep,
    call: CallDep,
) -> Response:
    """Create a schedule, which submits a notification at each local time of a rule.

    Each notification has the id of the schedule. A local time that the change to summer time skips moves forward; one
    that is repeated in autumn counts once.
    """
    # Searching two centuries may take a tenth of a second. A thread keeps the event loop free for other callers.
    await asyncio.to_thread(changes.final_of, body.rrule, body.start)

    async def create(connection: AsyncConnection) -> Answer:
        schedule = await changes.create(connection, body, admission, rules, planner)
        shown = outline(schedule).model_dump_json(include={"id", "state", "used_time_zone", "next_at"})
        return Answer(HTTPStatus.CREATED, shown)

    answer, replayed = await call.once(admission, create, asked=body)
    # An idempotency key outlives the schedule, so the stored answer contains no content and no addresses.
    told = b"%b,%b" % (as_read(body)[:-1], answer.text.encode()[1:])
    return json_answer(told, admission, status_code=answer.status_code, replayed=replayed)


@router.get("", response_model=SchedulePage)
async def list_schedules(
    query: Annotated[ScheduleQuery, Query()], admission: MayRead, database: DatabaseDep, planner: PlannerDep
) -> Response:
    """List schedules, the newest first: those that the caller created, or with the scope `admin` all."""
    visible = admission.visible
    filters = ScheduleFilters(query.user_id, query.state, visible.caller, visible.test)
    before = start_of(query.cursor)
    async with database.reading() as connection:
        found = await queries.listed(connection, filters, before=before, limit=query.limit + 1)
        zones = await zones_of(connection, {(one.user_id, one.test) for one in found}, planner)
    page, last = page_of(found, query.limit)
    answer = SchedulePage(items=[summary(one, zones) for one in page], next=next_cursor(last))
    return json_answer(answer, admission)


@router.get("/{schedule_id}", response_model=SchedulePublic, responses=documented(404))
async def read_schedule(
    schedule_id: ScheduleId, admission: MayRead, database: DatabaseDep, planner: PlannerDep
) -> Response:
    """Read one schedule. `GET /api/v1/notifications?schedule_id=` lists its notifications."""
    async with database.reading() as connection:
        schedule = changes.visible_one(await queries.get(connection, schedule_id), admission.visible)
        zones = await zones_of(connection, {(schedule.user_id, schedule.test)}, planner)
    return json_answer(public(schedule, zones), admission)


@router.get("/{schedule_id}/occurrences", responses=documented(404, 409))
async def list_occurrences(
    schedule_id: ScheduleId,
    query: Annotated[OccurrencesQuery, Query()],
    admission: MayRead,
    database: DatabaseDep,
    planner: PlannerDep,
) -> Occurrences:
    """List the next occurrences of a schedule, with the offset of its zone; of a paused one, those it would have."""
    async with database.reading() as connection:
        schedule = changes.visible_one(await queries.get(connection, schedule_id), admission.visible)
        zones = await zones_of(connection, {(schedule.user_id, schedule.test)}, planner)
    return Occurrences(occurrences=changes.coming(schedule, zones, query.count, planner.clock.now()))


@router.patch("/{schedule_id}", response_model=_Changed, responses=documented(404, 409))
async def change_schedule(
    schedule_id: ScheduleId,
    body: SchedulePatch,
    admission: MayWrite,
    database: DatabaseDep,
    rules: AddressRulesDep,
    planner: PlannerDep,
) -> Response:
    """Change the content or the times of a schedule. Notifications that it has created stay as they are.

    Only a key with the scope `notifications:read` is answered with content and addresses.
    """
    if body.model_fields_set & {"rrule", "start"}:
        async with database.reading() as reader:
            before = changes.visible_one(await queries.get(reader, schedule_id), admission.visible)
        await asyncio.to_thread(changes.final_of, body.rrule or before.rrule, body.start or before.start)
    async with database.transaction() as connection:
        schedule = await changes.change(connection, schedule_id, body, admission, rules, planner)
    may_read = Scope.NOTIFICATIONS_READ in admission.scopes
    zones = {(schedule.user_id, schedule.test): schedule.used_zone}
    return json_answer(public(schedule, zones) if may_read else outline(schedule), admission)


@router.delete("/{schedule_id}", status_code=HTTPStatus.NO_CONTENT, responses=documented(404))
async def delete_schedule(schedule_id: ScheduleId, admission: MayWrite, database: DatabaseDep) -> None:
    """Delete a schedule. Notifications that it has created stay, and can be cancelled one by one."""
    async with database.transaction() as connection:
        await changes.remove(connection, schedule_id, admission.visible)


@router.post("/{schedule_id}/pause", response_model=ScheduleOutline, responses=documented(404, 409))
async def pause_schedule(schedule_id: ScheduleId, admission: MayWrite, clock: ClockDep, call: CallDep) -> Response:
    """Pause a schedule: it creates no notifications until it is resumed. A schedule that has ended is answered 409."""
    return await _answer(
        call, admission, lambda connection: changes.pause(connection, schedule_id, admission.visible, now=clock.now())
    )


@router.post("/{schedule_id}/resume", response_model=ScheduleOutline, responses=documented(404, 409))
async def resume_schedule(schedule_id: ScheduleId, admission: MayWrite, planner: PlannerDep, call: CallDep) -> Response:
    """Resume a paused or quarantined schedule at its next occurrence. A schedule that has ended is answered 409.

    Occurrences within the pause are skipped.
    """
    return await _answer(
        call, admission, lambda connection: changes.resume(connection, schedule_id, admission.visible, planner)
    )


async def _answer(
    call: IdempotentCall,
    admission: Admission,
    change: Callable[[AsyncConnection], Awaitable[Schedule]],
) -> Response:
    async def work(connection: AsyncConnection) -> Answer:
        return Answer(HTTPStatus.OK, outline(await change(connection)).model_dump_json())

    return await call.answer(admission, work)
