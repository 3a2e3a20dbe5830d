"""What happens to the service during a soak: its lines are cut and its store restarted, time and again."""

import asyncio
import itertools
from collections.abc import Callable

from chaos.provider.mood import DROP, HTTP, Fault
from chaos.stage import Stage

FAULTS = (Fault("mail", DROP, share=0.02), Fault(HTTP, "503", share=0.02))
"""Of the providers, all the time: none leaves a doubt about any message."""

EVERY = 15.0
"""Seconds between two blows."""


async def churn(stage: Stage) -> None:
    """One blow after the other, until cancelled; each leaves everything running. SQLite has no line to be cut."""
    await asyncio.to_thread(stage.misbehave, FAULTS)
    if stage.postgres is None:
        return
    for blow in itertools.cycle(BLOWS):
        await asyncio.sleep(EVERY)
        await asyncio.shield(asyncio.to_thread(blow, stage))


def _cut_broker_line(stage: Stage) -> None:
    stage.broker_line.cut()


def _cut_store_line(stage: Stage) -> None:
    stage.store_line.cut()


def _restart_store(stage: Stage) -> None:
    stage.database.stop()
    stage.database.start()


BLOWS: tuple[Callable[[Stage], None], ...] = (_cut_broker_line, _cut_store_line, _restart_store)
"""What is done in turns."""
