"""Steps of the scripts that end digests and apply reports: statements about digests and their items, on batches."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import FromClause, SmallInteger, Text, Update, bindparam, case, literal, select, update

from property_alert_notification.base.reasons import ReasonCode
from property_alert_notification.base.vocabulary import DeliveryState
from property_alert_notification.database import (
    BatchStatement,
    Script,
    Statement,
    as_rows,
    columns_of,
    table_of,
    time_type,
    true_of_many,
)
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.deliveries.states import FOLLOWED
from property_alert_notification.events.scripts import IS_ANYONE_LISTENING
from property_alert_notification.notifications.models import Notification

_deliveries = table_of(Delivery)
_notifications = table_of(Notification)
_now = bindparam("now", type_=time_type())
_PLACES = {state: place for place, state in enumerate(FOLLOWED)}
_MAY_FOLLOW = _deliveries.c.state.in_([literal(state.value) for state in FOLLOWED[:-1]])

_STATES_OF = BatchStatement(
    columns_of(_notifications, "id"),
    lambda wanted: select(_deliveries.c.notification_id, _deliveries.c.state).where(
        _deliveries.c.notification_id.in_(select(wanted.c.id))
    ),
)


def states_of(digests: Collection[UUID]) -> Script[dict[UUID, str]]:
    """The delivery state of each of these digests."""
    return {row[0]: row[1] for row in (yield Statement(_STATES_OF, as_rows(digests)))}


def _end_these(ended: FromClause) -> Update:
    # An item that another transaction ends at this moment is found as collected, and compared again after its commit.
    is_before = case(_PLACES, value=_deliveries.c.state) < ended.c.place
    return (
        update(_deliveries)
        .where(
            _deliveries.c.held_by == ended.c.holder,
            true_of_many(_deliveries.c.reason_code == ReasonCode.IN_DIGEST, _MAY_FOLLOW, is_before),
        )
        .values(state=ended.c.ended_as, changed_at=_now)
        .returning(_deliveries.c.id, _deliveries.c.state, IS_ANYONE_LISTENING)
    )


_END = BatchStatement({"holder": Text(), "ended_as": Text(), "place": SmallInteger()}, _end_these)
_FIRST_END = 1
"""The place of an end that is not followed: items that have ended do not follow it."""


def end(ended: Iterable[tuple[str, DeliveryState]], *, now: datetime) -> Script[tuple[list[tuple[UUID, str]], bool]]:
    """End the items of digests whose delivery ended in this state. The `held_by` of its items names each digest.

    Items that have ended follow a report about their digest: from sent to delivered, or to failed. Returns the items
    that moved with their states, and whether events are recorded for an endpoint.
    """
    # Always in the same order, or two processes wait for each other.
    ordered = [(holder, state, _PLACES.get(state, _FIRST_END)) for holder, state in sorted(ended)]
    rows = yield Statement(_END, ordered, {"now": now})
    return [(row[0], row[1]) for row in rows], any(row[2] for row in rows)
