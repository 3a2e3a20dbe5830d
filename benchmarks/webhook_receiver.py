"""A child that takes webhooks, answers each at once with 204, and counts them: fast enough never to be the limit.

It says its port when it listens and, after SIGTERM, what came.
"""

import asyncio
import re
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import cast

import uvloop

from benchmarks.children import say

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
_ID = re.compile(rb"^POST ([^ ]+).*?\r\nwebhook-id: ([^\r]+)", re.IGNORECASE | re.DOTALL)
_ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"


@dataclass
class Taken:
    """What came, counted by path and event."""

    calls: Counter[tuple[bytes, bytes]] = field(default_factory=Counter)
    first_at: float = 0.0
    last_at: float = 0.0

    def note(self, head: bytes) -> None:
        """One webhook was taken."""
        found = _ID.search(head)
        self.calls[(found.group(1), found.group(2)) if found else (b"", b"none")] += 1
        self.last_at = time.monotonic()
        self.first_at = self.first_at or self.last_at

    def report(self) -> None:
        """Say it to the parent; the times are those of the machine's monotonic clock."""
        say(messages=self.calls.total(), distinct=len(self.calls), first_at=self.first_at, last_at=self.last_at)


class Session(asyncio.Protocol):
    """One connection."""

    def __init__(self, taken: Taken) -> None:
        self._taken = taken
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, rest = self._received.partition(b"\r\n\r\n")
        if not end:
            return
        found = _LENGTH.search(head)
        if len(rest) < (int(found.group(1)) if found else 0):
            return
        self._received = b""  # a client waits for the answer before it sends more
        self._taken.note(head)
        self._transport.write(_ANSWER)


async def serve() -> None:
    """Take webhooks until SIGTERM."""
    taken, stop = Taken(), asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    server = await loop.create_server(lambda: Session(taken), "127.0.0.1", 0, backlog=1_024)
    say(port=server.sockets[0].getsockname()[1])
    await stop.wait()
    taken.report()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve())
