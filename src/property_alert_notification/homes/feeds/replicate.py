"""Replicates one feed: all records at first, then what changes. One worker at a time has the lease of a feed."""

from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import RetryLater, SendError, Unavailable
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.supervise import Loop
from property_alert_notification.database import Database
from property_alert_notification.homes.feeds import queries
from property_alert_notification.homes.feeds.fetch import RecordFetcher
from property_alert_notification.homes.feeds.follow import EventFollower
from property_alert_notification.homes.feeds.lease import LEASE, kept
from property_alert_notification.homes.feeds.lookup import RecordLookup
from property_alert_notification.homes.feeds.models import FeedPosition
from property_alert_notification.homes.feeds.open_house_walk import OpenHouseWalk
from property_alert_notification.homes.feeds.open_houses import OpenHouseLookup
from property_alert_notification.homes.feeds.rounds import RecordRounds
from property_alert_notification.homes.feeds.settings import FeedSettings, event_source
from property_alert_notification.homes.feeds.take import RecordTaker
from property_alert_notification.homes.feeds.walk import RecordWalk
from property_alert_notification.homes.feeds.web_api import WebApi
from property_alert_notification.homes.listings.settings import ListingSettings

log = structlog.get_logger()

IDLE = 0.5
"""Seconds until it looks again for events that were pushed."""

STANDBY = 5.0
"""Seconds until a worker without the lease asks for it again."""

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(minutes=10)
"""Until the server is asked again after a failure; the wait doubles each time."""

LONGEST_REQUESTED_WAIT = timedelta(hours=1)
"""The longest `Retry-After` that is respected: some servers say years."""

MEASURE_EVERY = 15.0
"""Seconds between two counts of the events that wait."""

KEEP_DONE = timedelta(days=1)
"""How long events that are done are kept. They tell new events from those that are read again."""


