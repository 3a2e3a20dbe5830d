"""Feeds that send records over several connections, and again when they heard no answer."""

import asyncio
from collections.abc import Sequence
from random import Random
from zlib import crc32

from property_alert_notification.base.clock import Clock
from property_alert_notification.database import Database
from property_alert_notification.homes.listings.history import Periods
from property_alert_notification.homes.listings.intake import ListingIntake
from property_alert_notification.homes.listings.received import received
from property_alert_notification.homes.reso.record import Feed, read
from property_alert_notification.reso_server.timeline import Step
from tests.homes_scenario.market import Event
from tests.pipeline.test_alert_crashes import Killed, Statements

FEEDS = 3
"""At the same time. All records of a home come over the same one."""

OF_INTAKE = 40
"""What takes a call is killed before one of so many statements of all calls; before none of them if there are fewer."""


class Feeds:
    """All feeds."""

    def __init__(self, database: Database, clock: Clock, random: Random, *, periods: Periods) -> None:
        self.killed = 0
        self._database = database
        self._clock = clock
        self._random = random
        self._periods = periods

    async def send(self, call: Sequence[Event], *, kill: bool) -> None:
        """Send records; with `kill` what takes some of them ends at a statement, and no feed hears an answer."""
        of_feeds: list[list[Step]] = [[] for _ in range(FEEDS)]
        for event in call:
            of_feeds[crc32(event.home.encode()) % FEEDS] += [event.step, *event.further]
        if kill:
            with Statements(self._database).ended_at(self._random.randint(1, OF_INTAKE)):
                outcomes = await asyncio.gather(*map(self._take, of_feeds), return_exceptions=True)
            for error in filter(None, outcomes):
                if not isinstance(error, Killed):
                    raise error
                self.killed += 1
        await asyncio.gather(*map(self._take, of_feeds))

    async def _take(self, steps: Sequence[Step]) -> None:
        now = self._clock.now()
        batch = [received(read(step.record, Feed(None, "USD"), now)) for step in steps]
        async with self._database.transaction() as connection:
            await ListingIntake(connection, self._clock, self._periods).take(batch)
