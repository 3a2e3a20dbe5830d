"""What the users of the scenario do, by the service's own parts: they save, edit, pause and resume searches, …"""

import json
from collections.abc import Iterator, Sequence
from typing import TypeVar
from uuid import UUID

from sqlalchemy import insert

from property_alert_notification.base.clock import Clock
from property_alert_notification.database import Database, run_within, table_of
from property_alert_notification.homes.alerts.shards.queries import add_first_shard
from property_alert_notification.homes.criteria.expression import to_json
from property_alert_notification.homes.criteria.read_criteria import read_criteria
from property_alert_notification.homes.listing_preferences import queries as listing_preferences
from property_alert_notification.homes.listing_preferences.models import ListingPreference
from property_alert_notification.homes.listings import queries as listings
from property_alert_notification.homes.listings.queries import take_numbers
from property_alert_notification.homes.reso.words import ChangeType
from property_alert_notification.homes.saved_searches import changes
from property_alert_notification.homes.saved_searches.changes import ReadQuery
from property_alert_notification.homes.saved_searches.compiled import compile_query
from property_alert_notification.homes.saved_searches.estimate import Forecast
from property_alert_notification.homes.saved_searches.market.history import History
from property_alert_notification.homes.saved_searches.models import SavedSearch, SavedSearchVersion, SearchPerson
from property_alert_notification.homes.saved_searches.preconditions import Expected
from property_alert_notification.homes.saved_searches.schemas import SavedSearchPatch
from property_alert_notification.homes.saved_searches.words import written_changes
from property_alert_notification.operators.privacy.erasure.eraser import Eraser
from property_alert_notification.people.directory import queries as directory
from property_alert_notification.people.directory.profile import Entry, Profile
from property_alert_notification.people.preferences.models import Preference
from property_alert_notification.people.suppressions.subjects import Subjects
from tests.homes_scenario.acts import Act, Discard, Edit, Erase
from tests.homes_scenario.expected import address_of
from tests.homes_scenario.searches import Search
from tests.homes_scenario.stored import in_doubt
from tests.services.process import PATIENCE

One = TypeVar("One")

AT_ONCE = 1_000
"""Rows of one statement."""

ZONE = "UTC"

_NOTHING_EXPECTED = Forecast((), History((), 1.0, 1.0), 0)


class Users:
    """All users with their searches."""

    def __init__(self, database: Database, clock: Clock, subjects: Subjects) -> None:
        self.doubts_erased = 0
        """Attempts of erased users of which it was not known whether the mail server took the mail."""
        self._database = database
        self._clock = clock
        self._eraser = Eraser(database, clock, subjects)
        self._keys: dict[int, UUID] = {}
        """Of searches, by their numbers."""
        self._searches: dict[int, Search] = {}

    async def begin(self, searches: Sequence[Search]) -> None:
        """They have preferences and profiles, and save their searches."""
        now, users = self._clock.now(), sorted({one.user for one in searches})
        async with self._database.transaction() as connection:
            await add_first_shard(connection)
            for some in _parts(users):
                profiles = {one: Profile(one, email=address_of(one), time_zone=ZONE) for one in some}
                await directory.put(connection, {one: Entry(its, now, pushed=True) for one, its in profiles.items()})
                preferences = [{"user_id": one, "channels": "email", "updated_at": now} for one in some]
                await connection.execute(insert(table_of(Preference)), preferences)
                people = [{"number": one, "user_id": one} for one in some]
                await connection.execute(insert(table_of(SearchPerson)), people)
        for part in _parts(searches):
            await self._save(part)

    async def _save(self, searches: Sequence[Search]) -> None:
        now = self._clock.now()
        async with self._database.transaction() as connection:
            first = await take_numbers(connection, len(searches))
            stored, versions = [], []
            for sequence, one in enumerate(searches, start=first):
                its = {
                    "person": one.user,
                    "user_id": one.user,
                    "version": 1,
                    "query_type": "Criteria",
                    "query": json.dumps(one.criteria),
                    "expression": to_json(read_criteria(one.criteria, "USD")),
                    "schedule_type": one.schedule,
                    "change_types": written_changes(map(ChangeType, one.changes)),
                }
                self._searches[one.number], self._keys[one.number] = one, self._clock.new_id()
                own = {"id": self._keys[one.number], "number": one.number, "name": one.name, "created_at": now}
                more = {"daily_schedule": "", "channels": None, "active": True, "warnings": "", "changed_at": now}
                stored.append(its | own | more)
                versions.append(its | {"search_number": one.number, "from_sequence": sequence, "from_at": now})
            await connection.execute(insert(table_of(SavedSearch)), stored)
            await connection.execute(insert(table_of(SavedSearchVersion)), versions)

    async def act(self, act: Act) -> None:
        """A user does something."""
        match act:
            case Edit(search):
                await self._edit(self._searches[search.number], search)
                self._searches[search.number] = search
            case Discard():
                await self._discard(act)
            case Erase(user):
                before = await self._in_doubt()
                await self._eraser.begin(user, "somebody")
                assert (await self._eraser.go_on(user, within=PATIENCE)).is_finished
                self.doubts_erased += before - await self._in_doubt()

    async def _edit(self, before: Search, after: Search) -> None:
        key, now = self._keys[after.number], self._clock.now()
        async with self._database.transaction() as connection:
            if before.active != after.active:
                switch = changes.resume if after.active else changes.pause
                await run_within(connection, switch(after.user, key, expected=Expected(), now=now))
                return
            names = {"Criteria": "criteria", "ScheduleType": "schedule", "ChangeTypes": "changes"}
            new = {name: value for name, its in names.items() if (value := getattr(after, its)) != getattr(before, its)}
            if not new:
                return
            patch = SavedSearchPatch.model_validate(new)
            compiled = compile_query(patch, currency="USD")
            query = None if compiled is None else ReadQuery(compiled.stored, _NOTHING_EXPECTED, compiled)
            edit = changes.change(after.user, key, patch, query, expected=Expected(), now=now)
            await run_within(connection, edit)

    async def _discard(self, act: Discard) -> None:
        async with self._database.transaction() as connection:
            [listing] = await listings.find(connection, act.listing)
            id_, now = self._clock.new_id(), self._clock.now()
            its = {"person": act.user, "user_id": act.user, "listing_id": listing.id, "preference": "Discard"}
            await listing_preferences.put(connection, ListingPreference(id=id_, changed_at=now, **its), listing)

    async def _in_doubt(self) -> int:
        async with self._database.reading() as connection:
            return await in_doubt(connection)


def _parts(many: Sequence[One]) -> Iterator[Sequence[One]]:
    return (many[start : start + AT_ONCE] for start in range(0, len(many), AT_ONCE))
