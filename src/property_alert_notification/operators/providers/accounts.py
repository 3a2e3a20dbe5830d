"""The accounts that all workers share at the providers of one channel."""

from datetime import datetime, timedelta

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.database import Database
from property_alert_notification.operators.providers import queries


class Accounts:
    """Reserves their time, one transaction for several messages."""

    def __init__(self, database: Database, clock: Clock, channel: Channel) -> None:
        self._database = database
        self._clock = clock
        self._channel = channel

    async def reserve(self, provider: str, span: timedelta) -> datetime:
        """Reserve so much of the time of a provider's account; returns when it begins.

        Raises:
            StoreUnavailable: nothing may begin.
        """
        async with self._database.transaction() as connection:
            return await queries.reserve(connection, self._channel, provider, span=span, now=self._clock.now())
