"""Renews the keys of listings, and finds their homes again: those of now may have been found by an older form."""

import structlog

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.supervise import Loop
from property_alert_notification.database import Database
from property_alert_notification.homes.listings import queries as listings
from property_alert_notification.homes.listings.history import Periods
from property_alert_notification.homes.listings.intake import HOMES, ListingIntake
from property_alert_notification.homes.listings.keys import queries
from property_alert_notification.homes.listings.queries import Known, State
from property_alert_notification.homes.properties.identity import renewed
from property_alert_notification.homes.properties.regroup import IdentifiedListing, regroup

log = structlog.get_logger()

AT_ONCE = 100
"""Listings of one transaction, which keeps others from finding homes meanwhile."""

IDLE = 600.0
"""Seconds until it looks again when all keys are current: a process of an older version may have stored others."""


class KeyRenewal:
    """The loop of one worker. Several of them share one store: each renews what the others have not."""

    def __init__(self, database: Database, clock: Clock, *, periods: Periods) -> None:
        self._database = database
        self._clock = clock
        self._periods = periods
        self._after = ("", "")

    async def run(self, loop: Loop) -> None:
        """Renew keys until cancelled; waits while the store is away."""
        await loop.repeat(self._renew_in_turn)

    async def _renew_in_turn(self) -> float:
        began = self._clock.monotonic()
        # While there are many, others get most of the time of the store.
        return 3 * (self._clock.monotonic() - began) if await self.renew_some() else IDLE

    async def renew_some(self) -> int:
        """Renew the keys of some listings; returns how many, 0 if none is left."""
        async with self._database.reading() as connection:
            if await queries.are_current(connection):
                return 0
        async with self._database.transaction() as connection:
            outdated = await queries.lock_outdated(connection, after=self._after, limit=AT_ONCE)
            if outdated:
                await self._find_homes(ListingIntake(connection, self._clock, self._periods), outdated)
            else:
                await queries.note_current(connection)
        # A listing before this one that an older process stored meanwhile is renewed by its next record.
        self._after = (outdated[-1].listing_key, outdated[-1].source) if outdated else ("", "")
        return len(outdated)

    async def _find_homes(self, intake: ListingIntake, outdated: list[Known]) -> None:
        await listings.take_numbers(intake.connection, 0, name=HOMES)
        identified = [
            IdentifiedListing(one.id, one.property_id, one.listing_key, one.source, renewed(one.identity), is_new=False)
            for one in outdated
        ]
        grouping = await regroup(intake.connection, identified, self._clock.new_id)
        states = [
            State(one.id, grouping.home_of[one.id], one.modified_at, one.status, renewed(one.identity))
            for one in outdated
            if one.modified_at is not None
        ]
        await listings.update_states(intake.connection, states)
        await intake.find_again(grouping)
        log.info("listings.keys_renewed", listings=len(outdated), homes=len(grouping.regrouped))
