"""A small HTTP server on loopback that answers as a test configures it, sanely or not."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self


@dataclass(frozen=True, slots=True)
class Request:
    """What came in."""

    method: str
    path: str
    headers: dict[str, str]
    """By lower-case name."""
    body: bytes


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request that waits for its answer."""

    request: Request
    writer: asyncio.StreamWriter
    stopping: asyncio.Event


Behaviour = Callable[[Exchange], Awaitable[None]]
"""Writes an answer, or does not."""


def answering(status: int, body: bytes = b"{}", **headers: str) -> Behaviour:
    """A complete answer."""

    async def answer(exchange: Exchange) -> None:
        lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        exchange.writer.write(
            "\r\n".join([*lines, "", ""]).encode() + (b"" if exchange.request.method == "HEAD" else body)
        )
        await exchange.writer.drain()

    return answer


async def hang(exchange: Exchange) -> None:
    """Never answer."""
    await exchange.stopping.wait()


async def reset(exchange: Exchange) -> None:
    """Break the connection off once the request is in."""
    exchange.writer.transport.abort()


async def drip(exchange: Exchange) -> None:
    """Begin to answer, and never come to an end."""
    exchange.writer.write(b"HTTP/1.1 201 Created\r\nX-Slow: ")
    while not exchange.stopping.is_set():
        exchange.writer.write(b"z")
        await exchange.writer.drain()
        await asyncio.sleep(0.01)


async def drip_body(exchange: Exchange) -> None:
    """Say that the message is taken, then never come to an end."""
    exchange.writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 1000000\r\n\r\n{")
    while not exchange.stopping.is_set():
        exchange.writer.write(b" ")
        await exchange.writer.drain()
        await asyncio.sleep(0.01)


async def huge_body(exchange: Exchange) -> None:
    """Say that the message is taken, with a body that has no end."""
    exchange.writer.write(b"HTTP/1.1 201 Created\r\n\r\n")
    while not exchange.stopping.is_set():
        exchange.writer.write(b"x" * 65_536)
        await exchange.writer.drain()


async def garbage(exchange: Exchange) -> None:
    """Answer something that is not HTTP."""
    exchange.writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
    exchange.writer.close()


class HttpServer:
    """Keeps every request and behaves as `behaviour` says."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.behaviour: Behaviour = answering(201)
        self.url = ""
        self._server: asyncio.Server | None = None
        self._stopping = asyncio.Event()
        self._conversations: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._stopping.set()
        self._server.close()
        for conversation in self._conversations:
            conversation.cancel()
        await asyncio.gather(*self._conversations, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        conversation = asyncio.current_task()
        assert conversation is not None
        self._conversations.add(conversation)
        try:
            while not self._stopping.is_set():
                request = await self._read(reader)
                self.requests.append(request)
                await self.behaviour(Exchange(request, writer, self._stopping))
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._conversations.discard(conversation)
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> Request:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, path, _ = head[0].split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        return Request(method, path, headers, body)
