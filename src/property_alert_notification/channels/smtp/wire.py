"""Sends commands over an SMTP connection, several in one packet, and reads the replies.

The library that connects, encrypts and logs in waits for each reply before it says anything more. A message then costs
four turns; where a server takes the commands before it in one packet, two.

Source: RFC 5321, 4.2 (replies) and 4.5.3.1 (their length); RFC 2920 (pipelining).
"""

import asyncio
import re
from collections import deque
from typing import NamedTuple

_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")

_LONGEST_REPLY = 32_768
"""The longest reply that is accepted, in octets; RFC 5321 allows 512 in a line."""


class Reply(NamedTuple):
    """The server's reply to one command."""

    code: int
    text: str
    """Its lines, without their codes."""


class WireBroken(Exception):
    """The connection cannot be used any more; the text is the cause."""


class Wire(asyncio.Protocol):
    """One connection, for one caller at a time."""

    def __init__(self, transport: asyncio.Transport) -> None:
        """Takes the connection over."""
        self._transport = transport
        self._received = bytearray()
        self._lines: list[bytes] = []
        self._replies: deque[Reply] = deque()
        self._news = asyncio.Event()
        self._broken: str | None = None
        self.unanswered = 0
        """How many replies are still to be read."""
        transport.set_protocol(self)

    @property
    def is_alive(self) -> bool:
        """Whether a command can be sent: the connection is open and no reply is outstanding."""
        if self._broken is not None or self._transport.is_closing():
            return False
        # An outstanding reply would be paired with the wrong command; an unexpected one announces the end.
        return not (self.unanswered or self._replies or self._received)

    def write_commands(self, *commands: bytes) -> None:
        """Send commands in one packet; each is answered by itself.

        Raises:
            ValueError: one holds a control character.
            WireBroken: nothing was sent.
        """
        for command in commands:
            if _CONTROL.search(command):
                raise ValueError("an SMTP command holds a control character")
        self.write(b"".join([command + b"\r\n" for command in commands]), answers=len(commands))

    def write(self, octets: bytes, *, answers: int = 1) -> None:
        """Send as they are.

        Raises:
            WireBroken: nothing was sent.
        """
        if not self.is_alive:
            raise WireBroken(self._broken or "disconnected")
        self.unanswered += answers
        self._transport.write(octets)

    async def read(self, *, timeout: float) -> Reply:  # noqa: ASYNC109 - each command has its own
        """Return the next reply.

        Raises:
            WireBroken: none came within `timeout` seconds.
        """
        if not self._replies:
            try:
                async with asyncio.timeout(timeout):
                    await self._until_news()
            except TimeoutError:
                self._break("timeout")
        if not self._replies:
            raise WireBroken(self._broken)
        self.unanswered -= 1
        return self._replies.popleft()

    async def _until_news(self) -> None:
        while not self._replies and self._broken is None:
            self._news.clear()
            await self._news.wait()

    def close(self) -> None:
        """Close the connection; unsent octets are dropped."""
        self._break("closed")

    def data_received(self, data: bytes) -> None:
        """Read what the server sends: a part of a reply, or several replies."""
        self._received += data
        *lines, rest = self._received.split(b"\n")
        self._received = rest
        for line in lines:
            self._take(bytes(line))
        if len(self._received) + sum(map(len, self._lines)) > _LONGEST_REPLY:
            self._break("endless reply")
        self._news.set()

    def eof_received(self) -> None:
        """Note that the server closed its side."""
        self._break("disconnected")

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the connection is closed."""
        self._break("disconnected" if exc is None else type(exc).__name__)

    def _take(self, line: bytes) -> None:
        code = line[:3]
        if len(code) < 3 or not code.isdigit():
            self._break("no SMTP reply")
            return
        self._lines.append(line[4:].strip())
        if line[3:4] != b"-":
            self._replies.append(Reply(int(code), b"\n".join(self._lines).decode("utf-8", "replace")))
            self._lines.clear()

    def _break(self, reason: str) -> None:
        self._broken = self._broken or reason
        self._transport.abort()
        self._news.set()
