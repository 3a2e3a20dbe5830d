"""SMS gateways that recognise a repeat by its Idempotency-Key, unless a fault is injected.

A path names the gateway and its caller: `POST /http/worker-1`. `PUT /faults` sets the faults of all providers.
"""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass

from chaos.provider.faults import DRIP, DROP, ENDLESS_HEADERS, HTTP, HUGE_BODY, SILENCE, Fault, FaultInjector
from chaos.provider.journal import Door, JournalWriter

CHANNEL = "sms"

DRIP_PAUSE = 0.25
"""Seconds between two bytes: shorter than any timeout of a single read."""

PIECE = 65_536
HUGE = 1_000_000_000


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    key: str
    body: bytes


class HttpProvider:
    """Serves any number of clients."""

    def __init__(self, injector: FaultInjector, journal: JournalWriter) -> None:
        self._injector = injector
        self._journal = journal
        self._taken: set[tuple[str, str]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client, request after request."""
        try:
            while await self._answer(await _read(reader), reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError):
            pass  # its client was killed
        finally:
            writer.close()

    async def _answer(self, request: _Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        fields = json.loads(request.body or b"{}")
        if (request.method, request.path) == ("PUT", "/faults"):
            self._injector.change(fields["faults"], seed=fields["seed"])
            return await _answer_with(writer, "200", {})
        if request.method != "POST":
            return await _answer_with(writer, "405", {})
        door = Door.called(request.path.removeprefix("/"))
        fault = self._take(door, request.key, fields["to"])
        if fault is None:
            return await _answer_with(writer, "201", {})
        await asyncio.sleep(fault.late)
        if fault.answer in {SILENCE, DROP, DRIP, ENDLESS_HEADERS, HUGE_BODY}:
            await _misbehave(fault.answer, reader, writer)
            if fault.answer != DROP:
                self._journal.note("left", CHANNEL, door, fields["to"], request.key, fault.answer)
            writer.transport.abort()
            return False
        return await _answer_with(writer, fault.answer or "201", dict(fault.headers))

    def _take(self, door: Door, key: str, to: str) -> Fault | None:
        """Write down what becomes of one message; returns what goes wrong with it."""
        fault = self._injector.fault(HTTP, door.provider, to)
        if fault is not None:
            wish = fault.headers.get("Retry-After", "")
            self._journal.note("fault", CHANNEL, door, to, key, f"{fault.answer or 'late'} {wish}".strip())
        if fault is None or fault.is_taken or fault.answer in {"", HUGE_BODY} or fault.answer.startswith("2"):
            known = (door.provider, key) in self._taken
            self._journal.note("repeat" if known else "taken", CHANNEL, door, to, key)
            self._taken.add((door.provider, key))
        return fault


async def _misbehave(how: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until the client has had enough."""
    if how == SILENCE:
        await reader.read()
        return
    try:
        for piece in _PIECES.get(how, lambda: iter(()))():
            writer.write(piece)
            await writer.drain()
            if how == DRIP:
                await asyncio.sleep(DRIP_PAUSE)
    except OSError:
        pass  # it hung up, as it should


def _drip() -> Iterator[bytes]:
    yield from (bytes([byte]) for byte in b"HTTP/1.1 201 Said\r\nX-Drip: ")
    while True:
        yield b"x"


def _endless_headers() -> Iterator[bytes]:
    yield b"HTTP/1.1 201 Said\r\n"
    while True:
        yield b"X-Endless: " + b"x" * 1_000 + b"\r\n"


def _huge_body() -> Iterator[bytes]:
    yield f"HTTP/1.1 201 Said\r\nContent-Length: {HUGE}\r\n\r\n".encode()
    for _ in range(HUGE // PIECE):
        yield b"x" * PIECE


_PIECES = {DRIP: _drip, ENDLESS_HEADERS: _endless_headers, HUGE_BODY: _huge_body}


async def _read(reader: asyncio.StreamReader) -> _Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    method, path, _ = head[0].split(" ")
    return _Request(method, path, headers.get("idempotency-key", ""), body)


async def _answer_with(writer: asyncio.StreamWriter, status: str, headers: dict[str, str]) -> bool:
    lines = [f"HTTP/1.1 {status} Said", "Content-Length: 2", *(f"{name}: {value}" for name, value in headers.items())]
    writer.write(("\r\n".join(lines) + "\r\n\r\n{}").encode())
    await writer.drain()
    return True
