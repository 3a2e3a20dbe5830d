"""The log of an endpoint, as callers see it."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.feedback.webhooks import queries
from property_alert_notification.feedback.webhooks.schemas import AttemptPublic, WebhookDeliveryPublic


async def page_of_log(
    connection: AsyncConnection, endpoint: UUID, *, state: str | None, below: UUID | None, limit: int
) -> tuple[list[WebhookDeliveryPublic], UUID | None]:
    """A page, the newest event first, and the event below which the next page begins."""
    rows, next_below = await queries.log_of(connection, endpoint, state=state, below=below, limit=limit)
    ids = [row.event_id for row in rows]
    events = await queries.events(connection, ids)
    failed = await queries.failed_attempts(connection, endpoint, ids)
    items = [_public(row, events[row.event_id], failed.get(row.event_id, [])) for row in rows if row.event_id in events]
    return items, next_below


def _public(row: Any, event: Any, failed: list[Any]) -> WebhookDeliveryPublic:
    return WebhookDeliveryPublic(
        event_id=event.id,
        webhook_id=f"msg_{event.id.hex}",
        type=event.type,
        at=event.at,
        notification_id=event.notification_id,
        state=row.state,
        attempts=row.attempts,
        next_attempt_at=row.due_at,
        last_attempt_at=row.last_attempt_at,
        last_status=row.last_status,
        last_error=row.last_error,
        last_milliseconds=row.last_milliseconds,
        failed_attempts=[
            AttemptPublic(at=one.at, status=one.status, error=one.error, milliseconds=one.milliseconds)
            for one in failed
        ],
    )
