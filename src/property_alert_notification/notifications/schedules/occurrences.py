"""Creates the notification of each occurrence that is due, in the transaction that advances its schedule."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import run_within
from property_alert_notification.notifications import scripts as notification_scripts
from property_alert_notification.notifications.create import Planner
from property_alert_notification.notifications.schedules import queries
from property_alert_notification.notifications.schedules.advance import advance, notification_of
from property_alert_notification.notifications.schedules.models import Schedule
from property_alert_notification.people.scripts import UserOf, time_zones_of

AT_ONCE = 500
"""How many schedules one transaction processes: few enough not to delay accepts on SQLite."""


async def create_due(
    connection: AsyncConnection, planner: Planner, only: Collection[UUID] | None = None
) -> tuple[int, int]:
    """Process schedules that are due, or those of `only` that are.

    Returns how many it processed, at most `AT_ONCE`, and how many notifications it created.
    """
    due = await queries.due.take(connection, now=planner.clock.now(), limit=AT_ONCE, only=only)
    return len(due), await _create(connection, due, planner)


async def _create(connection: AsyncConnection, schedules: Sequence[Schedule], planner: Planner) -> int:
    if not schedules:
        return 0
    followers = {(one.user_id, one.test) for one in schedules if one.time_zone is None}
    zones = await zones_of(connection, followers, planner)
    now = planner.clock.now()
    advanced_by = [(one, *advance(one, zones.get((one.user_id, one.test)), now)) for one in schedules]
    new = [
        (schedule, due, notification_of(schedule, due, planner.clock.new_id))
        for schedule, _, due in advanced_by
        if due is not None
    ]
    if new:
        plain = [its for schedule, _, its in new if schedule.look_up is None]
        looked_up = [(*its, one.look_up, due.moment, None) for one, due, its in new if one.look_up is not None]
        if plain:
            await notification_scripts.add(plain).run(connection)
        if looked_up:
            await notification_scripts.add_looked_up(looked_up).run(connection)
        await queries.add_occurrences(connection, [(its.id, schedule.id, due.local) for schedule, due, its in new])
    await queries.advance(connection, [advanced for _, advanced, _ in advanced_by], now=now)
    return len(new)


async def zones_of(connection: AsyncConnection, users: Collection[UserOf], planner: Planner) -> dict[UserOf, str]:
    """The known time zones of these users."""
    if not users:
        return {}
    zones = await run_within(connection, time_zones_of(users, default=planner.default_preferences))
    return {user: zone for user, zone in zones.items() if zone is not None}
