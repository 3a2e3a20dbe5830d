"""Releasing what was scheduled: when its time has come, a notification is planned like one that was just accepted."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.vocabulary import DeliveryState
from property_alert_notification.database import run_within
from property_alert_notification.deliveries import scripts as delivery_scripts
from property_alert_notification.deliveries.scripts import NewDelivery
from property_alert_notification.deliveries.states import kept_status
from property_alert_notification.notifications import queries
from property_alert_notification.notifications.create import Planner
from property_alert_notification.notifications.models import Notification
from property_alert_notification.notifications.plan import Planned, create_deliveries, plan
from property_alert_notification.notifications.stored_addresses import read_addresses
from property_alert_notification.people.preferences import scripts as preference_scripts
from property_alert_notification.people.preferences.rules import Preferences

AT_ONCE = 500
"""Notifications released in one transaction: short enough to be no pause for those who accept meanwhile."""


async def release_due(connection: AsyncConnection, planner: Planner) -> int:
    """Plan what fell due, each in one transaction only; returns how many there were, at most `AT_ONCE`."""
    due = await queries.take_due(connection, now=planner.clock.now(), limit=AT_ONCE)
    if due:
        await plan_now(connection, due, planner)
    return len(due)


async def release_these(connection: AsyncConnection, wanted: Collection[UUID], planner: Planner) -> int:
    """Plan those of these that fell due; returns how many those were."""
    due = await queries.take_these(connection, wanted, now=planner.clock.now())
    if due:
        await plan_now(connection, due, planner)
    return len(due)


async def plan_now(connection: AsyncConnection, scheduled: Sequence[Notification], planner: Planner) -> None:
    """Create the deliveries of scheduled notifications, which the caller has locked, by today's preferences."""
    users = {(notification.user_id, notification.test) for notification in scheduled}
    known = await run_within(connection, preference_scripts.preferences_of(users, default=planner.default_preferences))
    now = planner.clock.now()
    created = {
        notification.id: _create_deliveries(
            notification, known.get((notification.user_id, notification.test)), planner, now
        )
        for notification in scheduled
    }
    await delivery_scripts.add([delivery for theirs in created.values() for delivery in theirs]).run(connection)
    await queries.mark_planned(
        connection, ((id_, kept_status([delivery.state for delivery in theirs])) for id_, theirs in created.items())
    )


def _create_deliveries(
    notification: Notification, preferences: Preferences | None, planner: Planner, now: datetime
) -> list[NewDelivery]:
    expired = notification.expires_at is not None and notification.expires_at <= now
    return [
        create_deliveries(
            notification.id,
            _expire(planned) if expired else planned,
            urgent=notification.urgent,
            test=notification.test,
            now=now,
            new_id=planner.clock.new_id,
        )
        for planned in plan(
            read_addresses(notification.addresses), preferences, only=notification.asked_for, unused=planner.unused
        )
    ]


def _expire(planned: Planned) -> Planned:
    """Consent is checked before freshness: what must not be sent is suppressed, whenever."""
    if planned.state is DeliveryState.SUPPRESSED:
        return planned
    return replace(planned, state=DeliveryState.EXPIRED, reason=Reason(ReasonCode.EXPIRED))
