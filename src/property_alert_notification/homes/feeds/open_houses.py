"""Finds the listings of open houses that events announced. Nothing that a server says here deletes a listing."""

from collections.abc import Sequence
from math import inf

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import SendError, Throttled
from property_alert_notification.homes.feeds.entity_events import OPEN_HOUSE
from property_alert_notification.homes.feeds.lookup import KEYS_OF_A_FILTER, Lookup, finish_all
from property_alert_notification.homes.feeds.odata import Page, keys_of
from property_alert_notification.homes.feeds.settings import FeedSettings
from property_alert_notification.homes.feeds.take import Refusal
from property_alert_notification.homes.feeds.web_api import CONNECTIONS, KEY, OPEN_HOUSE_KEY, WebApi

ASK_AGAIN = 3_600.0
"""Seconds until a server that does not have the resource OpenHouse is asked for it again."""

MISSING = Refusal(OPEN_HOUSE, "the server does not have this resource, or not for this client")
"""What `feed status` says of such a server."""


class _NoResource(Exception):
    """The server does not have the resource OpenHouse."""


class OpenHouseLookup:
    """The lookups of open houses at one server."""

    def __init__(self, settings: FeedSettings, api: WebApi, clock: Clock) -> None:
        self._settings = settings
        self._api = api
        self._clock = clock
        self._takes_in = True
        """Whether the server has the operator `in`, as far as is known."""
        self._ask_at = 0.0 if settings.has_open_houses else inf
        """When the server is asked. Never, if the records of listings come without their open houses."""
        self.is_missing = False
        """Whether the server does not have the resource, as far as is known."""

    async def find(self, keys: Sequence[str]) -> Lookup:
        """Look up the open houses with these keys. One without a listing is gone.

        Keys for which the time of a request is not enough are left out.
        """
        found = Lookup()
        if self._clock.monotonic() < self._ask_at:
            found.gone.update(keys)
            return found
        try:
            await self._ask(keys, found)
            self.is_missing = False
        except _NoResource:
            self.is_missing, self._takes_in = True, True
            self._ask_at = self._clock.monotonic() + ASK_AGAIN
            found.gone.update(keys)
        except SendError as fault:
            found.fault = fault
        return found

    async def _ask(self, keys: Sequence[str], found: Lookup) -> None:
        ends = self._clock.monotonic() + self._settings.timeout
        if self._takes_in and len(keys) > 1:
            parts = [keys[start : start + KEYS_OF_A_FILTER] for start in range(0, len(keys), KEYS_OF_A_FILTER)]
            await finish_all(self._part(part, found) for part in parts)
        rest = [key for key in keys if key not in found.keys]
        for start in range(0, len(rest), CONNECTIONS):
            if start and self._clock.monotonic() > ends:
                return
            failed = dict[str, SendError]()
            await finish_all(self._one(key, found, failed) for key in rest[start : start + CONNECTIONS])
            if failed and not found.failed:
                # Unless the server answers something else now, it is not about these open houses.
                await self._api.page(self._api.no_records_url())
            found.failed |= failed

    async def _part(self, keys: Sequence[str], found: Lookup) -> None:
        try:
            page = await self._api.open_houses(keys)
        except Throttled:
            raise
        except SendError:
            return  # each by itself: one may break the answer for all
        if page is None:
            self._takes_in = False
        else:
            _note(keys, page, found)

    async def _one(self, key: str, found: Lookup, failed: dict[str, SendError]) -> None:
        try:
            page = await self._api.open_houses([key])
        except Throttled:
            raise
        except SendError as fault:
            failed[key] = fault
            return
        if page is None:
            await self._api.page(self._api.no_records_url())  # a gateway may answer so to everything for a while
            raise _NoResource
        _note([key], page, found)


def _note(keys: Sequence[str], page: Page, found: Lookup) -> None:
    """Note the open houses of a page that has those with these keys."""
    by_key = {key: one for one in page.records for key in keys_of([one], OPEN_HOUSE_KEY)}
    for key in keys:
        if key in by_key and keys_of([by_key[key]], KEY):
            found.records[key] = by_key[key]
        elif key in by_key or page.link is None or len(keys) == 1:
            found.gone.add(key)
