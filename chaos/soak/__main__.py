"""The command: soaks one store after the other, shows what each gauge did, and fails when one grows."""

import asyncio
import itertools
import json
import random
import signal
import time
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from chaos import store_reader
from chaos.call_log import CallLog
from chaos.caller import Caller, notification
from chaos.cluster import Cluster, open_cluster
from chaos.plan import Plan, StoreName
from chaos.soak import gauges
from chaos.soak.churn import churn
from chaos.soak.trend import Trend, trend

TAG = "soak"
CONNECTIONS = 16
CALLS_PER_CLIENT = 200
"""After so many calls the callers drop their connections and open others."""

DRAINED_WITHIN = 120.0
"""Seconds until everything has to have ended, after the last call."""

console = Console(stderr=True)


@dataclass
class Soaked:
    """What came of one run."""

    store: str
    minutes: float
    accepted: int
    ends: dict[str, int]
    """Deliveries by the state in which the store has them."""
    wrong: dict[str, int]
    trends: list[Trend] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Nothing grew, and everything that was accepted was sent."""
        return not self.wrong and self.ends == {"sent": 2 * self.accepted} and not any(t.grows for t in self.trends)


def soak(
    *,
    minutes: Annotated[float, typer.Option(min=0.4, help="How long each store is soaked.")] = 8.0,
    rate: Annotated[float, typer.Option(min=1, help="Notifications per second, each by email and by SMS.")] = 25.0,
    store: Annotated[StoreName | None, typer.Option(help="This store alone.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Keep the results in this file, as JSON.")] = None,
) -> None:
    """Run the service at a steady rate while lines are cut and servers restarted, and look whether anything grows."""
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    found = [_on_stage(name, minutes, rate) for name in ([store] if store else StoreName)]
    for one in found:
        Console(width=120).print(_table(one))
        console.print(f"{one.store}: {one.accepted:,} accepted, {one.ends}, {one.wrong or 'nothing wrong'}")
    if json_file is not None:
        json_file.write_text(json.dumps([asdict(one) for one in found], indent=2) + "\n")
    raise typer.Exit(0 if all(one.holds for one in found) else 1)


def _on_stage(store: StoreName, minutes: float, rate: float) -> Soaked:
    # The store is restarted, and calls meanwhile are answered 503 as soon as that is certain.
    plan = Plan(store=store, workers=1, proxied=store is StoreName.POSTGRESQL)
    with open_cluster(plan) as cluster:
        return asyncio.run(_run(cluster, store, minutes, rate))


async def _run(cluster: Cluster, store: StoreName, minutes: float, rate: float) -> Soaked:
    call_log = CallLog()
    series: defaultdict[str, list[float]] = defaultdict(list)
    async with asyncio.TaskGroup() as tasks:
        background = [tasks.create_task(churn(cluster)), tasks.create_task(_sample(cluster, series))]
        await _call(cluster, call_log, minutes * 60, rate)
        for task in background:
            task.cancel()
    wrong = Counter(call_log.wrong)
    for name in await asyncio.to_thread(cluster.repair):
        wrong[f"{name} ended by itself"] += 1
    if not await store_reader.wait_until_ended(cluster.database_url, patience=DRAINED_WITHIN):
        wrong["not everything ended in time"] += 1
    stored = await store_reader.read_deliveries(cluster.database_url, TAG)
    return Soaked(
        store=store,
        minutes=minutes,
        accepted=call_log.accepted,
        ends=dict(Counter(one.state for one in stored)),
        wrong=dict(wrong),
        trends=[trend(gauge, values) for gauge, values in sorted(series.items())],
    )


async def _sample(cluster: Cluster, series: defaultdict[str, list[float]]) -> None:
    while True:
        for gauge, value in (await asyncio.to_thread(gauges.read, cluster)).items():
            series[gauge].append(value)
        await asyncio.sleep(1)


async def _call(cluster: Cluster, call_log: CallLog, seconds: float, rate: float) -> None:
    """Submit at the rate for so long; a call without an answer is repeated."""
    began, dice = time.monotonic(), random.Random(1)
    numbers = itertools.count()
    async with asyncio.TaskGroup() as callers:
        while time.monotonic() - began < seconds:
            batch = list(itertools.islice(numbers, CALLS_PER_CLIENT))
            callers.create_task(_call_for(cluster, call_log, dice, batch, began, rate))
            await asyncio.sleep(max(0.0, began + (batch[-1] + 1) / rate - time.monotonic()))


async def _call_for(
    cluster: Cluster, call_log: CallLog, dice: random.Random, numbers: list[int], began: float, rate: float
) -> None:
    async with Caller(cluster.urls, cluster.api_key, call_log, dice, connections=CONNECTIONS) as caller:

        async def submit(number: int) -> None:
            await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
            body = notification(number, TAG)
            await caller.submit(body["reference"], body, first=number)

        await asyncio.gather(*(submit(number) for number in numbers))


def _table(one: Soaked) -> Table:
    table = Table(title=f"{one.store}, {one.minutes:g} minutes")
    for heading in ("gauge", "first half", "second half", "most", "verdict"):
        table.add_column(heading, justify="left" if heading == "gauge" else "right")
    for found in one.trends:
        verdict = "[red]grows[/]" if found.grows else "[green]steady[/]"
        table.add_row(found.gauge, f"{found.first:.1f}", f"{found.second:.1f}", f"{found.most:.1f}", verdict)
    return table


if __name__ == "__main__":
    typer.run(soak)
