"""Reads the next changes of listings and edits of searches, and matches them: what a matcher then commits."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.damaged import UNREADABLE, left_out
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.database import Database
from property_alert_notification.homes.alerts.changes import queries
from property_alert_notification.homes.alerts.changes.earlier.queries import facts_before
from property_alert_notification.homes.alerts.changes.queries import ChangeToMatch
from property_alert_notification.homes.alerts.changes.read import read_change
from property_alert_notification.homes.alerts.matches import matches_of
from property_alert_notification.homes.alerts.news import Earlier
from property_alert_notification.homes.alerts.searches import Searches
from property_alert_notification.homes.alerts.tell import MatchedChange
from property_alert_notification.homes.saved_searches.versions.queries import (
    CurrentVersion,
    SearchEdit,
    versions_after,
    versions_at,
    versions_then,
)
from property_alert_notification.homes.saved_searches.versions.share import EVERYONE, Share
from property_alert_notification.homes.saved_searches.versions.store_packed import PACKED_AT_ONCE, store_packed

_Result = TypeVar("_Result")

AT_ONCE = 100
"""Numbers of one batch, at most."""

LONGEST = 1.0
"""Seconds for which a batch is matched: a slow one has fewer numbers, so that it is committed before its lease ends."""

PART = 0.25
"""Seconds after which the lease may be renewed."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What comes of some numbers, to be committed."""

    until: int
    """The last of the numbers."""
    changes: Sequence[MatchedChange]
    edits: Sequence[SearchEdit]

    def halves(self) -> tuple[Self, Self]:
        """Two batches with half of the changes each, to be committed one after the other."""
        middle = len(self.changes) // 2
        until = self.changes[middle - 1].change.sequence
        return (
            type(self)(until, self.changes[:middle], [one for one in self.edits if one.sequence <= until]),
            type(self)(self.until, self.changes[middle:], [one for one in self.edits if one.sequence > until]),
        )


class Batches:
    """Matches batches with the searches of some people, which it keeps at a position."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        metrics: Metrics,
        create_searches: Callable[[], Searches],
        share: Share = EVERYONE,
    ) -> None:
        """`create_searches` makes an empty index, for the searches of the people of `share`."""
        self._database = database
        self._clock = clock
        self._metrics = metrics
        self._create_searches = create_searches
        self._share = share
        self._behind = metrics.matcher_behind.labels(share.part)
        self._searches: Searches | None = None
        self._position = 0
        """Of the searches."""
        self.is_behind = False
        """Whether there were numbers after the last batch when it was read."""

    @property
    def is_ready(self) -> bool:
        """Whether the searches were read."""
        return self._searches is not None

    def forget(self) -> None:
        """Read all searches anew."""
        self._searches = None

    async def follow(self, position: int) -> None:
        """Bring the searches to a position: forward, or back if another matcher goes on from an earlier one."""
        if self._searches is None:
            searches = self._create_searches()
            async with self._database.reading() as connection:
                await searches.read(versions_at(connection, position, self._share))
            self._searches, self._position = searches, position
        if self._position > position:
            await self._go_back(self._searches, position)
        while self._position < position:
            edits = await self._edits(self._position, position)
            for edit in edits:
                _apply(self._searches, edit.number, edit.version)
            self._position = position if len(edits) < AT_ONCE else edits[-1].sequence

    async def store_packed(self) -> None:
        """Store the packed forms of some searches that had none when they were read: the next start is faster."""
        if self._searches is not None and (unpacked := self._searches.unpacked):
            some = unpacked[-PACKED_AT_ONCE:]
            await store_packed(self._database, some, self._position)
            del unpacked[-len(some) :]

    async def next(self, after: int, renew: Callable[[], Awaitable[None]]) -> Batch | None:
        """Match the numbers that follow; None if there are none. `renew` is called meanwhile."""
        # An error may have ended the batch before, when its edits were in the index already.
        await self.follow(after)
        async with self._database.reading() as connection:
            last = await queries.last_number(connection)
            self._behind.set(last - after)
            until = min(last, after + AT_ONCE)
            if until <= after:
                return None
            changes = await queries.changes_in(connection, after=after, until=until)
            edits = await self._edits_after(connection, after, until)
            earlier = await facts_before(connection, changes)
        waiting: deque[ChangeToMatch | SearchEdit] = deque(changes)
        waiting.extend(edits)
        waiting = deque(sorted(waiting, key=lambda one: one.sequence))
        matched: list[MatchedChange] = []
        ends_at = self._clock.monotonic() + LONGEST
        while waiting and self._clock.monotonic() < ends_at:
            matched += await _in_thread(lambda: self._match_part(waiting, earlier), renew)
        if not waiting:
            self._position = until
        self.is_behind = self._position < last
        return Batch(self._position, matched, [one for one in edits if one.sequence <= self._position])

    def _match_part(
        self, waiting: deque[ChangeToMatch | SearchEdit], earlier: Mapping[int, Earlier]
    ) -> list[MatchedChange]:
        """Match some of what waits, and at least one."""
        assert self._searches is not None  # noqa: S101 - they are read before
        matched: list[MatchedChange] = []
        ends_at = self._clock.monotonic() + PART
        while waiting:
            one = waiting.popleft()
            if isinstance(one, SearchEdit):
                _apply(self._searches, one.number, one.version)
            elif (found := self._match_readable(self._searches, one, earlier[one.sequence])) is not None:
                matched.append(found)
            self._position = one.sequence
            if self._clock.monotonic() >= ends_at:
                break
        return matched

    def _match_readable(self, searches: Searches, change: ChangeToMatch, earlier: Earlier) -> MatchedChange | None:
        try:
            read = read_change(change, earlier)
            matches = matches_of(searches, read.news, read.before, read.after)
        except UNREADABLE as error:
            # It is left out, so that it does not hold up all others.
            left_out("change.unreadable", error, row=change.sequence)
            self._metrics.changes_matched.labels("unreadable").inc()
            return None
        self._metrics.changes_matched.labels("matched").inc()
        return None if matches is None else MatchedChange(read, matches)

    async def _edits(self, after: int, until: int) -> list[SearchEdit]:
        """Some edits after a number; fewer than `AT_ONCE` if no more are left."""
        async with self._database.reading() as connection:
            return await self._edits_after(connection, after, until)

    async def _edits_after(self, connection: AsyncConnection, after: int, until: int) -> list[SearchEdit]:
        edits = await versions_after(connection, after, AT_ONCE, self._share)
        return [edit for edit in edits if edit.sequence <= until]

    async def _go_back(self, searches: Searches, position: int) -> None:
        """Take back the edits after a position."""
        edited: set[int] = set()
        after = position
        while edits := await self._edits(after, self._position):
            edited |= {edit.number for edit in edits}
            after = edits[-1].sequence
        async with self._database.reading() as connection:
            versions = await versions_then(connection, edited, position)
        for number in edited:
            _apply(searches, number, versions.get(number))
        self._position = position


async def _in_thread(work: Callable[[], _Result], renew: Callable[[], Awaitable[None]]) -> _Result:
    """Do work in a thread, so that it does not hold up the rest of this process; `renew` is called meanwhile."""
    thread = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        while not thread.done():
            await asyncio.wait({thread}, timeout=PART)
            await renew()
    finally:
        # It changes the searches: nothing else may use them before it ends.
        await asyncio.wait({thread})
    return thread.result()


def _apply(searches: Searches, number: int, version: CurrentVersion | None) -> None:
    if version is None or not version.expression:
        searches.remove(number)
    else:
        searches.put(version)
