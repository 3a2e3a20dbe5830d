"""A User service that answers as it is told to: well, slowly, not at all, or nonsense."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum


class Behaviour(StrEnum):
    """What it does with a question."""

    WELL = "well"
    SLOW = "slow"
    """It answers after seconds."""
    DOWN = "down"
    """It breaks the connection."""
    NONSENSE = "nonsense"
    """It answers 200 with a page of HTML."""


class UserService:
    """Knows every user, by an address that is made of the id."""

    def __init__(self, *, slow_seconds: float) -> None:
        self._slow_seconds = slow_seconds
        self.behaviour = Behaviour.WELL
        self.asked = 0
        """Questions so far."""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        """Answer until the block ends; gives the URL."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/users"
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                path = (await reader.readuntil(b"\r\n\r\n")).split(b" ", 2)[1].decode()
                self.asked += 1
                if self.behaviour is Behaviour.DOWN:
                    break
                if self.behaviour is Behaviour.SLOW:
                    await asyncio.sleep(self._slow_seconds)
                body = b"<html>oops" if self.behaviour is Behaviour.NONSENSE else _profiles(path)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # its caller has gone, or all is over
        finally:
            writer.close()


def _profiles(path: str) -> bytes:
    users = [{"id": int(n), "email": f"user{n}@example.com"} for n in path.rpartition("/")[2].split(",")]
    return json.dumps(users if "," in path else users[0]).encode()
