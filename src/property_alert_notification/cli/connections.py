"""What one server bears of its connections: how many there are, and how long and how large a request may be.

uvicorn sets no end to any of it: a head may grow for ever, and a connection may stay without a word.
"""

import asyncio
import resource
from dataclasses import dataclass
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from property_alert_notification.api.problems import problem
from property_alert_notification.base.supervise import Loop

LARGEST_HEAD = 32 * 1024
"""Bytes of the request line and the headers together, at most."""

MOST_HEADERS = 100
"""Headers of one request, at most."""

RESERVED_FILES = 100
"""Files that a process needs for other things than connections."""

_TOO_LARGE = f"The headers are larger than {LARGEST_HEAD // 1024} kB."

_POLL_SECONDS = 0.5
"""Seconds between two checks of what takes too long."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a server bears; times are in seconds."""

    connections: int
    header_timeout: float
    body_timeout: float


class Connections:
    """The connections of one server by what they wait for, each with the time since when, the longest first."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.all: set[LimitedProtocol] = set()
        self.in_head: dict[LimitedProtocol, float] = {}
        """No whole head has come of a request, or nothing at all of the first."""
        self.in_body: dict[LimitedProtocol, float] = {}
        """The head has come, and not the whole body."""
        self.idle: dict[LimitedProtocol, float] = {}
        """The last request was answered."""
        self.unread: dict[LimitedProtocol, float] = {}
        """The caller does not take in its answer."""

    def protocol(self) -> type["LimitedProtocol"]:
        """The class of this server's connections."""
        return type("ServerProtocol", (LimitedProtocol,), {"among": self})

    async def watch(self, loop: Loop) -> None:
        """Close what takes too long, until cancelled."""
        await loop.repeat(self._poll)

    async def _poll(self) -> float:
        now = asyncio.get_running_loop().time()
        for late in _older(self.in_head, now - self.limits.header_timeout):
            late.refuse(408, "The headers of the request did not come in time.")
        for late in _older(self.in_body, now - self.limits.body_timeout):
            late.refuse(408, "The body of the request did not come in time.")
        for late in _older(self.unread, now - self.limits.body_timeout):
            late.transport.abort()
        return _POLL_SECONDS

    def make_room(self) -> bool:
        """Close the connection that has waited longest without a whole request; False when there is none."""
        for waiting in (self.in_head, self.idle):
            for longest in waiting:
                longest.close()
                return True
        return False


def _older(waiting: dict["LimitedProtocol", float], moment: float) -> list["LimitedProtocol"]:
    late = []
    for connection, since in waiting.items():
        if since > moment:
            break
        late.append(connection)
    return late


class LimitedProtocol(HttpToolsProtocol):
    """uvicorn's connection, within limits."""

    among: ClassVar[Connections]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._waits_in: dict[LimitedProtocol, float] | None = None
        self._head_size = self._chunk = 0
        self._is_in_head = True
        self._is_in_body = self._is_over = False
        self._refusal: tuple[int, str] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take another connection, or make room for it first."""
        super().connection_made(transport)
        if len(self.among.all) >= self.among.limits.connections and not self.among.make_room():
            self.refuse(503, "All connections are in use. Try again.")
            return
        self.among.all.add(self)
        self._wait_in(self.among.in_head)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._forget()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, if this is not too much."""
        self._chunk = len(data)
        super().data_received(data)
        if self._is_in_head:
            self._head_size += self._chunk
            if self._head_size > LARGEST_HEAD:
                self.refuse(431, _TOO_LARGE)
            self._wait_in(self.among.in_head)
        elif self._is_in_body:
            self._wait_in(self.among.in_body)
        else:
            # Empty lines before a request do not begin it.
            self._wait_in(self.among.in_head if self.cycle is None or self.cycle.response_complete else None)

    def on_message_begin(self) -> None:
        """Another request."""
        self._is_in_head, self._head_size = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Its head has come."""
        if len(self.headers) > MOST_HEADERS:
            self._refusal = 431, f"The request has more than {MOST_HEADERS} headers."
        elif self._head_size + self._chunk > LARGEST_HEAD and _size(self.url, self.headers) > LARGEST_HEAD:
            self._refusal = 431, _TOO_LARGE
        if self._refusal is not None:
            raise ValueError(self._refusal[1])  # the parser stops, and uvicorn asks for the answer below
        self._is_in_head, self._is_in_body = False, True
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """All of it has come."""
        self._is_in_body = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """It is answered."""
        super().on_response_complete()
        if self.cycle.response_complete and not self._is_in_head and not self._is_in_body:
            self._wait_in(self.among.idle)

    def pause_writing(self) -> None:
        """The caller does not take in what it asked for."""
        self.among.unread[self] = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        """It does again."""
        self.among.unread.pop(self, None)
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Answer what cannot be read as a request."""
        self.refuse(*(self._refusal or (400, msg)))

    def close(self) -> None:
        """Close it; a request that has not come whole is answered so."""
        if self._is_in_head and self._head_size:
            self.refuse(408, "The request did not come in time, and others waited for its connection.")
        else:
            self._end()

    def refuse(self, status: int, detail: str) -> None:
        """Answer without asking the application, and close the connection."""
        if not self.transport.is_closing() and (self.cycle is None or not self._is_answering()):
            answer = problem(status, detail, headers={"Connection": "close"} | _come_again(status))
            lines = [b"%b: %b\r\n" % header for header in answer.raw_headers]
            self.transport.write(b"".join([STATUS_LINE[status], *lines, b"\r\n", bytes(answer.body)]))
        self._end()

    def _is_answering(self) -> bool:
        return self.cycle.response_started and not self.cycle.response_complete

    def _end(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self._forget()
        self.transport.close()

    def _wait_in(self, place: dict["LimitedProtocol", float] | None) -> None:
        """From now on it waits for something else, or for nothing."""
        if self._waits_in is place or self._is_over:
            return
        if self._waits_in is not None:
            self._waits_in.pop(self, None)
        if place is not None:
            place[self] = self.loop.time()
        self._waits_in = place

    def _forget(self) -> None:
        self._wait_in(None)
        self._is_over = True
        self.among.unread.pop(self, None)
        self.among.all.discard(self)


def _come_again(status: int) -> dict[str, str]:
    return {"Retry-After": "1"} if status == 503 else {}


def _size(url: bytes, headers: list[tuple[bytes, bytes]]) -> int:
    return len(url) + sum(len(name) + len(value) + 4 for name, value in headers)


def most_connections(wanted: int) -> int:
    """As many connections as are wanted, or as the system lets this process have files, if those are fewer."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + RESERVED_FILES
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return wanted if soft == resource.RLIM_INFINITY else max(10, min(wanted, soft - RESERVED_FILES))
