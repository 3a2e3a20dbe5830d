"""A child that posts webhooks by the service's HTTP client and does nothing else: the limit of sending them.

The bodies are built and signed before the clock starts.
"""

import argparse
import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

from benchmarks.children import say
from property_alert_notification.base.clock import Clock
from property_alert_notification.base.process import new_event_loop, tune_garbage_collector
from property_alert_notification.feedback.webhooks.secrets import new_secret
from property_alert_notification.feedback.webhooks.sending.connections import EndpointConnections
from property_alert_notification.feedback.webhooks.sending.payload import Event, body_of, headers_of

AT_ONCE = 16
"""Calls of one endpoint in progress, as by default."""

Webhook = tuple[bytes, dict[str, str]]


def webhooks(count: int) -> list[Webhook]:
    """Bodies and headers of so many events."""
    secret, now, made = new_secret(Clock()), datetime.now(UTC), []
    for number in range(count):
        about = (number, "price_drop", f"order-{number}")
        event = Event(uuid4(), "notification.sent", now, False, uuid4(), "email", "sent", *about)
        body = body_of(event)
        made.append((body, headers_of(event, body, [secret], now=now)))
    return made


async def post_all(port: int, count: int, endpoints: int) -> None:
    """Post so many to each endpoint, and say how long it took."""
    waiting = webhooks(count)
    connections = EndpointConnections(Clock(), timeout=10.0, is_local=True)
    tune_garbage_collector()

    async def post_some(number: int, left: Iterator[Webhook]) -> None:
        id_, url = ids[number], f"http://127.0.0.1:{port}/{number}"
        for body, headers in left:
            result = await connections.call(id_, url, body, headers)
            assert result.status == 204

    ids, lines = [uuid4() for _ in range(endpoints)], [iter(waiting) for _ in range(endpoints)]
    began, cpu = time.monotonic(), time.process_time()
    await asyncio.gather(*(post_some(number, line) for number, line in enumerate(lines) for _ in range(AT_ONCE)))
    seconds, spent, calls = time.monotonic() - began, time.process_time() - cpu, count * endpoints
    say(per_second=calls / seconds, cpu_us=spent / calls * 1_000_000)
    connections.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("port", "count", "endpoints"):
        parser.add_argument(name, type=int)
    given = parser.parse_args()
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(post_all(given.port, given.count, given.endpoints))
