"""Matches the changes of listings with saved searches, and alerts people: the loop of one matcher.

Changes and edits of searches are read in the order of their numbers, which is that of their commits. What a batch of
them leads to (alerts, the told ledger, the match log) commits together with the position, if the lease is still ours.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.damaged import UNREADABLE
from property_alert_notification.base.logs import origin
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.supervise import Loop
from property_alert_notification.database import Database
from property_alert_notification.homes.alerts import queries
from property_alert_notification.homes.alerts.changes import read_change
from property_alert_notification.homes.alerts.digests.search_digests import SearchDigests
from property_alert_notification.homes.alerts.matches import matches_of
from property_alert_notification.homes.alerts.queries import ChangeToMatch, Lease
from property_alert_notification.homes.alerts.searches import Searches
from property_alert_notification.homes.alerts.tell import MatchedChange, Teller
from property_alert_notification.homes.listings.facts import Fact
from property_alert_notification.homes.saved_searches.versions.queries import SearchEdit, versions_after, versions_at
from property_alert_notification.notifications.create import Planner

log = structlog.get_logger()

AT_ONCE = 100
"""Numbers of one transaction."""

IDLE = 0.2
"""Seconds until it looks again when nothing is left."""

DIGESTS_EVERY = 1.0
"""Seconds between two looks for searches whose digest is near."""

LEASE = timedelta(seconds=5)
"""How long a matcher that says nothing keeps its lease: then a standby takes over."""


class LeaseLost(Exception):
    """Another matcher has taken over."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What comes of some numbers, to be committed."""

    until: int
    """The last of the numbers."""
    changes: Sequence[MatchedChange]
    edits: Sequence[SearchEdit]


