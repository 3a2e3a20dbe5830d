"""A child that hands notifications over at a steady rate, each to an address of its own, and says when it began each.

It does not wait for one answer before the next call: a service that falls behind is not given time to catch up.
"""

import argparse
import asyncio
import time

import httpx

from benchmarks.children import say
from benchmarks.serve import PATH
from benchmarks.workload import USERS, alert
from property_alert_notification.base.process import new_event_loop

PATIENCE = 30.0
"""Seconds that an answer may take before it counts as none."""


async def trickle(name: str, port: int, key: str, rate: float, count: int) -> None:
    """Call so many times, so often in a second; the times are those of the machine's monotonic clock."""
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
    began_at: dict[str, float] = {}
    failed = 0
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {key}"}, limits=limits, timeout=PATIENCE
    ) as client:

        async def call(number: int) -> None:
            nonlocal failed
            to = f"{name}.{number}@example.com"
            body = alert(number % len(USERS) + 1) | {"user_email": to}
            began_at[to] = time.monotonic()
            answer = await client.post(PATH, json=body, headers={"Idempotency-Key": f"{name}-{number}"})
            failed += answer.status_code != 200

        start = time.monotonic()
        async with asyncio.TaskGroup() as calls:
            for number in range(count):
                await asyncio.sleep(start + number / rate - time.monotonic())
                calls.create_task(call(number))
    say(began_at=began_at, failed=failed)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--name", required=True, help="begins every address and key of this run")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--count", type=int, required=True)
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(trickle(**vars(parser.parse_args())))
