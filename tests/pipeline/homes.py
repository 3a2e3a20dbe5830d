"""Listings, saved searches and a matcher for tests: records of feeds go in, alerts come out."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update

from property_alert_notification.base.metrics import Metrics
from property_alert_notification.database import Database, run_within, table_of
from property_alert_notification.homes.alerts.matcher import Matcher
from property_alert_notification.homes.alerts.shards.shard import WHOLE, Shard
from property_alert_notification.homes.criteria.expression import And, Expression, OneOf, Range, to_json
from property_alert_notification.homes.listing_preferences import queries as listing_preferences
from property_alert_notification.homes.listing_preferences.models import ListingPreference
from property_alert_notification.homes.listings import queries as listings
from property_alert_notification.homes.listings.history import Periods
from property_alert_notification.homes.listings.intake import ListingIntake
from property_alert_notification.homes.listings.queries import take_numbers
from property_alert_notification.homes.listings.received import received
from property_alert_notification.homes.reso.record import Feed, read
from property_alert_notification.homes.reso.words import ChangeType
from property_alert_notification.homes.saved_searches.models import SavedSearch, SavedSearchVersion, SearchPerson
from property_alert_notification.homes.saved_searches.words import DEFAULT_CHANGE_TYPES, ScheduleType, written_changes
from property_alert_notification.matcher import create_searches
from property_alert_notification.notifications.create import Planner
from property_alert_notification.people.directory import queries as directory
from property_alert_notification.people.directory.profile import Entry, Profile

START = datetime(2026, 11, 1, 9, tzinfo=UTC)
ANY = And(())


def up_to(price: int) -> Expression:
    """Active homes up to a price in dollars."""
    return And((OneOf("StandardStatus", ("Active",)), Range("ListPrice", None, price * 100, "USD")))


def a_matcher(database: Database, planner: Planner, shard: Shard = WHOLE) -> Matcher:
    """One more matcher, as if it were in a process of its own."""
    return Matcher(
        database,
        planner,
        Metrics(),
        shard=shard,
        holder=planner.clock.new_id(),
        create_searches=create_searches,
        wake=lambda: None,
    )


class Homes:
    """A store with listings and saved searches."""

    def __init__(self, database: Database, planner: Planner) -> None:
        self.database = database
        self.planner = planner
        self.clock = planner.clock
        self.matcher = a_matcher(database, planner)
        self._numbers = 0

    async def list(self, *records: dict[str, Any], quiet: timedelta = timedelta()) -> None:
        """A feed sends these records."""
        batch = [received(read(record, Feed(None, "USD"), self.clock.now())) for record in records]
        async with self.database.transaction() as connection:
            await ListingIntake(connection, self.clock, Periods(quiet)).take(batch)

    async def search(
        self,
        user_id: int,
        expression: Expression = ANY,
        *,
        name: str = "Near work",
        schedule: ScheduleType = ScheduleType.ASAP,
        changes: Iterable[ChangeType] = DEFAULT_CHANGE_TYPES,
        channels: str | None = None,
        daily: str = "",
        concierge: bool = False,
    ) -> int:
        """A user saves a search; returns its number."""
        number, now = self._numbers, self.clock.now()
        self._numbers += 1
        person = {"number": user_id, "user_id": user_id}
        query = {"query_type": "Criteria", "query": "{}", "expression": to_json(expression)}
        told = {"schedule_type": schedule, "change_types": written_changes(changes)}
        async with self.database.transaction() as connection:
            if not (
                await connection.execute(select(SearchPerson).where(table_of(SearchPerson).c.number == user_id))
            ).all():
                await connection.execute(insert(table_of(SearchPerson)).values(person))
            sequence = await take_numbers(connection, 1)
            its = {"person": user_id, "user_id": user_id, "version": 1, **query, **told}
            await connection.execute(
                insert(table_of(SavedSearch)).values(
                    id=self.clock.new_id(), number=number, name=name, daily_schedule=daily, channels=channels,
                    active=True, concierge=concierge, warnings="", created_at=now, changed_at=now, **its,
                )
            )  # fmt: skip
            await connection.execute(
                insert(table_of(SavedSearchVersion)).values(
                    search_number=number, from_sequence=sequence, from_at=now, **its
                )
            )
        return number

    async def change_search(self, number: int, expression: Expression | None, *, schedule: str | None = None) -> None:
        """A user edits a search, or pauses it if there is no expression."""
        versions, searches, now = table_of(SavedSearchVersion), table_of(SavedSearch), self.clock.now()
        async with self.database.transaction() as connection:
            sequence = await take_numbers(connection, 1)
            current = (versions.c.search_number == number) & versions.c.until_sequence.is_(None)
            [row] = (await connection.execute(select(versions).where(current))).mappings().all()
            await connection.execute(update(versions).where(current).values(until_sequence=sequence, until_at=now))
            its = searches.c.number == number
            if expression is None:
                await connection.execute(update(searches).where(its).values(active=False))
                return
            new = {"version": row["version"] + 1, "expression": to_json(expression)}
            new["schedule_type"] = schedule or row["schedule_type"]
            await connection.execute(update(searches).where(its).values(**new))
            await connection.execute(
                insert(versions).values(dict(row) | new | {"from_sequence": sequence, "from_at": now})
            )

    async def delete_search(self, number: int) -> None:
        """A user deletes a search."""
        await self.change_search(number, None)
        async with self.database.transaction() as connection:
            await connection.execute(delete(SavedSearch).where(table_of(SavedSearch).c.number == number))

    async def resume_search(self, number: int, expression: Expression) -> None:
        """A user resumes a search that was paused."""
        versions, searches, now = table_of(SavedSearchVersion), table_of(SavedSearch), self.clock.now()
        async with self.database.transaction() as connection:
            sequence = await take_numbers(connection, 1)
            asked = select(versions).where(versions.c.search_number == number).order_by(versions.c.version.desc())
            row = (await connection.execute(asked.limit(1))).mappings().one()
            new = {"version": row["version"] + 1, "expression": to_json(expression)}
            await connection.execute(update(searches).where(searches.c.number == number).values(active=True, **new))
            begun = {"from_sequence": sequence, "from_at": now, "until_sequence": None, "until_at": None}
            await connection.execute(insert(versions).values(dict(row) | new | begun))

    async def profile(self, user_id: int, **fields: Any) -> None:
        """The User service pushes a profile."""
        known = Profile(user_id, email=f"user{user_id}@example.com", **fields)
        async with self.database.transaction() as connection:
            await directory.put(connection, {user_id: Entry(known, self.clock.now(), pushed=True)})

    async def discard(self, user_id: int, key: str, preference: str = "Discard") -> None:
        """A user wants to hear no more of a home, or thinks otherwise of it."""
        async with self.database.transaction() as connection:
            [listing] = await listings.find(connection, key)
            its = {"id": self.clock.new_id(), "person": user_id, "user_id": user_id, "listing_id": listing.id}
            wanted = ListingPreference(**its, preference=preference, changed_at=self.clock.now())
            await listing_preferences.put(connection, wanted, listing)

    async def match(self) -> None:
        """Match everything that waits."""
        while await self.matcher.turn() == 0:
            pass

    async def run(self, script: Any) -> Any:
        """What a script returns."""
        async with self.database.transaction() as connection:
            return await run_within(connection, script)


def a_home(seconds: float = 0, *, key: str = "1", **fields: Any) -> dict[str, Any]:
    """A record of a feed."""
    at = (START + timedelta(seconds=seconds)).isoformat()
    usual = {
        "ListingKey": key,
        "ModificationTimestamp": at,
        "StandardStatus": "Active",
        "ListPrice": 500_000,
        "UnparsedAddress": f"{key} Pinehurst Way NE",
        "City": "Seattle",
    }
    return usual | fields
