"""A child that is an SMTP server which takes everything at once and counts it: fast enough never to be the limit.

It says its port when it listens and, after SIGTERM, what came. Source: RFC 5321; pipelining: RFC 2920.
"""

import argparse
import asyncio
import json
import re
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import uvloop

from benchmarks.children import say

_MESSAGE_ID = re.compile(rb"^message-id:\s*(<[^>\r\n]+>)", re.IGNORECASE | re.MULTILINE)
_TO = re.compile(rb"^To: ([^\r\n]+)", re.MULTILINE)
_OK = b"250 2.0.0 OK\r\n"
_ANSWERS = {
    b"EHLO": b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
    b"HELO": b"250 sink\r\n",
    b"MAIL": _OK,
    b"RCPT": _OK,
    b"RSET": _OK,
    b"NOOP": _OK,
    b"DATA": b"354 Go ahead\r\n",
    b"QUIT": b"221 2.0.0 Bye\r\n",
}


@dataclass
class Taken:
    """What came, counted by Message-ID."""

    by_id: Counter[bytes] = field(default_factory=Counter)
    arrived_at: dict[str, float] | None = None
    """When the first message for each recipient came, if that is wanted."""
    first_at: float = 0.0
    last_at: float = 0.0

    def note(self, content: bytes) -> None:
        """One message was taken."""
        found = _MESSAGE_ID.search(content)
        self.by_id[found.group(1) if found else b"none"] += 1
        self.last_at = time.monotonic()
        self.first_at = self.first_at or self.last_at
        if self.arrived_at is not None and (to := _TO.search(content)):
            self.arrived_at.setdefault(to.group(1).decode(), self.last_at)

    def report(self, arrivals: Path | None = None) -> None:
        """Say it to the parent; the times are those of the machine's monotonic clock."""
        if arrivals is not None:
            arrivals.write_text(json.dumps(self.arrived_at))
        say(
            messages=self.by_id.total(),
            distinct=len(self.by_id),
            first_at=self.first_at,
            last_at=self.last_at,
        )


class Session(asyncio.Protocol):
    """One client."""

    def __init__(self, taken: Taken) -> None:
        self._taken = taken
        self._received = b""
        self._in_data = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(b"220 sink ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._received += data
        answers = []
        while (answer := self._take_message() if self._in_data else self._take_command()) is not None:
            answers.append(answer)
        if answers:
            self._transport.write(b"".join(answers))
        if answers and answers[-1] is _ANSWERS[b"QUIT"]:
            self._transport.close()

    def _take_command(self) -> bytes | None:
        line, end, rest = self._received.partition(b"\r\n")
        if not end:
            return None
        self._received = rest
        verb = line[:4].upper()
        self._in_data = verb == b"DATA"
        return _ANSWERS.get(verb, b"502 5.5.1 Not here\r\n")

    def _take_message(self) -> bytes | None:
        content, end, rest = self._received.partition(b"\r\n.\r\n")
        if not end:
            return None
        self._received = rest
        self._in_data = False
        self._taken.note(content)
        return _OK


async def serve(arrivals: Path | None) -> None:
    """Take messages until SIGTERM; `arrivals` is a file for the instant at which each recipient's came."""
    taken, stop = Taken(arrived_at={} if arrivals else None), asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    server = await loop.create_server(lambda: Session(taken), "127.0.0.1", 0)
    say(port=server.sockets[0].getsockname()[1])
    await stop.wait()
    taken.report(arrivals)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--arrivals", type=Path, help="a file to write when the first message for each one came")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(parser.parse_args().arrivals))