class FeedReplicator:
    """The replication of one feed by one worker."""

    def __init__(
        self, name: str, settings: FeedSettings, listings: ListingSettings, database: Database, clock: Clock,
        metrics: Metrics, *, takes_all: bool,
    ) -> None:  # fmt: skip
        """`takes_all`: it is the only feed, so that all pushed events are its own."""
        self.name = name
        self._settings = settings
        self._database = database
        self._clock = clock
        self._metrics = metrics
        self._holder = clock.new_id().hex
        self._api = WebApi(settings, clock)
        taker = RecordTaker(name, settings, listings, database, clock, metrics)
        source = event_source(name, settings)
        self._walk = RecordWalk(settings, self._api, taker, database, clock)
        self._follow = EventFollower(source, settings, self._api, database, clock)
        sources = None if takes_all else {source.lower()}
        lookup = RecordLookup(settings, self._api, clock)
        open_houses = OpenHouseLookup(settings, self._api, clock)
        self._fetch = RecordFetcher(sources, lookup, open_houses, taker, database, clock)
        self._rounds = RecordRounds(settings, self._api, lookup, taker, database, clock)
        zone = settings.reading(listings).zone
        self._open_house_walk = OpenHouseWalk(source, settings, zone, self._api, taker, database, clock)
        self._position: FeedPosition | None = None
        self._poll_at = self._measure_at = 0.0

    async def run(self, loop: Loop) -> None:
        """Replicate until cancelled."""
        try:
            await loop.repeat(self.turn)
        finally:
            await self.close()

    async def close(self) -> None:
        """Give the lease and the connections back."""
        await self._api.close()
        self._position = None
        with suppress(Unavailable):
            async with self._database.transaction() as connection:
                await queries.release(connection, self.name, self._holder)

    async def turn(self) -> float:
        """Do one step, if this worker has the lease; returns the seconds until the next turn."""
        now = self._clock.now()
        position = await self._leased(now)
        if position is None:
            return STANDBY
        if position.retry_at is not None and position.retry_at > now:
            return min((position.retry_at - now).total_seconds(), STANDBY)
        try:
            async with kept(position, self._database, self._clock):
                more = await self._step(position)
            await self._measure(position)
            if position.failing_since is not None:
                await self._recovered(position)
        except queries.LeaseLost:
            self._begin_again()
            return IDLE
        except SendError as fault:
            await self._failed(position, fault)
            return IDLE
        return 0.0 if more else IDLE

    async def _leased(self, now: datetime) -> FeedPosition | None:
        """The position, with the lease for at least half of its time; None while another worker has it."""
        held = self._position
        if held is not None and held.leased_until is not None and held.leased_until - now > LEASE / 2:
            return held
        async with self._database.transaction() as connection:
            self._position = await queries.lease(connection, self.name, self._holder, now=now, until=now + LEASE)
        taken = self._position
        if taken is None or held is None or taken.fence != held.fence + 1:
            # Another worker had the lease meanwhile, or an operator set the feed back.
            self._walk.reset()
            self._follow.reset()
        return self._position

    def _begin_again(self) -> None:
        """The lease was lost, or an operator set the feed back."""
        self._position = None
        self._poll_at = 0.0

    async def _step(self, position: FeedPosition) -> bool:
        """One request or a few; returns whether more is to be done at once."""
        fetched = await self._fetch.turn(position)
        if self._settings.method == "events" and position.sequence is None and position.load_began_at is not None:
            await self._begin_events(position)
        is_loading = position.load_ended_at is None
        if is_loading:
            await self._load(position)
        more = not is_loading and await self._open_house_walk.turn(position)
        if self._clock.monotonic() >= self._poll_at and (not is_loading or self._settings.method == "events"):
            await self._poll(position)
            return True
        if not is_loading:
            await self._rounds.turn(position)
        return fetched or is_loading or more

    async def _poll(self, position: FeedPosition) -> None:
        """Read one page of what changed."""
        if not await (self._follow if self._settings.method == "events" else self._walk).turn(position):
            self._poll_at = self._clock.monotonic() + self._settings.interval
            await self._remove_done()

    async def _load(self, position: FeedPosition) -> None:
        if position.load_began_at is None:
            if self._settings.method == "events":
                await self._follow.begin(position)
            async with self._database.transaction() as connection:
                await queries.advance(connection, position, load_began_at=self._clock.now())
            log.info("feed.load_began", feed=self.name)
        if not await self._walk.turn(position):
            log.info("feed.load_ended", feed=self.name, records=position.load_read)

    async def _begin_events(self, position: FeedPosition) -> None:
        """Follow events from now on: what changed since the last poll is read once, and not each event of all times.

        The sequences are not known: the method was another one before, or the server counts anew.
        """
        if position.load_ended_at is not None and position.modified_at is not None:
            # Before the sequences: while they are unknown, a worker that was killed begins here again.
            values = {"modified_at": position.modified_at - self._settings.overlap_time, "load_ended_at": None}
            async with self._database.transaction() as connection:
                await queries.advance(connection, position, **values, load_total=None, load_read=0)
        await self._follow.begin(position)

    async def _remove_done(self) -> None:
        until = self._clock.now() - max(KEEP_DONE, 3 * self._settings.overlap_time)
        async with self._database.transaction() as connection:
            await queries.remove_done(connection, until=until, limit=10_000)

    async def _failed(self, position: FeedPosition, fault: SendError) -> None:
        now, failures = self._clock.now(), position.failures + 1
        full = min(FIRST_WAIT * 2.0 ** min(failures - 1, 30), LONGEST_WAIT)
        wait = full / 2 + full / 2 * self._clock.jitter()
        if isinstance(fault, RetryLater) and fault.retry_after is not None:
            wait = max(wait, min(fault.retry_after, LONGEST_REQUESTED_WAIT))
        if position.failing_since is None:
            log.warning("feed.failed", feed=self.name, problem=fault.reason)
        since = position.failing_since or now
        self._metrics.feed_failing.labels(self.name).set((now - since).total_seconds())
        try:
            async with self._database.transaction() as connection:
                await queries.advance(
                    connection, position, failing_since=since, failures=failures, retry_at=now + wait,
                    last_error=fault.reason,
                )  # fmt: skip
        except queries.LeaseLost:
            self._begin_again()

    async def _recovered(self, position: FeedPosition) -> None:
        async with self._database.transaction() as connection:
            await queries.advance(connection, position, failing_since=None, failures=0, retry_at=None, last_error=None)
        self._metrics.feed_failing.labels(self.name).set(0)
        log.info("feed.recovered", feed=self.name)

    async def _measure(self, position: FeedPosition) -> None:
        if self._clock.monotonic() < self._measure_at:
            return
        self._measure_at = self._clock.monotonic() + MEASURE_EVERY
        async with self._database.reading() as connection:
            number, since = await queries.waiting(connection, self._fetch.sources)
        age = 0.0 if since is None else max((self._clock.now() - since).total_seconds(), 0.0)
        self._metrics.feed_events_waiting.labels(self.name).set(number)
        self._metrics.feed_event_age.labels(self.name).set(age)
        if position.failing_since is None:
            self._metrics.feed_failing.labels(self.name).set(0)
