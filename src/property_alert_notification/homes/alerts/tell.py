"""Writes what matched changes lead to, within the transaction that moves the matcher's position: a few statements."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import numpy as np
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.reasons import ReasonCode
from property_alert_notification.homes.alerts.approvals.facts import queries as approval_facts
from property_alert_notification.homes.alerts.changes.read import ReadChange
from property_alert_notification.homes.alerts.details import ToldFact
from property_alert_notification.homes.alerts.digests import queries as digest_queries
from property_alert_notification.homes.alerts.drops import queries as drop_queries
from property_alert_notification.homes.alerts.drops.drops import Drops, Match
from property_alert_notification.homes.alerts.ledger import queries as ledger
from property_alert_notification.homes.alerts.ledger.queries import PersonsFact
from property_alert_notification.homes.alerts.match_log import queries as match_log
from property_alert_notification.homes.alerts.match_log.entries import entry_of
from property_alert_notification.homes.alerts.matches import Matches, Telling, not_told, tellings
from property_alert_notification.homes.alerts.numbers import NONE, Numbers
from property_alert_notification.homes.alerts.outcomes.queries import unsent
from property_alert_notification.homes.alerts.outcomes.unsent import Unsent
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
from property_alert_notification.homes.saved_searches.versions.queries import SearchEdit
from property_alert_notification.homes.saved_searches.words import ScheduleType
from property_alert_notification.notifications.create import Planner


class MatchedChange(NamedTuple):
    """A change of a listing with the searches that it concerns."""

    change: ReadChange
    matches: Matches


class _Told(NamedTuple):
    """What one person is told of one change."""

    change: ReadChange
    telling: Telling
    searches: Sequence[NamedSearch]
    """Empty if all of them were deleted."""

    @property
    def matches(self) -> list[Match]:
        """All that led to it."""
        return [(self.change.sequence, one.number) for one in self.telling.searches]

    @property
    def at_once(self) -> list[Match]:
        """Those of the searches that alert at once: the others are dropped with their digests."""
        targets = (one.target for one in self.searches)
        return [(self.change.sequence, one.number) for one in targets if one.schedule_type is ScheduleType.ASAP]


class Teller:
    """Tells the people of a shard of changes, once."""

    def __init__(self, planner: Planner, shard: Shard) -> None:
        self._clock = planner.clock
        self._shard = shard
        self._submitter = Submitter(planner)

    async def note_edits(self, connection: AsyncConnection, edits: Iterable[SearchEdit]) -> None:
        """Have the matches of searches that do not alert at once looked at for their next digest."""
        every = list(edits)
        latest = {edit.number: edit for edit in every}
        await digest_queries.lock(connection, latest)
        # What a search matched before it was paused is dropped, whenever it is resumed.
        await digest_queries.forget(connection, sorted({edit.number for edit in every if edit.version is None}))
        new = [
            (one.number, one.version.person, one.sequence)
            for one in latest.values()
            if one.version is not None and one.version.schedule_type != ScheduleType.ASAP
        ]
        await digest_queries.add_search_digests(connection, new, now=self._clock.now())
        await digest_queries.look_again(connection, latest.keys() - {one[0] for one in new}, now=self._clock.now())

    async def tell(self, connection: AsyncConnection, matched: Sequence[MatchedChange]) -> Mapping[str, int]:
        """Submit the alerts of searches that alert at once, and store ledger and log; returns how many, by outcome."""
        if not matched:
            return {}
        now = self._clock.now()
        known = await ledger.told_of(connection, _keys(matched))
        matched = [_at_home(one, known.homes) for one in matched]
        await match_log.add(connection, [_log_entry(one, now) for one in matched], shard=self._shard.number)
        return await self._tell(connection, matched, known)

    async def _tell(
        self, connection: AsyncConnection, matched: Sequence[MatchedChange], known: ledger.ToldFacts
    ) -> Counter[str]:
        everyone = dict(known.of_homes)
        ended = await unsent(connection, _told_again(matched, known))
        for one in matched:
            for key, people in _untold(one, ended):
                home = one.change.property_id, key
                everyone[home] = np.setdiff1d(everyone[home], people)
        refused = await discarded(connection, {one.change.property_id for one in matched})
        wanted = [
            (one.change, telling)
            for one in matched
            for telling in _tellings_of(one, everyone, refused.get(one.change.property_id, ()))
        ]
        targets = await targets_of(connection, {its.number for _, one in wanted for its in one.searches})
        every = [_Told(change, telling, _named(telling, targets)) for change, telling in wanted]
        told = [one for one in every if one.searches]
        alerts = list(_alerts(told))
        if any(one.needs_approval for one in alerts):
            if len(matched) > 1 and _tells_again(matched):
                return await self._tell_each(connection, matched)
            told = await _not_waiting(connection, told, alerts)
            alerts = list(_alerts(told))
        drops = Drops()
        for one in matched:
            drops.add(ReasonCode.HOME_DISCARDED, _refused(one, refused.get(one.change.property_id, ())))
        drops.add(ReasonCode.SEARCH_PAUSED, (match for one in every if not one.searches for match in one.matches))
        accepted = await self._submitter.submit(connection, alerts)
        for its, is_accepted in zip(told, accepted, strict=True):
            if not is_accepted:
                drops.add(ReasonCode.NO_PREFERENCES, its.at_once)
        await drop_queries.put(connection, drops)
        # Who was refused, for want of preferences, was not told.
        new = told_by(alerts, accepted)
        await ledger.put_told(connection, new, known, shards=[self._shard], now=self._clock.now())
        return outcomes_of(accepted)

    async def _tell_each(self, connection: AsyncConnection, matched: Sequence[MatchedChange]) -> Counter[str]:
        """Tell one change after the other: what one may tell only if it is approved, the next one may tell now."""
        outcomes = Counter[str]()
        for one in matched:
            outcomes += await self._tell(connection, [one], await ledger.told_of(connection, _keys([one])))
        return outcomes


def _keys(matched: Iterable[MatchedChange]) -> set[ledger.FactKey]:
    return {(one.change.listing_id, news.key) for one in matched for news in one.matches.news}


def _told_again(matched: Iterable[MatchedChange], known: ledger.ToldFacts) -> set[PersonsFact]:
    """What searches that alert at once match again, and the ledger has."""
    return {
        (one.change.listing_id, news.key, person)
        for one in matched
        for news, wanted in zip(one.matches.news, one.matches.wanted, strict=True)
        if len(its := known.of(one.change.listing_id, news.key))
        for person in np.intersect1d(one.matches.people[wanted & one.matches.at_once], its).tolist()
    }


def _untold(one: MatchedChange, ended: Unsent) -> Iterator[tuple[str, list[int]]]:
    """Whom the alerts of a fact did not reach, of those whom a search tells it that was not to tell it before."""
    if not ended:
        return
    for news, wanted in zip(one.matches.news, one.matches.wanted, strict=True):
        its = wanted & one.matches.at_once
        people = [
            person
            for person, number in zip(one.matches.people[its].tolist(), one.matches.numbers[its].tolist(), strict=True)
            if number not in ended.get((one.change.listing_id, news.key, person), {number})
        ]
        if people:
            yield news.key, people


def _tells_again(matched: Iterable[MatchedChange]) -> bool:
    """Whether one of these changes tells a fact of a home that another one tells, too."""
    keys = [(one.change.property_id, news.key) for one in matched for news in one.matches.news]
    return len(set(keys)) < len(keys)


async def _not_waiting(
    connection: AsyncConnection, told: Sequence[_Told], alerts: Sequence[WantedAlert]
) -> list[_Told]:
    """These without what would need approval and was submitted for it before, whatever was decided about it."""
    known = await approval_facts.known(
        connection, {fact for one in alerts if one.needs_approval for fact in one.facts_of_person}
    )
    found = []
    for its, alert in zip(told, alerts, strict=True):
        telling = its.telling
        if known and alert.needs_approval:
            new = [one for one in telling.news if (alert.listing_id, one.key, alert.person) not in known]
            telling = telling._replace(news=new)
        if telling.news:
            found.append(its._replace(telling=telling))
    return found


def _at_home(one: MatchedChange, homes: Mapping[UUID, UUID]) -> MatchedChange:
    """A change with the home of its listing as it is now: homes may have been merged or split since it was matched."""
    home = homes.get(one.change.listing_id, one.change.property_id)
    return one if home == one.change.property_id else one._replace(change=replace(one.change, property_id=home))


def _log_entry(one: MatchedChange, now: datetime) -> tuple[int, UUID, UUID, str, datetime]:
    entry = entry_of(one.matches.numbers, one.matches.is_new)
    return one.change.sequence, one.change.listing_id, one.change.property_id, entry, now


def _refused(one: MatchedChange, people: Collection[int]) -> list[Match]:
    """The matches that alert at once of people who discarded the home."""
    if not people:
        return []
    its = one.matches.at_once & np.isin(one.matches.people, list(people))
    return [(one.change.sequence, number) for number in one.matches.numbers[its].tolist()]


def _tellings_of(one: MatchedChange, told: dict[tuple[UUID, str], Numbers], refused: Collection[int]) -> list[Telling]:
    """What people are told of a change at once; adds them to `told`, for the changes that follow.

    `told` has who was told facts, by home and fact.
    Those who `refused` the home are told nothing.
    """
    its = {news.key: told.get((one.change.property_id, news.key), NONE) for news in one.matches.news}
    left_out = np.array(sorted(refused), dtype=np.int64)
    fresh = not_told(one.matches, {key: _both(known, left_out) for key, known in its.items()})
    for key, people in fresh.items():
        told[one.change.property_id, key] = _both(its[key], people)
    return list(tellings(one.matches, fresh))


def _both(some: Numbers, others: Numbers) -> Numbers:
    """All of these numbers; usually there is only one kind of them."""
    if not len(some) or not len(others):
        return others if not len(some) else some
    return np.union1d(some, others)


def _named(telling: Telling, targets: Mapping[int, SearchTarget]) -> list[NamedSearch]:
    """The searches that led to it; deleted ones are left out."""
    return [
        NamedSearch(targets[one.number], one.is_new, one.tells) for one in telling.searches if one.number in targets
    ]


def _alerts(told: Iterable[_Told]) -> Iterator[WantedAlert]:
    """An alert for each. Those of one change that tell the same have one list of facts."""
    common: dict[int, tuple[list[ToldFact], list[tuple[UUID, str, int]]]] = {}
    for change, telling, searches in told:
        if (its := common.get(id(telling.news))) is None:
            told_by = [(change.listing_id, news.key, change.sequence) for news in telling.news]
            its = common[id(telling.news)] = [fact for news in telling.news for fact in ToldFact.all_of(news)], told_by
        facts, told_by = its
        yield WantedAlert(
            telling.person,
            change.listing_id,
            change.sequence,
            change.after,
            facts,
            searches,
            told_by,
        )
