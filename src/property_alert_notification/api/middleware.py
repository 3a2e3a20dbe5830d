"""Layers around every request: its id, its metrics, errors as problems, HEAD, and the size of its body."""

from collections.abc import Iterable, Mapping
from typing import cast

import structlog
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from property_alert_notification.api.path_prefix import path_within
from property_alert_notification.api.problems import problem
from property_alert_notification.api.request_body import Body, BodyRoom, UnusableBody
from property_alert_notification.api.request_head import RequestHead
from property_alert_notification.base.clock import Clock
from property_alert_notification.base.logs import log_with, origin
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.request_times import Series

log = structlog.get_logger()

_NOT_CACHED = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))


class RequestContext:
    """Gives each request an id (the caller's `X-Request-ID`, if usable), logs with it and counts it.

    It refuses requests that a proxy could understand differently, and closes the connection after an unread body.
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
        head = RequestHead(scope)
        body = Body(receive, self._room, declared=head.declared, waits=head.waits)
        answer = _Answer(send, body, head.request_id or str(self._clock.new_id()).encode(), self._clock)
        scope["has_body"], scope["declared_size"] = body.expected, head.declared
        log_with(answer.request_id.decode())
        try:
            await (_refusal_of(head, body) or self._app)(scope, body.receive, answer.send)
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


def _refusal_of(head: RequestHead, body: Body) -> ASGIApp | None:
    if head.why_not is not None:
        return problem(400, head.why_not)
    if head.coding is not None and body.expected:
        detail = f"No body in {head.coding} encoding is read: send it as it is, without `Content-Encoding`."
        return problem(415, detail, headers={"Accept-Encoding": "identity"})
    return None


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
                completed += _NOT_CACHED
                break
        if not self._body.ended:
            completed.append((b"connection", b"close"))
        return completed


def _route(scope: Scope) -> str:
    """The path template, as in OpenAPI: a label with few values, none of which a caller chose."""
    template = scope.get("route_template")
    if template is not None:
        return cast(str, template)
    route = scope.get("route")
    if not isinstance(route, Route):
        return getattr(route, "path", "none")
    # The route knows its path below its router; what precedes it in the request is the router's prefix. A request may
    # have a slash behind it.
    path = path_within(scope) if route.path.endswith("/") else path_within(scope).removesuffix("/")
    return f"{path.rsplit('/', route.path.count('/'))[0]}{route.path}"


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


class DeclaredSize:
    """Refuses a request that declares too large a body before reading any of it.

    FastAPI's own limit counts bodies without a declared size while they are read.
    """

    def __init__(self, app: ASGIApp, *, largest: int, larger: Mapping[str, int]) -> None:
        """`largest` is in bytes; `larger` are paths that may have more; one that ends with a slash, all below it."""
        self._app = app
        self._largest = largest
        self._larger = {path: most for path, most in larger.items() if not path.endswith("/")}
        self._above = {path: most for path, most in larger.items() if path.endswith("/")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        declared = scope.get("declared_size") or 0
        if declared > self._largest and declared > (most := self._most(scope)):
            answer = problem(413, f"The body is larger than {most // 1024} kB. Send less at once.")
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _most(self, scope: Scope) -> int:
        path = path_within(scope)
        above = (most for start, most in self._above.items() if path.startswith(start))
        return next(above, self._larger.get(path.rstrip("/"), self._largest))
