"""Looks up the records that events announced: many by one request, and each that is missing by its own URL.

What goes wrong with one record must not stop the others, and what goes wrong with the server must not be taken for
something about a record: a gateway answers 404 to everything while its routes are changed.
"""

import asyncio
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import RetryLater, SendError, Throttled
from property_alert_notification.homes.feeds.odata import keys_of
from property_alert_notification.homes.feeds.settings import FeedSettings
from property_alert_notification.homes.feeds.web_api import CONNECTIONS, KEY, Record, WebApi

KEYS_OF_A_FILTER = 100
"""The maximum number of keys in one filter: servers refuse long URLs."""


@dataclass(slots=True)
class Lookup:
    """What was found of some records, until the server failed."""

    records: dict[str, Record] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    """Keys of which the server has no record for this client."""
    failed: dict[str, SendError] = field(default_factory=dict)
    """Why a record cannot be had, although the server answers."""
    fault: SendError | None = None
    """Why the server answers nothing now; keys that are nowhere else are to be looked up again."""
    has_no_in: bool = False

    @property
    def keys(self) -> set[str]:
        """The keys of which something is known."""
        return self.records.keys() | self.gone | self.failed.keys()


class RecordLookup:
    """The lookups at one server."""

    def __init__(self, settings: FeedSettings, api: WebApi, clock: Clock) -> None:
        self._settings = settings
        self._api = api
        self._clock = clock
        self._takes_in = True
        """Whether the server has the operator `in`, as far as is known."""

    async def find(self, keys: Sequence[str]) -> Lookup:
        """Look up the records with these keys. One that the filter of the feed leaves out is gone.

        Keys for which the time of a request is not enough are left out.
        """
        found = Lookup(has_no_in=not self._takes_in)
        try:
            await self._at_once(keys, found)
            await self._one_by_one([key for key in keys if key not in found.records], found)
        except SendError as fault:
            found.fault = fault
        else:
            self._takes_in = not found.has_no_in
        return found

    async def _at_once(self, keys: Sequence[str], found: Lookup) -> None:
        if found.has_no_in or (len(keys) == 1 and not self._settings.filter):
            return
        parts = [keys[start : start + KEYS_OF_A_FILTER] for start in range(0, len(keys), KEYS_OF_A_FILTER)]
        await finish_all(self._part(part, found) for part in parts)

    async def _part(self, keys: Sequence[str], found: Lookup) -> None:
        try:
            page = await self._api.records_at_once(keys)
        except Throttled:
            raise
        except SendError:
            return  # each by its own URL: one record may break the answer for all
        if page is None:
            found.has_no_in = True
        else:
            wanted = set(keys)
            found.records |= {key: one for one in page.records for key in keys_of([one], KEY) if key in wanted}

    async def _one_by_one(self, keys: Sequence[str], found: Lookup) -> None:
        """Request each record by its own URL: one that is missing in the answer to a filter need not be gone."""
        ends = self._clock.monotonic() + self._settings.timeout
        for start in range(0, len(keys), CONNECTIONS):
            if start and self._clock.monotonic() > ends:
                return  # the others are asked for again, when these are stored
            part = keys[start : start + CONNECTIONS]
            shown, failed = dict[str, Record](), dict[str, SendError]()
            await finish_all(self._request(key, shown, found, failed) for key in part)
            rest = [key for key in part if key not in found.records.keys() | failed.keys()]
            has_none = len(rest) > 1 and not found.has_no_in and await self._has_none(rest)
            await finish_all(self._decide(key, shown, found, failed, has_none=has_none) for key in rest)
            if failed and not found.failed:
                # Unless the server answers something else now, it is not about these records.
                await self._api.page(self._api.no_records_url())
            found.failed |= failed

    async def _request(self, key: str, shown: dict[str, Record], found: Lookup, failed: dict[str, SendError]) -> None:
        """Request a record by its own URL. With a filter of the feed it is `shown`, and not found yet."""
        try:
            record = await self._api.record(key)
        except Throttled:
            raise
        except SendError as fault:
            failed[key] = fault
        else:
            if record is not None:
                (shown if self._settings.filter else found.records)[key] = record

    async def _decide(
        self, key: str, shown: Mapping[str, Record], found: Lookup, failed: dict[str, SendError], *, has_none: bool
    ) -> None:  # fmt: skip
        """Decide of a record by two answers, since one may be wrong: that at its own URL and that to a filter.

        `has_none`: the filter does not find it, as is known.
        """
        try:
            is_listed = not has_none and await self._api.is_listed(key)
            if key not in shown:
                if is_listed:
                    failed[key] = RetryLater("it is among the records, but not at its own URL")
                else:
                    found.gone.add(key)
            elif is_listed:
                found.records[key] = shown[key]
            elif await self._api.is_listed(key, filtered=False):
                found.gone.add(key)  # the filter of the feed leaves it out
            else:
                failed[key] = RetryLater("it is at its own URL, but not among the records")
        except Throttled:
            raise
        except SendError as fault:
            failed[key] = fault

    async def _has_none(self, keys: Sequence[str]) -> bool:
        try:
            page = await self._api.records_at_once(keys)
        except Throttled:
            raise
        except SendError:
            return False
        return page is not None and not page.records and page.link is None


async def finish_all(requests: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Make requests at a time, each to its end, so that what one finds is kept when another fails.

    Raises:
        SendError: one of them failed.
    """
    for one in await asyncio.gather(*requests, return_exceptions=True):
        if isinstance(one, BaseException):
            raise one
