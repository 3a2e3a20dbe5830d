"""An SMTP server that takes every message, unless a fault is injected. Source: RFC 5321."""

import asyncio
import re

from chaos.provider.faults import DROP, SILENCE, FaultInjector
from chaos.provider.journal import Door, JournalWriter

CHANNEL = "email"

_MESSAGE_ID = re.compile(rb"^message-id:\s*<([^>\r\n]+)>", re.IGNORECASE | re.MULTILINE)
_ADDRESS = re.compile(rb"<([^>]*)>")
_OK = "250 2.0.0 OK"
_USUAL = {
    "ehlo": "250-provider\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8",
    "data": "354 Go ahead",
    "quit": "221 2.0.0 Bye",
}


class SmtpProvider:
    """Serves any number of clients."""

    def __init__(self, door: Door, injector: FaultInjector, journal: JournalWriter) -> None:
        self._door = door
        self._injector = injector
        self._journal = journal

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client, from its greeting to its end."""
        try:
            await self._converse(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # its client was killed
        finally:
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to = ""
        goes_on = await self._answer(reader, writer, "greeting", "220 provider ESMTP", to) is not None
        while goes_on and (line := await reader.readline()):
            verb = line[:4].decode("ascii", "replace").strip().lower()
            if verb == "rcpt" and (found := _ADDRESS.search(line)):
                to = found.group(1).decode()
            said = await self._answer(reader, writer, verb, _USUAL.get(verb, _OK), to)
            goes_on = said is not None and verb != "quit" and not said.startswith("421")
            if said is not None and said.startswith("354"):
                goes_on = await self._take(reader, writer, to)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, to: str) -> bool:
        content = await reader.readuntil(b"\r\n.\r\n")
        found = _MESSAGE_ID.search(content)
        key = found.group(1).decode() if found else ""
        said = await self._answer(reader, writer, "dot", _OK, to, key)
        return said is not None and not said.startswith("421")

    async def _answer(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        at: str,
        usual: str,
        to: str,
        key: str = "",
    ) -> str | None:
        """What was said; None when the connection is to be closed without an answer."""
        fault = self._injector.fault(at, self._door.provider, to)
        answer = (fault and fault.answer) or usual
        if fault is not None:
            self._journal.note("fault", CHANNEL, self._door, to, key, f"{at}: {fault.answer or 'late'}")
        if at == "dot" and (answer.startswith("2") or (fault is not None and fault.is_taken)):
            self._journal.note("taken", CHANNEL, self._door, to, key)
        if fault is not None and fault.late:
            await asyncio.sleep(fault.late)
        if answer == SILENCE:
            await reader.read()  # until the client closes
        if answer in {SILENCE, DROP}:
            return None
        writer.write(f"{answer}\r\n".encode())
        await writer.drain()
        return answer
