"""Keeps why alerts were not sent when their notifications are deleted: `explain` says it while the history is kept.

For alerts that were sent the told ledger is enough.
"""

from collections.abc import Collection, Iterator, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.homes.alerts.outcomes import queries
from property_alert_notification.homes.alerts.outcomes.alerts import TellingDelivery, by_alert, outcomes_of_alerts
from property_alert_notification.homes.alerts.outcomes.queries import EndedAlert, EndedUnsent
from property_alert_notification.homes.alerts.outcomes.words import Outcome


async def keep_unsent(connection: AsyncConnection, notifications: Collection[UUID]) -> None:
    """Store what became of those alerts of these notifications, which have all ended, that were not sent."""
    alerts = await queries.not_sent(connection, notifications)
    rows = await queries.deliveries_about(connection, {(one.listing_id, one.person) for one in alerts})
    await queries.keep(connection, list(ended_unsent(alerts, rows)))


def ended_unsent(alerts: Sequence[EndedAlert], rows: Sequence[TellingDelivery]) -> Iterator[EndedUnsent]:
    """Those of these alerts that ended unsent; `rows` are the deliveries of all alerts about their homes."""
    became = outcomes_of_alerts(by_alert(rows))
    for one in alerts:
        # No call can ask for an alert about a listing that is not kept any more.
        its = became.get(((one.listing_id, one.person), one.notification_id))
        if its is not None and its.outcome in (Outcome.NOT_TOLD, Outcome.REJECTED):
            code, parameters = (None, None) if its.why is None else (its.why.code.value, its.why.stored)
            yield EndedUnsent(one, its.channel, code, parameters)
