"""The API with its pages, served by uvicorn on a store of its own."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from property_alert_notification.app import create_app
from property_alert_notification.base.clock import Clock
from property_alert_notification.base.settings import Settings
from property_alert_notification.channels.mailbox import queries
from property_alert_notification.channels.mailbox.queries import Captured
from property_alert_notification.database import Database
from tests.services.callers import a_caller
from tests.services.clock import SameDay


@dataclass
class Pages:
    """A running service whose mailbox a test fills by hand."""

    url: str
    database: Database
    clock: Clock
    requests: list[str]
    """Method and path of every request that was answered."""

    async def keep(self, *messages: dict[str, Any]) -> Sequence[Captured]:
        """Capture these messages, the last one being the newest; unnamed fields are those of a plain email."""
        captured = [self._captured(message) for message in messages]
        async with self.database.transaction() as connection:
            await queries.capture(connection, captured)
        return captured

    def _captured(self, fields: dict[str, Any]) -> Captured:
        plain: dict[str, Any] = {
            "id": self.clock.new_id(),
            "delivery_id": self.clock.new_id(),
            "channel": "email",
            "sender": "Homes <alerts@homes.test>",
            "address": "buyer@example.test",
            "subject": "A home for you",
            "text": "Three bedrooms with a garden.",
            "html": None,
            "raw": None,
            "captured_at": self.clock.now(),
        }
        return Captured(**plain | fields)


@asynccontextmanager
async def serve_pages(store_url: str) -> AsyncIterator[Pages]:
    """The API without a worker on a free port of loopback, until the block ends."""
    settings = Settings(project_name="Property alerts", database_url=store_url, store_timeout=30)
    clock = SameDay()
    app = create_app(settings, with_worker=False, clock=clock)
    requests: list[str] = []

    async def noting(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            requests.append(f"{scope['method']} {scope['path']}")
        await app(scope, receive, send)

    async with _served(noting) as url:
        yield Pages(url, app.state.database, clock, requests)


@asynccontextmanager
async def _served(app: ASGIApp) -> AsyncIterator[str]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()  # a client that comes before the server waits in the backlog
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        try:
            async with a_caller(url) as client:
                await client.get("/health/live")  # answered when everything has started
            yield url
        finally:
            server.should_exit = True
            await serving
