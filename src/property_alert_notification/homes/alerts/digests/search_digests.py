"""Submits what searches matched that do not alert at once, shortly before the digest that their schedule asks for."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.homes.alerts import queries
from property_alert_notification.homes.alerts.changes import ReadChange, readable_changes
from property_alert_notification.homes.alerts.digests import queries as digest_queries
from property_alert_notification.homes.alerts.digests.next_digest import next_digest_of
from property_alert_notification.homes.alerts.digests.queries import DueSearch
from property_alert_notification.homes.alerts.digests.waiting import HomeInDigest, Waiting, gathered, is_gone, net_facts
from property_alert_notification.homes.alerts.numbers import NONE
from property_alert_notification.homes.alerts.submit import NamedSearch, Submitter, WantedAlert
from property_alert_notification.homes.listing_preferences.queries import discarded
from property_alert_notification.homes.saved_searches.versions.queries import SearchTarget, targets_of
from property_alert_notification.homes.saved_searches.words import ScheduleType
from property_alert_notification.notifications.create import Planner
from property_alert_notification.people.decide import zones_of
from property_alert_notification.people.person import UNKNOWN, Person

AT_ONCE = 200
"""Searches of one transaction."""

LEAD = timedelta(minutes=5)
"""How long before a digest its items are submitted, so that addresses can be looked up."""


class SearchDigests:
    """Submits the matches of searches whose digest is near. Only the matcher that has the lease does so."""

    def __init__(self, planner: Planner) -> None:
        self._clock = planner.clock
        self._submitter = Submitter(planner)

    async def submit_due(self, connection: AsyncConnection, position: int) -> tuple[int, Mapping[str, int]]:
        """Process some searches that are due, with the matches up to this position.

        Returns how many searches it processed, and how many alerts came of them, by outcome.
        """
        now = self._clock.now()
        due = await digest_queries.due_searches(connection, now=now, limit=AT_ONCE)
        if not due:
            return 0, {}
        numbers = {one.number for one in due}
        targets = {number: one for number, one in (await targets_of(connection, numbers)).items() if one.active}
        people = await self._submitter.people(connection, {one.user_id for one in targets.values()})
        ready = [one for one in due if (target := targets.get(one.number)) is None or _is_ready(one, target, now)]
        outcomes = await self._submit(connection, ready, targets, position)
        await digest_queries.forget(connection, [one.number for one in due if not _waits(targets.get(one.number))])
        kept = [
            _next(one, targets[one.number], people, now, position if one in ready else one.sequence)
            for one in due
            if _waits(targets.get(one.number))
        ]
        await digest_queries.wait_for(connection, kept)
        return len(due), outcomes

    async def _submit(
        self,
        connection: AsyncConnection,
        ready: Sequence[DueSearch],
        targets: Mapping[int, SearchTarget],
        position: int,
    ) -> Mapping[str, int]:
        if not ready:
            return {}
        found = await _matches(connection, ready, position)
        changes = await _changes(connection, {sequence for some in found.values() for sequence, _ in some})
        versions = await digest_queries.current_versions(connection, found.keys() & targets.keys())
        waiting = [
            Waiting(versions[number], is_new, changes[sequence])
            for number, some in found.items()
            for sequence, is_new in some
            if number in versions and sequence in changes
        ]
        outcomes = Counter(dropped=sum(map(len, found.values())) - len(waiting))
        digests = {one.number: one.closes_at for one in ready}
        outcomes += Counter(await self._tell(connection, gathered(waiting), targets, digests))
        return outcomes

    async def _tell(
        self,
        connection: AsyncConnection,
        homes: Sequence[HomeInDigest],
        targets: Mapping[int, SearchTarget],
        digests: Mapping[int, datetime | None],
    ) -> Mapping[str, int]:
        keys = {(home.property_id, key) for home in homes for key in home.news}
        told = await queries.told_of(connection, keys)
        refused = await discarded(connection, {home.property_id for home in homes})
        records = await digest_queries.records_of(connection, {home.newest.listing_id for home in homes})
        alerts: list[WantedAlert] = []
        people: dict[queries.FactKey, list[int]] = {}
        dropped = 0
        for home in homes:
            fresh = [
                news for key, news in home.news.items() if home.person not in told.get((home.property_id, key), NONE)
            ]
            now = records.get(home.newest.listing_id)
            is_refused = home.person in refused.get(home.property_id, ())
            if (
                is_refused
                or now is None
                or is_gone(now, home.newest)
                or not (facts := net_facts(fresh, now.get("ListPrice")))
            ):
                dropped += 1
                continue
            alerts.append(_alert(home, facts, now, targets, digests))
            for news in fresh:
                people.setdefault((home.property_id, news.key), []).append(home.person)
        outcomes = Counter(await self._submitter.submit(connection, alerts)) + Counter(dropped=dropped)
        newest = max((home.newest.sequence for home in homes), default=0)
        ledger = [(key, np.union1d(told.get(key, NONE), some), newest) for key, some in people.items()]
        await queries.put_told(connection, ledger, now=self._clock.now())
        return outcomes


def _waits(target: SearchTarget | None) -> bool:
    """Whether a search goes on waiting for digests: it is neither paused nor deleted, and does not alert at once."""
    return target is not None and target.schedule_type is not ScheduleType.ASAP


def _is_ready(one: DueSearch, target: SearchTarget, now: datetime) -> bool:
    """Whether its matches are submitted now: its digest is near, or it alerts at once since it was edited."""
    if target.schedule_type is ScheduleType.ASAP:
        return True
    return one.closes_at is not None and one.closes_at - LEAD <= now


def _next(
    one: DueSearch, target: SearchTarget, people: Mapping[int, Person], now: datetime, sequence: int
) -> digest_queries.NextDigest:
    person = people.get(target.user_id, UNKNOWN)
    times = person.preferences.rules.digest if person.preferences else None
    after = now if one.closes_at is None else max(now, one.closes_at)
    closes_at = next_digest_of(target.schedule_type, target.daily_schedule, times, zones_of(person, None), after)
    return digest_queries.NextDigest(one.number, sequence, max(now, closes_at - LEAD), closes_at)


async def _matches(
    connection: AsyncConnection, ready: Sequence[DueSearch], position: int
) -> dict[int, list[tuple[int, bool]]]:
    """The matches of these searches that were not submitted yet: the number of the change, and whether it was new."""
    since = {one.number: one.sequence for one in ready}
    wanted = np.array(sorted(since), dtype=np.int64)
    found: dict[int, list[tuple[int, bool]]] = {}
    async for sequence, matches in digest_queries.log_between(connection, after=min(since.values()), until=position):
        for one in matches[np.isin(matches >> 1, wanted)].tolist():
            if sequence > since[one >> 1]:
                found.setdefault(one >> 1, []).append((sequence, bool(one & 1)))
    return found


async def _changes(connection: AsyncConnection, sequences: Collection[int]) -> Mapping[int, ReadChange]:
    rows = await digest_queries.changes_of(connection, sequences)
    numbered = await queries.numbered_facts(connection, {one.property_id for one in rows})
    return {one.sequence: one for one in readable_changes(rows, numbered)}


def _alert(
    home: HomeInDigest,
    facts: Sequence[Any],
    now: Mapping[str, Any],
    targets: Mapping[int, SearchTarget],
    digests: Mapping[int, datetime | None],
) -> WantedAlert:
    listing_id: UUID = home.newest.listing_id
    searches = [NamedSearch(targets[number], is_new) for number, is_new in home.searches.items()]
    closing = [digests[number] for number in home.searches]
    at_once = any(one.target.schedule_type is ScheduleType.ASAP for one in searches)
    digest_at = None if at_once else min((one for one in closing if one is not None), default=None)
    return WantedAlert(home.person, home.property_id, listing_id, home.newest.sequence, now, facts, searches, digest_at)
