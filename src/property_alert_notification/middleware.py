"""What happens around every request: its id, its count, and who may ask at all."""

import ipaddress
import re
from functools import lru_cache

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from property_alert_notification.clock import Clock
from property_alert_notification.metrics import Metrics
from property_alert_notification.problems import problem

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")


class RequestContext:
    """Gives each request an id (the caller's `X-Request-ID`, if usable), logs with it and counts it."""

    def __init__(self, app: ASGIApp, *, clock: Clock, metrics: Metrics) -> None:
        self._app = app
        self._clock = clock
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = (
            next(
                (value for name, value in scope["headers"] if name == b"x-request-id" and _REQUEST_ID.fullmatch(value)),
                None,
            )
            or str(self._clock.new_id()).encode()
        )

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message.setdefault("headers", []).append((b"x-request-id", request_id))
                route = getattr(scope.get("route"), "path", "none")
                self._metrics.requests.labels(scope["method"], route, message["status"]).inc()
            await send(message)

        structlog.contextvars.bind_contextvars(request_id=request_id.decode())
        try:
            await self._app(scope, receive, send_with_id)
        finally:
            structlog.contextvars.unbind_contextvars("request_id")


class LoopbackOnly:
    """Refuses requests that reached this machine from elsewhere: a local service asks nobody for a key."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope.get("server") and not _is_loopback(scope["server"][0]):
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

    def __init__(self, app: ASGIApp, *, largest: int) -> None:
        self._app = app
        self._largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        declared = next((value for name, value in scope.get("headers", ()) if name == b"content-length"), b"0")
        if declared.isdigit() and int(declared) > self._largest:
            answer = problem(413, f"The body is larger than {self._largest // 1024} kB. Send less at once.")
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)


@lru_cache(maxsize=64)
def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return True  # a name or a socket's path: not a network address
