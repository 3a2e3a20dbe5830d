"""An SMS gateway that recognises a repeat by its Idempotency-Key, unless its mood says otherwise.

`PUT /mood` changes the mood of both providers.
"""

import asyncio
import json
from dataclasses import dataclass

from chaos.provider.journal import JournalWriter
from chaos.provider.mood import DROP, HTTP, SILENCE, Mood

CHANNEL = "sms"


@dataclass(frozen=True, slots=True)
class _Request:
    line: str
    key: str
    body: bytes


class HttpProvider:
    """Serves any number of clients."""

    def __init__(self, mood: Mood, journal: JournalWriter) -> None:
        self._mood = mood
        self._journal = journal
        self._taken: set[str] = set()

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
        if request.line.startswith("PUT /mood"):
            self._mood.change(fields["faults"], seed=fields["seed"])
            return await _say(writer, "200", {})
        if not request.line.startswith("POST"):
            return await _say(writer, "405", {})
        return await self._take(request.key, fields["to"], reader, writer)

    async def _take(self, key: str, to: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        fault = self._mood.fault(HTTP, to)
        if fault is not None:
            wish = fault.headers.get("Retry-After", "")
            self._journal.note("fault", CHANNEL, to, key, f"{fault.answer or 'late'} {wish}".strip())
        answer = (fault and fault.answer) or "201"
        if answer.startswith("2") or (fault is not None and fault.is_taken):
            self._journal.note("repeat" if key in self._taken else "taken", CHANNEL, to, key)
            self._taken.add(key)
        if fault is not None and fault.late:
            await asyncio.sleep(fault.late)
        if answer == SILENCE:
            await reader.read()  # until the client gives up
        if answer in {SILENCE, DROP}:
            writer.transport.abort()
            return False
        return await _say(writer, answer, dict(fault.headers) if fault else {})


async def _read(reader: asyncio.StreamReader) -> _Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return _Request(head[0], headers.get("idempotency-key", ""), body)


async def _say(writer: asyncio.StreamWriter, status: str, headers: dict[str, str]) -> bool:
    lines = [f"HTTP/1.1 {status} Said", "Content-Length: 2", *(f"{name}: {value}" for name, value in headers.items())]
    writer.write(("\r\n".join(lines) + "\r\n\r\n{}").encode())
    await writer.drain()
    return True
