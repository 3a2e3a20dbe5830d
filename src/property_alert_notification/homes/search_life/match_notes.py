"""Notes on which day each search matched last, by the match log: what the checks of searches ask for."""

import asyncio
from collections.abc import Collection, Iterable, MutableMapping
from datetime import timedelta

import numpy as np
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.damaged import readable
from property_alert_notification.database import Database
from property_alert_notification.homes.alerts.match_log.entries import searches_in
from property_alert_notification.homes.alerts.match_log.queries import LogEntry, entries_after
from property_alert_notification.homes.alerts.numbers import Numbers
from property_alert_notification.homes.saved_searches.matched_days.days import Days, add_matches, day_of
from property_alert_notification.homes.saved_searches.matched_days.scripts import note
from property_alert_notification.homes.search_life import queries

WAIT = timedelta(minutes=10)
"""How long an entry of the log waits, so that many are noted together: a row has thousands of searches."""

SLICE = 500
"""Entries that are read together."""

MOST = 50_000
"""Entries that are noted together; the others follow at once."""

_BLOCKS = 64
"""Rows of one transaction."""


class MatchNotes:
    """Any number of processes may share one store: to note a match again changes nothing."""

    def __init__(self, database: Database, clock: Clock, *, wait: timedelta = WAIT) -> None:
        self._database = database
        self._clock = clock
        self._wait = wait

    async def note(self) -> int:
        """Note what the next entries of the match log have, if the first has waited; returns how many entries."""
        async with self._database.reading() as connection:
            until = await queries.noted_until(connection)
            first = await entries_after(connection, until, limit=1)
        if not first or first[0].made_at > self._clock.now() - self._wait:
            return 0
        found: dict[int, Days] = {}
        count, is_over = 0, False
        while not is_over:
            async with self._database.reading() as connection:
                entries = await entries_after(connection, until, limit=SLICE)
            await asyncio.to_thread(_add, entries, found)
            count, until = count + len(entries), entries[-1].sequence if entries else until
            is_over = len(entries) < SLICE or count >= MOST
        blocks = sorted(found)
        for start in range(0, len(blocks), _BLOCKS):
            await self._database.run(note({block: found[block] for block in blocks[start : start + _BLOCKS]}))
        async with self._database.transaction() as connection:
            await queries.set_noted_until(connection, until)
        return count

    async def matched_lately(self, connection: AsyncConnection, searches: Collection[int]) -> set[int]:
        """Those of these searches that entries of the match log have which are not noted yet."""
        until, found, wanted = await queries.noted_until(connection), set[int](), np.array(sorted(searches))
        while entries := await entries_after(connection, until, limit=SLICE):
            for _, numbers in readable(entries, _read, "match_log.unreadable", lambda one: one.sequence):
                found.update(np.intersect1d(wanted, numbers).tolist())
            until = entries[-1].sequence
        return found


def _add(entries: Iterable[LogEntry], found: MutableMapping[int, Days]) -> None:
    numbers: dict[int, list[Numbers]] = {}
    for day, its in readable(entries, _read, "match_log.unreadable", lambda one: one.sequence):
        numbers.setdefault(day, []).append(its)
    for day, some in numbers.items():
        add_matches(found, np.unique(np.concatenate(some)), day)


def _read(entry: LogEntry) -> tuple[int, Numbers]:
    return day_of(entry.made_at), searches_in(entry.matches)
