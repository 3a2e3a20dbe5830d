"""The HTTP client of one RESO Web API: records and events by OData, with a token by OAuth2 client credentials.

Source: RESO Web API Core 2.0 (RCP-25); RFC 6749, 4.4 (client credentials).
"""

import asyncio
from base64 import b64encode
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote_plus

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import ProviderDown, RetryLater, SendError
from property_alert_notification.base.http import Answer, HttpCaller, fields_of, raise_unless_taken
from property_alert_notification.base.json_body import read_records
from property_alert_notification.homes.feeds.odata import (
    Page,
    all_of,
    key_is,
    key_is_in,
    keys_of,
    one_record,
    query,
    read_page,
)
from property_alert_notification.homes.feeds.settings import FeedSettings

LARGEST_PAGE = 64 * 1024 * 1024
"""Bytes of an answer with records. A larger one is a failure."""

CONNECTIONS = 4
"""Requests at a time."""

KEYS_OF_A_FILTER = 100
"""Servers refuse long URLs."""

EARLY = 60.0
"""Seconds before its end at which a token is replaced."""

_USUAL_LIFETIME = 600.0
"""Seconds for which a token is used if the server does not say how long it is valid."""

_GONE = frozenset({404, 410})
_NO_IN = frozenset({400, 404, 405, 414, 501})
"""How servers answer a filter with `in` that they do not have, or that is too long for them."""

KEY = "ListingKey"
Record = Any


