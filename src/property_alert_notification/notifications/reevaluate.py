"""Makes the waiting messages of users due for reevaluation when preferences or profiles change."""

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.deliveries.windows import scripts as windows
from property_alert_notification.notifications import queries
from property_alert_notification.notifications.create import Planner
from property_alert_notification.notifications.look_ups import queries as look_ups
from property_alert_notification.notifications.release import move_by_local_time
from property_alert_notification.notifications.schedules import queries as schedules
from property_alert_notification.people.reevaluate import Reevaluate


def reevaluate_by(planner: Planner) -> Reevaluate:
    """Returns the function that runs within the transaction of the change.

    It makes the held deliveries and the digest windows of these users due, so that a worker evaluates the rules again.
    It computes the `send_at` of notifications with a `send_at_local` anew. It makes schedules that follow the user's
    zone due, and notifications that wait for addresses.
    """

    async def reevaluate(connection: AsyncConnection, users: Collection[int]) -> None:
        now = planner.clock.now()
        await queries.end_hold(connection, users, now=now)
        await windows.recheck(users, now=now).run(connection)
        await move_by_local_time(connection, users, planner)
        await schedules.recheck(connection, users, now=now)
        await look_ups.look_up_now(connection, users, now=now)

    return reevaluate
