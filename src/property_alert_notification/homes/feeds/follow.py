"""Reads the events of a RESO Web API in the order of their sequences.

Numbers may be missing, and an event may become visible after one with a greater number, when its transaction at the
source was committed later. So the events of a while are read again each time: `reread_sequence` follows `sequence` at a
distance of at least the overlap.
"""

from contextlib import suppress

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import SendError, Throttled
from property_alert_notification.database import Database
from property_alert_notification.homes.feeds import queries
from property_alert_notification.homes.feeds.entity_events import EventBatch, read_events
from property_alert_notification.homes.feeds.models import FeedPosition
from property_alert_notification.homes.feeds.odata import BadLink, Page
from property_alert_notification.homes.feeds.settings import FeedSettings
from property_alert_notification.homes.feeds.web_api import WebApi

log = structlog.get_logger()

BEFORE_ALL = -1
"""Before the smallest sequence."""

COMPARE_EVERY = 3_600.0
"""Seconds between two checks whether a server without a new event has begun to count anew."""

_SEQUENCES = ("sequence", "marked_sequence", "marked_at", "reread_sequence")


class EventFollower:
    """Follows the events of one feed."""

    def __init__(self, source: str, settings: FeedSettings, api: WebApi, database: Database, clock: Clock) -> None:
        """`source` is the EntityEventSource."""
        self._source = source
        self._settings = settings
        self._api = api
        self._database = database
        self._clock = clock
        self._compare_at = 0.0
        self.reset()

    def reset(self) -> None:
        """Begin anew with the next turn."""
        self._url: str | None = None
        self._read: set[str] = set()
        """The pages of this walk."""

    async def begin(self, position: FeedPosition) -> None:
        """Before all records are read: note the newest events, so that none is missed that comes meanwhile.

        Raises:
            SendError: the server does not answer.
            LeaseLost: another worker replicates the feed.
        """
        batch = read_events((await self._api.page(self._api.newest_events_url())).records)
        newest = BEFORE_ALL if batch.last is None else batch.last
        # The newest events are read again after the load: one before them may not be visible yet.
        before = min([one.sequence for one in batch.events], default=newest + 1) - 1
        async with self._database.transaction() as connection:
            await queries.advance(connection, position, sequence=newest, marked_sequence=before, reread_sequence=before)

    async def turn(self, position: FeedPosition) -> bool:
        """Read one page; returns whether another one follows.

        Raises:
            SendError: the server does not answer.
            LeaseLost: another worker replicates the feed.
        """
        url = self._url or self._api.events_url(_or_before_all(position.reread_sequence))
        try:
            page = await self._api.page(url)
        except Throttled:
            raise
        except SendError:
            self.reset()  # the link to this page may have expired
            raise
        batch = read_events(page.records, open_houses=self._settings.has_open_houses)
        following = self._following(page, batch)
        async with self._database.transaction() as connection:
            await queries.add_events(connection, self._source, batch.events, now=self._clock.now())
            await self._store(connection, position, batch, is_last=following is None)
        self._url = following
        if following is None:
            self.reset()
            if batch.last is None and self._clock.monotonic() >= self._compare_at:
                await self._compare(position)
        return following is not None

    async def _compare(self, position: FeedPosition) -> None:
        """Forget the sequences if those of the server are smaller now: it was set up anew, and no event would come."""
        known = _or_before_all(position.reread_sequence)
        newest = read_events((await self._api.page(self._api.newest_events_url())).records).last
        if newest is not None and newest < known:
            # A server that does not sort its events has some from here on.
            from_here = read_events((await self._api.page(self._api.events_url(known - 1))).records)
            if from_here.last is None:
                log.warning("feed.sequences_began_anew", source=self._source, known=known, newest=newest)
                async with self._database.transaction() as connection:
                    await queries.forget_done(connection, self._source)
                    await queries.advance(connection, position, **dict.fromkeys(_SEQUENCES))
        self._compare_at = self._clock.monotonic() + COMPARE_EVERY

    def _following(self, page: Page, batch: EventBatch) -> str | None:
        self._read.add(page.url)
        with suppress(BadLink):  # the sequences lead on as well
            if (following := page.next(self._read)) is not None:
                return following
        read, asked = len(page.records), self._settings.page_size
        if batch.last is None or self._api.is_last("EntityEvent", page, read=read, asked=asked):
            return None
        following = self._api.events_url(batch.last)  # a server without links, or with wrong ones
        return None if following in self._read else following

    async def _store(
        self, connection: AsyncConnection, position: FeedPosition, batch: EventBatch, *, is_last: bool
    ) -> None:
        now = self._clock.now()
        values: dict[str, object] = {"sequence": max(*map(_or_before_all, (batch.last, position.sequence)))}
        if is_last:
            values["checked_at"] = now
            if position.marked_at is None or now - position.marked_at >= self._settings.overlap_time:
                values |= {
                    "reread_sequence": _or_before_all(position.marked_sequence),
                    "marked_sequence": values["sequence"],
                    "marked_at": now,
                }
        await queries.advance(connection, position, **values)


def _or_before_all(sequence: int | None) -> int:
    return BEFORE_ALL if sequence is None else sequence
