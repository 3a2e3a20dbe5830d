"""A store that takes records of feeds, at times that a test sets."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.database import Database, table_of
from property_alert_notification.homes.listings import queries
from property_alert_notification.homes.listings.answers import facts_of
from property_alert_notification.homes.listings.history import Periods
from property_alert_notification.homes.listings.intake import ListingIntake
from property_alert_notification.homes.listings.models import Listing, ListingChange, ListingPosition, ListingVersion
from property_alert_notification.homes.listings.quiet_times import QuietTimes
from property_alert_notification.homes.listings.received import received
from property_alert_notification.homes.properties.models import Property, PropertyKey, PropertyRuling
from property_alert_notification.homes.reso.record import Feed, read

FEED = Feed(None, "USD")
START = datetime(2026, 11, 1, 9, tzinfo=UTC)
FAR = START + timedelta(days=1_000)
"""Of the clock that says which records are too far ahead."""
QUIET = timedelta(seconds=30)
PERIODS = Periods(QUIET, timedelta(weeks=14))
Record = dict[str, Any]


class SetClock(Clock):
    """Shows the time that it is set to."""

    time = START

    def now(self) -> datetime:
        return self.time


class Feeds:
    """A store that takes records, at times that the test sets."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = SetClock()
        self.quiet_times = QuietTimes(database, self.clock, Metrics(), periods=PERIODS)

    async def take(self, *records: Record) -> list[bool]:
        """Store records that came in one call, some of them ahead of the clock."""
        batch = [received(read(record, FEED, FAR)) for record in records]
        async with self.database.transaction() as connection:
            return await ListingIntake(connection, self.clock, PERIODS).take(batch)

    async def end_quiet_times(self) -> None:
        """Let time pass until nothing waits."""
        async with self.database.reading() as connection:
            waits = select(table_of(Property).c.id).where(table_of(Property).c.due_at.is_not(None))
            while (await connection.execute(waits)).first():
                self.clock.time += QUIET
                await self.quiet_times.end_due()

    async def state(self, key: str = "1") -> tuple[str, list[Any]]:
        """The newest record, and the history, the oldest fact first."""
        async with self.database.reading() as connection:
            [listing] = await queries.find(connection, key)
            record = await queries.record_of(connection, listing)
            found = await queries.history_page(connection, listing.id, below=None, limit=1_000)
        return record, facts_of(found[::-1])

    async def told(self) -> list[ListingChange]:
        """The numbered changes, as a reader in the order of their numbers sees them."""
        changes = table_of(ListingChange)
        numbered = select(changes).where(changes.c.sequence.is_not(None)).order_by(changes.c.sequence)
        async with self.database.reading() as connection:
            return [ListingChange(**row) for row in (await connection.execute(numbered)).mappings()]

    async def forget(self) -> None:
        """Delete all."""
        self.clock.time = START
        async with self.database.transaction() as connection:
            for model in (
                ListingChange,
                ListingVersion,
                Listing,
                ListingPosition,
                Property,
                PropertyKey,
                PropertyRuling,
            ):
                await connection.execute(delete(table_of(model)))


def a_record(seconds: float = 0, *, key: str = "1", **fields: Any) -> Record:
    at = (START + timedelta(seconds=seconds)).isoformat()
    usual = {"ListingKey": key, "ModificationTimestamp": at, "StandardStatus": "Active", "ListPrice": 500_000}
    return usual | fields
