"""Writes down what came of claims, and what that means for their notifications."""

from collections.abc import Sequence
from uuid import UUID

from property_alert_notification.database import Script, StatementBatch
from property_alert_notification.deliveries import scripts as delivery_scripts
from property_alert_notification.deliveries.scripts import Settlement
from property_alert_notification.deliveries.states import UNFULFILLED
from property_alert_notification.notifications import scripts as notification_scripts


def settle(settlements: Sequence[Settlement]) -> Script[set[UUID]]:
    """Settle deliveries, and conclude the notifications of those that end unfulfilled; returns those that moved.

    Whose fence was raised meanwhile does not move: what happened to it is for its attempt only.
    """
    asks = delivery_scripts.settle(settlements)
    ended = [one.delivery_id for one in settlements if one.state in UNFULFILLED]
    if not ended:  # as nearly always: one statement, which needs no transaction around it
        return {row[0] for row in (yield StatementBatch(asks))}
    *others, move = asks
    # The deliveries first, as everybody else locks them.
    moved = yield move
    for ask in others:  # noqa: UP028 - a list would not take the rows that come back
        yield ask
    yield from notification_scripts.conclude(ended)
    return {row[0] for row in moved}
