"""Plays the scenario with the real parts: the intake, matchers that are killed, workers, and an SMTP server."""

import base64
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import insert, or_, select, text

from property_alert_notification.database import Database, table_of
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.deliveries.states import ENDED
from property_alert_notification.homes.alerts.matcher import Matcher
from property_alert_notification.homes.alerts.shards.queries import add_first_shard
from property_alert_notification.homes.criteria.expression import to_json
from property_alert_notification.homes.criteria.read_criteria import read_criteria
from property_alert_notification.homes.listings.history import Periods
from property_alert_notification.homes.listings.intake import ListingIntake, received
from property_alert_notification.homes.listings.queries import take_numbers
from property_alert_notification.homes.reso.record import Feed, read
from property_alert_notification.homes.reso.words import ChangeType
from property_alert_notification.homes.saved_searches.models import SavedSearch, SavedSearchVersion, SearchPerson
from property_alert_notification.homes.saved_searches.words import ScheduleType, written_changes
from property_alert_notification.notifications.models import Notification
from property_alert_notification.people.directory import queries as directory
from property_alert_notification.people.directory.profile import Entry, Profile
from property_alert_notification.people.preferences.models import Preference
from tests.homes_scenario.expected import IN_RANGE, Alert, Expected, Fact, Mail, address_of
from tests.homes_scenario.market import Event
from tests.homes_scenario.searches import Search
from tests.pipeline.homes import a_matcher
from tests.pipeline.test_alert_crashes import Killed, Statements
from tests.pipeline.world import World, eventually
from tests.services import smtp

One = TypeVar("One")

MOST_STATEMENTS = 30
"""A matcher that is killed is so before one of so many of its statements."""

AT_ONCE = 1_000
"""Rows of one statement."""

_notifications, _deliveries = table_of(Notification), table_of(Delivery)
_UNSENT = (
    select(_notifications.c.id)
    .outerjoin(_deliveries, _deliveries.c.notification_id == _notifications.c.id)
    .where(or_(_deliveries.c.id.is_(None), _deliveries.c.state.not_in(list(ENDED))))
    .limit(1)
)
_ALERTS = "SELECT person, details FROM alerts"
_TOLD = """
    SELECT t.fact, t.people, (SELECT min(l.listing_key) FROM listings l WHERE l.property_id = t.property_id) FROM told t
"""


