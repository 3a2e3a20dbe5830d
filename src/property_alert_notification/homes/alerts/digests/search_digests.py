"""Submits what searches matched that do not alert at once, shortly before the digest that their schedule asks for."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.reasons import ReasonCode
from property_alert_notification.database import Database
from property_alert_notification.homes.alerts.approvals.facts import queries as approval_facts
from property_alert_notification.homes.alerts.changes.earlier.queries import facts_before
from property_alert_notification.homes.alerts.changes.queries import ChangeToMatch, changes_of
from property_alert_notification.homes.alerts.changes.read import ReadChange, readable_changes
from property_alert_notification.homes.alerts.digests import queries as digest_queries
from property_alert_notification.homes.alerts.digests.fresh import fresh_news
from property_alert_notification.homes.alerts.digests.log_matches import LogMatches, read_log
from property_alert_notification.homes.alerts.digests.next_digest import next_digest_of
from property_alert_notification.homes.alerts.digests.queries import DueSearch
from property_alert_notification.homes.alerts.digests.waiting import HomeInDigest, Waiting, gathered, net_facts
from property_alert_notification.homes.alerts.drops import queries as drop_queries
from property_alert_notification.homes.alerts.drops.drops import Drops
from property_alert_notification.homes.alerts.ledger import queries as told_ledger
from property_alert_notification.homes.alerts.ledger.queries import PersonsFact
from property_alert_notification.homes.alerts.news import Earlier, News
from property_alert_notification.homes.alerts.people import people_of_users
from property_alert_notification.homes.alerts.shards.shard import Shard
from property_alert_notification.homes.alerts.submit import (
    NamedSearch,
    Submitter,
    WantedAlert,
    outcomes_of,
    told_by,
)
from property_alert_notification.homes.listing_preferences.queries import discarded
from property_alert_notification.homes.saved_searches.targets.queries import SearchTarget, targets_of
from property_alert_notification.homes.saved_searches.versions.queries import current_versions, edited_after
from property_alert_notification.homes.saved_searches.words import ScheduleType
from property_alert_notification.notifications.create import Planner
from property_alert_notification.people.decide import zones_of
from property_alert_notification.people.person import UNKNOWN, Person

One = TypeVar("One")

AT_ONCE = 200
"""Searches of one transaction."""

READ_AT_ONCE = 5_000
"""Searches whose matches are read together."""

SLICE = 200
"""Changes or homes that are read or submitted together: a search may have thousands, and other work must not wait."""

AGAIN = timedelta(hours=1)
"""After which time a search is tried again whose matches could not be submitted."""

LATER = timedelta(minutes=1)
"""When a search is looked at again whose edit the matcher comes to yet; it is as soon as the matcher does."""

LEAD = timedelta(minutes=5)
"""How long before a digest its items are submitted, so that addresses can be looked up."""


class SearchDigests:
    """Submits the matches of searches whose digest is near. Only the matcher that has the lease of a shard does so."""

    def __init__(self, database: Database, planner: Planner, shard: Shard) -> None:
        self._database = database
        self._shard = shard
        self._clock = planner.clock
        self._default_preferences = planner.default_preferences
        self._submitter = Submitter(planner)
        self._log = LogMatches()

    async def due(self, position: int, renew: Callable[[], Awaitable[None]]) -> Sequence[DueSearch]:
        """Some searches that are due, after their matches up to this position were read; `renew` is called meanwhile.

        The log is read once for many of them, and outside the transactions that submit what it has.
        """
        due, ready = await self._look(AT_ONCE)
        if not all(self._was_read(one, target, position) for one, target in ready):
            _, many = await self._look(READ_AT_ONCE)
            self._log = await read_log(self._database, self._shard, [one for one, _ in many], position, renew)
        elif not due:
            self._log = LogMatches()
        return due

    async def _look(self, limit: int) -> tuple[list[DueSearch], list[tuple[DueSearch, SearchTarget | None]]]:
        """The searches that are due, and those of them whose matches are submitted now, with their targets."""
        now = self._clock.now()
        async with self._database.reading() as connection:
            due = await digest_queries.due_searches(connection, self._shard.share, now=now, limit=limit)
            targets = await _active(connection, due) if due else {}
        found = [(one, targets.get(one.number)) for one in due]
        return due, [(one, target) for one, target in found if _is_ready(one, target, now)]

    def _was_read(self, one: DueSearch, target: SearchTarget | None, position: int) -> bool:
        """Whether the matches of a search were read; all of them, if it waits for no digest any more."""
        return self._log.has(one) and (_waits(target) or self._log.position == position)

    async def submit(self, connection: AsyncConnection, due: Sequence[DueSearch], position: int) -> Mapping[str, int]:
        """Submit the matches of these searches; returns how many alerts came of them, by outcome."""
        now = self._clock.now()
        targets = await _active(connection, due)
        edited = await edited_after(connection, {one.number for one in due}, position=position)
        # The matcher comes to the end of these yet: until then their matches go on to be collected.
        early = [
            one for one in due if one.number in edited and not (edited[one.number] and _waits(targets.get(one.number)))
        ]
        postponed = [_postponed(one, now) for one in early]
        due = [one for one in due if one not in early]
        ready = [one for one in due if _is_ready(one, targets.get(one.number), now)]
        # A user may have edited a search since the log was read: it is due again in a moment.
        unread = [one for one in ready if not self._was_read(one, targets.get(one.number), position)]
        due = [one for one in due if one not in unread]
        ready = [one for one in ready if one not in unread]
        outcomes = await self._submit(connection, ready, targets)
        # First, so that preferences which change from here on have the searches looked at again afterwards.
        await digest_queries.lock(connection, [one.number for one in (*due, *early)])
        users = {one.user_id for one in targets.values()}
        people = await people_of_users(connection, users, default=self._default_preferences)
        await digest_queries.forget(connection, [one.number for one in due if not _waits(targets.get(one.number))])
        kept = [
            # The position is lower if people were divided anew since, and a slower shard had some of them.
            _next(one, targets[one.number], people, now, max(one.sequence, self._log.position if one in ready else 0))
            for one in due
            if _waits(targets.get(one.number))
        ]
        await digest_queries.wait_for(connection, [*postponed, *kept])
        return outcomes

    async def postpone(self, connection: AsyncConnection, one: DueSearch) -> None:
        """Try a search again later whose matches cannot be submitted, so that it does not hold up the others."""
        await digest_queries.postpone(connection, one.number, until=self._clock.now() + AGAIN)

    async def _submit(
        self,
        connection: AsyncConnection,
        ready: Sequence[DueSearch],
        targets: Mapping[int, SearchTarget],
    ) -> Mapping[str, int]:
        if not ready:
            return {}
        found = {one.number: self._log.found[one.number] for one in ready if one.number in self._log.found}
        changes = await _changes(connection, {sequence for some in found.values() for sequence, _ in some})
        versions = await current_versions(connection, found.keys() & targets.keys())
        waiting = [
            Waiting(versions[number], is_new, changes[sequence])
            for number, some in found.items()
            for sequence, is_new in some
            if number in versions and sequence in changes
        ]
        outcomes = Counter(dropped=sum(map(len, found.values())) - len(waiting))
        digests = {one.number: one.closes_at for one in ready}
        listings: dict[UUID, dict[UUID, Mapping[str, Any]]] = {}
        for some in _slices(sorted({one.change.property_id for one in waiting})):
            listings |= await digest_queries.listings_of(connection, some)
        drops = Drops()
        homes = await asyncio.to_thread(gathered, waiting, listings, drops)
        for part in _slices(homes):
            outcomes += Counter(await self._tell(connection, part, targets, digests, drops))
        await drop_queries.put(connection, drops)
        return outcomes

    async def _tell(
        self,
        connection: AsyncConnection,
        homes: Sequence[HomeInDigest],
        targets: Mapping[int, SearchTarget],
        digests: Mapping[int, datetime | None],
        drops: Drops,
    ) -> Mapping[str, int]:
        keys = {(listing, key) for home in homes for key, by in home.told_by.items() for listing in by}
        told = await told_ledger.told_of(connection, keys)
        fresh_of = await fresh_news(connection, homes, told, drops)
        refused = await discarded(connection, {home.property_id for home in homes})
        wanted: list[tuple[HomeInDigest, WantedAlert]] = []
        dropped = 0
        for home, fresh in zip(homes, fresh_of, strict=True):
            is_refused = home.person in refused.get(home.property_id, ())
            facts = [] if home.now is None else net_facts(fresh, home.now.get("ListPrice"))
            if is_refused or home.is_gone or not facts:
                dropped += 1
                if (why := _why_dropped(home, fresh, is_refused=is_refused)) is not None:
                    drops.add(why, home.matches)
                continue
            wanted.append((home, _alert(home, facts, {news.key for news in fresh}, targets, digests)))
        wanted = await _not_waiting(connection, wanted)
        alerts = [alert for _, alert in wanted]
        accepted = await self._submitter.submit(connection, alerts)
        for (home, _), is_accepted in zip(wanted, accepted, strict=True):
            if not is_accepted:
                drops.add(ReasonCode.NO_PREFERENCES, home.matches)
        new = told_by(alerts, accepted)
        await told_ledger.put_told(connection, new, told, shards=[self._shard], now=self._clock.now())
        return outcomes_of(accepted) + Counter(dropped=dropped)


async def _not_waiting(
    connection: AsyncConnection, wanted: Sequence[tuple[HomeInDigest, WantedAlert]]
) -> list[tuple[HomeInDigest, WantedAlert]]:
    """These without alerts that need approval if all of it was submitted for it before, whatever was decided then."""
    asked = {id(alert): set(alert.facts_of_person) for _, alert in wanted if alert.needs_approval}
    known = await approval_facts.known(connection, set[PersonsFact]().union(*asked.values()))
    return [one for one in wanted if id(one[1]) not in asked or not asked[id(one[1])] <= known]


def _why_dropped(home: HomeInDigest, fresh: Sequence[News], *, is_refused: bool) -> ReasonCode | None:
    """Why a home is left out; None if its person was told before, or was to be, which the ledger has."""
    if is_refused:
        return ReasonCode.HOME_DISCARDED
    if home.is_gone:
        return ReasonCode.LISTING_GONE
    return ReasonCode.CHANGED_BACK if fresh else None


def _waits(target: SearchTarget | None) -> bool:
    """Whether a search goes on waiting for digests: it is neither paused nor deleted, and does not alert at once."""
    return target is not None and target.schedule_type is not ScheduleType.ASAP


def _is_ready(one: DueSearch, target: SearchTarget | None, now: datetime) -> bool:
    """Whether its matches are submitted now: its digest is near, it alerts at once since it was edited, or it ended."""
    if target is None or target.schedule_type is ScheduleType.ASAP:
        return True
    return one.closes_at is not None and one.closes_at - LEAD <= now


async def _active(connection: AsyncConnection, due: Sequence[DueSearch]) -> dict[int, SearchTarget]:
    targets = await targets_of(connection, {one.number for one in due})
    return {number: one for number, one in targets.items() if one.active}


def _postponed(one: DueSearch, now: datetime) -> digest_queries.NextDigest:
    return digest_queries.NextDigest(one.number, one.sequence, now + LATER, one.closes_at)


def _next(
    one: DueSearch, target: SearchTarget, people: Mapping[int, Person], now: datetime, sequence: int
) -> digest_queries.NextDigest:
    person = people.get(target.user_id, UNKNOWN)
    times = person.preferences.rules.digest if person.preferences else None
    after = now if one.closes_at is None else max(now, one.closes_at)
    closes_at = next_digest_of(target.schedule_type, target.daily_schedule, times, zones_of(person, None), after)
    return digest_queries.NextDigest(one.number, sequence, max(now, closes_at - LEAD), closes_at)


async def _changes(connection: AsyncConnection, sequences: Collection[int]) -> Mapping[int, ReadChange]:
    found: dict[int, ReadChange] = {}
    for some in _slices(sorted(sequences)):
        rows = await changes_of(connection, some)
        earlier = await facts_before(connection, rows)
        found |= await asyncio.to_thread(_read_changes, rows, earlier)
    return found


def _read_changes(rows: Sequence[ChangeToMatch], earlier: Mapping[int, Earlier]) -> dict[int, ReadChange]:
    return {one.sequence: one for one in readable_changes(rows, earlier)}


def _slices(many: Sequence[One]) -> Iterator[Sequence[One]]:
    return (many[start : start + SLICE] for start in range(0, len(many), SLICE))


def _alert(
    home: HomeInDigest,
    facts: Sequence[Any],
    told: AbstractSet[str],
    targets: Mapping[int, SearchTarget],
    digests: Mapping[int, datetime | None],
) -> WantedAlert:
    """The alert about a home; `told` has the keys of the news that it tells."""
    assert home.now is not None  # noqa: S101 - the home is not gone
    assert home.listing_id is not None  # noqa: S101
    searches = [
        NamedSearch(targets[number], is_new, not told.isdisjoint(home.wanted[number]))
        for number, is_new in home.searches.items()
    ]
    closing = [digests[number] for number in home.searches]
    at_once = any(one.target.schedule_type is ScheduleType.ASAP for one in searches)
    digest_at = None if at_once else min((one for one in closing if one is not None), default=None)
    return WantedAlert(
        home.person,
        home.listing_id,
        home.newest.sequence,
        home.now,
        facts,
        searches,
        [(listing, key, sequence) for key in told for listing, sequence in home.told_by[key].items()],
        digest_at,
    )
