"""The HTTP client of one RESO Web API: records and events by OData, with a token by OAuth2 client credentials.

Source: RESO Web API Core 2.0 (RCP-25); RFC 6749, 4.4 (client credentials).
"""

import asyncio
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote_plus

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import ProviderDown, RetryLater, SendError
from property_alert_notification.base.http import Answer, HttpCaller, fields_of, raise_unless_taken
from property_alert_notification.base.json_body import read_records
from property_alert_notification.base.printable import printable
from property_alert_notification.homes.feeds.odata import (
    Page,
    all_of,
    key_is,
    key_is_in,
    keys_of,
    one_record,
    query,
    read_page,
    since,
)
from property_alert_notification.homes.feeds.settings import FeedSettings

LARGEST_PAGE = 64 * 1024 * 1024
"""Bytes of an answer with records. A larger one is a failure."""

CONNECTIONS = 4
"""Requests at a time."""

EARLY = 60.0
"""Seconds before its end at which a token is replaced."""

_USUAL_LIFETIME = 600.0
"""Seconds for which a token is used if the server does not say how long it is valid."""

LONGEST_EXPLANATION = 200
"""Characters that are kept of what a server says is wrong."""

SMALLEST_LIMIT = 10
"""No server is thought to limit its pages to fewer records: a page with fewer is the last one."""

FRESH = 60.0
"""Seconds during which a 403 does not mean that the token has ended."""

_NOT_SHOWN = frozenset({403, 404, 410})
"""How servers answer a request for a record that they do not have, or not for this client."""
_NOT_UNDERSTOOD = frozenset({400, 404, 405, 414, 501})
"""How servers answer a resource or a filter with `in` that they do not have, or that is too long for them."""

KEY, OPEN_HOUSE_KEY = "ListingKey", "OpenHouseKey"
Record = Any


