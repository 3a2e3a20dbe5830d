"""Which price changes the user saw in a digest although its alert was submitted before them, on a batch.

A digest is brought up to date when it is sent: it shows the price of then.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import FromClause, select
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.vocabulary import DeliveryState
from property_alert_notification.database import BatchStatement, columns_of, table_of, true_of_many
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.homes.alerts.models import Alert
from property_alert_notification.homes.alerts.news import IN_RANGE
from property_alert_notification.homes.alerts.stored_keys import parts_of
from property_alert_notification.homes.listings.models import ListingChange
from property_alert_notification.homes.reso.words import ChangeType
from property_alert_notification.notifications.models import Notification

MARGIN = timedelta(minutes=1)
"""How long before a digest a change is made that is certainly in it, and before an alert one that may not be in it: the
matcher comes to a change a moment after it was made, and clocks differ."""

_TELL_OF_PRICES = frozenset({ChangeType.NEW_LISTING, ChangeType.PRICE_CHANGE, IN_RANGE})
"""An alert with one of these facts shows the price of the moment when it is sent."""

SentChange = tuple[UUID, int, int]
"""A listing, a person, and the number of a change of the listing."""

_alerts, _changes = table_of(Alert), table_of(ListingChange)
_deliveries, _notifications = table_of(Delivery), table_of(Notification)


def _digests_after(wanted: FromClause) -> Any:
    return (
        select(
            wanted.c.listing_id,
            wanted.c.person,
            wanted.c.sequence,
            _alerts.c.facts,
            _notifications.c.accepted_at,
            _changes.c.made_at,
            _notifications.c.digest_at,
            _deliveries.c.changed_at,
        )
        .select_from(wanted)
        .join(_changes, _changes.c.sequence == wanted.c.sequence)
        .join(
            _alerts,
            (_alerts.c.listing_id == wanted.c.listing_id)
            & (_alerts.c.person == wanted.c.person)
            & true_of_many(_alerts.c.sequence < wanted.c.sequence),
        )
        .join(_notifications, _notifications.c.id == _alerts.c.notification_id)
        .join(_deliveries, _deliveries.c.notification_id == _alerts.c.notification_id)
        .where(
            true_of_many(
                _notifications.c.digest_at.is_not(None),
                _deliveries.c.state.in_((DeliveryState.SENT, DeliveryState.DELIVERED)),
            )
        )
    )


_DIGESTS_AFTER = BatchStatement(columns_of(_alerts, "listing_id", "person", "sequence"), _digests_after)


async def shown_in_digests(connection: AsyncConnection, wanted: Collection[SentChange]) -> set[SentChange]:
    """Those of these changes that came between an alert and its digest, which showed the person their price."""
    if not wanted:
        return set()
    rows = await _DIGESTS_AFTER.run(connection, sorted(wanted))
    return {
        (listing, person, sequence)
        for listing, person, sequence, facts, accepted_at, made_at, planned_at, settled_at in rows
        # A digest may be made earlier than planned, and be settled long after it was written.
        if accepted_at - MARGIN <= made_at <= min(planned_at, settled_at) - MARGIN
        and not _TELL_OF_PRICES.isdisjoint(key.partition("/")[0] for key in parts_of(facts))
    }
