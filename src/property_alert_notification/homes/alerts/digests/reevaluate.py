"""Reevaluates what waits for users whose preferences or profiles change: messages, and matches of their searches."""

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.homes.alerts.digests import queries
from property_alert_notification.notifications.create import Planner
from property_alert_notification.notifications.reevaluate import reevaluate_by
from property_alert_notification.people.reevaluate import Reevaluate


def reevaluate_with_searches_by(planner: Planner) -> Reevaluate:
    """Returns the function that runs within the transaction of the change.

    It does what `reevaluate_by` does. It also makes searches due whose matches wait for a digest, so that a matcher
    computes anew when the digest is made.
    """
    reevaluate_messages = reevaluate_by(planner)

    async def reevaluate(connection: AsyncConnection, users: Collection[int]) -> None:
        await reevaluate_messages(connection, users)
        await queries.look_again_of(connection, users, now=planner.clock.now())

    return reevaluate
