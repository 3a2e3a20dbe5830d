"""Matches the changes of listings with saved searches, and alerts people: the loop of one shard in one process.

Changes and edits of searches are read in the order of their numbers, which is that of their commits. What a batch of
them leads to (alerts, the told ledger, the match log) commits together with the position, if the lease is still ours.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.damaged import left_out
from property_alert_notification.base.logs import origin
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.supervise import Loop
from property_alert_notification.database import Database, halve_on_error, is_row_fault
from property_alert_notification.homes.alerts.batches import Batch, Batches
from property_alert_notification.homes.alerts.digests.queries import DueSearch
from property_alert_notification.homes.alerts.digests.search_digests import SearchDigests
from property_alert_notification.homes.alerts.searches import Searches
from property_alert_notification.homes.alerts.shards import queries
from property_alert_notification.homes.alerts.shards.queries import Lease
from property_alert_notification.homes.alerts.shards.shard import Shard
from property_alert_notification.homes.alerts.tell import Teller
from property_alert_notification.notifications.create import Planner

log = structlog.get_logger()

IDLE = 0.2
"""Seconds until it looks again when nothing is left."""

DIGESTS_EVERY = 1.0
"""Seconds between two looks for searches whose digest is near."""

LEASE = timedelta(seconds=5)
"""How long a matcher that says nothing keeps its lease: then a standby takes over."""


class LeaseLost(Exception):
    """Another matcher has taken over."""


class Matcher:
    """The loop of one shard. Of several processes one holds its lease; the others keep its searches up to date."""

    def __init__(
        self,
        database: Database,
        planner: Planner,
        metrics: Metrics,
        *,
        shard: Shard,
        holder: UUID,
        create_searches: Callable[[], Searches],
        wake: Callable[[], None],
    ) -> None:
        """It takes the lease for `holder`, its process.

        `create_searches` makes an empty index; `wake` is called after alerts were made.
        """
        self._database = database
        self._clock = planner.clock
        self._metrics = metrics
        self._shard = shard
        self._me = holder
        self._behind = metrics.matcher_behind.labels(shard.share.part)
        self._matching = Batches(database, planner.clock, metrics, create_searches, shard.share)
        self._wake = wake
        self._teller = Teller(planner, shard)
        self._digests = SearchDigests(database, planner, shard)
        self._digests_at = 0.0
        self._lease: Lease | None = None
        self._renew_at = 0.0
        self._batches: list[Batch] = []
        """Matched, and not committed yet: their edits are in the index already."""
        self._may_be_committed = False
        """Whether the store was asked to commit the first of them, and gave no answer."""

    @property
    def is_ready(self) -> bool:
        """Whether it has read its searches, so that it can take over at once."""
        return self._matching.is_ready

    async def run(self, loop: Loop) -> None:
        """Match until cancelled; waits while the store is away."""
        self._end()
        self._matching.forget()
        try:
            await loop.repeat(self.turn)
        finally:
            await self._end_lease()

    async def turn(self) -> float:
        """Take the lease or follow the matcher that has it, and match the next numbers; returns the seconds to wait."""
        try:
            if not await self._is_ours():
                return IDLE
            goes_on = await self.match()
            if await self._submit_digests() or goes_on:
                return 0.0
            await self._matching.store_packed()
        except LeaseLost:
            log.warning("matcher.lease_lost", shard=self._shard.share.part)
            # The searches stay in memory: to read them all again takes longer than a lease.
            self._end()
        return IDLE

    async def match(self) -> bool:
        """Match the next numbers and commit what comes of them; returns whether it goes on at once.

        After edits, and changes that match no search, it waits for others, which it takes together: on SQLite each of
        its transactions keeps an edit waiting.
        """
        assert self._lease is not None  # noqa: S101 - the caller has the lease
        if not self._batches:
            found = await self._matching.next(self._lease.position, self._renew)
            self._batches = [] if found is None else [found]
        if not self._batches:
            await self._renew()
            return False
        batch = self._batches[0]
        if not (self._may_be_committed and await self._is_committed(self._lease, batch)):
            self._may_be_committed = True
            try:
                await self._commit(self._lease, batch)
            except Exception as error:
                if isinstance(error, LeaseLost) or not is_row_fault(error):
                    raise
                self._may_be_committed = False
                self._batches[:1] = await self._without_fault(self._lease, batch, error)
                return True
        self._lease = self._lease._replace(position=batch.until)
        self._batches, self._may_be_committed = self._batches[1:], False
        return bool(batch.changes or self._batches) or self._matching.is_behind

    async def _without_fault(self, lease: Lease, batch: Batch, error: Exception) -> Sequence[Batch]:
        """The halves of a batch that cannot be committed; one change alone is left out, so that others are told."""
        if len(batch.changes) > 1:
            return batch.halves()
        # Raises if even nothing can be committed, which is no change's fault.
        await self._commit(lease, Batch(lease.position, (), ()))
        if not batch.changes:
            raise error
        log.error("matcher.change_left_out", sequence=batch.changes[0].change.sequence, **origin(error))
        self._metrics.changes_matched.labels("left_out").inc()
        return [Batch(batch.until, (), batch.edits)]

    def _end(self) -> None:
        """Forget what belongs to the lease."""
        self._behind.set(0)
        self._lease, self._batches, self._may_be_committed = None, [], False

    async def _is_ours(self) -> bool:
        """Whether this matcher has the lease, or has just taken it."""
        if self._lease is not None:
            return True
        async with self._database.reading() as connection:
            position = await queries.position_of_shard(connection, self._shard)
        if position is None:
            return False
        await self._matching.follow(position)
        now = self._clock.now()
        async with self._database.transaction() as connection:
            lease = await queries.take_lease(connection, self._shard, self._me, now=now, until=now + LEASE)
        if lease is None:
            return False
        self._lease, self._renew_at = lease, self._clock.monotonic() + LEASE.total_seconds() / 3
        await self._matching.follow(lease.position)
        log.info("matcher.took_over", shard=self._shard.share.part, fence=lease.fence, position=lease.position)
        return True

    async def _renew(self) -> None:
        """Renew the lease, if it is time."""
        lease = self._lease
        if lease is None or self._clock.monotonic() < self._renew_at:
            return
        async with self._database.transaction() as connection:
            await self._advance(connection, lease, lease.position)

    async def _advance(self, connection: AsyncConnection, lease: Lease, position: int) -> None:
        renew_at, until = self._clock.monotonic() + LEASE.total_seconds() / 3, self._clock.now() + LEASE
        if not await queries.advance(connection, lease, position=position, until=until):
            raise LeaseLost
        self._renew_at = renew_at

    async def _commit(self, lease: Lease, batch: Batch) -> None:
        async with self._as_holder(lease, batch.until) as connection:
            told = await self._teller.tell(connection, batch.changes)
            await self._teller.note_edits(connection, batch.edits)
        self._count(told)

    async def _submit_digests(self) -> bool:
        """Submit the matches of searches whose digest is near, once a second; returns whether there are more."""
        if self._lease is None or self._clock.monotonic() < self._digests_at:
            return False
        due = await self._digests.due(self._lease.position, self._renew)
        if due:
            await halve_on_error(due, self._submit, self._postpone)
        self._digests_at = self._clock.monotonic() + (0 if due else DIGESTS_EVERY)
        return bool(due)

    async def _submit(self, due: Sequence[DueSearch]) -> None:
        lease = self._held()
        async with self._as_holder(lease, lease.position) as connection:
            outcomes = await self._digests.submit(connection, due, lease.position)
        self._count(outcomes)

    async def _postpone(self, one: DueSearch, error: Exception) -> None:
        left_out("search_digest.unreadable", error, number=one.number)
        lease = self._held()
        async with self._as_holder(lease, lease.position) as connection:
            await self._digests.postpone(connection, one)
        self._count({"unreadable": 1})

    def _held(self) -> Lease:
        if self._lease is None:
            raise LeaseLost
        return self._lease

    @asynccontextmanager
    async def _as_holder(self, lease: Lease, position: int) -> AsyncIterator[AsyncConnection]:
        """A transaction of the matcher that has the lease, which comes to a position by it."""
        async with self._database.transaction() as connection:
            # First, so that a matcher that lost its lease waits here, and changes nothing.
            await self._advance(connection, lease, position)
            yield connection
            if self._clock.monotonic() >= self._renew_at:
                # It took long. No other matcher could take the lease meanwhile, and none shall right afterwards.
                await self._advance(connection, lease._replace(position=position), position)

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
        """Let another process take over at once, when this one is stopped or gives the shard away."""
        self._behind.set(0)
        if self._lease is None:
            return
        lease, self._lease = self._lease, None
        async with self._database.within(2).transaction() as connection:
            await queries.end_lease(connection, lease, now=self._clock.now())
