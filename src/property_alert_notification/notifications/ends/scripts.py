"""Records what became of deliveries, for the webhook endpoints that want to know."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select

from property_alert_notification.base.vocabulary import DeliveryState
from property_alert_notification.database import BatchStatement, Script, Statement, as_rows, columns_of, table_of
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.deliveries.states import ENDED
from property_alert_notification.events.event_types import EventType
from property_alert_notification.events.new_event import about_delivery, about_user
from property_alert_notification.events.scripts import IS_ANYONE_LISTENING, record
from property_alert_notification.notifications.models import Notification
from property_alert_notification.people.suppressions.rules import SuppressionReason
from property_alert_notification.people.suppressions.scripts import Added, key_of

_deliveries = table_of(Delivery)
_notifications = table_of(Notification)

_ENDS = BatchStatement(
    columns_of(_deliveries, "id"),
    lambda ended: (
        select(
            _deliveries.c.id,
            _deliveries.c.state,
            _deliveries.c.notification_id,
            _deliveries.c.channel,
            _deliveries.c.reason_code,
            _deliveries.c.test,
            _notifications.c.caller,
        )
        .join(_notifications, _notifications.c.id == _deliveries.c.notification_id)
        .where(_deliveries.c.id.in_(select(ended.c.id)))
    ),
)


def record_ends(deliveries: Collection[UUID], *, at: datetime) -> Script[None]:
    """Record the events that these deliveries, which this transaction has moved, reached their end states."""
    rows = yield Statement(_ENDS, as_rows(deliveries))
    events = [
        about_delivery(
            id_,
            DeliveryState(state),
            at,
            notification=notification,
            channel=channel,
            reason_code=reason_code,
            caller=caller,
            test=test,
        )
        for id_, state, notification, channel, reason_code, test, caller in rows
        if state in ENDED
    ]
    yield from record(events)


class Refusal(NamedTuple):
    """A delivery whose provider refused its address, or reported it, which makes an entry of the suppression list."""

    delivery: UUID
    channel: str
    reason: SuppressionReason
    entry: tuple[str, ...]
    """`key_of` the entry."""


_TYPES = {
    SuppressionReason.HARD_BOUNCE: EventType.RECIPIENT_BOUNCED,
    SuppressionReason.SOFT_BOUNCE: EventType.RECIPIENT_BOUNCED,
    SuppressionReason.COMPLAINT: EventType.RECIPIENT_COMPLAINED,
    SuppressionReason.STOP: EventType.RECIPIENT_OPTED_OUT,
    SuppressionReason.UNSUBSCRIBE: EventType.RECIPIENT_OPTED_OUT,
}

_USERS = BatchStatement(
    columns_of(_deliveries, "id"),
    lambda wanted: (
        select(_deliveries.c.id, _notifications.c.user_id, _deliveries.c.test)
        .join(_notifications, _notifications.c.id == _deliveries.c.notification_id)
        .where(_deliveries.c.id.in_(select(wanted.c.id)), IS_ANYONE_LISTENING)
    ),
)


def record_refusals(refusals: Sequence[Refusal], added: Added, *, at: datetime) -> Script[None]:
    """Record that addresses of users bounce, or that users complained or opted out, when an endpoint wants to know.

    Of `added` the entries are new or extended: a refusal of an address that is on the list already is no event. The
    reason of a decision is its source, as in its consent record, by whichever way it came.
    """
    entries = {key_of(entry): entry.id for entry in added.entries}
    sources = {key: record.source for key, record in added.records.items()}
    new = [one for one in refusals if one.reason in _TYPES and one.entry in entries]
    if not new:
        return
    rows = yield Statement(_USERS, as_rows({one.delivery for one in new}))
    users = {delivery: (user_id, test) for delivery, user_id, test in rows}
    events = [
        about_user(
            _TYPES[one.reason],
            user[0],
            at,
            subject=entries[one.entry],
            channel=one.channel,
            reason_code=sources.get(one.entry, one.reason),
            test=user[1],
        )
        for one in new
        if (user := users.get(one.delivery)) is not None
    ]
    yield from record(list({event.id: event for event in events}.values()))
