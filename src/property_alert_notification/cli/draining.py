"""Lets callers go before the API stops, so that no request meets a closed door.

For `DRAIN_SECONDS` after the signal readiness is 503 and each answer ends its connection: load balancers take the
process out, and connections that are kept open come to an end one by one. Then the listener closes, and what it had
accepted is still answered. Connections that stayed idle all that time are closed last.
"""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress

from starlette.types import ASGIApp, Message, Receive, Scope, Send

LONGEST_LINGER = 1.0
"""Seconds for which open connections are still answered after the listener was closed."""

_LONGEST_QUEUE = 4096
"""Connections that the kernel keeps for a listener at most, and some."""


class Draining:
    """ASGI middleware: once draining, makes each answer the last one of its connection."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.begun = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; nothing is done to it until draining begins."""

        async def send_and_close(message: Message) -> None:
            # Asked here and not before: a request may be under way when draining begins.
            if self.begun and message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
            await send(message)

        await self._app(scope, receive, send_and_close if scope["type"] == "http" else send)


async def close_listeners(
    servers: list[asyncio.Server], sockets: list[socket.socket], protocol: Callable[[], asyncio.Protocol]
) -> None:
    """Stop listening. Connections that were not accepted yet are served: closing would reset them."""
    waiting = [connection for listener in sockets for connection in _accept_all(listener)]
    for server in servers:
        server.close()
    for listener in sockets:
        listener.close()
    loop = asyncio.get_running_loop()
    for connection in waiting:
        with suppress(OSError):
            await loop.connect_accepted_socket(protocol, connection)


def _accept_all(listener: socket.socket) -> list[socket.socket]:
    accepted: list[socket.socket] = []
    listener.setblocking(False)
    with suppress(OSError):  # the peer is gone
        for _ in range(_LONGEST_QUEUE):
            connection, _ = listener.accept()
            connection.setblocking(False)
            accepted.append(connection)
    return accepted
