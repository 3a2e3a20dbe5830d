"""A small HTTP server on loopback that answers as a test configures it, sanely or not."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Self

from tests.services.loopback import LoopbackServer


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


def _drip(head: bytes, drop: bytes) -> Behaviour:
    async def drip(exchange: Exchange) -> None:
        exchange.writer.write(head)
        while not exchange.stopping.is_set():
            exchange.writer.write(drop)
            await exchange.writer.drain()
            await asyncio.sleep(0.01)

    return drip


drip = _drip(b"HTTP/1.1 201 Created\r\nX-Slow: ", b"z")
"""Begin to answer, and never come to an end."""

drip_body = _drip(b"HTTP/1.1 201 Created\r\nContent-Length: 1000000\r\n\r\n{", b" ")
"""Say that the message is taken, then never come to an end."""


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


class HttpServer(LoopbackServer):
    """Keeps every request and behaves as `behaviour` says."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[Request] = []
        self.behaviour: Behaviour = answering(201)
        self.url = ""

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not self._stopping.is_set():
            request = await self._read(reader)
            self.requests.append(request)
            await self.behaviour(Exchange(request, writer, self._stopping))

    async def _read(self, reader: asyncio.StreamReader) -> Request:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, path, _ = head[0].split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        return Request(method, path, headers, body)
