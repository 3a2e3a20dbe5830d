"""What happens around every request: its id, its count, and who may ask at all."""

import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import cast
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from property_alert_notification.api.path_prefix import path_within
from property_alert_notification.api.problems import problem
from property_alert_notification.api.request_body import Body, BodyRoom, UnusableBody
from property_alert_notification.base.clock import Clock
from property_alert_notification.base.logs import log_with, origin
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.request_times import Series

log = structlog.get_logger()

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")


_HIDDEN = re.compile(rb"%(?:2f|5c|[01][0-9a-f]|7f)", re.IGNORECASE)
"""What a proxy may read as another path: a slash, a backslash or a control character in disguise."""
_HOST = re.compile(rb"[A-Za-z0-9._~!$&'()*+,;=:%\[\]-]*")
_KEPT_BY_NOBODY = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))


class RequestContext:
    """Gives each request an id (the caller's `X-Request-ID`, if usable), logs with it and counts it.

    It refuses what two readers could understand differently, and closes a connection whose body nobody read.
    """

    def __init__(self, app: ASGIApp, *, clock: Clock, metrics: Metrics, room: BodyRoom) -> None:
        self._app = app
        self._clock = clock
        self._metrics = metrics
        self._room = room
        self._series: dict[tuple[str, str, int], Series] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = self._clock.monotonic()
        head = _Head(scope)
        body = Body(receive, self._room, declared=head.declared, waits=head.waits)
        answer = _Answer(send, body, head.request_id or str(self._clock.new_id()).encode(), self._clock)
        scope["has_body"], scope["declared_size"] = body.expected, head.declared
        log_with(answer.request_id.decode())
        try:
            app = self._app if head.objection is None else problem(400, head.objection)
            await app(scope, body.receive, answer.send)
        except Exception as error:
            if answer.status:
                raise
            await _problem_of(error, scope)(scope, receive, answer.send)
        finally:
            self._room.give_back(body)
            if answer.status:
                self._count(scope, answer.status, answer.begun_at - began)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        labels = scope["method"], _route(scope), status
        series = self._series.get(labels)
        if series is None:
            series = self._series[labels] = self._metrics.requests.series(*labels)
        series.observe(seconds)


class ErrorsAsProblems:
    """Answers when a route breaks: FastAPI would do so in its own words, and pass the error on to the server."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def send_and_note(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        except Exception as error:
            if has_begun:
                raise
            await _problem_of(error, scope)(scope, receive, send)


def _problem_of(error: Exception, scope: Scope) -> ASGIApp:
    if isinstance(error, UnusableBody):
        return problem(error.status_code, error.detail, headers=error.headers)
    # Its text may hold what the caller sent, so it stops here.
    log.error("request.broke", method=scope["method"], **origin(error))
    return problem(500, "Something broke on our side. The log says what.")


class _Answer:
    """An answer on its way: with what every answer has, and with an end of the connection if the body is unread."""

    __slots__ = ("_body", "_clock", "_send", "begun_at", "request_id", "status")

    def __init__(self, send: Send, body: Body, request_id: bytes, clock: Clock) -> None:
        self._send = send
        self._body = body
        self._clock = clock
        self.request_id = request_id
        self.status = 0
        self.begun_at = 0.0

    async def send(self, message: Message) -> None:
        """Send one part of it."""
        if message["type"] == "http.response.start":
            self.status, self.begun_at = message["status"], self._clock.monotonic()
            message["headers"] = self._completed(message.get("headers", ()))
        elif not self._body.ended and not message.get("more_body"):
            await self._send({**message, "more_body": True})
            await self._body.throw_away()
            message = {"type": "http.response.body"}
        await self._send(message)

    def _completed(self, headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        completed = [*headers, (b"x-request-id", self.request_id)]
        for name, value in completed:
            if name == b"content-type" and b"json" in value:
                completed += _KEPT_BY_NOBODY
                break
        if not self._body.ended:
            completed.append((b"connection", b"close"))
        return completed


class _Head:
    """What the headers of a request say about it."""

    __slots__ = ("declared", "objection", "request_id", "waits")

    def __init__(self, scope: Scope) -> None:
        self.request_id: bytes | None = None
        self.declared: int | None = 0
        """Bytes of the body; None when it does not say."""
        self.waits = False
        """The body is not sent before it is asked for."""
        hosts: list[bytes] = []
        for name, value in scope["headers"]:
            if name == b"host":
                hosts.append(value)
            elif name == b"content-length":
                self.declared = int(value) if value.isdigit() else None
            elif name == b"transfer-encoding":
                self.declared = None
            elif name == b"expect":
                self.waits = True
            elif name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
                self.request_id = value
        self.objection = _object_to(scope, hosts)


def _object_to(scope: Scope, hosts: Sequence[bytes]) -> str | None:
    """Why two readers could understand this request differently (RFC 9112, 3.2), if they could."""
    if len(hosts) != 1 and (hosts or scope["http_version"] == "1.1"):
        return "A request has one Host header, and this one has " + ("none." if not hosts else "several.")
    if hosts and not _HOST.fullmatch(hosts[0]):
        return "The Host header is not one host."
    path = scope.get("raw_path") or b""
    if b"%" in path and _HIDDEN.search(path):
        return "The path has an encoded slash, backslash or control character, which no path of ours has."
    return None


def _route(scope: Scope) -> str:
    """The template of the path, as OpenAPI has it: a label that has few values, and none of a caller's."""
    template = scope.get("route_template")
    if template is not None:
        return cast(str, template)
    route = scope.get("route")
    if not isinstance(route, Route):
        return getattr(route, "path", "none")
    # The route knows its path below its router; what stands before that in the request is the router's prefix.
    return f"{path_within(scope).rsplit('/', route.path.count('/'))[0]}{route.path}"


