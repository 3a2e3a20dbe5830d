"""Makes settlements, and writes them down together with what they mean for their notifications."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from property_alert_notification.base.reasons import Reason
from property_alert_notification.base.vocabulary import DeliveryState, Outcome
from property_alert_notification.database import Script, StatementBatch
from property_alert_notification.deliveries import scripts as delivery_scripts
from property_alert_notification.deliveries.models import Attempt
from property_alert_notification.deliveries.scripts import Claim, Settlement
from property_alert_notification.deliveries.states import UNFULFILLED
from property_alert_notification.notifications import scripts as notification_scripts


def settle(settlements: Sequence[Settlement]) -> Script[set[UUID]]:
    """Settle deliveries, and conclude the notifications of those that end unfulfilled; returns those that moved.

    If the fence of a delivery has changed, `settle` ends the attempt but does not move the delivery. It is a
    transaction of its own.
    """
    if not settlements or _unfulfilled(settlements):
        return (yield from settle_within(settlements))
    # As nearly always: one statement, which needs no transaction around it.
    return {row[0] for row in (yield StatementBatch(delivery_scripts.settle(settlements)))}


def settle_within(settlements: Sequence[Settlement]) -> Script[set[UUID]]:
    """Settle as a part of a larger transaction."""
    if not settlements:
        return set()
    *others, move = delivery_scripts.settle(settlements)
    # The deliveries first: every transaction locks them before attempts and notifications.
    moved = yield move
    for statement in others:  # noqa: UP028 - a list would not take the rows that come back
        yield statement
    if ended := _unfulfilled(settlements):
        yield from notification_scripts.conclude(ended)
    return {row[0] for row in moved}


def _unfulfilled(settlements: Sequence[Settlement]) -> list[UUID]:
    return [one.delivery_id for one in settlements if one.state in UNFULFILLED]


def postponed(
    claim: Claim, earlier: Sequence[Attempt], *, due_at: datetime, reason: Reason, now: datetime
) -> Settlement:
    """Give a claim back that was never submitted to a provider: it uses up no attempt. Pure."""
    unsure = any(attempt.outcome == Outcome.UNKNOWN for attempt in earlier)
    return Settlement(
        delivery_id=claim.delivery_id,
        fence=claim.fence,
        state=DeliveryState.UNKNOWN if unsure else DeliveryState.RETRY_WAIT,
        reason=reason,
        due_at=due_at,
        outcome=None,
        settled_at=now,
        counted=False,
        begun=False,
    )


def unsent(claim: Claim, state: DeliveryState, reason: Reason, *, now: datetime, begun: bool = True) -> Settlement:
    """End a claim without sending it; `begun` is False when it has an attempt, which is then deleted. Pure."""
    return Settlement(
        delivery_id=claim.delivery_id,
        fence=claim.fence,
        state=state,
        reason=reason,
        due_at=None,
        outcome=None,
        settled_at=now,
        begun=begun,
    )
