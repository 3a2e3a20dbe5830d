"""Replaces invalid values in the damaged rows of a notification, so that the rows can be shown. Pure.

Besides values of a wrong type, words become null that this version does not know. Repaired rows are only shown: they
are never stored, and no decision uses them.
"""

from collections.abc import Collection

from property_alert_notification.base.errors import UnreadableRow
from property_alert_notification.base.reasons import ReasonCode
from property_alert_notification.base.vocabulary import Channel, DeliveryState, NotificationStatus, Outcome
from property_alert_notification.database import repaired
from property_alert_notification.deliveries.models import Attempt, Delivery
from property_alert_notification.notifications.models import Notification
from property_alert_notification.notifications.stored_addresses import read_addresses


def repaired_notification(notification: Notification) -> Notification:
    """A notification with known words and values of the right types."""
    shown = repaired(notification)
    shown.channels = known_channels(shown.channels)
    shown.look_up = known_channels(shown.look_up)
    shown.addresses = shown.addresses if _are_addresses(shown.addresses) else None
    shown.status = shown.status if shown.status in list(NotificationStatus) else None
    return shown


def _are_addresses(text: str | None) -> bool:
    try:
        read_addresses(text)
    except UnreadableRow:
        return False
    return True


def repaired_deliveries(deliveries: Collection[Delivery]) -> list[Delivery]:
    """The deliveries with a known channel. One with an unknown state is shown as quarantined, with the reason."""
    shown = [repaired(delivery) for delivery in deliveries]
    for delivery in shown:
        if delivery.state not in list(DeliveryState):
            delivery.state, delivery.reason_code = DeliveryState.QUARANTINED, ReasonCode.ROW_UNREADABLE
    return [delivery for delivery in shown if delivery.channel in list(Channel)]


def repaired_attempts(attempts: Collection[Attempt]) -> list[Attempt]:
    """Attempts with a known outcome, or without one."""
    shown = [repaired(attempt) for attempt in attempts]
    for attempt in shown:
        attempt.outcome = attempt.outcome if attempt.outcome in list(Outcome) else None
    return shown


def known_channels(words: str | None) -> str | None:
    """The known channels among words separated by spaces; None if there are none."""
    known = [word for word in (words or "").split() if word in list(Channel)]
    return " ".join(known) or None
