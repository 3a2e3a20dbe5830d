"""Decides again what waits because of what is known of its user, when that has changed."""

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.deliveries.windows import scripts as windows
from property_alert_notification.notifications import queries
from property_alert_notification.notifications.create import Planner
from property_alert_notification.notifications.look_ups import queries as look_ups
from property_alert_notification.notifications.release import move_by_local_time
from property_alert_notification.notifications.schedules import queries as schedules
from property_alert_notification.people.decide_again import DecideAgain


def decide_again_by(planner: Planner) -> DecideAgain:
    """What is to be done for users whose preferences or profile changed.

    What waits for its hour is due now, and the claim that follows decides. About what is collected for a digest the
    worker decides that closes windows. What waits for a time of their clocks gets the moment at which that is in their
    zone as it is now. So do schedules that follow their zone.
    """

    async def decide_again(connection: AsyncConnection, users: Collection[int]) -> None:
        now = planner.clock.now()
        await queries.end_hold(connection, users, now=now)
        await windows.recheck(users, now=now).run(connection)
        await move_by_local_time(connection, users, planner)
        await schedules.look_again(connection, users, now=now)
        await look_ups.look_up_now(connection, users, now=now)

    return decide_again
