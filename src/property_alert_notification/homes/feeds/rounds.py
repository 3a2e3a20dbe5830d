"""Finds listings on the market whose records the server does not have any more, although nothing said so.

Records by their ModificationTimestamp show no deletion, and not every server announces each one. So all listings that
the feed shows are asked for again, in rounds.

A server that has lost its index answers with nothing, often at the same hour of each day. So when most listings of a
request are gone, the round stops there and nothing is deleted. They are looked up again and again for as long as the
time between two rounds, and are deleted only if each look found most of them gone.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import takewhile

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

LOOKS = 25
"""How many looks in a row find most listings of a request gone, until they are deleted. From the first to the last look
as much time passes as between two rounds."""


def doubts_after(doubts: int, *, gone: int, known: int, is_whole: bool) -> int:
    """How many looks in a row found most listings of a request gone, after one more.

    Args:
        doubts: how many there were before.
        gone: how many listings are gone by this look.
        known: of how many it found anything.
        is_whole: the server answered all its requests.
    """
    if 2 * gone > known:
        return doubts + 1
    # A server that has lost many listings does not have most of each request.
    is_believed = doubts >= LOOKS and gone > 0
    return doubts if is_believed or not is_whole else 0


def are_held(doubts: int) -> bool:
    """Whether listings stay on the market although the server does not have them now."""
    return 0 < doubts < LOOKS


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
        """When some listings are asked for again. Zero until the first turn."""

    async def turn(self, position: FeedPosition) -> None:
        """Ask for some listings, if it is time.

        Raises:
            SendError: the server answers nothing now.
            LeaseLost: another worker replicates the feed.
        """
        if not self._every or self._clock.monotonic() < self._due_at:
            return
        now, is_first = self._clock.now(), not self._due_at
        self._wait(position.round_doubts)
        if is_first and are_held(position.round_doubts):
            return  # workers that are restarted often must not look sooner
        if position.round_key is None:
            last = position.round_began_at or position.load_ended_at or now
            if now - last < self._every:
                return
        async with self._database.reading() as connection:
            keys = await queries.on_market(connection, position.feed, after=position.round_key or "", limit=AT_ONCE)
        began_at = now if position.round_key is None else position.round_began_at
        if keys:
            await self._ask(position, keys, began_at)
        else:
            await self._advance(position, round_key=None, round_began_at=began_at, round_doubts=0)

    async def _ask(self, position: FeedPosition, keys: Sequence[str], began_at: datetime | None) -> None:
        """Ask for these listings, take what the server says of them, and go on after the last one that is known."""
        found, known = await self._look_up(keys)
        doubts = doubts_after(
            position.round_doubts, gone=len(found.gone), known=len(known), is_whole=found.fault is None
        )
        if doubts > position.round_doubts == 0:
            log.warning("feed.listings_missing", feed=position.feed, missing=len(found.gone), known=len(known))
        is_held = are_held(doubts)
        self._wait(doubts)
        if found.keys:
            taken, refused = await self._taker.read(list(found.records.values()))
            deletions = await self._taker.deletions(() if is_held else found.gone)
            await self._taker.store(position, taken + deletions, refused)
        done = [] if is_held else list(takewhile(known.__contains__, keys))
        round_key = done[-1] if done else position.round_key or ""
        await self._advance(position, round_key=round_key, round_began_at=began_at, round_doubts=doubts)
        if found.fault is not None:
            raise found.fault

    async def _look_up(self, keys: Sequence[str]) -> tuple[Lookup, set[str]]:
        """Request these listings.

        Returns:
            What the lookup of those found that the first answer did not have, and the keys of all listings of which the
            server has said whether it has them.
        """
        try:
            page = await self._api.records_at_once(keys, select=KEY)
        except ProviderDown:
            raise
        except SendError:
            page = None
        keys = keys[:WITHOUT_IN] if page is None else keys
        there = set() if page is None else set(keys).intersection(keys_of(page.records, KEY))
        found = await self._lookup.find([key for key in keys if key not in there])
        return found, there | found.keys

    def _wait(self, doubts: int) -> None:
        wait = max(self._every.total_seconds() / (LOOKS - 1), PAUSE) if are_held(doubts) else PAUSE
        self._due_at = self._clock.monotonic() + wait

    async def _advance(self, position: FeedPosition, **values: object) -> None:
        async with self._database.transaction() as connection:
            await queries.advance(connection, position, **values)
