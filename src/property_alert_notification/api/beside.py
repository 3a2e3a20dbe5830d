"""Serves a second application in the event loop of a process, such as the metrics of a worker."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp


async def serve_beside(app: ASGIApp, listener: socket.socket) -> None:
    """Serve until cancelled, then finish the requests in progress."""
    server = _Server(uvicorn.Config(app, log_config=None, access_log=False))
    # A copy of the socket: the server closes it at its end, and the next one needs it again.
    serving = asyncio.create_task(server.serve(sockets=[listener.dup()]))
    try:
        await asyncio.shield(serving)
    finally:
        server.should_exit = True
        await serving


class _Server(uvicorn.Server):
    """A server within a process that handles signals itself."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
