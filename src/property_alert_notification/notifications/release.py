"""Releasing what was scheduled: when its time has come, a notification is planned like one that was just accepted."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.vocabulary import Channel, DeliveryState
from property_alert_notification.database import run_within
from property_alert_notification.deliveries import scripts as delivery_scripts
from property_alert_notification.deliveries.scripts import NewDelivery
from property_alert_notification.deliveries.states import kept_status
from property_alert_notification.notifications import queries
from property_alert_notification.notifications.models import Notification
from property_alert_notification.notifications.plan import Planned, plan, promise
from property_alert_notification.notifications.stored_addresses import read_addresses
from property_alert_notification.people.preferences import scripts as preference_scripts
from property_alert_notification.people.preferences.rules import Preferences

AT_ONCE = 500
"""Notifications released in one transaction: short enough to be no pause for those who accept meanwhile."""


async def release_due(
    connection: AsyncConnection, clock: Clock, *, default_wishes: Preferences | None, unused: Collection[Channel]
) -> int:
    """Plan what fell due, each in one transaction only; returns how many there were, at most `AT_ONCE`."""
    due = await queries.take_due(connection, now=clock.now(), limit=AT_ONCE)
    if due:
        await plan_now(connection, due, clock, default_wishes=default_wishes, unused=unused)
    return len(due)


async def release_these(
    connection: AsyncConnection,
    wanted: Collection[UUID],
    clock: Clock,
    *,
    default_wishes: Preferences | None,
    unused: Collection[Channel],
) -> int:
    """Plan those of these that fell due; returns how many those were."""
    due = await queries.take_these(connection, wanted, now=clock.now())
    if due:
        await plan_now(connection, due, clock, default_wishes=default_wishes, unused=unused)
    return len(due)


async def plan_now(
    connection: AsyncConnection,
    scheduled: Sequence[Notification],
    clock: Clock,
    *,
    default_wishes: Preferences | None,
    unused: Collection[Channel],
) -> None:
    """Make the deliveries of scheduled notifications, which the caller has locked, from the wishes of this moment."""
    users = {(notification.user_id, notification.test) for notification in scheduled}
    wishes = await run_within(connection, preference_scripts.wishes_of(users, default=default_wishes))
    now = clock.now()
    promised = {
        notification.id: _promise(
            notification, wishes.get((notification.user_id, notification.test)), unused, now, clock
        )
        for notification in scheduled
    }
    await delivery_scripts.add([delivery for theirs in promised.values() for delivery in theirs]).run(connection)
    await queries.mark_planned(
        connection, ((id_, kept_status([delivery.state for delivery in theirs])) for id_, theirs in promised.items())
    )


def _promise(
    notification: Notification, wishes: Preferences | None, unused: Collection[Channel], now: datetime, clock: Clock
) -> list[NewDelivery]:
    expired = notification.expires_at is not None and notification.expires_at <= now
    return [
        promise(
            notification.id,
            _expire(planned) if expired else planned,
            urgent=notification.urgent,
            test=notification.test,
            now=now,
            new_id=clock.new_id,
        )
        for planned in plan(read_addresses(notification.addresses), wishes, only=notification.asked_for, unused=unused)
    ]


def _expire(planned: Planned) -> Planned:
    """Consent is checked before freshness: what must not be sent is suppressed, whenever."""
    if planned.state is DeliveryState.SUPPRESSED:
        return planned
    return replace(planned, state=DeliveryState.EXPIRED, reason=Reason(ReasonCode.EXPIRED))
