"""What the states of deliveries mean, taken alone and together. Pure.

queued, held ──> sending ─┬─> sent ──> delivered
                   ^      ├─> failed
                   │      ├─> retry_wait ─┐  the provider did not take it
                   │      ├─> unknown ────┤  it may have, or a lease ran out: once more, then failed
                   ├──────┼───────────────┘
                          └─> quarantined    it broke the worker five times: waits for a person
any open state ──> suppressed | expired | cancelled
"""

from collections.abc import Collection

from property_alert_notification.vocabulary import DeliveryState, NotificationStatus

WAITING = (DeliveryState.QUEUED, DeliveryState.HELD, DeliveryState.RETRY_WAIT, DeliveryState.UNKNOWN)
"""A worker may claim these once `due_at` has come."""

ENDED = (
    DeliveryState.SENT,
    DeliveryState.DELIVERED,
    DeliveryState.FAILED,
    DeliveryState.SUPPRESSED,
    DeliveryState.EXPIRED,
    DeliveryState.CANCELLED,
)
"""Nothing more is done for these."""

_BEST_FIRST = (
    (DeliveryState.DELIVERED, NotificationStatus.DELIVERED),
    (DeliveryState.SENT, NotificationStatus.SENT),
    (DeliveryState.FAILED, NotificationStatus.FAILED),
    (DeliveryState.EXPIRED, NotificationStatus.EXPIRED),
    (DeliveryState.SUPPRESSED, NotificationStatus.SUPPRESSED),
    (DeliveryState.CANCELLED, NotificationStatus.CANCELLED),
)


def status_of(states: Collection[DeliveryState]) -> NotificationStatus:
    """The status of a notification with deliveries in these states.

    `scheduled` while there are none yet, `pending` while any is open, else the best end that one of them reached.
    """
    if not states:
        return NotificationStatus.SCHEDULED
    if any(state not in ENDED for state in states):
        return NotificationStatus.PENDING
    return next(status for state, status in _BEST_FIRST if state in states)
