"""The events of notifications whose deliveries end when they are planned. Pure."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from property_alert_notification.base.vocabulary import DeliveryState
from property_alert_notification.deliveries.records import NewDelivery
from property_alert_notification.deliveries.states import ENDED
from property_alert_notification.events.new_event import NewEvent, about_delivery

_End = tuple[UUID, DeliveryState, str | None, str | None]


def events_of_planned(
    notification: UUID,
    status: str | None,
    deliveries: Sequence[NewDelivery],
    *,
    caller: str | None,
    test: bool,
    at: datetime,
) -> list[NewEvent]:
    """The events of a notification that is planned now: its deliveries that end at once, or itself if it has none.

    `status` is that of its row.
    """
    ends: list[_End] = [(one.id, one.state, one.channel, one.reason_code) for one in deliveries if one.state in ENDED]
    if not deliveries and status in _STATES:
        ends = [(notification, DeliveryState(status), None, None)]
    return [
        about_delivery(
            id_,
            state,
            at,
            notification=notification,
            channel=channel,
            reason_code=reason_code,
            caller=caller,
            test=test,
        )
        for id_, state, channel, reason_code in ends
    ]


_STATES = frozenset[str](ENDED)
