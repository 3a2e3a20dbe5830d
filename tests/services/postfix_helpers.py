"""What Postfix asks while it takes mail: whether a recipient is wanted now, and whether a password is right."""

import asyncio
import base64
from collections import Counter
from types import TracebackType
from typing import Self


class _Helper:
    """A server for as long as it is entered; Postfix keeps its connections open."""

    def __init__(self) -> None:
        self.port = 0
        self._server: asyncio.Server | None = None
        self._conversations: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._begin, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for conversation in self._conversations:
            conversation.cancel()
        await asyncio.gather(*self._conversations, return_exceptions=True)

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        conversation = asyncio.create_task(self._converse(reader, writer))
        self._conversations.add(conversation)
        conversation.add_done_callback(self._conversations.discard)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._serve(reader, writer)
        except OSError:
            pass  # Postfix was killed
        finally:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raise NotImplementedError


class PolicyServer(_Helper):
    """Greylists each recipient once, and has a quota that is used up for a while.

    The protocol is Postfix's, SMTPD_POLICY_README. What is taken is put on hold, so that it stays in the queue.

    Attributes:
        asked: how often Postfix asked about each recipient.
        over_quota: how many more messages are refused because a quota is used up.
    """

    def __init__(self) -> None:
        super().__init__()
        self.asked: Counter[str] = Counter()
        self.over_quota = 0

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        question: dict[str, str] = {}
        while line := await reader.readline():
            if line.strip():
                name, _, value = line.decode().rstrip("\n").partition("=")
                question[name] = value
                continue
            writer.write(f"action={self._decide(question['recipient'])}\n\n".encode())
            await writer.drain()
            question.clear()

    def _decide(self, recipient: str) -> str:
        self.asked[recipient] += 1
        if self.asked[recipient] == 1:
            return "450 4.2.0 Greylisted, come back later"
        if self.over_quota:
            self.over_quota -= 1
            return "550 5.4.5 Daily user sending quota exceeded"
        return "HOLD"


class LoginServer(_Helper):
    """Knows one name and its password, in the protocol of Dovecot's authentication (version 1.1, PLAIN only)."""

    def __init__(self, name: str, password: str) -> None:
        super().__init__()
        self._right = base64.b64encode(f"\0{name}\0{password}".encode()).decode()
        self._name = name

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        cookie = "0" * 32
        writer.write(f"VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t{cookie}\nDONE\n".encode())
        while line := await reader.readline():
            command, *fields = line.decode().rstrip("\n").split("\t")
            if command == "AUTH":
                answer = "OK" if f"resp={self._right}" in fields else "FAIL"
                writer.write(f"{answer}\t{fields[0]}\tuser={self._name}\n".encode())
                await writer.drain()
