"""An SMTP server that does at one verb what a test configures."""

import asyncio
import ssl
from collections import Counter
from collections.abc import Callable

from tests.services.loopback import LoopbackServer

DROP = "drop"
"""Close the connection instead of answering."""

SILENCE = "silence"
"""Do not answer, and wait for the client to time out."""

HOLD = "hold"
"""Answer as usual, but only together with the next answer."""

ONE_BY_ONE = ["AUTH PLAIN LOGIN", "SMTPUTF8", "8BITMIME"]
AT_ONCE = [*ONE_BY_ONE, "PIPELINING"]
_USUAL = {"STARTTLS": "220 go", "DATA": "354 go", "AUTH": "235 welcome", "QUIT": "221 bye"}

Script = dict[str, str | Callable[[str], str | None]]


class ScriptedSmtpServer(LoopbackServer):
    """Answers every verb as RFC 5321 has it, except those in `script`.

    Attributes:
        script: verb (`GREETING`, `DOT`, …) to an answer, DROP, SILENCE or HOLD, or to a function that makes one of
            the command, or None for the usual one; may change at any time.
        taken: every message that was answered 250 after its dot.
        verbs: how often each verb was heard.
    """

    def __init__(
        self,
        script: Script | None = None,
        *,
        starttls: ssl.SSLContext | None = None,
        extensions: list[str] | None = None,
    ) -> None:
        super().__init__()
        self.script: Script = script or {}
        self.taken: list[bytes] = []
        self.verbs: Counter[str] = Counter()
        self.commands: list[str] = []
        self.open = 0
        self.most_open = 0
        self._starttls = starttls
        self._extensions = AT_ONCE if extensions is None else extensions
        self._writers: set[asyncio.StreamWriter] = set()
        self._news = asyncio.Condition()
        self._held: dict[asyncio.StreamWriter, list[str]] = {}

    async def hang_up(self, farewell: bytes = b"") -> None:
        """Close every connection, after a last unasked line if one is given."""
        for writer in list(self._writers):
            if farewell:
                writer.write(farewell)
            writer.close()
        await asyncio.gather(*self._conversations)

    async def heard(self, verb: str) -> None:
        """Return when `verb` has been said at least once."""
        async with self._news:
            await self._news.wait_for(lambda: self.verbs[verb] > 0)

    async def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            await super()._begin(reader, writer)
        finally:
            self.open -= 1
            self._writers.discard(writer)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not await self._answer(writer, "GREETING", "220 ready"):
            return
        encrypted, refused = False, False
        while line := await reader.readline():
            verb = line.split()[0].decode().upper()
            self.commands.append(line.decode().strip())
            usual = self._ehlo(encrypted=encrypted) if verb == "EHLO" else _USUAL.get(verb, "250 fine")
            if verb == "DATA" and refused:
                usual = "503 nobody to send it to"
            said = await self._answer(writer, verb, usual, line.decode().strip())
            if said is None or verb == "QUIT":
                return
            if verb in {"MAIL", "RCPT"}:
                refused = said[0] in "45" or (refused and verb == "RCPT")
            if said.startswith("220") and self._starttls:
                await writer.start_tls(self._starttls)
                encrypted = True
            if said.startswith("354") and not await self._take(reader, writer):
                return

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        content = await reader.readuntil(b"\r\n.\r\n")
        said = await self._answer(writer, "DOT", "250 2.0.0 Ok: queued as 4XyZ99", taken=content)
        return said is not None

    def _ehlo(self, *, encrypted: bool) -> str:
        offered = list(self._extensions)
        if self._starttls is not None and not encrypted:
            offered.append("STARTTLS")
        lines = ["scripted", *offered]
        return "\r\n".join(f"250{'-' if line is not lines[-1] else ' '}{line}" for line in lines)

    async def _answer(
        self, writer: asyncio.StreamWriter, verb: str, usual: str, command: str = "", taken: bytes | None = None
    ) -> str | None:
        """What was said; None when that was the last word."""
        async with self._news:
            self.verbs[verb] += 1
            self._news.notify_all()
        answer = self.script.get(verb, usual)
        if callable(answer):
            answer = answer(command) or usual
        if taken is not None and answer.startswith("250"):
            self.taken.append(taken)
        if answer == SILENCE:
            await self._stopping.wait()
        if answer in {DROP, SILENCE}:
            return None
        if answer == HOLD:
            self._held.setdefault(writer, []).append(usual)
            return usual
        answers = [*self._held.pop(writer, []), answer]
        writer.write("".join([f"{one}\r\n" for one in answers]).encode())
        await writer.drain()
        return None if answer.startswith("421") else answer
