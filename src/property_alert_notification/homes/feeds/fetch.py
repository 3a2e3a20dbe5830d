"""Requests the records that events announced, and takes them. A record that the server does not have is a deletion."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from property_alert_notification.base.clock import Clock
from property_alert_notification.database import Database
from property_alert_notification.homes.feeds import queries
from property_alert_notification.homes.feeds.lookup import Lookup, RecordLookup
from property_alert_notification.homes.feeds.models import FeedEvent, FeedPosition
from property_alert_notification.homes.feeds.take import RecordTaker, Refusal

AT_ONCE = 400
"""Events whose records are requested at once."""

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=15), timedelta(hours=1)
"""Until the record of an event is requested again after a failure; the wait doubles each time."""

GIVE_UP_AFTER = timedelta(days=7)
"""How long a record is requested again and again."""


class RecordFetcher:
    """Fetches what the events of one feed announced."""

    def __init__(
        self, sources: Collection[str] | None, lookup: RecordLookup, taker: RecordTaker, database: Database,
        clock: Clock,
    ) -> None:  # fmt: skip
        """`sources` are the EntityEventSources of the feed, in small letters; None are all."""
        self.sources = sources
        self._lookup = lookup
        self._taker = taker
        self._database = database
        self._clock = clock

    async def turn(self, position: FeedPosition) -> bool:
        """Fetch the records of some events; returns whether there were any.

        Raises:
            SendError: the server answers nothing now.
            LeaseLost: another worker replicates the feed.
        """
        async with self._database.reading() as connection:
            due = await queries.due_events(connection, self.sources, now=self._clock.now(), limit=AT_ONCE)
        if not due:
            return False
        found = await self._lookup.find(list(dict.fromkeys(event.record_key for event in due)))
        if known := found.keys:
            taken, refused = await self._taker.read(list(found.records.values()))
            not_taken = await self._taker.store(position, taken + await self._taker.deletions(found.gone), refused)
            await self._settle(position, [event for event in due if event.record_key in known], found, not_taken)
        if found.fault is not None:
            raise found.fault
        return True

    async def _settle(
        self,
        position: FeedPosition,
        events: Sequence[FeedEvent],
        found: Lookup,
        refused: Sequence[Refusal],
    ) -> None:
        problems = {one.listing_key: one.problem for one in refused}
        now = self._clock.now()
        async with self._database.transaction() as connection:
            # A server that answers some requests is asked again soon.
            await queries.advance(connection, position, failures=0)
            done = [one for one in events if one.record_key not in found.failed and one.record_key not in problems]
            await queries.settle_all(connection, done)
            for event in events:
                if (fault := found.failed.get(event.record_key)) is not None:
                    await queries.settle(connection, event, due_at=_again_at(event, now), error=fault.reason)
                elif event.record_key in problems:
                    await queries.settle(connection, event, error=problems[event.record_key])


def _again_at(event: FeedEvent, now: datetime) -> datetime | None:
    """When the record of an event is requested again; None gives it up."""
    if now - event.received_at > GIVE_UP_AFTER:
        return None
    return now + min(FIRST_WAIT * 2.0 ** min(event.attempts, 30), LONGEST_WAIT)
