"""Runs a replay over the changes of a period, in short transactions that lock nothing, and compares in a thread."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from property_alert_notification.database import Database
from property_alert_notification.homes.alerts.backtest import queries
from property_alert_notification.homes.alerts.backtest.queries import PastChange
from property_alert_notification.homes.alerts.backtest.replay import Candidate, Compared, Hit, Known, Replay
from property_alert_notification.homes.alerts.changes.earlier.queries import facts_before
from property_alert_notification.homes.alerts.changes.queries import last_number
from property_alert_notification.homes.alerts.changes.read import readable_changes
from property_alert_notification.homes.alerts.explain.queries import digests_of
from property_alert_notification.homes.alerts.news import Earlier
from property_alert_notification.homes.alerts.outcomes.ladder import Knowledge
from property_alert_notification.homes.alerts.outcomes.look_up import known_of
from property_alert_notification.homes.alerts.outcomes.words import Became
from property_alert_notification.homes.alerts.shards.queries import position_for
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
    refusal: Became | None
    """Why the person would get no alert now, whatever matches."""
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
            last = await last_number(connection)
            until = await queries.number_before(connection, self.period.end + SKEW, last=last)
            begin = await queries.number_before(connection, self.period.start - SKEW, last=last)
            position, digests = await position_for(connection, self.person), await digests_of(connection, self.person)
        known = Known(Knowledge(position, digests, self.replay.saved), (), self.refusal)
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
        its = [one.change for one in candidates]
        homes = {one.property_id for one in its}
        async with self.database.reading() as connection:
            refused = await discarded(connection, homes)
            store = await known_of(connection, its, known.store, person=self.person, searches=self.replay.numbers)
        refusing = {home for home, some in refused.items() if self.person in some}
        known = replace(known, store=store, discarded=refusing)
        self._found += self.replay.compare(candidates, known)

    def _candidates(self, hits: Sequence[Hit], earlier: Mapping[int, Earlier]) -> list[Candidate]:
        by_number = {one.past.change.sequence: one for one in hits}
        changes = readable_changes((one.past.change for one in hits), earlier)
        return [self.replay.candidate(by_number[one.sequence], one) for one in changes]
