"""What happens around every request: its id, its count, and who may ask at all."""

import ipaddress
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import cast
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from property_alert_notification.clock import Clock
from property_alert_notification.logs import log_with, origin
from property_alert_notification.metrics import Metrics
from property_alert_notification.problems import problem
from property_alert_notification.request_times import Series

log = structlog.get_logger()

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")


class RequestContext:
    """Gives each request an id (the caller's `X-Request-ID`, if usable), logs with it and counts it."""

    def __init__(self, app: ASGIApp, *, clock: Clock, metrics: Metrics) -> None:
        self._app = app
        self._clock = clock
        self._metrics = metrics
        self._series: dict[tuple[str, str, int], Series] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _given_id(scope) or str(self._clock.new_id()).encode()
        answered = False
        began = self._clock.monotonic()

        async def send_with_id(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = True
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id)]
                self._count(scope, message["status"], self._clock.monotonic() - began)
            await send(message)

        log_with(request_id.decode())
        try:
            await self._app(scope, receive, send_with_id)
        except Exception as error:
            # Its text may hold what the caller sent, so it stops here.
            log.error("request.broke", method=scope["method"], **origin(error))  # noqa: TRY400
            if answered:
                raise
            await problem(500, "Something broke on our side. The log says what.")(scope, receive, send_with_id)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        labels = scope["method"], _route(scope), status
        series = self._series.get(labels)
        if series is None:
            series = self._series[labels] = self._metrics.requests.series(*labels)
        series.observe(seconds)


def _given_id(scope: Scope) -> bytes | None:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            return cast(bytes, value)
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
    return f"{scope['path'].rsplit('/', route.path.count('/'))[0]}{route.path}"


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
        declared = _declared_size(scope)
        if declared > self._largest and declared > (most := self._most(scope)):
            answer = problem(413, f"The body is larger than {most // 1024} kB. Send less at once.")
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _most(self, scope: Scope) -> int:
        return self._larger.get(scope["path"].rstrip("/"), self._largest)


def _declared_size(scope: Scope) -> int:
    for name, value in scope.get("headers", ()):
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0


def _is_from_here(scope: Scope) -> bool:
    server = scope.get("server")
    if server is None or not _is_address(server[0]):
        return True  # a Unix socket, or a client in this very process
    headers = Headers(scope=scope)
    return (
        _names_loopback(server[0])
        and _names_loopback(headers.get("host", ""))
        and _names_loopback(headers.get("origin", "").partition("://")[2])
        and (headers.get("sec-fetch-site") != "cross-site" or _only_follows_a_link(scope, headers))
    )


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
