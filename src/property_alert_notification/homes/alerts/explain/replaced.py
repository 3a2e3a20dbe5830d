"""Which alerts told the facts of those that they replaced right before they were sent. Pure."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from property_alert_notification.base.vocabulary import DeliveryState
from property_alert_notification.homes.alerts.before_sending.overtaking import OUT, REPLACED
from property_alert_notification.homes.alerts.explain.queries import AlertDelivery


def told_by(one: AlertDelivery, alerts: Sequence[AlertDelivery]) -> UUID | None:
    """The alert that told what this delivery was to tell: the first newer one that went out on its channel.

    None if a newer one did not replace it, or none went out. `alerts` are all about the home, the newest first.
    """
    if not _is_replaced(one):
        return None
    return next((newer.notification_id for newer in reversed(_newer(one, alerts)) if newer.state in OUT), None)


def _newer(one: AlertDelivery, alerts: Iterable[AlertDelivery]) -> list[AlertDelivery]:
    """The deliveries on the same channel of newer alerts that tell of the home, in the order of `alerts`."""
    return [
        each
        for each in alerts
        # Those whose addresses are looked up may get one on this channel.
        if each.sequence > one.sequence and each.channel in (one.channel, None) and each.left_out is None
    ]


def _is_replaced(one: AlertDelivery) -> bool:
    return one.state == DeliveryState.SUPPRESSED and one.reason_code in REPLACED
