"""Posts to one URL over HTTP/1.1 connections that are kept, and reads nothing of an answer but its status and its wait.

A general HTTP client takes seven times the CPU time for each call, which decides how many events a worker sends.

Source: RFC 9112, 6.3 (the length of an answer) and 9.3 (connections that are kept).
"""

import asyncio
import ssl
from collections import deque
from collections.abc import Mapping
from typing import NamedTuple, cast
from urllib.parse import quote, urlsplit

from httptools import HttpParserError, HttpResponseParser

_LARGEST_ANSWER = 20_000
"""Bytes of an answer that are read."""

_KEEP = 30.0
"""Seconds for which a connection is kept without being used."""

_SAFE_IN_TARGET = "/?%:@!$&'()*+,;=-._~[]"


class NoAnswer(Exception):
    """The request may have arrived, and no answer came."""


class HttpAnswer(NamedTuple):
    """What an endpoint answered."""

    status: int
    retry_after: str | None
    """The header of this name."""


class HttpConnection(asyncio.Protocol):
    """One connection, with at most one request in progress."""

    def __init__(self) -> None:
        self.is_open = True
        """Another request may be sent."""
        self.has_received = False
        """Some byte of the answer in progress came."""
        self.idle_since = 0.0
        self._answer: asyncio.Future[HttpAnswer] | None = None

    def post(self, request: bytes) -> "asyncio.Future[HttpAnswer]":
        """Send a request. The result is its answer, or NoAnswer."""
        self.has_received, self._read = False, 0
        self._status: int | None = None
        self._retry_after: str | None = None
        self._parser = HttpResponseParser(self)
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    def close(self) -> None:
        """Close it at once."""
        self.is_open = False
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Read a part of the answer."""
        if self._answer is None:  # nobody asked
            self.close()
            return
        self.has_received = True
        self._read += len(data)
        try:
            self._parser.feed_data(data)
        except HttpParserError:
            self._end(may_be_kept=False)
        if self._read > _LARGEST_ANSWER:
            self._end(may_be_kept=False)

    def connection_lost(self, _error: Exception | None) -> None:
        """End the answer. If its status came, that counts."""
        self._end(may_be_kept=False)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Note how long the endpoint wants to be left alone."""
        if name.lower() == b"retry-after":
            self._retry_after = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """Note the status."""
        self._status = self._parser.get_status_code()

    def on_message_complete(self) -> None:
        """End the answer, unless another one follows."""
        if self._status is not None and not 100 <= self._status < 200:
            self._end(may_be_kept=self._parser.should_keep_alive())

    def _end(self, *, may_be_kept: bool) -> None:
        if not may_be_kept and self.is_open:
            self.close()
        answer, self._answer = self._answer, None
        if answer is None or answer.done():
            return
        if self._status is None:
            answer.set_exception(NoAnswer())
        else:
            answer.set_result(HttpAnswer(self._status, self._retry_after))


class HttpConnections:
    """The connections to one URL, each to the IP address that its call names."""

    def __init__(self, url: str, verify: ssl.SSLContext) -> None:
        """Nothing is opened yet. `url` is ASCII without spaces; `verify` checks certificates."""
        parts = urlsplit(url)
        is_secure = parts.scheme == "https"
        self.host = parts.hostname or ""
        self.port = parts.port or (443 if is_secure else 80)
        self._verify = verify if is_secure else None
        target = quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), safe=_SAFE_IN_TARGET)
        self._head = (
            f"POST {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nUser-Agent: property-alert-notification\r\n"
            "Accept: */*\r\nAccept-Encoding: identity\r\n"
        )
        self._address: str | None = None
        self._idle: deque[HttpConnection] = deque()

    async def post(self, address: str, body: bytes, headers: Mapping[str, str], *, deadline: float) -> HttpAnswer:
        """Post to this IP address; `deadline` is in seconds, for the whole call.

        Raises:
            NoAnswer: the request may have arrived, and no answer came.
            OSError: no connection can be opened.
        """
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        request = f"{self._head}{lines}Content-Length: {len(body)}\r\n\r\n".encode("ascii") + body
        connection: HttpConnection | None = None
        try:
            async with asyncio.timeout(deadline):
                while (connection := self._take(address)) is not None:
                    try:
                        return self._keep(connection, await connection.post(request))
                    except NoAnswer:
                        # It was closed while it was idle, as a rule; a receiver knows an event by its id.
                        if connection.has_received:
                            raise
                connection = await self._open(address)
                return self._keep(connection, await connection.post(request))
        except TimeoutError:
            if connection is None:
                raise
            raise NoAnswer from None
        finally:
            if connection is not None and connection not in self._idle:
                connection.close()

    def close(self) -> None:
        """Close all connections that are not used."""
        while self._idle:
            self._idle.popleft().close()

    def _take(self, address: str) -> HttpConnection | None:
        """The connection to this address that was used last; None if there is none."""
        if address != self._address:
            self.close()
            self._address = address
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open:
                return connection
        return None

    async def _open(self, address: str) -> HttpConnection:
        loop, name = asyncio.get_running_loop(), self.host if self._verify else None
        _, connection = await loop.create_connection(
            HttpConnection, address, self.port, ssl=self._verify, server_hostname=name
        )
        return connection

    def _keep(self, connection: HttpConnection, answer: HttpAnswer) -> HttpAnswer:
        now = asyncio.get_running_loop().time()
        if connection.is_open:
            connection.idle_since = now
            self._idle.append(connection)
        while self._idle and self._idle[0].idle_since < now - _KEEP:
            self._idle.popleft().close()
        return answer
