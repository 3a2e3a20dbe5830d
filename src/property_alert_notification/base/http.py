"""Talks to providers and to the User service over HTTP, and turns their answers into errors and outcomes.

- 2xx: taken. 404, 405, 408, 425, 500, 501, 505: not taken. Any other 4xx: never will be. (404 and 405 are what
  a gateway says while its ingress is changed; where one means the recipient, its attempts run out.)
- 429: the provider has been given too much. 503, no connection: it takes nothing now, whatever the message.
- 401, 403, 407: our credentials are wrong; 402: our account has to pay. No message should be lost to that.
- 3xx: the URL in the settings is wrong, since a redirected POST is not followed (it would carry the credentials and
  the message to wherever the answer says); no message should be lost to that either.
- 502, 504, any other 5xx, and silence once the request has left: it may have been taken.

Source: RFC 9110, 15 (status codes) and 10.2.3 (Retry-After).
"""

import asyncio
import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx2
from pydantic import Field

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import (
    OutcomeUnknown,
    ProviderDown,
    Refused,
    RetryLater,
    SendError,
    Throttled,
)
from property_alert_notification.base.http_content import Content
from property_alert_notification.base.settings import ProviderSettings

LARGEST_BODY = 65_536
"""Bytes of an answer that are read; the rest is ignored."""

_NOT_TAKEN = frozenset({404, 405, 408, 425, 500, 501, 505})
_DOWN = frozenset({503})
_THROTTLED = frozenset({420, 429})
_PAYMENT = 402
_OUR_FAULT = frozenset({401, 402, 403, 407})


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that was read as far as it came."""

    status: int
    headers: httpx2.Headers
    body: bytes
    """As many bytes as were wanted; less when the connection ended first."""
    is_whole: bool = True
    """The body is all that was sent."""


def http_url(url: str) -> str:
    """The URL, for settings.

    Raises:
        ValueError: it is none, or not one of HTTP.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ValueError("must be a whole http:// or https:// URL, with a port up to 65535 if any") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or not url.isprintable():
        raise ValueError("must be a whole http:// or https:// URL")
    if parts.fragment:
        raise ValueError("must have no fragment: what follows a # is never sent")
    return url


class HttpSettings(ProviderSettings):
    """What every provider that is spoken to by HTTP has."""

    connections: int = Field(32, ge=1, le=1_000)
    """The maximum number of connections of one worker. Each sends one message at a time."""

    timeout: float = Field(30.0, gt=0, le=600)
    """Seconds for one message, from the wait for a connection to the last byte of the answer. With a lower value more
    outcomes are unknown."""


class HttpCaller:
    """One provider's connections."""

    def __init__(
        self, clock: Clock, *, connections: int = 32, deadline: float = 30.0, auth: tuple[str, str] | None = None
    ) -> None:
        """Nothing is opened yet.

        Args:
            clock: turns a date in Retry-After into a wait.
            connections: how many at most.
            deadline: seconds for one call, from the wait for a connection to the last byte of the answer.
            auth: name and password for HTTP Basic.
        """
        self._clock = clock
        self._deadline = deadline
        self._client = httpx2.AsyncClient(
            auth=auth,
            trust_env=False,
            follow_redirects=False,
            timeout=deadline,
            limits=httpx2.Limits(max_connections=connections, max_keepalive_connections=connections),
            headers={"User-Agent": "property-alert-notification", "Accept-Encoding": "identity"},
        )

    async def post(
        self,
        url: str,
        *,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        explain: Callable[[bytes], str | None] = lambda _: None,
        read: Callable[[Answer, str], SendError | None] = lambda _answer, _reason: None,
    ) -> bytes:
        """Post one message; returns the body of the answer that took it.

        `explain` may find the provider's own error code in the body of any other answer, for the reason. `read` may
        read in a 4xx answer what the refusal is about, more exactly than in its status.

        Raises:
            SendError: as the module says.
        """
        answer = await self._call("POST", url, json=json, data=form, content=content, headers=headers)
        raise_unless_taken(answer, now=self._clock.now(), explanation=explain(answer.body), read=read)
        return answer.body

    async def ask(self, method: str, url: str, *, headers: Mapping[str, str] | None = None) -> int:
        """The status with which the provider answers a request that sends nothing.

        Raises:
            SendError: it cannot be reached.
        """
        return (await self._call(method, url, headers=headers)).status

    async def get(self, url: str, *, headers: Mapping[str, str] | None = None, largest: int = LARGEST_BODY) -> Answer:
        """What is at a URL, whatever the status says: at most `largest` bytes of it.

        Raises:
            SendError: it cannot be reached, or does not answer in time.
        """
        return await self._call("GET", url, largest, headers=headers)

    async def close(self) -> None:
        """Give every connection back."""
        await self._client.aclose()

    async def _call(self, method: str, url: str, largest: int = LARGEST_BODY, **content: Any) -> Answer:
        departure = _Departure()
        request = self._client.build_request(method, url, extensions={"trace": departure.note}, **content)
        try:
            return await self._exchange(request, largest)
        except (httpx2.HTTPError, OSError) as error:
            if departure.begun:
                raise OutcomeUnknown(f"no answer to the HTTP request ({type(error).__name__})") from None
            raise ProviderDown(f"the provider could not be reached ({type(error).__name__})") from None

    async def _exchange(self, request: httpx2.Request, largest: int) -> Answer:
        response: httpx2.Response | None = None
        content, is_whole = Content(None, largest), False
        try:
            async with asyncio.timeout(self._deadline):
                response = await self._client.send(request, stream=True)
                content = Content(response.headers.get("Content-Encoding"), largest)
                async for chunk in response.aiter_raw():
                    if content.add(chunk):
                        break
                else:
                    is_whole = content.has_ended
        except (httpx2.HTTPError, OSError, zlib.error):
            if response is None:
                raise
            # The status has come, and it alone decides.
        finally:
            if response is not None:
                await response.aclose()
        return Answer(response.status_code, response.headers, content.body, is_whole)


