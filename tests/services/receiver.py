"""A small HTTP server that receives webhooks, and answers as a test wants."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import NamedTuple


class Call(NamedTuple):
    """A request as it arrived."""

    target: str
    headers: dict[str, str]
    body: bytes


Reply = Callable[[Call], Awaitable[bytes]]


def reply(status: int, *headers: str, body: bytes = b"") -> bytes:
    """The bytes of an answer."""
    lines = [f"HTTP/1.1 {status} Some", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


@dataclass
class Receiver:
    """What arrived, and what is answered."""

    calls: list[Call] = field(default_factory=list)
    answer: Reply | None = None
    """None: 204."""
    hang_up_after: int | None = None
    """Answers after which a connection is closed."""
    port: int = 0
    connections: int = 0

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/hook"

    def answers(self, *statuses: int) -> None:
        """Answer these statuses in turn, then the last one."""
        left = list(statuses)

        async def next_one(_: Call) -> bytes:
            return reply(left.pop(0) if len(left) > 1 else left[0])

        self.answer = next_one

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        self.connections += 1
        answered = 0
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                request, *lines = head.decode().strip().split("\r\n")
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                call = Call(request.split(" ")[1], headers, body)
                self.calls.append(call)
                writer.write(reply(204) if self.answer is None else await self.answer(call))
                await writer.drain()
                answered += 1
                if self.hang_up_after is not None and answered >= self.hang_up_after:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def a_receiver(tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """A receiver on a free port of loopback."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