class WebApi:
    """The client of one feed."""

    def __init__(self, settings: FeedSettings, clock: Clock) -> None:
        """No connection is opened yet."""
        self._settings = settings
        self._clock = clock
        self._http = HttpCaller(clock, connections=CONNECTIONS, deadline=settings.timeout)
        self._token: str | None = None if settings.token is None else settings.token.get_secret_value()
        self._token_until = 0.0
        self._takes_in = True
        """Whether the server has the operator `in`, as far as is known."""

    async def page(self, url: str) -> Page:
        """The page at a URL.

        Raises:
            SendError: the request failed, or the answer is no page.
        """
        answer = await self._get(url)
        raise_unless_taken(answer, now=self._clock.now())
        try:
            return read_page(self._document(answer), url)
        except ValueError as fault:
            raise RetryLater(f"its answer {fault}") from None

    def properties_url(self, *filters: str | None, count: bool = False) -> str:
        """The URL of the first page of the records that match, the one changed longest ago first."""
        return query(
            f"{self._settings.url}/Property",
            filter=all_of(self._settings.filter, *filters),
            orderby=f"ModificationTimestamp,{KEY}",
            top=self._settings.page_size,
            expand=self._settings.expand,
            count="true" if count else None,
        )

    def events_url(self, after: int) -> str:
        """The URL of the first page of the events after this sequence."""
        field = "EntityEventSequence"
        filter_ = f"{field} gt {after}"
        return query(f"{self._settings.url}/EntityEvent", filter=filter_, orderby=field, top=self._settings.page_size)

    def newest_events_url(self) -> str:
        """The URL of the newest events."""
        order = "EntityEventSequence desc"
        return query(f"{self._settings.url}/EntityEvent", orderby=order, top=self._settings.page_size)

    async def records(self, keys: Sequence[str]) -> "dict[str, Record | SendError | None]":
        """The records with these keys: each its record, None if the server has none, or why it cannot be had.

        One that the filter of the feed leaves out is none. Keys for which the time of a request is not enough are left
        out.

        Raises:
            SendError: the server answers nothing now, whatever the record.
        """
        found: dict[str, Record | SendError | None] = {}
        if (len(keys) > 1 or self._settings.filter) and self._takes_in:
            parts = [keys[start : start + KEYS_OF_A_FILTER] for start in range(0, len(keys), KEYS_OF_A_FILTER)]
            for some in await asyncio.gather(*map(self._records_at_once, parts)):
                found.update(some)
        # A record that is missing in the answer to a filter need not be gone: only its own URL says that.
        missing = [key for key in keys if key not in found]
        ends = self._clock.monotonic() + self._settings.timeout
        for start in range(0, len(missing), CONNECTIONS):
            if start and self._clock.monotonic() > ends:
                break  # the others are asked for again, when these are stored
            part = missing[start : start + CONNECTIONS]
            found.update(zip(part, await asyncio.gather(*map(self._record, part)), strict=True))
        return found

    async def close(self) -> None:
        """Give connections back."""
        await self._http.close()

    async def _records_at_once(self, keys: Sequence[str]) -> dict[str, Record]:
        filter_ = all_of(self._settings.filter, key_is_in(KEY, keys))
        url = query(f"{self._settings.url}/Property", filter=filter_, top=len(keys), expand=self._settings.expand)
        try:
            answer = await self._get(url)
            if answer.status in _NO_IN:
                self._takes_in = False
                return {}
            raise_unless_taken(answer, now=self._clock.now())
            page = read_page(self._document(answer), url)
        except ProviderDown:
            raise
        except (SendError, ValueError):
            return {}  # each by its own URL: one record may break the answer for all
        wanted = set(keys)
        return {key: one for one in page.records for key in keys_of([one], KEY) if key in wanted}

    async def _record(self, key: str) -> "Record | SendError | None":
        url = one_record(f"{self._settings.url}/Property", key, expand=self._settings.expand)
        try:
            answer = await self._get(url)
            if answer.status in _GONE:
                return None
            raise_unless_taken(answer, now=self._clock.now())
            document = self._document(answer)
        except ProviderDown:
            raise  # it is about the server, not about this record
        except SendError as fault:
            return fault
        # Some servers answer with a page of one record, or of none.
        records = document.get("value", [document]) if isinstance(document, dict) else [document]
        found = [one for one in records if keys_of([one], KEY) == [key]] if isinstance(records, list) else []
        if not found and records != []:
            return RetryLater("its answer is not the record")
        return await self._if_wanted(key, found[0]) if found else None

    async def _if_wanted(self, key: str, record: Record) -> "Record | SendError | None":
        """A record that was asked for by its own URL; None if the filter of the feed leaves it out."""
        if not self._settings.filter:
            return record
        try:
            page = await self.page(self.properties_url(key_is(KEY, key)))
        except ProviderDown:
            raise
        except SendError as fault:
            return fault
        return record if page.records else None

    async def _get(self, url: str) -> Answer:
        answer = await self._http.get(url, headers=await self._headers(), largest=LARGEST_PAGE)
        if answer.status == 401 and self._settings.token_endpoint is not None:
            self._token = None  # it has ended earlier than the server said
            answer = await self._http.get(url, headers=await self._headers(), largest=LARGEST_PAGE)
        return answer

    async def _headers(self) -> dict[str, str]:
        if self._settings.token_endpoint is not None and (
            self._token is None or self._clock.monotonic() >= self._token_until
        ):
            await self._request_token()
        return {"Accept": "application/json", "Authorization": f"Bearer {self._token}"}

    async def _request_token(self) -> None:
        settings = self._settings
        secret = "" if settings.client_secret is None else settings.client_secret.get_secret_value()
        credentials = {"client_id": settings.client_id or "", "client_secret": secret}
        form = {"grant_type": "client_credentials"} | ({"scope": settings.scope} if settings.scope else {})
        headers = {"Accept": "application/json"}
        if settings.client_auth == "basic":
            pair = ":".join(map(quote_plus, credentials.values()))
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        else:
            form |= credentials
        body = fields_of(await self._http.post(str(settings.token_endpoint), form=form, headers=headers))
        token, lifetime = body.get("access_token"), str(body.get("expires_in"))
        if not isinstance(token, str) or not token or not token.isascii() or not token.isprintable():
            raise RetryLater("the answer of its token endpoint has no access_token")
        self._token = token
        seconds = float(lifetime) if lifetime.isdigit() else _USUAL_LIFETIME
        self._token_until = self._clock.monotonic() + max(seconds - EARLY, seconds / 2)

    @staticmethod
    def _document(answer: Answer) -> Any:
        """The JSON of an answer.

        Raises:
            RetryLater: it has none.
        """
        if not answer.is_whole:
            raise RetryLater("its answer is incomplete or too large")
        try:
            return read_records(answer.body)
        except (ValueError, RecursionError):
            raise RetryLater("its answer is not JSON") from None
