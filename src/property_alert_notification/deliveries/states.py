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

UNFULFILLED = (DeliveryState.FAILED, DeliveryState.EXPIRED, DeliveryState.SUPPRESSED, DeliveryState.CANCELLED)
"""Ends that reached nobody. Whoever moves a delivery here sees to its notification's own status."""

TAKEN_BACK = "its caller took it back"
"""Why a delivery is cancelled."""

TOO_LATE = "it expired before it could be sent"
"""Why one is expired."""

BEST_FIRST = (
    (DeliveryState.DELIVERED, NotificationStatus.DELIVERED),
    (DeliveryState.SENT, NotificationStatus.SENT),
    (DeliveryState.FAILED, NotificationStatus.FAILED),
    (DeliveryState.EXPIRED, NotificationStatus.EXPIRED),
    (DeliveryState.SUPPRESSED, NotificationStatus.SUPPRESSED),
    (DeliveryState.CANCELLED, NotificationStatus.CANCELLED),
)

KEPT = {status for state, status in BEST_FIRST if state in UNFULFILLED} | {NotificationStatus.SCHEDULED}
"""What a notification's own row says; every other status is told by its deliveries alone."""


def status_of(states: Collection[DeliveryState]) -> NotificationStatus:
    """The status of a notification with deliveries in these states.

    `scheduled` while there are none yet, `pending` while any is open, else the best end that one of them reached.
    """
    if not states:
        return NotificationStatus.SCHEDULED
    if any(state not in ENDED for state in states):
        return NotificationStatus.PENDING
    return next(status for state, status in BEST_FIRST if state in states)


def status_from(kept: str | None, states: Collection[DeliveryState]) -> NotificationStatus:
    """The status of a notification whose own row says `kept`: it is the deliveries' word that counts, if there are any.

    One that was cancelled before it was planned has none.
    """
    return status_of(states) if states or kept is None else NotificationStatus(kept)


def kept_status(states: Collection[DeliveryState]) -> NotificationStatus | None:
    """What the row of a notification says itself: an end that reached nobody. Or nothing, and it need not change."""
    status = status_of(states)
    return status if status in KEPT else None
