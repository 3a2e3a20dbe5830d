"""The step of the script that claims which holds what is paused."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    FromClause,
    String,
    Update,
    bindparam,
    or_,
    select,
    update,
)

# SQLite has the same ON CONFLICT syntax as PostgreSQL.
from property_alert_notification.base.vocabulary import DeliveryState
from property_alert_notification.database import (
    BatchStatement,
    Statement,
    columns_of,
    table_of,
    time_type,
    true_of_many,
)
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.deliveries.queries import REASON, reason_values
from property_alert_notification.deliveries.queues import is_claimable
from property_alert_notification.deliveries.states import Event, after
from property_alert_notification.notifications.models import Notification
from property_alert_notification.operators.pauses.rules import held_by_pause, reason_of

_deliveries = table_of(Delivery)
_notifications = table_of(Notification)
_now = bindparam("now", type_=time_type())


def _hold_these(wanted: FromClause) -> Update:
    category = bindparam("category", type_=String)
    stopped = (
        select(_deliveries.c.id)
        .join(_notifications, _notifications.c.id == _deliveries.c.notification_id)
        .where(
            _deliveries.c.id.in_(select(wanted.c.id)),
            true_of_many(is_claimable(), or_(category.is_(None), _notifications.c.category == category)),
        )
        .with_for_update(of=_deliveries, skip_locked=True)
    )
    return (
        update(_deliveries)
        .where(_deliveries.c.id.in_(stopped.scalar_subquery()))
        .values(
            state=after(DeliveryState.QUEUED, Event.HELD),
            held_by=bindparam("holder", type_=String),
            **REASON,
            due_at=bindparam("until", type_=time_type()),
            published_at=None,
            changed_at=_now,
        )
    )


_HOLD = BatchStatement(columns_of(_deliveries, "id"), _hold_these)


def hold(wanted: Collection[UUID], name: str, *, category: str | None, now: datetime, until: datetime) -> Statement:
    """Hold those of these that a pause of this name stops, or those of one category: none is claimed sooner."""
    values = {
        "holder": held_by_pause(name),
        **reason_values(reason_of(name)),
        "category": category,
        "now": now,
        "until": until,
    }
    return Statement(_HOLD, zip(wanted, strict=True), values)
