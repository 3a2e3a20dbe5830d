"""Calls endpoints: resolves a host once, checks every address, and connects to exactly one of those checked."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.http import retry_after
from property_alert_notification.feedback.webhooks.networks import Network, is_allowed, why_not_url
from property_alert_notification.feedback.webhooks.sending.http_connections import HttpConnections, NoAnswer

_KEEP_ADDRESS = 30.0
"""Seconds for which the checked address of an endpoint is used for further calls."""

_MOST_LOOKUPS = 64
"""How many hosts are looked up at once."""

_MOST_CALLERS = 200
"""How many endpoints keep connections; the one that was used longest ago loses its own."""


class CallResult(NamedTuple):
    """The result of one call of an endpoint."""

    status: int | None
    """The HTTP status; None if there was no answer."""
    error: str | None
    """How it failed, if there was no answer."""
    retry_after: timedelta | None = None
    """The wait that the endpoint asks for."""


Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host."""


async def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a host by the system's resolver, which may take half a minute.

    Each lookup has a thread of its own: the few threads of the event loop also resolve the hosts of providers, and a
    host that somebody has chosen must not keep them.

    Raises:
        OSError: it cannot be resolved.
    """
    loop = asyncio.get_running_loop()
    found: asyncio.Future[Sequence[str]] = loop.create_future()

    def settle(addresses: Sequence[str], error: OSError | None) -> None:
        if found.done():
            return
        if error is None:
            found.set_result(addresses)
        else:
            found.set_exception(error)

    def work() -> None:
        addresses: Sequence[str] = ()
        error = None
        try:
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            addresses = [str(address[0]) for *_, address in infos]
        except (OSError, UnicodeError) as fault:  # UnicodeError: the name is no host name
            error = OSError(str(fault))
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(settle, addresses, error)

    threading.Thread(target=work, name="webhook-dns", daemon=True).start()
    return await found


class _Caller:
    """The connections to one endpoint."""

    def __init__(self, url: str, verify: ssl.SSLContext) -> None:
        self.http = HttpConnections(url, verify)
        self.url = url
        self.address: str | None = None
        self.known_until = 0.0
        self.lookup: asyncio.Task[Sequence[str]] | None = None
        """The lookup in progress, which all calls share."""


class EndpointConnections:
    """The connections of one worker to all endpoints."""

    def __init__(
        self,
        clock: Clock,
        *,
        timeout: float,
        is_local: bool,
        allowed: Sequence[Network] = (),
        verify: ssl.SSLContext | None = None,
        resolve_host: Resolve = resolve,
    ) -> None:
        """Nothing is opened yet; `timeout` is in seconds, for a whole call."""
        self._clock = clock
        self._timeout = timeout
        self._is_local = is_local
        self._allowed = allowed
        self._verify = verify
        self._resolve = resolve_host
        self._callers: dict[UUID, _Caller] = {}
        self._lookups = asyncio.Semaphore(_MOST_LOOKUPS)

    async def call(self, endpoint: UUID, url: str, body: bytes, headers: Mapping[str, str]) -> CallResult:
        """Post a body to an endpoint. A redirect is not followed."""
        caller = self._caller(endpoint, url)
        try:
            async with asyncio.timeout(self._timeout):
                address = await self._address(caller)
        except OSError:  # a timeout is one too
            return CallResult(None, "dns")
        if address is None:
            return CallResult(None, "address_refused")
        try:
            answer = await caller.http.post(address, body, headers, deadline=self._timeout)
        except NoAnswer:
            caller.address = None
            return CallResult(None, "no_answer")
        except OSError:
            caller.address = None
            return CallResult(None, "unreachable")
        wait = None if answer.retry_after is None else retry_after(answer.retry_after, now=self._clock.now())
        return CallResult(answer.status, None, wait)

    def close(self) -> None:
        """Close all connections."""
        for caller in self._callers.values():
            _close(caller)
        self._callers = {}

    def _caller(self, endpoint: UUID, url: str) -> _Caller:
        known = self._callers.pop(endpoint, None)
        if known is None or known.url != url:
            gone = [known] if known is not None else []
            if len(self._callers) >= _MOST_CALLERS:
                gone.append(self._callers.pop(next(iter(self._callers))))
            for one in gone:
                _close(one)
            if self._verify is None:  # reading the certificates takes long
                self._verify = ssl.create_default_context()
            known = _Caller(url, self._verify)
        self._callers[endpoint] = known  # the last one used
        return known

    async def _address(self, caller: _Caller) -> str | None:
        """The checked address of an endpoint; None if one of its addresses is not allowed.

        Raises:
            OSError: its host cannot be resolved.
        """
        if caller.address is not None and self._clock.monotonic() < caller.known_until:
            return caller.address
        if why_not_url(caller.url, is_local=self._is_local, allowed=self._allowed) is not None:
            return None
        if caller.lookup is None or caller.lookup.done():
            caller.lookup = asyncio.create_task(self._look_up(caller.http.host, caller.http.port))
            caller.lookup.add_done_callback(_retrieve)
        # A call that waits no longer leaves the lookup to the next ones.
        addresses = await asyncio.shield(caller.lookup)
        if not addresses or not all(
            is_allowed(one, is_local=self._is_local, allowed=self._allowed) for one in addresses
        ):
            return None
        caller.address, caller.known_until = addresses[0], self._clock.monotonic() + _KEEP_ADDRESS
        return caller.address

    async def _look_up(self, host: str, port: int) -> Sequence[str]:
        async with self._lookups:
            return await self._resolve(host, port)


def _close(caller: _Caller) -> None:
    if caller.lookup is not None:
        caller.lookup.cancel()
    caller.http.close()


def _retrieve(lookup: asyncio.Task[Sequence[str]]) -> None:
    """A failed lookup for which no call waits any more is no news."""
    if not lookup.cancelled():
        lookup.exception()