class Play:
    """One run of the scenario."""

    def __init__(self, world: World, random: Random, searches: Sequence[Search], *, kill_every: int) -> None:
        """A matcher is killed in one of `kill_every` calls."""
        self.expected = Expected(searches)
        self.kills = 0
        self.records = 0
        self._world = world
        self._random = random
        self._searches = searches
        self._kill_every = kill_every
        self._matcher = self._new_matcher()

    @property
    def _database(self) -> Database:
        return self._world.parts.database

    def _new_matcher(self) -> Matcher:
        return a_matcher(self._database, self._world.planner)

    async def run(self, calls: Iterable[Sequence[Event]], say: Callable[[str], None]) -> None:
        """Send all calls, each of which ends with all mails sent."""
        await self._prepare()
        await self._world.a_worker()
        for place, call in enumerate(calls):
            since = self._world.parts.clock.new_id()
            await self._send(call)
            if self._random.randrange(self._kill_every) == 0:
                await self._match_and_be_killed()
            await self._match()
            await eventually(partial(self._is_all_sent, since))
            made = self.expected.take(call)
            self.records += len(call)
            if place % 20 == 0:
                say(f"{self.records:8,} records, {self.expected.alerts.total():8,} alerts, {made:6,} of the last call")

    async def _prepare(self) -> None:
        """Users with preferences and profiles, and their searches."""
        now, users = self._world.parts.clock.now(), sorted({one.user for one in self._searches})
        async with self._database.transaction() as connection:
            for some in _parts(users):
                profiles = {one: Entry(Profile(one, email=address_of(one)), now, pushed=True) for one in some}
                await directory.put(connection, profiles)
                await connection.execute(
                    insert(table_of(Preference)),
                    [{"user_id": one, "channels": "email", "updated_at": now} for one in some],
                )
                await add_first_shard(connection)
                people = [{"number": one, "user_id": one} for one in some]
                await connection.execute(insert(table_of(SearchPerson)), people)
        for searches in _parts(self._searches):
            await self._save(searches)

    async def _save(self, searches: Sequence[Search]) -> None:
        clock = self._world.parts.clock
        now = clock.now()
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
                    "schedule_type": ScheduleType.ASAP,
                    "change_types": written_changes(map(ChangeType, one.changes)),
                }
                own = {"id": clock.new_id(), "number": one.number, "name": one.name, "created_at": now}
                more = {"daily_schedule": "", "channels": None, "active": True, "warnings": "", "changed_at": now}
                stored.append(its | own | more)
                versions.append(its | {"search_number": one.number, "from_sequence": sequence, "from_at": now})
            await connection.execute(insert(table_of(SavedSearch)), stored)
            await connection.execute(insert(table_of(SavedSearchVersion)), versions)

    async def _send(self, call: Sequence[Event]) -> None:
        now = self._world.parts.clock.now()
        batch = [received(read(event.step.record, Feed(None, "USD"), now)) for event in call]
        async with self._database.transaction() as connection:
            periods = Periods(timedelta(seconds=30))
            await ListingIntake(connection, self._world.parts.clock, periods).take(batch)

    async def _match(self) -> None:
        while await self._matcher.turn() == 0:
            pass

    async def _match_and_be_killed(self) -> None:
        """A matcher ends at a statement; another one takes over when its lease is over."""
        with suppress(Killed), Statements(self._database).ended_at(self._random.randint(1, MOST_STATEMENTS)):
            await self._match()
        self.kills += 1
        async with self._database.transaction() as connection:
            await connection.execute(text("UPDATE matchers SET leased_until = NULL"))
        self._matcher = self._new_matcher()

    async def _is_all_sent(self, since: UUID) -> bool:
        """Whether all is sent that was submitted since an id was made."""
        async with self._database.reading() as connection:
            return not (await connection.execute(_UNSENT.where(_notifications.c.id > since))).all()

    async def differences(self) -> list[str]:
        """Where the store or the mail server has something else than must be."""
        found = list(_differences("alert", self.expected.alerts, await self._alerts()))
        found += _differences("told", self.expected.told, await self._told())
        wanted = Counter({one: n for one, n in self.expected.mails.items() if self.expected.is_compared(one)})
        arrived = Counter(filter(self.expected.is_compared, map(_mail, self._world.smtp.mails)))
        return [*found, *_differences("mail", wanted, arrived)]

    async def _alerts(self) -> Counter[Alert]:
        found: Counter[Alert] = Counter()
        async with self._database.reading() as connection:
            for person, details in await connection.execute(text(_ALERTS)):
                its = json.loads(details)
                facts = frozenset(_fact(*fact) for fact in its["facts"])
                names = frozenset(search[0] for search in its["searches"])
                found[Alert(person, its["listing_key"], facts, names, its["price"])] += 1
        return found

    async def _told(self) -> Counter[tuple[int, str, str]]:
        found: Counter[tuple[int, str, str]] = Counter()
        async with self._database.reading() as connection:
            for fact, people, listing in await connection.execute(text(_TOLD)):
                # The key of a listing begins with the number of its parcel.
                found.update((one, listing.partition("-")[0], fact.partition("/")[0]) for one in _numbers(people))
        return found


def _parts(many: Sequence[One]) -> Iterator[Sequence[One]]:
    return (many[start : start + AT_ONCE] for start in range(0, len(many), AT_ONCE))


def _fact(kind: str, _field: str | None, before: object, after: object) -> Fact:
    return Fact(kind, None, None) if kind == IN_RANGE else Fact(kind, before, after)


def _numbers(packed: str) -> Iterator[int]:
    """The numbers in a row of the ledger, read without the service's code: distances in groups of seven bits."""
    number = distance = shift = 0
    for byte in base64.b64decode(packed):
        distance |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            number += distance
            yield number
            distance = shift = 0


def _mail(mail: smtp.Mail) -> Mail:
    letter = mail.parsed()
    body = letter.get_body(("plain",))
    assert body is not None
    lines = body.get_content().splitlines()
    names = frozenset(line[2:].partition(":")[0] for line in lines if line.startswith("- Search "))
    price = next(int(line[8:].replace(",", "")) for line in lines if line.startswith("Price: $"))
    return Mail(mail.recipients[0], str(letter["Subject"]), names, price)


def _differences(what: str, expected: Counter[Any], found: Counter[Any]) -> Iterator[str]:
    for one, count in (expected - found).items():
        yield f"{what}: {count} missing: {one}"
    for one, count in (found - expected).items():
        yield f"{what}: {count} too many: {one}"
