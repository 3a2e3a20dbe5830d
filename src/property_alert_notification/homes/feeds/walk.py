"""Reads records in the order of their ModificationTimestamp: all of them at first, and then those that change."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import ProviderDown, SendError
from property_alert_notification.database import Database
from property_alert_notification.homes.feeds import queries
from property_alert_notification.homes.feeds.models import FeedPosition
from property_alert_notification.homes.feeds.odata import BadLink, Page, after, keys_of, since
from property_alert_notification.homes.feeds.settings import FeedSettings
from property_alert_notification.homes.feeds.take import RecordTaker, Refusal
from property_alert_notification.homes.feeds.web_api import KEY, WebApi

FIELD = "ModificationTimestamp"

TRIES = 3
"""Requests for one record alone, until it is left out."""

MOST_BAD = 10
"""Records in a row that are left out because they cannot be read. If there are more, the fault is the server's."""


class RecordWalk:
    """Walks over the pages of one feed. The walk after a restart begins where the last page in order ended."""

    def __init__(
        self, settings: FeedSettings, api: WebApi, taker: RecordTaker, database: Database, clock: Clock
    ) -> None:
        self._settings = settings
        self._api = api
        self._taker = taker
        self._database = database
        self._clock = clock
        self._end: datetime | None = None
        """The greatest time of all records when the last walk ended."""
        self._end_found_at = 0.0
        """When a walk first ended at this time."""
        self._is_settled = False
        """Whether a walk that began an overlap later ended at the same time: all records of that time were read."""
        self.reset()

    def reset(self) -> None:
        """Begin anew with the next turn."""
        self._began_at = 0.0
        self._url: str | None = None
        self._is_link = False
        """Whether the URL is a link of the server."""
        self._from: datetime | None = None
        """The time from which the last request was for records."""
        self._is_after = False
        """Whether that request left out the records of exactly this time."""
        self._passed = 0
        """Records from this time on that were read already."""
        self._of_request = 0
        """Records that were read by the last request without a link, and by the links that followed from it."""
        self._size = self._asked = self._settings.page_size
        """Records that are requested at once: fewer where a page cannot be read. `_asked`: by the last request."""
        self._failures = 0
        """Requests in a row for one record that failed."""
        self._bad = 0
        """Records in a row that cannot be read."""
        self._keys: list[str] = []
        """Those of the page before, if this one is not found by its times."""
        self._read: set[str] = set()
        """The pages since the last one that was found by its times."""
        self._greatest: datetime | None = None
        self._is_in_order = True

    async def turn(self, position: FeedPosition) -> bool:
        """Read one page; returns whether another one follows.

        Raises:
            SendError: the server does not answer, or the link to the next page is wrong; the records are stored.
            LeaseLost: another worker replicates the feed.
        """
        url = self._url or self._first_url(position)
        try:
            page = await self._api.page(url)
        except ProviderDown:
            raise
        except SendError as fault:
            await self._go_around(position, fault)
            return True
        self._bad, self._failures, self._size = 0, 0, min(2 * self._size, self._settings.page_size)
        taken, refused = await self._taker.read(page.records)
        await self._taker.store(position, taken, refused)
        self._note([one.record.modified_at for one in taken if one.record.is_dated])
        following = self._following(page)
        async with self._database.transaction() as connection:
            await self._store(connection, position, page, is_last=following is None)
        self._url = following
        if following is None:
            self.reset()
        return following is not None

    async def _go_around(self, position: FeedPosition, fault: SendError) -> None:
        """Go on without the page that cannot be read: with smaller ones, or after the only record that it has.

        Raises:
            SendError: the server answers nothing else either, or it is not about one record.
        """
        await self._api.page(self._api.no_records_url())
        if not self._is_link:  # that may have expired
            self._failures += self._size == 1
            self._size = max(self._size // 4, 1)
        if self._failures == TRIES:
            if self._bad == MOST_BAD:
                self.reset()
                raise fault
            self._bad, self._failures, self._passed = self._bad + 1, 0, self._passed + 1
            place = "the first" if self._greatest is None else f"that after {self._greatest:%Y-%m-%dT%H:%M:%SZ}"
            await self._taker.store(position, [], [Refusal(place, f"cannot be read: {fault.reason}")])
        self._url = self._own_url()

    def _first_url(self, position: FeedPosition) -> str:
        self._began_at = self._clock.monotonic()
        self._from, is_load = position.modified_at, position.load_ended_at is None
        if self._from is not None and not is_load:
            # In a quiet market all records may have one time, and would be read again and again.
            self._is_after = self._is_settled and self._from == self._end
            if not self._is_after:
                # A change may become visible later than one with a later time.
                self._from -= self._settings.overlap_time
        return self._own_url(count=is_load and position.load_total is None)

    def _own_url(self, *, count: bool = False) -> str:
        """The URL of the next page without the links of the server."""
        self._is_link, self._of_request, self._asked = False, 0, self._size
        # Records with the same time are read again: others of this time may have come since.
        filter_ = None if self._from is None else (after if self._is_after else since)(FIELD, self._from)
        return self._api.properties_url(filter_, count=count, top=self._size, skip=self._passed)

    def _following(self, page: Page) -> str | None:
        """The URL of the next page; None after the last one.

        Raises:
            BadLink: only its link leads to the next page, and is wrong.

        The link of the server is followed only where times do not lead further. A link often is a number of records to
        skip, and a record that changes meanwhile moves to the end, so that another one would be skipped.
        """
        self._passed += len(page.records)
        self._of_request += len(page.records)
        if self._api.is_last("Property", page, read=self._of_request, asked=self._asked):
            return None
        if self._is_in_order and self._greatest is not None and (self._from is None or self._greatest > self._from):
            self._from, self._passed, self._keys, self._read = self._greatest, 0, [], set()
            self._is_after = False
            return self._own_url()
        before, self._keys = self._keys, keys_of(page.records, KEY)
        if before and before == self._keys:
            return None  # the server answers every request with the same page
        self._read.add(page.url)
        try:
            following = page.next(self._read)
        except BadLink:
            self.reset()
            raise
        if following is None:
            return self._own_url()
        self._is_link = True
        return following

    def _note(self, times: Sequence[datetime]) -> None:
        for at in times:
            if self._greatest is not None and at < self._greatest:
                self._is_in_order = False
            self._greatest = at if self._greatest is None else max(at, self._greatest)

    def _note_end(self, end: datetime | None) -> None:
        if end != self._end:
            self._end, self._end_found_at, self._is_settled = end, self._clock.monotonic(), False
        elif self._began_at - self._end_found_at > self._settings.overlap:
            self._is_settled = True

    async def _store(self, connection: AsyncConnection, position: FeedPosition, page: Page, *, is_last: bool) -> None:
        values: dict[str, object] = {}
        now = self._clock.now()
        if self._greatest is not None and (is_last or self._is_in_order):
            # A record of the future must not hide those that change until then.
            greatest = min(self._greatest, now)
            values["modified_at"] = max(greatest, position.modified_at) if position.modified_at else greatest
        if is_last:
            values["checked_at"] = now
        if position.load_ended_at is None:
            values["load_read"] = position.load_read + len(page.records)
            if position.load_total is None and page.total is not None:
                values["load_total"] = page.total
            if is_last:
                values["load_ended_at"] = now
        await queries.advance(connection, position, **values)
        if is_last:
            self._note_end(position.modified_at)
