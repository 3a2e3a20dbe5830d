"""What Postfix asks while it takes mail: whether a recipient is wanted now, and whether a password is right."""

import asyncio
import base64
from collections import Counter

from tests.services.loopback import LoopbackServer


class PolicyServer(LoopbackServer):
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

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
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


class LoginServer(LoopbackServer):
    """Knows one name and its password, in the protocol of Dovecot's authentication (version 1.1, PLAIN only)."""

    def __init__(self, name: str, password: str) -> None:
        super().__init__()
        self._right = base64.b64encode(f"\0{name}\0{password}".encode()).decode()
        self._name = name

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        cookie = "0" * 32
        writer.write(f"VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t{cookie}\nDONE\n".encode())
        while line := await reader.readline():
            command, *fields = line.decode().rstrip("\n").split("\t")
            if command == "AUTH":
                answer = "OK" if f"resp={self._right}" in fields else "FAIL"
                writer.write(f"{answer}\t{fields[0]}\tuser={self._name}\n".encode())
                await writer.drain()
