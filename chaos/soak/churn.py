"""What happens to the service during a soak: its lines are cut and its store restarted, time and again."""

import asyncio
import itertools
from collections.abc import Callable

from chaos.cluster import Cluster
from chaos.provider.faults import DROP, HTTP, Fault

FAULTS = (Fault("mail", DROP, share=0.02), Fault(HTTP, "503", share=0.02))
"""Of the providers, all the time: none leaves a doubt about any message."""

EVERY = 15.0
"""Seconds between two blows."""


async def churn(cluster: Cluster) -> None:
    """One blow after the other, until cancelled; each leaves everything running. SQLite has no line to be cut."""
    await asyncio.to_thread(cluster.inject_faults, FAULTS)
    if cluster.postgres is None:
        return
    for blow in itertools.cycle(BLOWS):
        await asyncio.sleep(EVERY)
        await asyncio.shield(asyncio.to_thread(blow, cluster))


def _cut_broker_line(cluster: Cluster) -> None:
    cluster.broker_line.cut()


def _cut_store_line(cluster: Cluster) -> None:
    cluster.store_line.cut()


def _restart_store(cluster: Cluster) -> None:
    cluster.database.stop()
    cluster.database.start()


BLOWS: tuple[Callable[[Cluster], None], ...] = (_cut_broker_line, _cut_store_line, _restart_store)
"""What is done in turns."""
