"""The types of events, and the identity and order of events. Pure."""

from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from property_alert_notification.base.clock import first_id_of
from property_alert_notification.base.vocabulary import DeliveryState


class EventType(StrEnum):
    """The types of events that an endpoint may want."""

    NOTIFICATION_SENT = "notification.sent"
    """A provider took it on one channel."""
    NOTIFICATION_DELIVERED = "notification.delivered"
    """The provider reported that it arrived."""
    NOTIFICATION_FAILED = "notification.failed"
    """It is not retried any more on this channel, or it bounced."""
    NOTIFICATION_SUPPRESSED = "notification.suppressed"
    """It must not be sent on this channel, for the reason."""
    NOTIFICATION_EXPIRED = "notification.expired"
    """It was not sent on this channel before its expiry."""
    NOTIFICATION_CANCELLED = "notification.cancelled"
    """It was cancelled before it was sent on this channel."""
    RECIPIENT_OPTED_OUT = "recipient.opted_out"
    """A user said no: by a link, a page, a word by SMS, or through your own service."""
    RECIPIENT_OPTED_IN = "recipient.opted_in"
    """A user said yes again."""
    RECIPIENT_BOUNCED = "recipient.bounced"
    """Messages to a user's address bounce: it is on the suppression list now."""
    RECIPIENT_COMPLAINED = "recipient.complained"
    """A user marked a message as spam: the address is on the suppression list now."""
    WEBHOOK_TEST = "webhook.test"
    """The event of the call `test`. It goes to one endpoint, whatever its filter is."""


TYPE_OF_STATE = {
    DeliveryState.SENT: EventType.NOTIFICATION_SENT,
    DeliveryState.DELIVERED: EventType.NOTIFICATION_DELIVERED,
    DeliveryState.FAILED: EventType.NOTIFICATION_FAILED,
    DeliveryState.SUPPRESSED: EventType.NOTIFICATION_SUPPRESSED,
    DeliveryState.EXPIRED: EventType.NOTIFICATION_EXPIRED,
    DeliveryState.CANCELLED: EventType.NOTIFICATION_CANCELLED,
}
"""The type of the event that a delivery reached this state."""

STATE_OF_TYPE = {type_: state for state, type_ in TYPE_OF_STATE.items()}

_VERSIONS = {EventType.NOTIFICATION_DELIVERED: 2, EventType.NOTIFICATION_FAILED: 3}


def version_of(type_: str, at: datetime) -> int:
    """The place of an event among those of one notification and channel, or of one user: the highest is the newest.

    A delivery may go from sent to delivered to failed, never back, and all its other ends are final. Events of users
    are in the order of their time.
    """
    if type_.startswith("notification."):
        return _VERSIONS.get(EventType(type_), 1)
    return int(at.timestamp()) * 1_000_000 + at.microsecond


def event_id(type_: EventType, subject: UUID | str, at: datetime) -> UUID:
    """The id of an event, which contains its time as every UUIDv7 does.

    It is the same whenever the same event is recorded again: an event is stored once.
    """
    digest = int.from_bytes(sha256(f"{type_} {subject} {at.isoformat()}".encode()).digest()[:10])
    low, ticks = digest & ((1 << 62) - 1), digest >> 62 & 0xFFF
    return UUID(int=first_id_of(at).int | 0x7 << 76 | ticks << 64 | 0b10 << 62 | low)