class Matcher:
    """The loop of one process. Of several one holds the lease; the others keep their searches up to date."""

    def __init__(
        self,
        database: Database,
        planner: Planner,
        metrics: Metrics,
        *,
        create_searches: Callable[[], Searches],
        wake: Callable[[], None],
    ) -> None:
        """`create_searches` makes an empty index; `wake` is called after alerts were made."""
        self._database = database
        self._clock = planner.clock
        self._metrics = metrics
        self._create_searches = create_searches
        self._wake = wake
        self._teller = Teller(planner)
        self._digests = SearchDigests(planner)
        self._digests_at = 0.0
        self._me = self._clock.new_id()
        self._searches: Searches | None = None
        self._known_at = 0
        """The position of the searches."""
        self._lease: Lease | None = None
        self._renew_at = 0.0
        self._batch: Batch | None = None
        """Matched, and not committed yet: its edits are in the index already."""
        self._may_be_committed = False
        """Whether the store was asked to commit it, and gave no answer."""

    async def run(self, loop: Loop) -> None:
        """Match until cancelled; waits while the store is away."""
        self._forget()
        try:
            await loop.repeat(self.turn)
        finally:
            await self._end_lease()

    async def turn(self) -> float:
        """Take the lease or follow the matcher that has it, and match the next numbers; returns the seconds to wait."""
        try:
            if not await self._is_ours():
                return IDLE
            matched = await self.match()
            return 0.0 if await self._submit_digests() or matched else IDLE
        except LeaseLost:
            log.warning("matcher.lease_lost")
            self._forget()
            return IDLE

    async def match(self) -> bool:
        """Match the next numbers and commit what comes of them; returns whether there were any."""
        assert self._lease is not None  # noqa: S101 - the caller has the lease
        if self._batch is None:
            self._batch = await self._next_batch(self._lease.position)
        if self._batch is None:
            await self._renew(self._lease)
            return False
        if not (self._may_be_committed and await self._is_committed(self._lease, self._batch)):
            self._may_be_committed = True
            await self._commit(self._lease, self._batch)
        self._lease = self._lease._replace(position=self._batch.until)
        self._batch, self._may_be_committed = None, False
        return True

    def _forget(self) -> None:
        self._metrics.matcher_behind.set(0)
        self._searches, self._lease, self._batch, self._may_be_committed = None, None, None, False

    async def _is_ours(self) -> bool:
        """Whether this matcher has the lease, or has just taken it."""
        if self._lease is not None:
            return True
        await self._follow()
        now = self._clock.now()
        async with self._database.transaction() as connection:
            lease = await queries.take_lease(connection, self._me, now=now, until=now + LEASE)
        if lease is None:
            return False
        self._lease, self._renew_at = lease, self._clock.monotonic() + LEASE.total_seconds() / 3
        await self._apply_edits(lease.position)
        log.info("matcher.took_over", fence=lease.fence, position=lease.position)
        return True

    async def _follow(self) -> None:
        """Bring the searches to the position of the matcher that works."""
        async with self._database.reading() as connection:
            position = await queries.position(connection)
            if self._searches is None:
                searches = self._create_searches()
                async for versions in versions_at(connection, position):
                    searches.put_many(versions)
                self._searches, self._known_at = searches, position
        await self._apply_edits(position)

    async def _apply_edits(self, until: int) -> None:
        while self._known_at < until:
            async with self._database.reading() as connection:
                edits = await versions_after(connection, self._known_at, AT_ONCE)
            for edit in edits:
                if edit.sequence <= until:
                    self._apply(edit)
            is_last = len(edits) < AT_ONCE or edits[-1].sequence >= until
            self._known_at = until if is_last else edits[-1].sequence

    def _apply(self, edit: SearchEdit) -> None:
        assert self._searches is not None  # noqa: S101 - they are read before
        if edit.version is None or not edit.version.expression:
            self._searches.remove(edit.number)
        else:
            self._searches.put(edit.version)

    async def _renew(self, lease: Lease) -> None:
        if self._clock.monotonic() < self._renew_at:
            return
        async with self._database.transaction() as connection:
            await self._advance(connection, lease, lease.position)
        self._renew_at = self._clock.monotonic() + LEASE.total_seconds() / 3

    async def _advance(self, connection: AsyncConnection, lease: Lease, position: int) -> None:
        until = self._clock.now() + LEASE
        if not await queries.advance(connection, lease, position=position, until=until):
            raise LeaseLost

    async def _next_batch(self, after: int) -> Batch | None:
        async with self._database.reading() as connection:
            last = await queries.last_number(connection)
            self._metrics.matcher_behind.set(last - after)
            until = min(last, after + AT_ONCE)
            if until <= after:
                return None
            changes = await queries.changes_in(connection, after=after, until=until)
            edits = [one for one in await versions_after(connection, after, AT_ONCE) if one.sequence <= until]
            facts = await queries.numbered_facts(connection, {one.property_id for one in changes})
        matched: list[MatchedChange] = []
        waiting: list[ChangeToMatch | SearchEdit] = [*changes, *edits]
        for one in sorted(waiting, key=lambda each: each.sequence):
            if isinstance(one, SearchEdit):
                self._apply(one)
            elif (found := self._match_readable(one, facts.get(one.property_id, ()))) is not None:
                matched.append(found)
        self._known_at = until
        return Batch(until, matched, edits)

    def _match_readable(
        self, change: ChangeToMatch, numbered: Sequence[tuple[int, Sequence[Fact]]]
    ) -> MatchedChange | None:
        try:
            return self._match(change, numbered)
        except UNREADABLE as error:
            self._leave_out(change, error)
            return None

    def _leave_out(self, change: ChangeToMatch, error: Exception) -> None:
        """Go on without a damaged row, so that it does not hold up all others."""
        log.error("matcher.change_unreadable", sequence=change.sequence, **origin(error))
        self._metrics.changes_matched.labels("unreadable").inc()

    def _match(self, change: ChangeToMatch, numbered: Sequence[tuple[int, Sequence[Fact]]]) -> MatchedChange | None:
        assert self._searches is not None  # noqa: S101 - they are read before
        read = read_change(change, numbered)
        self._metrics.changes_matched.labels("matched").inc()
        matches = matches_of(self._searches, read.news, read.before, read.after)
        return None if matches is None else MatchedChange(read, matches)

    async def _commit(self, lease: Lease, batch: Batch) -> None:
        async with self._database.transaction() as connection:
            # First, so that a matcher that lost its lease waits here, and changes nothing.
            await self._advance(connection, lease, batch.until)
            told = await self._teller.tell(connection, batch.changes)
            await self._teller.note_edits(connection, batch.edits)
        self._renew_at = self._clock.monotonic() + LEASE.total_seconds() / 3
        self._count(told)

    async def _submit_digests(self) -> bool:
        """Submit the matches of searches whose digest is near, once a second; returns whether there are more."""
        if self._lease is None or self._clock.monotonic() < self._digests_at:
            return False
        async with self._database.transaction() as connection:
            await self._advance(connection, self._lease, self._lease.position)
            processed, outcomes = await self._digests.submit_due(connection, self._lease.position)
        self._digests_at = self._clock.monotonic() + (0 if processed else DIGESTS_EVERY)
        self._count(outcomes)
        return processed > 0

    def _count(self, outcomes: Mapping[str, int]) -> None:
        for outcome, count in outcomes.items():
            self._metrics.alerts.labels(outcome).inc(count)
        if outcomes:
            self._wake()

    async def _is_committed(self, lease: Lease, batch: Batch) -> bool:
        async with self._database.reading() as connection:
            position = await queries.position_of(connection, lease)
        if position is None:
            raise LeaseLost
        return position == batch.until

    async def _end_lease(self) -> None:
        """Let a standby take over at once, when this process is stopped."""
        if self._lease is None:
            return
        lease, self._lease = self._lease, None
        async with self._database.within(2).transaction() as connection:
            await queries.end_lease(connection, lease)
