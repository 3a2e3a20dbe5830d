"""Reads open houses in the order of their ModificationTimestamp, and stores an event of each that changed.

Where the worker is stays in its memory. After a restart it begins at the last poll of the feed.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from math import inf
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import SendError, Throttled
from property_alert_notification.database import Database
from property_alert_notification.homes.feeds import queries
from property_alert_notification.homes.feeds.entity_events import OPEN_HOUSE, Event
from property_alert_notification.homes.feeds.models import FeedPosition
from property_alert_notification.homes.feeds.odata import after, keys_of, since
from property_alert_notification.homes.feeds.open_houses import ASK_AGAIN, MISSING
from property_alert_notification.homes.feeds.settings import FeedSettings
from property_alert_notification.homes.feeds.take import RecordTaker
from property_alert_notification.homes.feeds.web_api import OPEN_HOUSE_KEY, WebApi
from property_alert_notification.homes.reso import times
from property_alert_notification.homes.reso.record import LONGEST_KEY

log = structlog.get_logger()

FIELD = "ModificationTimestamp"

WAIT = 300.0
"""Seconds until open houses are requested again that cannot be read, although the server answers other requests."""

_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


class OpenHouseWalk:
    """Walks over the open houses of one feed whose changes are found by timestamps."""

    def __init__(
        self, source: str, settings: FeedSettings, zone: ZoneInfo | None, api: WebApi, taker: RecordTaker,
        database: Database, clock: Clock,
    ) -> None:  # fmt: skip
        """`source` is the EntityEventSource of the events that it stores, `zone` that of times without an offset."""
        self._source = source
        self._settings = settings
        self._zone = zone
        self._api = api
        self._taker = taker
        self._database = database
        self._clock = clock
        self._due_at = 0.0 if settings.has_open_houses and settings.method == "timestamps" else inf
        """When the next walk begins."""
        self._end: datetime | None = None
        """The greatest time of all open houses that were read."""
        self._end_found_at = 0.0
        self._is_settled = False
        """Whether a walk read up to it again after as long as a change may become visible late."""
        self._begin_again()

    def _begin_again(self) -> None:
        """Begin a walk with the next turn."""
        self._began_at = 0.0
        self._greatest: datetime | None = None
        """The greatest time of this walk."""
        self._filter: str | None = None
        self._from: datetime | None = None
        """The time from which the last request was for open houses."""
        self._passed = 0
        """Open houses that were read since then."""
        self._keys: Sequence[str] = ()
        """Those of the page before."""

    async def turn(self, position: FeedPosition) -> bool:
        """Read one page, if it is time; returns whether another one follows.

        Raises:
            SendError: the server answers nothing now.
            LeaseLost: another worker replicates the feed.
        """
        if self._clock.monotonic() < self._due_at:
            return False
        filter_ = self._filter or self._first_filter(position)
        try:
            page = await self._api.open_houses_page(filter_, skip=self._passed)
        except Throttled:
            raise
        except SendError as fault:
            await self._put_off(WAIT)
            log.warning("feed.open_houses_failed", feed=position.feed, problem=fault.reason)
            return False
        if page is None:
            await self._put_off(ASK_AGAIN)
            await self._taker.store(position, [], [MISSING])
            return False
        events = events_of_changes(page.records, self._zone)
        async with self._database.transaction() as connection:
            await queries.advance(connection, position)
            await queries.add_events(connection, self._source, events, now=self._clock.now())
        self._note([_time_of(one) for one in events])
        keys = keys_of(page.records, OPEN_HOUSE_KEY)
        self._passed += len(page.records)
        is_last = self._api.is_last(OPEN_HOUSE, page, read=len(page.records), asked=self._settings.page_size)
        if is_last or keys == self._keys:  # or the server answers every request with the same page
            self._is_settled = self._end is not None and self._began_at - self._end_found_at > self._settings.overlap
            self._begin_again()
            self._due_at = self._clock.monotonic() + self._settings.interval
            return False
        self._keys = keys
        if self._greatest is not None and (self._from is None or self._greatest > self._from):
            self._from, self._filter, self._passed = self._greatest, since(FIELD, self._greatest), 0
        return True

    def _first_filter(self, position: FeedPosition) -> str:
        self._began_at = self._clock.monotonic()
        if self._end is not None and self._is_settled:
            self._filter = after(FIELD, self._end)  # many may have one time, and would be read again and again
            return self._filter
        # The load may have read a listing before its open houses changed.
        is_first = position.checked_at == position.load_ended_at
        last = self._end or (position.load_began_at if is_first else position.checked_at) or self._clock.now()
        self._from = last - self._settings.overlap_time
        self._filter = since(FIELD, self._from)
        return self._filter

    def _note(self, read: Iterable[datetime]) -> None:
        # An open house of the future must not hide those that change until then.
        for at in read:
            if at <= self._clock.now() and (self._greatest is None or at > self._greatest):
                self._greatest = at
        if self._greatest is not None and (self._end is None or self._greatest > self._end):
            self._end, self._end_found_at = self._greatest, self._clock.monotonic()

    async def _put_off(self, seconds: float) -> None:
        """Wait until the next walk, unless the server answers nothing else either.

        Raises:
            SendError: it does not.
        """
        await self._api.page(self._api.no_records_url())
        self._begin_again()
        self._due_at = self._clock.monotonic() + seconds


def events_of_changes(records: Sequence[Any], zone: ZoneInfo | None) -> list[Event]:
    """An event of each change; its sequence is the time in microseconds, so that one that is read again is known."""
    found: list[Event] = []
    for record in records:
        for key in keys_of([record], OPEN_HOUSE_KEY):
            try:
                at = times.moment(record.get(FIELD), zone)
            except ValueError:
                continue
            if at is not None and at >= _EPOCH and 0 < len(key) <= LONGEST_KEY and key.isprintable():
                found.append(Event((at - _EPOCH) // _MICROSECOND, key, OPEN_HOUSE))
    return found


def _time_of(event: Event) -> datetime:
    return _EPOCH + event.sequence * _MICROSECOND
