"""A child that asks one address again and again over a fixed number of connections, each with one request at a time.

It knows no more of HTTP than it needs, so that it is not what is measured: HTTP/1.1 with keep-alive, answers with a
Content-Length, requests that are written before the clock starts.
"""

import argparse
import asyncio
import itertools
import json
import statistics
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import uvloop

from benchmarks.children import say
from benchmarks.workload import USERS, alert

_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"content-length: "


@dataclass
class Tally:
    """What all connections saw together, and when they stop."""

    counts_from: float
    """Answers to earlier requests only warm the server up."""
    ends_at: float
    most: int
    latencies: list[float] = field(default_factory=list)
    succeeded: int = 0
    failed: int = 0

    def is_over(self, now: float) -> bool:
        return now >= self.ends_at or len(self.latencies) >= self.most

    def note(self, *, asked_at: float, now: float, status: bytes) -> None:
        if status == b"200":
            self.succeeded += 1
        else:
            self.failed += 1
        if asked_at >= self.counts_from:
            self.latencies.append(now - asked_at)


@dataclass(frozen=True, slots=True)
class Effort:
    """How much to ask."""

    connections: int
    warm_up: float
    seconds: float
    most: int


class Connection(asyncio.Protocol):
    """One connection with one request under way."""

    def __init__(self, requests: Iterator[bytes], tally: Tally) -> None:
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._requests = requests
        self._tally = tally
        self._answer = b""
        self._asked_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._ask(time.perf_counter())

    def data_received(self, data: bytes) -> None:
        self._answer += data
        if not _is_whole(self._answer):
            return
        now = time.perf_counter()
        self._tally.note(asked_at=self._asked_at, now=now, status=self._answer[9:12])
        self._answer = b""
        if self._tally.is_over(now):
            self._transport.close()
        else:
            self._ask(now)

    def connection_lost(self, error: Exception | None) -> None:
        if not self._tally.is_over(time.perf_counter()):
            self._tally.failed += 1
        self.over.set_result(None)

    def _ask(self, now: float) -> None:
        self._asked_at = now
        self._transport.write(next(self._requests))


def _is_whole(answer: bytes) -> bool:
    end = answer.find(_END_OF_HEAD)
    if end < 0:
        return False
    start = answer.index(_LENGTH, 0, end) + len(_LENGTH)
    return len(answer) >= end + len(_END_OF_HEAD) + int(answer[start : answer.index(b"\r", start)])


async def put_load(requests: Iterator[bytes], port: int, *, effort: Effort) -> None:
    """Ask for so many seconds or answers, whichever comes first, and say what came of it."""
    counts_from = time.perf_counter() + effort.warm_up
    tally = Tally(counts_from, counts_from + effort.seconds, effort.most)
    loop = asyncio.get_running_loop()
    made = [
        await loop.create_connection(lambda: Connection(requests, tally), "127.0.0.1", port)
        for _ in range(effort.connections)
    ]
    await asyncio.gather(*(connection.over for _, connection in made))
    took = time.perf_counter() - counts_from
    if len(tally.latencies) < 2:
        sys.exit(f"port {port} answered next to nothing: {tally.succeeded} times 200, {tally.failed} times otherwise")
    centiles = statistics.quantiles(tally.latencies, n=100, method="inclusive")
    say(
        requests_per_second=len(tally.latencies) / took,
        p50_ms=centiles[49] * 1_000,
        p99_ms=centiles[98] * 1_000,
        succeeded=tally.succeeded,
        failed=tally.failed,
    )


def submissions(port: int, path: str, key: str) -> Iterator[bytes]:
    """Requests for user after user, each with an idempotency key of its own."""
    parts = [_around_the_key(port, path, key, user) for user in USERS]
    run = time.time_ns()
    for number, (before, after) in enumerate(itertools.cycle(parts)):
        yield b"%bbench-%d-%d%b" % (before, run, number, after)


def _around_the_key(port: int, path: str, key: str, user: int) -> tuple[bytes, bytes]:
    body = json.dumps(alert(user)).encode()
    before = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {key}\r\nContent-Length: {len(body)}\r\nIdempotency-Key: "
    )
    return before.encode(), b"\r\n\r\n" + body


def questions(port: int, paths: Iterable[str], key: str) -> Iterator[bytes]:
    """GET requests for path after path."""
    return itertools.cycle(
        [
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n\r\n".encode()
            for path in paths
        ]
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--paths", type=Path, help="a file with a path on each line, to GET; else POST to --path")
    parser.add_argument("--path", default="")
    parser.add_argument("--key", required=True)
    parser.add_argument("--connections", type=int, required=True)
    parser.add_argument("--warm-up", type=float, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--most", type=int, required=True)
    given = parser.parse_args()
    wanted = (
        questions(given.port, given.paths.read_text().split(), given.key)
        if given.paths
        else submissions(given.port, given.path, given.key)
    )
    effort = Effort(given.connections, given.warm_up, given.seconds, given.most)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(put_load(wanted, given.port, effort=effort))
