"""Releasing what was scheduled: when its time has come, a notification is planned like one that was just accepted."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.vocabulary import Channel, DeliveryState
from property_alert_notification.database import run_within
from property_alert_notification.deliveries import scripts as delivery_scripts
from property_alert_notification.deliveries.scripts import NewDelivery
from property_alert_notification.deliveries.states import kept_status
from property_alert_notification.notifications import queries
from property_alert_notification.notifications.create import Planner
from property_alert_notification.notifications.models import Notification
from property_alert_notification.notifications.plan import Planned, create_delivery, plan
from property_alert_notification.notifications.stored_addresses import read_addresses
from property_alert_notification.people.decide import Message
from property_alert_notification.people.person import UNKNOWN, Person
from property_alert_notification.people.scripts import people_of

AT_ONCE = 500
"""Notifications released in one transaction: short enough not to delay accepting."""


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
    """Create the deliveries of scheduled notifications, which the caller has locked, as their users want it today."""
    categories = planner.categories()
    messages = (
        ((one.user_id, one.test), Message(channel, categories.of(one.category), urgent=one.urgent))
        for one in scheduled
        for channel in read_addresses(one.addresses) or Channel
    )
    known = await run_within(connection, people_of(messages, default=planner.default_preferences))
    now = planner.clock.now()
    created = {
        notification.id: _deliveries_of(
            notification, known.get((notification.user_id, notification.test), UNKNOWN), planner, now
        )
        for notification in scheduled
    }
    await delivery_scripts.add([delivery for theirs in created.values() for delivery in theirs]).run(connection)
    await queries.mark_planned(
        connection, ((id_, kept_status([delivery.state for delivery in theirs])) for id_, theirs in created.items())
    )


def _deliveries_of(notification: Notification, person: Person, planner: Planner, now: datetime) -> list[NewDelivery]:
    expired = notification.expires_at is not None and notification.expires_at <= now
    planned = plan(
        read_addresses(notification.addresses),
        person,
        planner.categories().of(notification.category),
        urgent=notification.urgent,
        only=notification.asked_for,
        now=now,
        unused=planner.unused,
    )
    return [
        create_delivery(
            notification.id,
            _expire(one) if expired else one,
            urgent=notification.urgent,
            test=notification.test,
            now=now,
            new_id=planner.clock.new_id,
        )
        for one in planned
    ]


def _expire(planned: Planned) -> Planned:
    """Consent is checked before freshness: what must not be sent is suppressed, whenever."""
    if planned.state is DeliveryState.SUPPRESSED:
        return planned
    reason = Reason(ReasonCode.EXPIRED)
    return replace(planned, state=DeliveryState.EXPIRED, reason=reason, due_at=None, held_by=None)