class WebApi:
    """The client of one feed."""

    def __init__(self, settings: FeedSettings, clock: Clock) -> None:
        """No connection is opened yet."""
        self._settings = settings
        self._clock = clock
        self._http = HttpCaller(clock, connections=CONNECTIONS, deadline=settings.timeout)
        self._token: str | None = None if settings.token is None else settings.token.get_secret_value()
        self._token_since = self._token_until = 0.0
        self._requesting = asyncio.Lock()
        self._longest: dict[str, int] = {}
        """The records of the longest page of each resource."""

    async def page(self, url: str) -> Page:
        """The page at a URL.

        Raises:
            SendError: the request failed, or the answer is no page.
        """
        return self._page_in(await self._get(url), url)

    def is_last(self, resource: str, page: Page, *, read: int, asked: int) -> bool:
        """Whether no page follows this one.

        A server without links may give fewer records than it is asked for, at most the same number each time.

        Args:
            resource: that of the page.
            page: the page.
            read: the records of its request, on all pages of it.
            asked: how many the request was for.
        """
        size, longest = len(page.records), self._longest.get(resource, 0)
        self._longest[resource] = max(size, longest)
        return page.link is None and read < asked and size < max(longest, SMALLEST_LIMIT)

    def properties_url(self, filter_: str | None, *, count: bool = False, top: int | None = None, skip: int = 0) -> str:
        """The URL of the first page of the records that match, the one changed longest ago first."""
        return query(
            f"{self._settings.url}/Property",
            filter=all_of(self._settings.filter, filter_),
            orderby=f"ModificationTimestamp,{KEY}",
            top=top or self._settings.page_size,
            skip=skip or None,
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

    def no_records_url(self) -> str:
        """The URL of a page that has no records, of a server that answers and understands the settings."""
        return self.properties_url(since("ModificationTimestamp", self._clock.now() + timedelta(days=365)))

    async def is_listed(self, key: str, *, filtered: bool = True) -> bool:
        """Whether the record with this key is in the answer to a filter, that of the feed among them if `filtered`.

        Raises:
            SendError: the request failed, or the answer is no page.
        """
        url = f"{self._settings.url}/Property"
        wanted = all_of(self._settings.filter if filtered else None, key_is(KEY, key))
        page = await self.page(query(url, filter=wanted, top=1))
        # Some servers have a page without records before one with them.
        return bool(page.records) or page.link is not None

    async def records_at_once(self, keys: Sequence[str], *, select: str | None = None) -> Page | None:
        """A page with records that have these keys; None if the server does not understand the filter.

        With `select` they need have no other fields.

        Raises:
            SendError: the request failed, or the answer is no page.
        """
        filter_ = key_is_in(KEY, keys) if len(keys) > 1 else key_is(KEY, keys[0])
        wanted = all_of(self._settings.filter, filter_)
        expand = None if select else self._settings.expand
        url = query(f"{self._settings.url}/Property", filter=wanted, top=len(keys), expand=expand, select=select)
        answer = await self._get(url)
        return None if answer.status in _NOT_UNDERSTOOD else self._page_in(answer, url)

    async def open_houses(self, keys: Sequence[str]) -> Page | None:
        """A page with the open houses that have these keys; None if the server does not understand the request.

        If the request is for one key, the server does not have the resource, or not for this client.

        Raises:
            SendError: the request failed, or the answer is no page.
        """
        filter_ = key_is_in(OPEN_HOUSE_KEY, keys) if len(keys) > 1 else key_is(OPEN_HOUSE_KEY, keys[0])
        return await self._open_houses(filter=filter_, top=len(keys))

    async def _open_houses(self, **options: object) -> Page | None:
        url = query(f"{self._settings.url}/OpenHouse", **options)
        answer = await self._get(url)
        return None if answer.status in _NOT_UNDERSTOOD | _NOT_SHOWN else self._page_in(answer, url)

    async def open_houses_page(self, filter_: str, *, skip: int) -> Page | None:
        """A page with the open houses that match, the one changed longest ago first; None as above.

        Raises:
            SendError: the request failed, or the answer is no page.
        """
        order, top = f"ModificationTimestamp,{OPEN_HOUSE_KEY}", self._settings.page_size
        return await self._open_houses(filter=filter_, orderby=order, top=top, skip=skip or None)

    async def record(self, key: str) -> Record | None:
        """The record with this key; None if the server says that there is none, or none for this client.

        Raises:
            SendError: the request failed, or the answer is not the record.
        """
        answer = await self._get(one_record(f"{self._settings.url}/Property", key, expand=self._settings.expand))
        if answer.status in _NOT_SHOWN:
            return None
        raise_unless_taken(answer, now=self._clock.now(), explanation=explanation_in(answer))
        document = self._document(answer)
        # Some servers answer with a page of one record, or of none.
        records = document.get("value", document) if isinstance(document, dict) else document
        records = [records] if isinstance(records, dict) else records
        found = [one for one in records if keys_of([one], KEY) == [key]] if isinstance(records, list) else []
        if not found and records != []:
            raise RetryLater("its answer is not the record")
        return found[0] if found else None

    async def close(self) -> None:
        """Give connections back."""
        await self._http.close()

    def _page_in(self, answer: Answer, url: str) -> Page:
        raise_unless_taken(answer, now=self._clock.now(), explanation=explanation_in(answer))
        try:
            return read_page(self._document(answer), url)
        except ValueError as fault:
            raise RetryLater(f"its answer {fault}") from None

    async def _get(self, url: str) -> Answer:
        token = await self._valid_token()
        answer = await self._http.get(url, headers=_headers(token), largest=LARGEST_PAGE)
        if self._settings.token_endpoint is None or not self._may_have_ended(token, answer.status):
            return answer
        if token == self._token:
            self._token = None
        return await self._http.get(url, headers=_headers(await self._valid_token()), largest=LARGEST_PAGE)

    def _may_have_ended(self, token: str, status: int) -> bool:
        """Whether an answer may mean that the token ended earlier than the server said.

        Some gateways answer 403 to a token that has ended. A token that is new has not.
        """
        if status != 403:
            return status == 401
        return token != self._token or self._clock.monotonic() - self._token_since > FRESH

    async def _valid_token(self) -> str:
        """The token, requested if there is none or it ends; one request at a time, since a new one may end the old.

        Raises:
            ProviderDown: there is none now, whatever the record.
        """
        async with self._requesting:
            if self._settings.token_endpoint is not None and (
                self._token is None or self._clock.monotonic() >= self._token_until
            ):
                try:
                    self._token = await self._request_token()
                except SendError as fault:
                    wait = fault.retry_after if isinstance(fault, RetryLater) else None
                    raise ProviderDown(f"its token endpoint: {fault.reason}", retry_after=wait) from None
                self._token_since = self._clock.monotonic()
            return self._token or ""

    async def _request_token(self) -> str:
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
            raise RetryLater("its answer has no access_token")
        seconds = float(lifetime) if lifetime.isdigit() else _USUAL_LIFETIME
        self._token_until = self._clock.monotonic() + max(seconds - EARLY, seconds / 2)
        return token

    @staticmethod
    def _document(answer: Answer) -> Any:
        """The JSON of an answer.

        Raises:
            RetryLater: it has none.
        """
        if not answer.is_whole:
            raise RetryLater("its answer is incomplete or too large")
        try:
            return read_records(answer.body, is_lenient=True)
        except (ValueError, RecursionError):
            raise RetryLater("its answer is not JSON") from None


def explanation_in(answer: Answer) -> str | None:
    """What a server says is wrong with a request, such as a part of the query that it does not have.

    Other answers than 400 are not about the query, and may say something of a record or of a token.
    """
    error = fields_of(answer.body).get("error") if answer.status == 400 else None
    message = error.get("message") if isinstance(error, dict) else None
    return printable(message).strip()[:LONGEST_EXPLANATION] or None if isinstance(message, str) else None


def _headers(token: str) -> Mapping[str, str]:
    return {"Accept": "application/json", "Authorization": f"Bearer {token}"}
