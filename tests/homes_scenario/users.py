"""What the users of the scenario do, by the service's own parts: they save searches."""

import json
from collections.abc import Iterator, Sequence
from typing import TypeVar

from sqlalchemy import insert

from property_alert_notification.base.clock import Clock
from property_alert_notification.database import Database, table_of
from property_alert_notification.homes.criteria.expression import to_json
from property_alert_notification.homes.criteria.read_criteria import read_criteria
from property_alert_notification.homes.listings.queries import take_numbers
from property_alert_notification.homes.reso.words import ChangeType
from property_alert_notification.homes.saved_searches.models import SavedSearch, SavedSearchVersion, SearchPerson
from property_alert_notification.homes.saved_searches.words import written_changes
from property_alert_notification.people.directory import queries as directory
from property_alert_notification.people.directory.profile import Entry, Profile
from property_alert_notification.people.preferences.models import Preference
from tests.homes_scenario.expected import address_of
from tests.homes_scenario.searches import Search

One = TypeVar("One")

AT_ONCE = 1_000
"""Rows of one statement."""

ZONE = "UTC"


class Users:
    """All users with their searches."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def begin(self, searches: Sequence[Search]) -> None:
        """They have preferences and profiles, and save their searches."""
        now, users = self._clock.now(), sorted({one.user for one in searches})
        async with self._database.transaction() as connection:
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
                own = {"id": self._clock.new_id(), "number": one.number, "name": one.name, "created_at": now}
                more = {"daily_schedule": "", "channels": None, "active": True, "warnings": "", "changed_at": now}
                stored.append(its | own | more)
                versions.append(its | {"search_number": one.number, "from_sequence": sequence, "from_at": now})
            await connection.execute(insert(table_of(SavedSearch)), stored)
            await connection.execute(insert(table_of(SavedSearchVersion)), versions)


def _parts(many: Sequence[One]) -> Iterator[Sequence[One]]:
    return (many[start : start + AT_ONCE] for start in range(0, len(many), AT_ONCE))
