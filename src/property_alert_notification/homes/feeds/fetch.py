"""Requests the listings that events announced, and takes them.

A listing that the server does not have is a deletion, unless the event was about an open house of it.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from property_alert_notification.base.clock import Clock
from property_alert_notification.database import Database
from property_alert_notification.homes.feeds import queries
from property_alert_notification.homes.feeds.entity_events import OPEN_HOUSE, PROPERTY
from property_alert_notification.homes.feeds.lookup import Lookup, RecordLookup
from property_alert_notification.homes.feeds.models import FeedEvent, FeedPosition
from property_alert_notification.homes.feeds.odata import keys_of
from property_alert_notification.homes.feeds.open_houses import MISSING, OpenHouseLookup
from property_alert_notification.homes.feeds.take import RecordTaker
from property_alert_notification.homes.feeds.web_api import KEY

AT_ONCE = 400
"""Events whose records are requested at once."""

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=15), timedelta(hours=1)
"""Until the record of an event is requested again after a failure; the wait doubles each time."""

GIVE_UP_AFTER = timedelta(days=7)
"""How long a record is requested again and again."""

_Events = Mapping[str, Sequence[FeedEvent]]
"""Events by the key of the record that is to be requested."""


class RecordFetcher:
    """Fetches what the events of one feed announced."""

    def __init__(
        self, sources: Collection[str] | None, lookup: RecordLookup, open_houses: OpenHouseLookup, taker: RecordTaker,
        database: Database, clock: Clock,
    ) -> None:  # fmt: skip
        """`sources` are the EntityEventSources of the feed, in small letters; None are all."""
        self.sources = sources
        self._lookup = lookup
        self._open_houses = open_houses
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
        await self._fetch(position, _by_key(due, PROPERTY), deletes=True)
        if open_houses := _by_key(due, OPEN_HOUSE):
            await self._fetch_listings_of(position, open_houses)
        return bool(due)

    async def _fetch(self, position: FeedPosition, events: _Events, *, deletes: bool) -> None:
        """Fetch the listings with these keys; `deletes`: those that the server does not have are deleted."""
        if not events:
            return
        found = await self._lookup.find(list(events))
        if known := found.keys:
            taken, refused = await self._taker.read(list(found.records.values()))
            deletions = await self._taker.deletions(found.gone if deletes else ())
            not_taken = await self._taker.store(position, taken + deletions, refused)
            problems = {one.listing_key: one.problem for one in not_taken}
            await self._settle(position, {key: events[key] for key in events if key in known}, found, problems)
        if found.fault is not None:
            raise found.fault

    async def _fetch_listings_of(self, position: FeedPosition, events: _Events) -> None:
        """Fetch the listings of these open houses."""
        found = await self._open_houses.find(list(events))
        if self._open_houses.is_missing:
            await self._taker.store(position, [], [MISSING])
        if without := found.gone | found.failed.keys():
            await self._settle(position, {key: events[key] for key in events if key in without}, found, {})
        by_listing: dict[str, list[FeedEvent]] = {}
        for key, record in found.records.items():
            [listing_key] = keys_of([record], KEY)
            by_listing.setdefault(listing_key, []).extend(events[key])
        await self._fetch(position, by_listing, deletes=False)
        if found.fault is not None:
            raise found.fault

    async def _settle(
        self, position: FeedPosition, events: _Events, found: Lookup, problems: Mapping[str, str]
    ) -> None:  # fmt: skip
        now = self._clock.now()
        async with self._database.transaction() as connection:
            # A server that answers some requests is asked again soon.
            await queries.advance(connection, position, failures=0)
            done = [key for key in events if key not in found.failed and key not in problems]
            await queries.settle_all(connection, [one for key in done for one in events[key]])
            for key in events:
                for event in events[key]:
                    if (fault := found.failed.get(key)) is not None:
                        await queries.settle(connection, event, due_at=_again_at(event, now), error=fault.reason)
                    elif key in problems:
                        await queries.settle(connection, event, error=problems[key])


def _by_key(events: Sequence[FeedEvent], resource: str) -> _Events:
    """The events about records of this resource by their keys."""
    found: dict[str, list[FeedEvent]] = {}
    for event in events:
        if event.resource == resource:
            found.setdefault(event.record_key, []).append(event)
    return found


def _again_at(event: FeedEvent, now: datetime) -> datetime | None:
    """When the record of an event is requested again; None gives it up."""
    if now - event.received_at > GIVE_UP_AFTER:
        return None
    return now + min(FIRST_WAIT * 2.0 ** min(event.attempts, 30), LONGEST_WAIT)
