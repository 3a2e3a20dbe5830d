"""Makes the first alerts of searches that asked for all that match when they are saved: the loop of one matcher."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.damaged import left_out
from property_alert_notification.base.languages import shown_locale
from property_alert_notification.base.supervise import Loop
from property_alert_notification.database import Database, halve_on_error, run_within
from property_alert_notification.homes.alerts import queries as alerts
from property_alert_notification.homes.alerts.approvals import queries as approvals
from property_alert_notification.homes.alerts.approvals.facts import queries as approval_facts
from property_alert_notification.homes.alerts.approvals.facts.queries import WaitingFact
from property_alert_notification.homes.alerts.details import AlertDetails, ToldSearch, details_of
from property_alert_notification.homes.alerts.first_alert import NAMED, FirstAlert, places_in, write_first_alert
from property_alert_notification.homes.alerts.ledger import queries as ledger
from property_alert_notification.homes.alerts.ledger.queries import NewlyTold
from property_alert_notification.homes.alerts.notices import queries as notices
from property_alert_notification.homes.alerts.notices.queries import NewNotice
from property_alert_notification.homes.alerts.people import preferences_of_users
from property_alert_notification.homes.alerts.queries import NewAlert
from property_alert_notification.homes.alerts.searches import Index
from property_alert_notification.homes.alerts.shards.shard import Shard
from property_alert_notification.homes.alerts.stored_keys import joined
from property_alert_notification.homes.criteria.sentence import sentence
from property_alert_notification.homes.saved_searches.models import SavedSearch
from property_alert_notification.homes.search_life import queries
from property_alert_notification.homes.search_life.first_matches import Found, find_matches
from property_alert_notification.homes.search_life.submission import submission_about
from property_alert_notification.homes.search_life.told_facts.queries import FactsOfHomes, facts_of_homes
from property_alert_notification.notifications.create import Planner, create
from property_alert_notification.notifications.draft import Accepted
from property_alert_notification.people.person import UNKNOWN
from property_alert_notification.people.scripts import readers_of

AT_ONCE = 200
"""Searches of one pass over the market."""

IDLE = 1.0
"""Seconds until it looks again when nothing is left."""

LATER = timedelta(hours=1)
"""When the first alert is tried again for a user who has no preferences yet."""


class _Pass(NamedTuple):
    """One pass over the market."""

    versions: Mapping[int, int]
    """The version of each search that was active, by their numbers."""
    found: Mapping[int, Found]
    facts: FactsOfHomes
    """Of the homes that are named."""


class _FirstAlert(NamedTuple):
    """The first alert of a search."""

    search: SavedSearch
    found: Found
    language: str
    homes: Sequence[AlertDetails]
    """Those of `found.first`."""

    @property
    def text(self) -> tuple[str, str]:
        """The title and the message."""
        in_words = sentence(self.found.expression, self.language)
        return write_first_alert(FirstAlert(self.search.name, in_words, self.homes, self.found.total), self.language)

    def rows(self, notification: UUID, facts: FactsOfHomes) -> Iterator[NewAlert]:
        """What is looked at again before it is sent; `facts` is what `facts_of_homes` has."""
        search = self.found.search
        for home, its, place in zip(self.found.first, self.homes, places_in(self.homes), strict=True):
            left_out = None if place is None else place.code.value
            number = search.from_sequence
            keys = {key for _, key, _ in self._facts_of(home.listing.property_id, facts)}
            told, sender = (joined(sorted(keys)) if place is None else None), str(search.number)
            yield NewAlert(notification, search.person, home.listing.id, number, its.stored, told, sender, left_out)

    def facts_of(self, homes: FactsOfHomes) -> Iterator[tuple[UUID, str, int]]:
        """What it tells of the homes that it names, as `facts_of_homes` has it."""
        for home in self.found.first[:NAMED]:
            yield from self._facts_of(home.listing.property_id, homes)

    def _facts_of(self, home: UUID, homes: FactsOfHomes) -> Iterator[tuple[UUID, str, int]]:
        return (one for one in homes.get(home, ()) if one[2] <= self.found.search.from_sequence)


class FirstAlerts:
    """The loop of one process. Any number of them may share one store."""

    def __init__(
        self, database: Database, planner: Planner, *, create_index: Callable[[], Index], wake: Callable[[], None]
    ) -> None:
        """`create_index` makes an empty index of searches; `wake` is called after alerts were made."""
        self._database = database
        self._planner = planner
        self._clock = planner.clock
        self._create_index = create_index
        self._wake = wake

    async def run(self, loop: Loop) -> None:
        """Make first alerts until cancelled; waits while the store is away."""
        await loop.repeat(self._turn)

    async def _turn(self) -> float:
        return 0.0 if await self.make_due() else IDLE

    async def make_due(self) -> int:
        """Make some first alerts; returns how many searches it processed, 0 if none is left."""
        ids = await queries.due.ids(self._database, now=self._clock.now(), limit=AT_ONCE)
        if not ids:
            return 0
        late = await self._put_off(ids)
        if late:
            ids = [one for one in ids if one not in late]
        compared = await self._find(ids)
        made = sum(await halve_on_error(ids, partial(self._make, compared=compared), self._leave)) if ids else 0
        if made:
            self._wake()
        return made + len(late)

    async def _put_off(self, ids: Sequence[UUID]) -> set[UUID]:
        """Let those wait whose users have no preferences yet, so that the service may not write to them."""
        async with self._database.reading() as connection:
            due = await queries.first_searches(connection, ids)
            users, default = {one.user_id for one in due}, self._planner.default_preferences
            known = await preferences_of_users(connection, users, default=default)
        if not (late := {one.id for one in due if one.user_id not in known}):
            return late
        async with self._database.transaction() as connection:
            await queries.put_off_first_alerts(connection, late, at=self._clock.now() + LATER)
        return late

    async def _find(self, ids: Sequence[UUID]) -> _Pass:
        async with self._database.reading() as connection:
            searches = await queries.first_searches(connection, ids)
        found = await find_matches(self._database, searches, self._create_index)
        named = {home.listing.property_id for one in found.values() for home in one.first[:NAMED]}
        until = max((one.search.from_sequence for one in found.values()), default=0)
        async with self._database.reading() as connection:
            facts = await facts_of_homes(connection, named, until=until)
        return _Pass({one.number: one.version for one in searches}, found, facts)

    async def _make(self, ids: Sequence[UUID], compared: _Pass) -> int:
        async with self._database.transaction() as connection:
            # Before all others, as matchers do: the ledger is read, and then written.
            shards = await ledger.lock(connection)
            now = self._clock.now()
            taken = await queries.due.take(connection, now=now, limit=AT_ONCE, only=ids)
            # A search that was edited or resumed meanwhile is looked at again; one that was paused has no first alert.
            found = compared.found
            done = [one for one in taken if not one.active or compared.versions.get(one.number) == one.version]
            wanted = [one for one in done if one.active and one.number in found]
            made = await self._submit(connection, [(one, found[one.number]) for one in wanted], compared.facts)
            late = {one.id for one in wanted} - {one.search.id for one, _ in made}
            await approval_facts.add(connection, _waiting(made, compared.facts))
            await self._tell(connection, [one for one, _ in made if not one.search.concierge], compared.facts, shards)
            await queries.put_off_first_alerts(connection, late, at=now + LATER)
            await queries.end_first_alerts(connection, {one.id for one in done} - late)
        return len(taken)

    async def _submit(
        self, connection: AsyncConnection, wanted: Sequence[tuple[SavedSearch, Found]], facts: FactsOfHomes
    ) -> list[tuple[_FirstAlert, UUID]]:
        """Submit the first alerts of these searches; returns those that were accepted, with their notifications."""
        if not wanted:
            return []
        users, default = {search.user_id for search, _ in wanted}, self._planner.default_preferences
        people = await run_within(connection, readers_of(sorted(users), default=default))
        made = [
            _first_alert(search, found, shown_locale(people.get(search.user_id, UNKNOWN).language))
            for search, found in wanted
        ]
        submissions = [
            submission_about(self._planner, one.search, *one.text, needs_approval=one.search.concierge) for one in made
        ]
        results = await run_within(connection, create(self._planner, submissions))
        accepted = [(one, its.id) for one, its in zip(made, results, strict=True) if isinstance(its, Accepted)]
        await alerts.add_alerts(connection, [row for one, id_ in accepted for row in one.rows(id_, facts)])
        await notices.add(
            connection, [NewNotice(id_, one.search.number, version=None) for one, id_ in accepted if not one.homes]
        )
        await approvals.add_searches(
            connection, [(id_, one.search.number) for one, id_ in accepted if one.search.concierge]
        )
        return accepted

    async def _tell(
        self,
        connection: AsyncConnection,
        made: Sequence[_FirstAlert],
        facts: FactsOfHomes,
        shards: Collection[Shard],
    ) -> None:
        """Record in the ledger what the first alerts tell."""
        told = [
            NewlyTold(listing, key, one.found.search.person, sequence)
            for one in made
            for listing, key, sequence in one.facts_of(facts)
        ]
        known = await ledger.told_of(connection, {(one.listing_id, one.fact) for one in told})
        await ledger.put_told(connection, told, known, shards=shards, now=self._clock.now())

    async def _leave(self, search: UUID, error: Exception) -> None:
        """Let a damaged row have no first alert, so that it does not hold up the others."""
        left_out("search.unreadable", error, search=str(search))
        async with self._database.transaction() as connection:
            await queries.end_first_alerts(connection, [search])


def _waiting(made: Iterable[tuple[_FirstAlert, UUID]], homes: FactsOfHomes) -> Iterator[WaitingFact]:
    """What those tell that need approval, once they are approved."""
    for one, notification in made:
        if one.search.concierge:
            newest = {(listing, key): sequence for listing, key, sequence in one.facts_of(homes)}
            for (listing, key), sequence in newest.items():
                yield WaitingFact(notification, listing, key, one.found.search.person, sequence, in_first_alert=True)


def _first_alert(search: SavedSearch, found: Found, language: str) -> _FirstAlert:
    named = (ToldSearch(search.name, "", is_new=False, number=search.number),)
    homes = [details_of(home.fields, (), named, language, matched=found.total) for home in found.first]
    return _FirstAlert(search, found, language, homes)
