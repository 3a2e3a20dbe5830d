"""A child that calls back about every message that was sent, each at its time.

It knows no more of HTTP than it needs, so that it is not what is measured. The bodies are signed before the clock
starts.
"""

import argparse
import asyncio
import hmac
import json
import statistics
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast
from uuid import UUID

import uvloop

from benchmarks.callbacks import RATE, SIGNING_KEY
from benchmarks.children import say
from benchmarks.ledger import sent_deliveries
from property_alert_notification.base.settings import Settings, load

CONNECTIONS = 128
PATIENCE = 60.0
"""Seconds that answers may take after the last call."""


@dataclass
class Tally:
    """What the provider saw."""

    seconds: list[float] = field(default_factory=list)
    failed: int = 0


class Caller(asyncio.Protocol):
    """One connection of the provider, with one call under way."""

    def __init__(self, line: "Line", tally: Tally) -> None:
        """It takes its calls from `line`."""
        self._line = line
        self._tally = tally
        self._due_at = 0.0
        self._answer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        self._transport = cast(asyncio.WriteTransport, transport)

    def call(self, content: bytes, due_at: float) -> None:
        """Send one callback."""
        self._due_at = due_at
        self._transport.write(content)

    def data_received(self, data: bytes) -> None:
        """Note an answer, which is a 204 without a body, and send what waits."""
        self._answer += data
        if not self._answer.endswith(b"\r\n\r\n"):
            return
        self._tally.seconds.append(time.perf_counter() - self._due_at)
        self._tally.failed += self._answer[9:12] != b"204"
        self._answer = b""
        if self._line.waiting:
            self.call(*self._line.waiting.popleft())
        else:
            self._line.idle.append(self)

    def connection_lost(self, _error: Exception | None) -> None:
        """Use it no more."""
        if self in self._line.idle:
            self._line.idle.remove(self)


@dataclass
class Line:
    """Connections without a call, or calls without a connection."""

    idle: deque[Caller] = field(default_factory=deque)
    waiting: deque[tuple[bytes, float]] = field(default_factory=deque)

    def call(self, content: bytes, due_at: float) -> None:
        """Send it as soon as there is a connection."""
        if self.idle:
            # In turn: the server closes one that is not used for some seconds.
            self.idle.popleft().call(content, due_at)
        else:
            self.waiting.append((content, due_at))


def request(port: int, delivery: UUID, number: int) -> bytes:
    """One signed callback of Mailgun, as large as they are."""
    timestamp, token = str(int(time.time())), f"{number:050d}"
    signature = hmac.new(SIGNING_KEY.encode(), f"{timestamp}{token}".encode(), "sha256").hexdigest()
    event = {
        "id": f"event-{number}",
        "event": "delivered",
        "timestamp": time.time(),
        "log-level": "info",
        "envelope": {"transport": "smtp", "sender": "alerts@mg.example.com", "targets": "buyer@example.com"},
        "message": {
            "headers": {
                "to": "buyer@example.com",
                "message-id": f"{number}@mg.example.com",
                "from": "alerts@mg.example.com",
                "subject": "New listing in Seattle, 98125: 3 bedrooms for $538,000",
            },
            "attachments": [],
            "size": 4_211,
        },
        "recipient": "buyer@example.com",
        "recipient-domain": "example.com",
        "delivery-status": {"tls": True, "mx-host": "mx.example.com", "code": 250, "message": "OK", "attempt-no": 1},
        "flags": {"is-routed": False, "is-authenticated": True, "is-system-test": False, "is-test-mode": False},
        "user-variables": {"delivery_id": str(delivery)},
        "tags": [],
    }
    signed = {"timestamp": timestamp, "token": token, "signature": signature}
    body = json.dumps({"signature": signed, "event-data": event}).encode()
    head = (
        f"POST /callbacks/email/mailgun HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: Go-http-client/1.1\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def put_load(port: int, requests: Sequence[bytes]) -> None:
    """Call at the rate, wait for the answers, and say what came of it."""
    loop, tally, line = asyncio.get_running_loop(), Tally(), Line()
    for _ in range(CONNECTIONS):
        _, caller = await loop.create_connection(lambda: Caller(line, tally), "127.0.0.1", port)
        line.idle.append(caller)
    began = time.perf_counter()
    for number, content in enumerate(requests):
        due_at = began + number / RATE
        # Also when it is late: the answers have to be read.
        await asyncio.sleep(max(due_at - time.perf_counter(), 0))
        line.call(content, due_at)
    called_all = time.perf_counter()
    # Few looks, and they cost nothing meanwhile.
    while len(tally.seconds) < len(requests) and time.perf_counter() - called_all < PATIENCE:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    centiles = statistics.quantiles(tally.seconds, n=100, method="inclusive")
    say(
        per_second=len(tally.seconds) / (time.perf_counter() - began),
        p50_ms=centiles[49] * 1_000,
        p99_ms=centiles[98] * 1_000,
        longest_ms=max(tally.seconds) * 1_000,
        succeeded=len(tally.seconds) - tally.failed,
        failed=tally.failed + len(requests) - len(tally.seconds),
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    given = parser.parse_args()
    deliveries = sent_deliveries(load(Settings).database_url)
    prepared = [request(given.port, delivery, number) for number, delivery in enumerate(deliveries)]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(put_load(given.port, prepared))
