"""Finds listings on the market whose records the server does not have any more, although nothing said so.

Records by their ModificationTimestamp show no deletion, and not every server announces each one. So all listings that
the feed shows are asked for again, in rounds.
"""

from collections.abc import Sequence
from datetime import timedelta

import structlog

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import ProviderDown, SendError
from property_alert_notification.database import Database
from property_alert_notification.homes.feeds import queries
from property_alert_notification.homes.feeds.lookup import Lookup, RecordLookup
from property_alert_notification.homes.feeds.models import FeedPosition
from property_alert_notification.homes.feeds.odata import keys_of
from property_alert_notification.homes.feeds.settings import FeedSettings
from property_alert_notification.homes.feeds.take import RecordTaker
from property_alert_notification.homes.feeds.web_api import KEY, WebApi

log = structlog.get_logger()

AT_ONCE, WITHOUT_IN = 100, 20
"""Listings that are asked for at once; fewer where each needs a request."""

PAUSE = 5.0
"""Seconds between two requests."""

MANY = 20
"""Listings of which not most can be gone at once: a server that answers with nothing has lost its index."""


class RecordRounds:
    """The rounds over the listings of one feed."""

    def __init__(
        self, settings: FeedSettings, api: WebApi, lookup: RecordLookup, taker: RecordTaker, database: Database,
        clock: Clock,
    ) -> None:  # fmt: skip
        self._every = timedelta(hours=settings.recheck)
        self._api = api
        self._lookup = lookup
        self._taker = taker
        self._database = database
        self._clock = clock
        self._due_at = 0.0
        self._doubts = False
        """Whether most listings were gone in the last round. It is believed when they still are in the next one."""

    async def turn(self, position: FeedPosition) -> None:
        """Ask for some listings, if it is time.

        Raises:
            SendError: the server answers nothing now.
            LeaseLost: another worker replicates the feed.
        """
        if not self._every or self._clock.monotonic() < self._due_at:
            return
        now = self._clock.now()
        self._due_at = self._clock.monotonic() + PAUSE
        if position.round_key is None:
            last = position.round_began_at or position.load_ended_at or now
            if now - last < self._every:
                return
        after = position.round_key or ""
        async with self._database.reading() as connection:
            keys = await queries.on_market(connection, position.feed, after=after, limit=AT_ONCE)
        began_at = position.round_began_at if position.round_key is not None else now
        next_key = await self._ask(position, keys) if keys else None
        is_over = not keys and self._doubts
        async with self._database.transaction() as connection:
            await queries.advance(connection, position, round_key=next_key, round_began_at=began_at)
            if is_over:
                await queries.count_refusals(connection, position.feed, 0, None)
        self._doubts = self._doubts and not is_over

    async def _ask(self, position: FeedPosition, keys: Sequence[str]) -> str | None:
        """Ask for these listings; returns the key after which the round goes on, None if it ends here."""
        try:
            page = await self._api.records_at_once(keys, select=KEY)
        except ProviderDown:
            raise
        except SendError:
            page = None
        keys = keys[:WITHOUT_IN] if page is None else keys
        there = set() if page is None else set(keys_of(page.records, KEY))
        found = await self._lookup.find([key for key in keys if key not in there])
        if len(keys) >= MANY and len(found.gone) > len(keys) / 2 and not self._doubts:
            await self._doubt(position, found, len(keys))
            return None
        if found.keys:
            taken, refused = await self._taker.read(list(found.records.values()))
            await self._taker.store(position, taken + await self._taker.deletions(found.gone), refused)
        if found.fault is not None:
            raise found.fault
        return keys[-1]

    async def _doubt(self, position: FeedPosition, found: Lookup, number: int) -> None:
        self._doubts = True
        problem = f"{len(found.gone)} of {number} listings on the market are not there any more"
        log.warning("feed.listings_missing", feed=position.feed, problem=problem)
        async with self._database.transaction() as connection:
            await queries.count_refusals(connection, position.feed, 0, f"{problem}: they stay until the next round")
