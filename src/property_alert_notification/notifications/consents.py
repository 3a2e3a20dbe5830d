"""`GET /notifications/{id}/consents`: which consent record allowed each message of a notification.

Nothing is stored for this: the records that were valid when the message was claimed are read when somebody asks.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Path
from pydantic import BaseModel, ConfigDict

from property_alert_notification.api.dependencies import DatabaseDep, KeyedRouter
from property_alert_notification.api.problems import documented
from property_alert_notification.base.errors import NotFound
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.deliveries import queries as deliveries
from property_alert_notification.deliveries.models import Attempt, Delivery
from property_alert_notification.notifications import queries
from property_alert_notification.notifications.dependencies import MayRead
from property_alert_notification.notifications.detail import NO_SUCH_NOTIFICATION
from property_alert_notification.notifications.models import Notification
from property_alert_notification.people.consent import queries as consents
from property_alert_notification.people.consent.models import ConsentRecord
from property_alert_notification.people.consent.rules import ConsentDecision
from property_alert_notification.people.dependencies import SubjectsDep
from property_alert_notification.people.suppressions.subjects import Subjects

router = KeyedRouter("/notifications/{notification_id}/consents", "notifications")

_MOST_RECORDS = 1_000
"""Records of a user that are read, the newest; few users have more than some."""


class AllowedBy(BaseModel):
    """The consent behind one message."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    delivery_id: UUID
    channel: Channel
    claimed_at: datetime
    """When a worker claimed the newest attempt: the consent of this moment counted."""
    allowed_by: Literal["consent_record", "default"]
    """`default`: the user has no record about it, so the category's default, or that of the service, allowed it."""
    record_id: UUID | None
    source: str | None
    recorded_at: datetime | None


class AllowedMessages(BaseModel):
    """The consent behind the messages of a notification that were sent, or were tried."""

    items: list[AllowedBy]


@router.get("", responses=documented(404))
async def list_notification_consents(
    notification_id: Annotated[UUID, Path(description="The id of a notification.")],
    admission: MayRead,
    database: DatabaseDep,
    subjects: SubjectsDep,
) -> AllowedMessages:
    """Say which consent record allowed each message of a notification; messages that were never claimed are left out.

    `GET /api/v1/users/{user_id}/consents` has the whole record. What test keys change is not recorded.
    """
    async with database.reading() as connection:
        notification = await queries.get(connection, notification_id)
        if notification is None or not admission.visible.covers(notification.caller, test=notification.test):
            raise NotFound(NO_SUCH_NOTIFICATION)
        its_deliveries = await deliveries.of_notifications(connection, [notification_id])
        attempts = await deliveries.attempts_of(connection, [one.id for one in its_deliveries])
        about = _subjects(notification, its_deliveries, subjects)
        records = await consents.page(connection, about, limit=_MOST_RECORDS) if about and attempts else []
    claimed = {one.delivery_id: _claimed_at(one) for one in attempts}  # the newest attempt comes last
    return AllowedMessages(
        items=[
            _allowed(one, notification.category, claimed[one.id], records)
            for one in its_deliveries
            if one.id in claimed
        ]
    )


def _subjects(notification: Notification, its_deliveries: Iterable[Delivery], subjects: Subjects) -> list[str]:
    if notification.test:
        return []
    reached = [(Channel(one.channel), one.address) for one in its_deliveries if one.address]
    hashes = [one for channel, address in reached for one in subjects.of_address(channel, address)]
    return [*subjects.of_user(notification.user_id), *hashes]


def _claimed_at(attempt: Attempt) -> datetime:
    return attempt.claimed_at or attempt.started_at


def _allowed(delivery: Delivery, category: str, at: datetime, records: Sequence[ConsentRecord]) -> AllowedBy:
    record = basis_of(records, delivery.channel, category, at)
    return AllowedBy(
        delivery_id=delivery.id,
        channel=Channel(delivery.channel),
        claimed_at=at,
        allowed_by="default" if record is None else "consent_record",
        record_id=record and record.id,
        source=record and record.source,
        recorded_at=record and record.recorded_at,
    )


def basis_of(records: Sequence[ConsentRecord], channel: str, category: str, at: datetime) -> ConsentRecord | None:
    """The record that allowed a message at this moment: about its category, or else about its channel; None if none.

    `records` are the newest first. Pure.
    """
    known = [one for one in records if one.recorded_at <= at and one.channel in ("", channel)]
    for its_category in (category, ""):
        newest = next((one for one in known if one.category == its_category), None)
        if newest is not None and newest.decision == ConsentDecision.OPTED_IN:
            return newest
    return None