class HeadAsGet:
    """Answers HEAD as the GET of the same path would be, without the body (RFC 9110, 9.3.2)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        # A copy: the server must go on knowing that no body follows the headers.
        as_get = {**scope, "method": "GET"}

        async def send_head(message: Message) -> None:
            scope["route"] = as_get.get("route")
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await self._app(as_get, receive, send_head)


class LoopbackOnly:
    """Refuses what did not come from this machine's own programs: a local service asks nobody for a key.

    A web page that is open in a developer's browser is not one of them. It gives itself away by the name it calls
    us (DNS rebinding) or by its own.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not _is_from_here(scope):
            answer = problem(
                403,
                "This service runs with ENVIRONMENT=local, which asks nobody for a key: it answers on loopback only. "
                "Use http://127.0.0.1, or set ALLOW_REMOTE=true if this network may reach it.",
            )
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)


class DeclaredSize:
    """Refuses a request that declares too large a body before reading any of it.

    One that declares no size is counted while it is read, by FastAPI's own limit.
    """

    def __init__(self, app: ASGIApp, *, largest: int, larger: Mapping[str, int]) -> None:
        """`largest` is in bytes; `larger` are the paths that may have more."""
        self._app = app
        self._largest = largest
        self._larger = larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        declared = scope.get("declared_size") or 0
        if declared > self._largest and declared > (most := self._most(scope)):
            answer = problem(413, f"The body is larger than {most // 1024} kB. Send less at once.")
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _most(self, scope: Scope) -> int:
        return self._larger.get(path_within(scope).rstrip("/"), self._largest)


def _is_from_here(scope: Scope) -> bool:
    server = scope.get("server")
    if server is None or not _is_address(server[0]):
        return True  # a Unix socket, or a client in this very process
    headers = Headers(scope=scope)
    return (
        _names_loopback(server[0])
        and _names_loopback(headers.get("host", ""))
        and _is_own_page(headers.get("origin"))
        and (headers.get("sec-fetch-site") != "cross-site" or _only_follows_a_link(scope, headers))
    )


def _is_own_page(origin: str | None) -> bool:
    """Whether a program asks, or a page of this machine. `null` is a page that hides where it comes from."""
    if origin is None:
        return True
    authority = origin.partition("://")[2]
    return bool(authority) and _names_loopback(authority)


def _only_follows_a_link(scope: Scope, headers: Headers) -> bool:
    """A link, in a captured email for one, opens a page of ours: it changes nothing, and its page reads nothing."""
    return scope["method"] == "GET" and headers.get("sec-fetch-mode") == "navigate"


@lru_cache(maxsize=64)
def _names_loopback(authority: str) -> bool:
    """Whether the host of `host:port` is this machine; no host at all is nobody else's."""
    if _is_address(authority):
        return ipaddress.ip_address(authority).is_loopback
    try:
        host = urlsplit(f"//{authority}").hostname or "localhost"
    except ValueError:  # brackets without an address
        return False
    if _is_address(host):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost" or host.endswith(".localhost")


@lru_cache(maxsize=64)
def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
