"""Alerts that wait for approval, over HTTP."""

from collections.abc import Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.api.access.admission import Admission
from property_alert_notification.api.dependencies import ClockDep, DatabaseDep, KeyedRouter
from property_alert_notification.api.idempotency.calls import CallDep, IdempotentCall, json_answer
from property_alert_notification.api.idempotency.stored import Answer
from property_alert_notification.api.paging import next_cursor, start_of
from property_alert_notification.api.problems import Problem, contents_of, documented
from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import RequestError
from property_alert_notification.base.vocabulary import Approval
from property_alert_notification.homes.alerts.approvals import queries
from property_alert_notification.homes.alerts.approvals.schemas import (
    AlertDecided,
    AlertNotDecided,
    AllApprovalsQuery,
    ApprovalAnswer,
    ApprovalDecision,
    ApprovalPage,
    ApprovalQuery,
    WaitingAlert,
)
from property_alert_notification.homes.alerts.approvals.service import decide
from property_alert_notification.homes.saved_searches import queries as saved_searches
from property_alert_notification.homes.saved_searches.changes import found
from property_alert_notification.homes.saved_searches.dependencies import MayRead, MayWrite
from property_alert_notification.notifications.look_ups.rules import deadline_of
from property_alert_notification.notifications.models import Notification
from property_alert_notification.people.categories.routes import CacheDep
from property_alert_notification.people.categories.rules import LISTING_ALERT
from property_alert_notification.people.dependencies import UserId

router = KeyedRouter("/users/{user_id}/approvals", "searches")
all_router = KeyedRouter("/approvals", "searches")


async def _message_ttl(request: Request, cache: CacheDep) -> timedelta:
    return cache.current().of(LISTING_ALERT).message_ttl or cast(timedelta, request.app.state.message_ttl)


@router.get("", response_model=ApprovalPage, responses=documented(404))
async def list_approvals(
    user_id: UserId,
    query: Annotated[ApprovalQuery, Query()],
    admission: MayRead,
    database: DatabaseDep,
    ttl: Annotated[timedelta, Depends(_message_ttl)],
) -> Response:
    """List the alerts to a user that wait for approval, the newest first: those of searches with `ConciergeYN`."""
    async with database.reading() as connection:
        search = None
        if query.SavedSearchKey is not None:
            search = found(await saved_searches.find(connection, user_id, query.SavedSearchKey)).number
        before = start_of(query.cursor)
        ids = await queries.page(connection, user_id, search=search, before=before, limit=query.limit + 1)
        answer = await _page(connection, ids, query.limit, ttl)
    return json_answer(answer, admission)


@all_router.get("", response_model=ApprovalPage)
async def list_all_approvals(
    query: Annotated[AllApprovalsQuery, Query()],
    admission: MayRead,
    database: DatabaseDep,
    ttl: Annotated[timedelta, Depends(_message_ttl)],
) -> Response:
    """List the alerts to all users that wait for approval, the oldest first: these expire first."""
    async with database.reading() as connection:
        ids = await queries.oldest(
            connection,
            query.user_id,
            made=(query.accepted_after, query.accepted_before),
            after=start_of(query.cursor),
            limit=query.limit + 1,
        )
        answer = await _page(connection, ids, query.limit, ttl)
    return json_answer(answer, admission)


async def _page(connection: AsyncConnection, ids: Sequence[UUID], limit: int, ttl: timedelta) -> ApprovalPage:
    """The page with these alerts; `ids` has one more than `limit` when another page follows."""
    page = ids[:limit]
    waiting = await queries.notifications_of(connection, page)
    keys = await queries.keys_of(connection, page)
    return ApprovalPage(
        items=[_public(waiting[id_], keys[id_], ttl) for id_ in page if id_ in waiting],
        next=next_cursor(page[-1] if len(ids) > limit else None),
    )


@router.post("/approve", response_model=ApprovalAnswer, responses=documented(409))
async def approve_alerts(
    user_id: UserId, body: ApprovalDecision, admission: MayWrite, clock: ClockDep, call: CallDep
) -> Response:
    """Approve up to 1,000 alerts to a user: they are sent like any others.

    Preferences, quiet hours, caps and the home itself are looked at right before sending. An alert that was approved
    before stays as it is.
    """
    return await _decide(user_id, body, Approval.APPROVED, admission, clock, call)


@router.post("/reject", response_model=ApprovalAnswer, responses=documented(409))
async def reject_alerts(
    user_id: UserId, body: ApprovalDecision, admission: MayWrite, clock: ClockDep, call: CallDep
) -> Response:
    """Reject up to 1,000 alerts to a user: they are not sent. An alert that was rejected before stays as it is."""
    return await _decide(user_id, body, Approval.REJECTED, admission, clock, call)


@all_router.post("/approve", response_model=ApprovalAnswer, responses=documented(409))
async def approve_alerts_of_all(
    body: ApprovalDecision, admission: MayWrite, clock: ClockDep, call: CallDep
) -> Response:
    """Approve up to 1,000 alerts, whichever users they are to: they are sent like any others.

    Preferences, quiet hours, caps and the home itself are looked at right before sending. An alert that was approved
    before stays as it is.
    """
    return await _decide(None, body, Approval.APPROVED, admission, clock, call)


@all_router.post("/reject", response_model=ApprovalAnswer, responses=documented(409))
async def reject_alerts_of_all(body: ApprovalDecision, admission: MayWrite, clock: ClockDep, call: CallDep) -> Response:
    """Reject up to 1,000 alerts, whichever users they are to: they are not sent.

    An alert that was rejected before stays as it is.
    """
    return await _decide(None, body, Approval.REJECTED, admission, clock, call)


async def _decide(
    user_id: int | None,
    body: ApprovalDecision,
    decision: Approval,
    admission: Admission,
    clock: Clock,
    call: IdempotentCall,
) -> Response:
    async def work(connection: AsyncConnection) -> Answer:
        failed = await decide(connection, user_id, body.ids, decision, actor=admission.actor, clock=clock)
        answer = ApprovalAnswer(results=[_result(id_, failed[id_], decision) for id_ in body.ids])
        return Answer(HTTPStatus.OK, answer.model_dump_json(exclude_none=True))

    return await call.answer(admission, work, asked=body)


def _result(id_: UUID, error: RequestError | None, decision: Approval) -> AlertDecided | AlertNotDecided:
    if error is not None:
        return AlertNotDecided(id=id_, error=Problem(**contents_of(error)))
    return AlertDecided(id=id_, status="approved" if decision is Approval.APPROVED else "rejected")


def _public(one: Notification, keys: list[UUID], ttl: timedelta) -> WaitingAlert:
    return WaitingAlert(
        id=one.id,
        user_id=one.user_id,
        ListingKey=one.reference,
        SavedSearchKeys=keys,
        title=one.title,
        message=one.message,
        accepted_at=one.accepted_at,
        expires_at=deadline_of(one, ttl),
        digest_at=one.digest_at,
    )
