"""What the store knows of older alerts about the same home, whose facts a newer one may have to tell."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import FromClause, case, false, func, not_, or_, select

from property_alert_notification.base.vocabulary import Channel, DeliveryState
from property_alert_notification.database import BatchStatement, Script, Statement, columns_of, table_of
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.deliveries.states import COLLECTED, WAITING
from property_alert_notification.homes.alerts.before_sending.overtaking import OUT, REPLACED, Older
from property_alert_notification.homes.alerts.before_sending.stored.scripts import (
    ENDS,
    LOOKS_UP,
    ON_CHANNEL,
    StoredAlert,
    on_channel,
    tells_of,
)
from property_alert_notification.homes.alerts.models import Alert
from property_alert_notification.notifications.models import Notification

_alerts, _deliveries, _notifications = table_of(Alert), table_of(Delivery), table_of(Notification)
_older, _own = _alerts.alias("older"), _alerts.alias("own")
_is_out = func.coalesce(_deliveries.c.state.in_(OUT) | (_deliveries.c.unknowns > 0), false())
_is_replaced = (_deliveries.c.state == DeliveryState.SUPPRESSED) & _deliveries.c.reason_code.in_(sorted(REPLACED))


# No two alerts about one listing have the same facts: a fact that happens again has another key.
_SAYS_THE_SAME = (_older.c.facts == _own.c.facts) & (_older.c.listing_id != _own.c.listing_id)


def _older_of(newer: FromClause) -> Any:
    waits = or_(_deliveries.c.state.in_((*WAITING, *COLLECTED)), _is_replaced, LOOKS_UP)
    return (
        select(
            newer.c.notification_id,
            _older.c.notification_id,
            _older.c.listing_id,
            _older.c.sequence,
            _is_out,
            func.coalesce(_is_replaced, false()),
            ENDS,
            case((_is_out & _SAYS_THE_SAME, _older.c.details)),
        )
        # An alert about one home has one row, whatever listing of the home the older ones are about.
        .join(_own, (_own.c.notification_id == newer.c.notification_id) & (_own.c.person == newer.c.person))
        .join(
            _older,
            tells_of(_older, newer.c.listing_id, newer.c.person) & (_older.c.sequence < newer.c.sequence),
        )
        .join(_notifications, _notifications.c.id == _older.c.notification_id)
        .outerjoin(_deliveries, (_deliveries.c.notification_id == _older.c.notification_id) & ON_CHANNEL)
        .where(or_(_is_out, waits & not_(ENDS)))
    )


_OLDER = BatchStatement(columns_of(_alerts, "notification_id", "listing_id", "person", "sequence"), _older_of)


def older_alerts(
    alerts: Iterable[StoredAlert], channel: Channel, now: datetime
) -> Script[Mapping[UUID, Sequence[Older]]]:
    """For each of these alerts that has any, the older ones on this channel that are out, wait, or were replaced.

    Each is about one home; first alerts replace none.
    """
    newer = sorted((one.id, listing, one.person, one.sequence) for one in alerts for listing in one.with_older)
    if not newer:
        return {}
    found: dict[UUID, list[Older]] = {}
    for id_, *older in (yield Statement(_OLDER, newer, on_channel(channel, now))):
        found.setdefault(id_, []).append(Older._make(older))
    return found