def fields_of(body: bytes) -> dict[str, Any]:
    """The fields of a JSON object; none when the body is anything else.

    It never raises: what a 2xx answer says, or fails to say, does not change that the message was taken.
    """
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


def id_in(body: bytes, field: str) -> str | None:
    """The provider's id of an accepted message, or None: an unreadable id must not cause a second message."""
    found = fields_of(body).get(field)
    return str(found)[:255] if isinstance(found, str | int) else None


class _Departure:
    """Whether any byte of a request may have left."""

    def __init__(self) -> None:
        self.begun = False

    async def note(self, event: str, _info: Any) -> None:
        if event.endswith("send_request_headers.started"):
            self.begun = True


def raise_unless_taken(
    answer: Answer,
    *,
    now: datetime,
    explanation: str | None = None,
    read: Callable[[Answer, str], SendError | None] = lambda _answer, _reason: None,
) -> None:
    """Return for 2xx; raise what any other status means, as the module says."""
    status = answer.status
    if 200 <= status < 300:
        return
    reason = _reason(status, explanation)
    wait = retry_after(answer.headers.get("Retry-After"), now=now)
    known = read(answer, reason) if 400 <= status < 500 else None
    if isinstance(known, RetryLater):
        known.retry_after = known.retry_after or wait
    if known is not None:
        raise known
    if status in _THROTTLED:
        raise Throttled(reason, retry_after=wait)
    if status in _DOWN or status in _OUR_FAULT or 300 <= status < 400:
        raise ProviderDown(reason, retry_after=wait)
    if status in _NOT_TAKEN:
        raise RetryLater(reason, retry_after=wait)
    if 400 <= status < 500:
        raise Refused(reason)
    raise OutcomeUnknown(reason)


def retry_after(value: str | None, *, now: datetime) -> timedelta | None:
    """What a Retry-After header asks for: seconds or a date. None if it asks for nothing that can be understood."""
    if value is None:
        return None
    value = value.strip()
    try:
        if value.isascii() and value.isdigit():
            return timedelta(seconds=int(value))
        wait = _aware(parsedate_to_datetime(value)) - now
    except (ValueError, OverflowError):
        return None
    return wait if wait > timedelta(0) else None


def _aware(time: datetime) -> datetime:
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _reason(status: int, explanation: str | None) -> str:
    advice = ""
    if status == _PAYMENT:
        advice = ": the provider wants to be paid first"
    elif status in _OUR_FAULT:
        advice = ": the provider does not accept our credentials"
    elif 300 <= status < 400:
        advice = ": the provider's URL in the settings leads elsewhere"
    return f"HTTP {status}{advice}{f' ({explanation})' if explanation else ''}"
