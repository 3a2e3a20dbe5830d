"""An event to record. Pure."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from property_alert_notification.base.vocabulary import DeliveryState
from property_alert_notification.events.event_types import TYPE_OF_STATE, EventType, event_id


class NewEvent(NamedTuple):
    """An event to record. It holds no address and no text of a message."""

    id: UUID
    type: EventType
    at: datetime
    test: bool
    caller: str | None = None
    notification_id: UUID | None = None
    channel: str | None = None
    reason_code: str | None = None
    user_id: int | None = None
    category: str | None = None


def about_delivery(
    delivery: UUID,
    state: DeliveryState,
    at: datetime,
    *,
    notification: UUID,
    channel: str | None,
    reason_code: str | None,
    caller: str | None,
    test: bool,
) -> NewEvent:
    """The event that a delivery reached an end state.

    For a notification that ended without deliveries `delivery` is its own id, and it has no channel.
    """
    type_ = TYPE_OF_STATE[state]
    return NewEvent(event_id(type_, delivery, at), type_, at, test, caller, notification, channel, reason_code)


def about_user(
    type_: EventType,
    user_id: int,
    at: datetime,
    *,
    subject: UUID,
    channel: str | None = None,
    category: str | None = None,
    reason_code: str | None = None,
    test: bool = False,
) -> NewEvent:
    """An event `recipient.…`; `subject` is the id of the row that it is about, such as a consent record.

    An event with the same type, subject, user and time is recorded once. A row about an address may concern many users.
    """
    return NewEvent(
        event_id(type_, f"{subject} {user_id}", at),
        type_,
        at,
        test,
        channel=channel,
        reason_code=reason_code,
        user_id=user_id,
        category=category,
    )
