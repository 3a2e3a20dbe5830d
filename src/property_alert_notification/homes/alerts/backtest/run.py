"""Runs a replay over the changes of a period, in short transactions that lock nothing, and compares in a thread."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from property_alert_notification.base.damaged import readable
from property_alert_notification.database import Database
from property_alert_notification.homes.alerts import queries as alerts
from property_alert_notification.homes.alerts.approvals.facts import queries as approval_facts
from property_alert_notification.homes.alerts.backtest import queries
from property_alert_notification.homes.alerts.backtest.queries import PastChange
from property_alert_notification.homes.alerts.backtest.replay import Candidate, Compared, Hit, Known, Replay
from property_alert_notification.homes.alerts.changes import readable_changes
from property_alert_notification.homes.alerts.drops.queries import dropped_of, reasons_in
from property_alert_notification.homes.alerts.earlier.queries import facts_before
from property_alert_notification.homes.alerts.explain.outcome import outcomes_of_facts, with_unsent
from property_alert_notification.homes.alerts.explain.queries import digests_of
from property_alert_notification.homes.alerts.ledger.queries import FactKey, ToldRow, told_rows
from property_alert_notification.homes.alerts.news import Earlier
from property_alert_notification.homes.alerts.numbers import unpack
from property_alert_notification.homes.alerts.shards.queries import position_for
from property_alert_notification.homes.alerts.unsent.queries import unsent
from property_alert_notification.homes.listing_preferences.queries import discarded

SLICE = 200
"""Changes that are read and compared together."""

MOST_CHANGES = 10_000
"""Changes that one call compares."""

LONGEST = timedelta(seconds=1)
"""How long one call compares."""

SKEW = timedelta(minutes=1)
"""By how much a change with a greater number may have been made earlier: clocks and transactions differ."""


class Period(NamedTuple):
    """From a moment to another one, by the clock of this service."""

    start: datetime
    end: datetime
    """Not part of it."""

    def has(self, past: PastChange) -> bool:
        """Whether a change was made in it."""
        return self.start <= past.made_at < self.end


@dataclass(frozen=True, slots=True)
class Found:
    """What a call found."""

    changes: Sequence[Compared]
    compared: int
    """How many changes of the period were compared."""
    after: int | None
    """The number after which the next call goes on; None if the whole period was compared."""


@dataclass(slots=True)
class Run:
    """One call: a part of a period, for one person."""

    database: Database
    replay: Replay
    person: int
    """The number of the user, as `search_people` has it."""
    has_preferences: bool
    period: Period
    limit: int
    """Changes of one answer."""
    is_over: Callable[[], bool]
    """Whether it has taken long enough."""
    _found: list[Compared] = field(default_factory=list)
    _read: int = 0
    _compared: int = 0

    async def go_on(self, after: int | None) -> Found:
        """Compare the changes after a number, or from the beginning of the period on."""
        async with self.database.reading() as connection:
            last = await alerts.last_number(connection)
            until = await queries.number_before(connection, self.period.end + SKEW, last=last)
            begin = await queries.number_before(connection, self.period.start - SKEW, last=last)
            position, digests = await position_for(connection, self.person), await digests_of(connection, self.person)
        known = Known((), (), self.has_preferences, position, digests, {})
        at: int | None = begin if after is None else max(begin, after)
        while at is not None and not self._is_full():
            at = await self._slice(known, at, until)
        found = self._found
        if len(found) > self.limit:
            found = found[: self.limit]
            at = found[-1].change.sequence
        return Found(found, self._compared, at)

    def _is_full(self) -> bool:
        return len(self._found) >= self.limit or self._read >= MOST_CHANGES or (self._read > 0 and self.is_over())

    async def _slice(self, known: Known, after: int, until: int) -> int | None:
        """Compare the next changes; returns the number of the last one, or None if no others follow."""
        async with self.database.reading() as connection:
            changes = await queries.changes_after(connection, after=after, until=until, limit=SLICE)
        if not changes:
            return None
        self._read += len(changes)
        of_period = list(filter(self.period.has, changes))
        hits, last = await asyncio.to_thread(self.replay.hits, of_period, self.is_over)
        if hits:
            await self._compare(hits, known)
        if last is not None and last != of_period[-1].change.sequence:
            self._compared += sum(one.change.sequence <= last for one in of_period)
            return last
        self._compared += len(of_period)
        return None if len(changes) < SLICE else changes[-1].change.sequence

    async def _compare(self, hits: Sequence[Hit], known: Known) -> None:
        changes = [one.past.change for one in hits]
        async with self.database.reading() as connection:
            earlier = await facts_before(connection, changes)
        candidates = await asyncio.to_thread(self._candidates, hits, earlier)
        keys = {key for one in candidates for key in one.keys}
        homes = {one.change.property_id for one in candidates}
        async with self.database.reading() as connection:
            rows = await told_rows(connection, keys)
            refused = await discarded(connection, homes)
            asking = await approval_facts.asking(connection, keys, person=self.person)
            stored = await dropped_of(connection, {one.change.sequence for one in candidates})
        dropped = await asyncio.to_thread(reasons_in, stored, self.replay.numbers)
        told = await asyncio.to_thread(_told_to, self.person, rows)
        async with self.database.reading() as connection:
            ended = await unsent(connection, {(*key, self.person) for key in told})
        became = {fact[:2]: its.became for fact, its in ended.items()}
        refusing = {home for home, some in refused.items() if self.person in some}
        told, untold = told - became.keys(), with_unsent(outcomes_of_facts(asking), became)
        known = replace(known, told=told, discarded=refusing, dropped=dropped, untold=untold)
        self._found += self.replay.compare(candidates, known)

    def _candidates(self, hits: Sequence[Hit], earlier: Mapping[int, Earlier]) -> list[Candidate]:
        by_number = {one.past.change.sequence: one for one in hits}
        changes = readable_changes((one.past.change for one in hits), earlier)
        return [self.replay.candidate(by_number[one.sequence], one) for one in changes]


def _told_to(person: int, rows: Iterable[ToldRow]) -> set[FactKey]:
    some = ((row[:2], row.people) for row in rows if row.people is not None)
    unpacked = readable(some, lambda row: (row[0], unpack(row[1])), "told.unreadable", lambda row: row[0])
    return {key for key, people in unpacked if person in people}
