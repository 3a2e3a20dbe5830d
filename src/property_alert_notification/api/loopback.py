"""Refuses calls from other machines and from web pages, for a service that asks for no API key."""

import ipaddress
from functools import lru_cache
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from property_alert_notification.api.problems import problem


class LoopbackOnly:
    """Refuses calls that programs of this machine did not make: a local service asks for no API key.

    A web page that is open in a developer's browser is refused too. The Host header (DNS rebinding), the Origin
    header or the Fetch metadata headers show that a page makes the call.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not _is_from_here(scope):
            answer = problem(
                403,
                "This service runs with ENVIRONMENT=local, which needs no key: it answers on loopback only. "
                "Use http://127.0.0.1, or set ALLOW_REMOTE=true if this network may reach it.",
            )
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _is_from_here(scope: Scope) -> bool:
    server = scope.get("server")
    if server is None or not _is_address(server[0]):
        return True  # a Unix socket, or a client in this very process
    headers = Headers(scope=scope)
    return (
        _names_loopback(server[0])
        and _names_loopback(headers.get("host", ""))
        and _is_own_page(headers)
        and (headers.get("sec-fetch-site") != "cross-site" or _only_follows_a_link(scope, headers))
    )


def _is_own_page(headers: Headers) -> bool:
    """Whether a program makes the call, or a page of this machine.

    `null` is a page that hides its origin. One of ours may do so: no other page can send `same-origin` beside it.
    """
    origin = headers.get("origin")
    if origin is None:
        return True
    if origin == "null":
        return headers.get("sec-fetch-site") == "same-origin"
    authority = origin.partition("://")[2]
    return bool(authority) and _names_loopback(authority)


def _only_follows_a_link(scope: Scope, headers: Headers) -> bool:
    """Whether the call follows a link, as in a captured email: it changes nothing, and the page reads nothing."""
    return scope["method"] == "GET" and headers.get("sec-fetch-mode") == "navigate"


@lru_cache(maxsize=64)
def _names_loopback(authority: str) -> bool:
    """Whether the host of `host:port` is this machine; an empty host counts as this machine."""
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
