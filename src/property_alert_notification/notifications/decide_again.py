"""Lets go of what waits for its hour when what is known of its user has changed: the next claim decides again."""

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.clock import Clock
from property_alert_notification.notifications import queries
from property_alert_notification.people.decide_again import DecideAgain


def decide_again_by(clock: Clock) -> DecideAgain:
    """What is to be done for users whose preferences or profile changed."""

    async def decide_again(connection: AsyncConnection, users: Collection[int]) -> None:
        await queries.end_hold(connection, users, now=clock.now())

    return decide_again
